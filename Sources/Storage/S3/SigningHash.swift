import CSHA2

/// SHA-256 and HMAC-SHA-256 (RFC 2104), for signatures.
enum SigningHash {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { digest, count in
            SHA256(bytes, bytes.count, digest.baseAddress)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let blockLength = Int(SHA256_CBLOCK)
        var block = key.count > blockLength ? sha256(key) : key
        block += repeatElement(0, count: blockLength - block.count)
        return sha256(block.map { $0 ^ 0x5c } + sha256(block.map { $0 ^ 0x36 } + message))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
