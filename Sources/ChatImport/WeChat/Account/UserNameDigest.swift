import COpenSSL

/// The MD5 of a user name, by which tables and folders of conversations are called.
enum UserNameDigest {
    /// 32 lower-case hexadecimal digits; nil when libcrypto has no MD5.
    static func hexadecimal(_ name: String) -> String? {
        var name = name
        var digest = [UInt8](repeating: 0, count: 16)
        var length: UInt32 = 0
        let isDone = name.withUTF8 { EVP_Digest($0.baseAddress, $0.count, &digest, &length, EVP_md5(), nil) == 1 }
        guard isDone, length == 16 else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The part of a table's name behind its prefix, when it is an MD5.
    static func ofTable(_ table: String, prefix: String) -> String? {
        guard table.hasPrefix(prefix) else { return nil }
        let digest = table.dropFirst(prefix.count)
        let isDigest =
            digest.utf8.count == 32
            && digest.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0)
            }
        return isDigest ? digest.lowercased() : nil
    }
}

/// Finds the user names that tables are called by the digests of.
struct DigestNames {
    private var names: [String: String] = [:]
    private let wanted: Set<String>

    /// - Parameter wanted: digests in lower-case hexadecimal digits.
    init(wanted: Set<String>) { self.wanted = wanted }

    /// Whether every digest has its user name.
    var isComplete: Bool { names.count == wanted.count }

    /// Takes a user name into account. Cost: one MD5.
    mutating func consider(_ name: String) {
        guard names.count < wanted.count, let digest = UserNameDigest.hexadecimal(name), wanted.contains(digest) else {
            return
        }
        names[digest] = name
    }

    /// The user name of a digest; the digest itself when nobody has it.
    subscript(digest: String) -> String { names[digest] ?? digest }
}
