import COpenSSL

/// AES-128 in ECB mode without padding.
enum AES128 {
    nonisolated(unsafe) private static let cipher: OpaquePointer? = EVP_CIPHER_fetch(nil, "AES-128-ECB", nil)

    /// Decrypts whole blocks; nil for a key that is not of 16 bytes, or bytes that are not whole blocks.
    static func decrypt(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard key.count == 16, bytes.count % 16 == 0, bytes.count <= Int32.max else { return nil }
        guard !bytes.isEmpty else { return [] }
        guard let cipher, let context = EVP_CIPHER_CTX_new() else {
            preconditionFailure("libcrypto has no AES-128-ECB or no memory")
        }
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_DecryptInit_ex2(context, cipher, key, nil, nil) == 1 else { return nil }
        EVP_CIPHER_CTX_set_padding(context, 0)
        var plain = [UInt8](repeating: 0, count: bytes.count)
        var written: Int32 = 0
        guard EVP_DecryptUpdate(context, &plain, &written, bytes, Int32(bytes.count)) == 1, written == bytes.count
        else { return nil }
        return plain
    }
}
