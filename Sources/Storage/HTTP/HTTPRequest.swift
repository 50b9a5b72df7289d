/// What an HTTP request may do.
enum HTTPVerb: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// Where a server listens.
struct HTTPOrigin: Hashable, Sendable {
    var isSecure: Bool
    /// A name or an address; an IPv6 address keeps its brackets.
    var host: String
    /// Nil for the scheme's own.
    var port: Int?

    /// As the Host header says it.
    var authority: String {
        guard let port, port != (isSecure ? 443 : 80) else { return host }
        return "\(host):\(port)"
    }

    /// `https://host:port`.
    var text: String { "\(isSecure ? "https" : "http")://\(authority)" }
}

/// One request: a value, with its path and query encoded already.
struct HTTPRequest: Sendable {
    var verb: HTTPVerb
    var origin: HTTPOrigin
    /// Begins with a slash; percent-encoded.
    var path: String
    /// Without the question mark; percent-encoded; may be empty.
    var query = ""
    /// May hold secrets, and so is never shown.
    var headers: [(name: String, value: String)] = []
    /// Nil sends none and no length.
    var body: [UInt8]?
    /// More bytes than this in a good answer are a fault.
    var bodyLimit: Int

    /// The whole address.
    var url: String { origin.text + path + (query.isEmpty ? "" : "?\(query)") }

    /// Neither headers nor body.
    var description: String { "\(verb.rawValue) \(origin.text)\(path)" }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// What came back. A good answer whose body ended early is never one of these; of any other the status is the answer.
struct HTTPAnswer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// Whether the request did what it asked for.
    var isGood: Bool { (200...299).contains(status) }

    /// The first header of that name, whatever its case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.utf8.elementsEqual(name.utf8) { $0 | 0x20 == $1 | 0x20 } }?.value
    }

    /// The length that the answer's head claims.
    var contentLength: Int? { header("content-length").flatMap { Int($0) } }
}

/// Why there is no answer.
enum HTTPFault: Error, Hashable {
    /// No connection, or it broke before the answer was whole.
    case unreachable
    /// No connection, for a reason that is known.
    case notConnected(Silence)
    /// No machine has the host's name.
    case unknownHost
    /// What came is not TLS.
    case noTLS
    /// Connected or not, it took too long.
    case timedOut
    /// The answer has more bytes than were asked for.
    case tooLong(status: Int)
    /// The server's certificate is not trusted.
    case untrusted
    /// The address cannot be one.
    case badAddress

    /// In a store's words.
    func storageError(
        _ subject: StorageSubject, _ operation: StorageOperation, _ location: String
    ) -> StorageError {
        switch self {
        case .unreachable, .timedOut: .unreachable(subject, operation, location: location)
        case .notConnected(let silence): .unreachable(subject, operation, silence, location: location)
        case .unknownHost: .unknownHost(location: location)
        case .noTLS: .noTLS(location: location)
        case .tooLong(let status):
            .answered(subject, operation, status: status, code: "TooLong", location: location)
        case .untrusted: .untrusted(location: location)
        case .badAddress: .answered(subject, operation, status: 0, code: "BadAddress", location: location)
        }
    }
}

/// Percent-encoding as RFC 3986 has it and AWS signs it: all but letters, digits and `-._~`.
enum PercentEncoding {
    /// Encodes every byte that is not unreserved, slashes too unless they are kept.
    static func encode(_ text: String, keepsSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepsSlashes: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil when a percent sign is not followed by two digits, or the bytes are no text.
    static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
