import COpenSSL

/// The key of boxes: AES-256 for the content, Poly1305-AES for its authentication.
///
///     0        32      48      64
///     | encrypt | k     | r     |      as scrypt derives it
///
/// Opened from a password it is the key of a key file; that one holds the repository's master key.
package final class BoxKey: Sendable {
    /// Bytes in a key.
    package static let byteCount = 64

    private let secret: Secret

    /// Takes 64 bytes; nil for another count, or when any of the three parts is all zeros.
    package init?(_ secret: Secret) {
        let bytes = secret.bytes
        guard bytes.count == Self.byteCount, bytes[..<32].contains(where: { $0 != 0 }),
            bytes[32..<48].contains(where: { $0 != 0 }), bytes[48...].contains(where: { $0 != 0 })
        else { return nil }
        self.secret = secret
    }

    /// A new random key.
    package static func random() throws(RepositoryError) -> BoxKey {
        var filled = false
        let secret = Secret(count: byteCount) { filled = RAND_bytes($0.baseAddress, Int32($0.count)) == 1 }
        guard filled, let key = BoxKey(secret) else { throw .libraryFailed("random generator") }
        return key
    }

    /// The AES-256 key, 32 bytes.
    package var encrypt: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: secret.bytes[..<32]) }
    /// The AES-128 key that turns a nonce into half of a one-time key, 16 bytes.
    package var k: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: secret.bytes[32..<48]) }
    /// The other half of every one-time key, 16 bytes; Poly1305 clamps it.
    package var r: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: secret.bytes[48...]) }
}
