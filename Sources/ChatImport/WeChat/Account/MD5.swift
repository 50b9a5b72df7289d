import COpenSSL

/// MD5, by which WeChat names folders, files and tables after user names. It protects nothing.
enum MD5 {
    /// 32 lower-case hexadecimal digits of the digest of a text.
    static func hex(_ text: String) -> String {
        var digest = [UInt8](repeating: 0, count: 16)
        var length: UInt32 = 0
        let bytes = Array(text.utf8)
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_md5(), nil) == 1 else { return "" }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
