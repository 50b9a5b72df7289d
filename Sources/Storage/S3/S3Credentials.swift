/// What proves to an S3 server who asks. Never shown, not even by a debugger's description.
public struct S3Credentials: Sendable, Hashable {
    /// The access key's id.
    let keyID: String
    /// The access key's secret.
    let secret: String
    /// Of a session; nil for keys that last.
    let token: String?
    /// When they end, in seconds since 1970; nil for never.
    let end: Int?

    /// Keys, with a token when they are a session's; `end` in seconds since 1970.
    public init(keyID: String, secret: String, token: String? = nil, end: Int? = nil) {
        self.keyID = keyID
        self.secret = secret
        self.token = token
        self.end = end
    }
}

extension S3Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says nothing.
    public var description: String { "credentials" }
    /// Says nothing.
    public var debugDescription: String { description }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
