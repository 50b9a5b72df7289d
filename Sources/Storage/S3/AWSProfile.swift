import Glibc

/// One profile of AWS's own files: what stands in `~/.aws/credentials` and `~/.aws/config` under its name.
struct AWSProfile: Sendable {
    private var values: [String: String] = [:]

    /// The most bytes of such a file that are read.
    private static let sizeLimit = 1 << 20

    /// Reads the files that the environment names, or those at their usual places; missing ones are as empty ones.
    init(environment: [String: String]) {
        let name =
            [environment["AWS_PROFILE"], environment["AWS_DEFAULT_PROFILE"]].lazy.compactMap { $0 }.first {
                !$0.isEmpty
            } ?? "default"
        let home = environment["HOME"] ?? ""
        let config = environment["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config"
        let credentials = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials"
        self.init(
            name: name, config: Self.read(config, limit: Self.sizeLimit),
            credentials: Self.read(credentials, limit: Self.sizeLimit))
    }

    /// From the files' texts; what the credentials' file says wins.
    init(name: String, config: String, credentials: String) {
        values = Self.section(in: config) { $0 == "profile \(name)" || name == "default" && $0 == "default" }
        values.merge(Self.section(in: credentials) { $0 == name }) { $1 }
    }

    /// The profile's region.
    var region: String? { value("region") }

    /// The profile's keys; nil without both.
    var credentials: S3Credentials? {
        guard let keyID = value("aws_access_key_id"), let secret = value("aws_secret_access_key") else { return nil }
        return S3Credentials(keyID: keyID, secret: secret, token: value("aws_session_token"))
    }

    private func value(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func section(in text: String, where isWanted: (String) -> Bool) -> [String: String] {
        var found: [String: String] = [:]
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = trimmed(line)
            if words.hasPrefix("#") || words.hasPrefix(";") { continue }
            if words.hasPrefix("[") {
                let name = words.dropFirst().prefix { $0 != "]" }
                isInside = isWanted(name.split { $0 == " " || $0 == "\t" }.joined(separator: " "))
                continue
            }
            // An indented line continues a nested setting, none of which matter here.
            guard isInside, line.first != " ", line.first != "\t", let equals = words.firstIndex(of: "=") else {
                continue
            }
            found[trimmed(words[..<equals]).lowercased()] = String(trimmed(words[words.index(after: equals)...]))
        }
        return found
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }

    private static func read(_ path: String, limit: Int) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < limit {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count <= 0 { break }
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
