/// A repository behind SFTP, in the forms that restic reads:
///
///     sftp:user@host:/absolute/path      sftp:host:path/under/the/login's/folder      sftp:[::1]:/path
///     sftp://user@host:port//absolute/path      sftp://host/path/under/the/login's/folder
///
/// Hosts may be names of the user's ssh configuration.
public struct SFTPLocation: Hashable, Sendable {
    /// Nil for what ssh takes by itself.
    let user: String?
    /// Without brackets; never begins with a hyphen, which ssh would take for an option.
    let host: String
    /// Nil for what ssh takes by itself.
    let port: Int?
    /// Without `.`, `..`, doubled or trailing slashes where that is possible, as restic cleans it.
    let path: String

    /// Reads a location.
    public init(parsing text: String) throws(LocationFault) {
        guard text.hasPrefix("sftp:") else { throw .wrongScheme }
        let rest = text.dropFirst(5)
        let place: Substring
        let login: Substring
        if rest.hasPrefix("//") {
            let authority = rest.dropFirst(2).prefix { $0 != "/" }
            guard authority.endIndex < rest.endIndex else { throw .noPath }
            login = authority
            place = rest[rest.index(after: authority.endIndex)...]
        } else {
            // An address's own colons are in brackets.
            let word = rest.prefix { $0 != ":" && $0 != "[" }
            let isAddress = rest[word.endIndex...].hasPrefix("[") && (word.isEmpty || word.hasSuffix("@"))
            let start = isAddress ? rest[word.endIndex...].firstIndex(of: "]") : rest.startIndex
            guard let start, let colon = rest[start...].firstIndex(of: ":") else { throw .noPath }
            login = rest[..<colon]
            place = rest[rest.index(after: colon)...]
        }
        let isURL = rest.hasPrefix("//")
        var authority = login
        var name: String?
        if let at = login.lastIndex(of: "@") {
            guard let decoded = isURL ? PercentEncoding.decode(login[..<at]) : String(login[..<at]) else {
                throw .badText
            }
            // A password has no place here: ssh asks for it.
            guard !decoded.isEmpty, !decoded.hasPrefix("-"), !(isURL && decoded.contains(":")), Self.isSound(decoded)
            else { throw .badText }
            name = decoded
            authority = login[login.index(after: at)...]
        }
        user = name
        (host, port) = try Self.split(authority, mayHavePort: isURL)
        if isURL, place.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) { throw .badText }
        guard let decoded = isURL ? PercentEncoding.decode(place) : String(place) else { throw .badText }
        guard !decoded.isEmpty else { throw .noPath }
        path = Self.clean(decoded)
        // restic refuses it too: no shell is there to make it the login's folder.
        guard !path.hasPrefix("~"), path.utf8.count <= 3000, path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .badText
        }
    }

    private static func split(
        _ authority: Substring, mayHavePort: Bool
    ) throws(LocationFault) -> (host: String, port: Int?) {
        var host = authority
        var port: Int?
        let isAddress = host.hasPrefix("[")
        if isAddress {
            guard let end = host.firstIndex(of: "]") else { throw .badText }
            let behind = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            if !behind.isEmpty { port = try number(behind, mayHavePort) }
        } else if let colon = host.firstIndex(of: ":") {
            port = try number(host[colon...], mayHavePort)
            host = host[..<colon]
        }
        guard !host.isEmpty else { throw .noHost }
        guard !host.hasPrefix("-"), isSound(String(host)),
            host.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && ($0 != UInt8(ascii: ":") || isAddress) })
        else { throw .badText }
        return (String(host), port)
    }

    private static func number(_ text: Substring, _ mayHavePort: Bool) throws(LocationFault) -> Int {
        guard mayHavePort, text.hasPrefix(":") else { throw .badText }
        let digits = text.dropFirst()
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), (1...65535).contains(port)
        else { throw .badPort }
        return port
    }

    /// Neither space nor control characters nor what a shell would read, lest ssh hand it to one (ProxyCommand %h, %r).
    private static func isSound(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"'`\"$;&<>|(){}[]".utf8.contains($0) }
    }

    /// Without what a path does not need.
    private static func clean(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var kept: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." {
                kept.append(part)
            } else if let last = kept.last, last != ".." {
                kept.removeLast()
            } else if !isAbsolute {
                kept.append(part)
            }
        }
        let joined = kept.joined(separator: "/")
        return isAbsolute ? "/" + joined : joined.isEmpty ? "." : joined
    }
}

extension SFTPLocation: CustomStringConvertible {
    /// The same place in one form; there are no credentials to leave out.
    public var description: String {
        let login = user.map { "\($0)@" } ?? ""
        let name = host.contains(":") ? "[\(host)]" : host
        guard let port else { return "sftp:\(login)\(name):\(path)" }
        let escaped = user.map { "\(PercentEncoding.encode($0))@" } ?? ""
        return "sftp://\(escaped)\(name):\(port)/\(PercentEncoding.encode(path, keepsSlashes: true))"
    }
}
