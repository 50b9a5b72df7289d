import COpenSSL
import Storage

/// A SHA-256 computation over bytes that come in pieces.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// libcrypto's SHA-256, looked up once: a lookup per digest costs more than a small digest.
    nonisolated(unsafe) private static let algorithm: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)

    /// Starts a computation.
    public init() {
        guard let algorithm = Self.algorithm, let context = EVP_MD_CTX_new(),
            EVP_DigestInit_ex2(context, algorithm, nil) == 1
        else { preconditionFailure("libcrypto has no SHA-256 or no memory") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes added since the start or the last call; starts afresh.
    public mutating func finish() -> SHA256Digest {
        let digest = withUnsafeTemporaryAllocation(byteCount: SHA256Digest.byteCount, alignment: 8) { buffer in
            EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            return SHA256Digest(copying: UnsafeRawBufferPointer(buffer))
        }
        EVP_DigestInit_ex2(context, Self.algorithm, nil)
        return digest ?? .zero
    }
}

extension SHA256Digest {
    /// The SHA-256 of some bytes.
    public init(hashing bytes: UnsafeRawBufferPointer) {
        var computation = SHA256()
        computation.update(bytes)
        self = computation.finish()
    }

    /// The SHA-256 of some bytes.
    public init(hashing bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { SHA256Digest(hashing: $0) }
    }
}
