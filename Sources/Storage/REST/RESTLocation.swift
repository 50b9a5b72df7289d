/// A repository behind restic's REST protocol: `rest:http(s)://user:password@host:port/path/`.
public struct RESTLocation: Sendable {
    let origin: HTTPOrigin
    /// Encoded; begins and ends with a slash.
    let path: String
    let login: RESTLogin?

    /// Reads a location. Credentials in it win over those in the environment (RESTIC_REST_USERNAME,
    /// RESTIC_REST_PASSWORD).
    public init(parsing text: String, environment: [String: String] = [:]) throws(LocationFault) {
        guard text.hasPrefix("rest:") else { throw .wrongScheme }
        var rest = text.dropFirst(5)
        let isSecure = rest.hasPrefix("https://")
        guard isSecure || rest.hasPrefix("http://") else { throw .wrongScheme }
        rest = rest.dropFirst(isSecure ? 8 : 7)
        var authority = rest.prefix { $0 != "/" }
        let place = rest.dropFirst(authority.count)
        var login = RESTLogin(environment: environment)
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = PercentEncoding.decode(parts[0]),
                let password = parts.count > 1 ? PercentEncoding.decode(parts[1]) : ""
            else { throw .badText }
            login = RESTLogin(user: user, password: password)
            authority = authority[authority.index(after: at)...]
        }
        origin = try HTTPOrigin(isSecure: isSecure, authority: authority)
        self.login = login
        guard place.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && !"?#\\\"<>".utf8.contains($0) }) else {
            throw .badText
        }
        var encoded = "/"
        for word in place.split(separator: "/") {
            // What is encoded already stays so, anything else becomes so.
            guard word != ".", word != "..", let name = PercentEncoding.decode(word) else { throw .badText }
            encoded += PercentEncoding.encode(name) + "/"
        }
        path = encoded
    }
}

extension RESTLocation: CustomStringConvertible {
    /// Without user and password.
    public var description: String { "rest:\(origin.text)\(path)" }
}

/// Who asks a REST server. Never shown.
struct RESTLogin: Sendable {
    private let user: String
    private let password: String

    init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Nil without a user.
    init?(environment: [String: String]) {
        guard let user = environment["RESTIC_REST_USERNAME"], !user.isEmpty else { return nil }
        self.init(user: user, password: environment["RESTIC_REST_PASSWORD"] ?? "")
    }

    /// The value of the Authorization header (RFC 7617).
    var header: String { "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))" }
}

extension RESTLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "login" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
