/// Why a text is no location of a store.
public enum LocationFault: Error, Hashable, Sendable {
    /// It begins with another scheme.
    case wrongScheme
    /// No host.
    case noHost
    /// No bucket after the host.
    case noBucket
    /// No path where one must be.
    case noPath
    /// The port is no number from 1 to 65535.
    case badPort
    /// A character that may not stand there, or credentials where none belong.
    case badText
}

extension LocationFault: CustomStringConvertible {
    /// The words for a person; never the location, which may hold a password.
    public var description: String {
        switch self {
        case .wrongScheme: "its scheme is another one"
        case .noHost: "it names no host"
        case .noBucket: "it names no bucket"
        case .noPath: "it names no path"
        case .badPort: "its port is not a number from 1 to 65535"
        case .badText: "it has characters that may not stand there"
        }
    }
}

extension HTTPOrigin {
    /// Reads `host`, `host:port` or `[::1]:port`.
    init(isSecure: Bool, authority: Substring) throws(LocationFault) {
        var host = authority
        var port: Int?
        let colon =
            host.hasPrefix("[")
            ? host.lastIndex(of: "]").flatMap { host[$0...].firstIndex(of: ":") } : host.firstIndex(of: ":")
        if let colon {
            guard let number = Int(host[host.index(after: colon)...]), (1...65535).contains(number) else {
                throw .badPort
            }
            port = number
            host = host[..<colon]
        }
        guard !host.isEmpty, host != "[]" else { throw .noHost }
        let isAddress = host.hasPrefix("[")
        let isSound = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): isAddress
            default: false
            }
        }
        guard isSound else { throw .badText }
        self.init(isSecure: isSecure, host: host.lowercased(), port: port)
    }
}
