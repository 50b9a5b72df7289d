import Storage

extension Identifier {
    /// Reads 64 lowercase hexadecimal digits.
    init?(hexBytes: UnsafeRawBufferPointer) {
        guard let digest = SHA256Digest(hex: hexBytes) else { return nil }
        self.init(digest)
    }
}
