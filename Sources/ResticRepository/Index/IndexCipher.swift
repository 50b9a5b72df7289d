import COpenSSL
import Storage
import Synchronization

/// Hides what a local index holds from everyone who has not the repository's key.
///
/// A blob's id is the hash of its plaintext and its length is the plaintext's, so that either would tell a thief whether a
/// picture that he has is in the backup. Records are therefore sealed with AES-256, each of their three 16-byte blocks
/// for itself: a fixed permutation, so an id is looked up by its ciphertext. Equal blocks need equal ids or places, so the
/// file shows how many blobs there are and which are stored twice, no more. The key is HMAC-SHA-256 of a label under the
/// repository's AES key; a second one authenticates headers, so that no segment of another repository is taken for ours.
///
/// A lookup costs two short calls of libcrypto, some 0.1 µs each. Any thread may call.
final class IndexCipher: Sendable {
    private let headerKey: Secret
    private let sealing = Mutex(())
    private let opening = Mutex(())
    nonisolated(unsafe) private let sealer: OpaquePointer
    nonisolated(unsafe) private let opener: OpaquePointer

    init(_ master: BoxKey) throws(RepositoryError) {
        let recordKey = try Self.derive("chatark local index: records", master)
        headerKey = try Self.derive("chatark local index: headers", master)
        guard let sealer = EVP_CIPHER_CTX_new() else { throw .libraryFailed("cipher") }
        guard let opener = EVP_CIPHER_CTX_new() else {
            EVP_CIPHER_CTX_free(sealer)
            throw .libraryFailed("cipher")
        }
        self.sealer = sealer
        self.opener = opener
        guard EVP_EncryptInit_ex(sealer, EVP_aes_256_ecb(), nil, recordKey.bytes.bytePointer, nil) == 1,
            EVP_DecryptInit_ex(opener, EVP_aes_256_ecb(), nil, recordKey.bytes.bytePointer, nil) == 1,
            EVP_CIPHER_CTX_set_padding(sealer, 0) == 1, EVP_CIPHER_CTX_set_padding(opener, 0) == 1
        else { throw .libraryFailed("cipher") }
    }

    deinit {
        EVP_CIPHER_CTX_free(sealer)
        EVP_CIPHER_CTX_free(opener)
    }

    /// What an id is in a sealed record.
    func sealed(_ id: BlobID) -> IDWords {
        var words = IDWords(id.digest)
        withUnsafeMutableBytes(of: &words) { seal($0) }
        return words
    }

    /// Seals records where they lie.
    func seal(_ records: inout [IndexRecord]) {
        records.withUnsafeMutableBytes { seal($0) }
    }

    /// Opens records where they lie.
    func open(_ records: inout [IndexRecord]) {
        records.withUnsafeMutableBytes { open($0) }
    }

    /// Opens one record.
    func opened(_ record: IndexRecord) -> IndexRecord {
        var record = record
        withUnsafeMutableBytes(of: &record) { open($0) }
        return record
    }

    /// The authentication code of a segment's header.
    func headerCode(_ header: UnsafeRawBufferPointer) -> SHA256Digest? {
        Self.code(header, key: headerKey.bytes).flatMap { $0.withUnsafeBytes { SHA256Digest(copying: $0) } }
    }

    private func seal(_ bytes: UnsafeMutableRawBufferPointer) {
        sealing.withLock { _ in Self.inPieces(bytes) { EVP_EncryptUpdate(sealer, $0, &$1, $0, $2) } }
    }

    private func open(_ bytes: UnsafeMutableRawBufferPointer) {
        opening.withLock { _ in Self.inPieces(bytes) { EVP_DecryptUpdate(opener, $0, &$1, $0, $2) } }
    }

    private static func inPieces(
        _ bytes: UnsafeMutableRawBufferPointer, _ call: (UnsafeMutablePointer<UInt8>, inout Int32, Int32) -> Int32
    ) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var done = 0
        while done < bytes.count {
            let piece = min(bytes.count - done, 1 << 30)
            var count: Int32 = 0
            // Whole blocks without padding under a key that was accepted: there is nothing left that could fail.
            guard call(base + done, &count, Int32(piece)) == 1, Int(count) == piece else {
                preconditionFailure("libcrypto refused to run AES on whole blocks")
            }
            done += piece
        }
    }

    private static func derive(_ label: String, _ master: BoxKey) throws(RepositoryError) -> Secret {
        guard var key = Array(label.utf8).withUnsafeBytes({ code($0, key: master.encrypt) }) else {
            throw .libraryFailed("HMAC")
        }
        defer { wipe(&key) }
        return key.withUnsafeBytes { Secret(copying: $0) }
    }

    private static func code(_ bytes: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> [UInt8]? {
        var code = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        var count = 0
        let isDone = code.withUnsafeMutableBytes { code in
            EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key.baseAddress, key.count, bytes.bytePointer, bytes.count,
                code.baseAddress?.assumingMemoryBound(to: UInt8.self), code.count, &count) != nil
        }
        return isDone && count == code.count ? code : nil
    }
}
