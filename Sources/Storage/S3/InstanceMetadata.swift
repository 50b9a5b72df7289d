import JSON

/// The metadata service of a cloud's machine, version 2 (docs.aws.amazon.com, "Use the Instance Metadata Service"): a
/// token first, then the name of the machine's role, then the role's keys.
struct InstanceMetadata {
    private let origin: HTTPOrigin

    /// Nil when the environment forbids asking. `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another address.
    init?(_ environment: [String: String]) {
        if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
        var origin = HTTPOrigin(isSecure: false, host: "169.254.169.254")
        if let text = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"], !text.isEmpty {
            guard text.hasPrefix("http://"),
                let given = try? HTTPOrigin(isSecure: false, authority: text.dropFirst(7).prefix { $0 != "/" })
            else { return nil }
            origin = given
        }
        self.origin = origin
    }

    /// The role's keys; nil on a machine that has no such service or no role.
    func credentials() -> S3Credentials? {
        guard let quick = try? HTTPDoor(Self.settings(patience: .seconds(4))) else { return nil }
        let lifetime = (name: "X-aws-ec2-metadata-token-ttl-seconds", value: "21600")
        guard let token = text(quick, .put, "/latest/api/token", lifetime), !token.isEmpty else { return nil }
        // There is a service, and it may take its time.
        guard let door = try? HTTPDoor(Self.settings(patience: .seconds(20))) else { return nil }
        let proof = (name: "X-aws-ec2-metadata-token", value: token)
        let folder = "/latest/meta-data/iam/security-credentials/"
        guard let roles = text(door, .get, folder, proof), let role = roles.split(whereSeparator: \.isNewline).first,
            let keys = text(door, .get, folder + PercentEncoding.encode(String(role)), proof)
        else { return nil }
        return Self.parse(Array(keys.utf8))
    }

    /// Where there is no service the address answers nobody, so the first question must not take long.
    private static func settings(patience: Duration) -> HTTPSettings {
        var settings = HTTPSettings()
        settings.connections = 1
        settings.connectTimeout = .seconds(2)
        settings.readIdleTimeout = patience
        settings.writeIdleTimeout = patience
        settings.requestTimeout = patience
        return settings
    }

    private func text(
        _ door: HTTPDoor, _ verb: HTTPVerb, _ path: String, _ header: (name: String, value: String)
    ) -> String? {
        let request = HTTPRequest(
            verb: verb, origin: origin, path: path, headers: [header], body: verb == .put ? [] : nil,
            bodyLimit: 16 << 10)
        guard let answer = try? door.answer(request), answer.isGood else { return nil }
        return String(validating: answer.body, as: UTF8.self)
    }

    /// `{"AccessKeyId": "…", "SecretAccessKey": "…", "Token": "…", "Expiration": "2017-05-17T15:09:54Z"}`.
    static func parse(_ bytes: [UInt8]) -> S3Credentials? {
        var fields: [String: String] = [:]
        let isRead: Void? = try? bytes.withUnsafeBytes { text throws(JSONError) in
            var reader = JSONReader(text)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if try reader.peekKind() == .string {
                    fields[key.string] = try reader.readString()
                } else {
                    try reader.skipValue()
                }
            }
        }
        guard isRead != nil, let keyID = fields["AccessKeyId"], let secret = fields["SecretAccessKey"] else {
            return nil
        }
        return S3Credentials(
            keyID: keyID, secret: secret, token: fields["Token"],
            end: fields["Expiration"].flatMap { HTTPDate.seconds(iso: $0) })
    }
}
