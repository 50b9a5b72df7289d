import COpenSSL

/// Seals and opens boxes, restic's one way of keeping bytes secret and unchanged (its `internal/crypto`).
///
///     0     16            n-16   n
///     | IV  | ciphertext  | MAC  |
///
/// The ciphertext is AES-256-CTR with the IV as the whole initial counter, big-endian; the MAC is Poly1305-AES over the
/// ciphertext alone with the IV as its nonce: Poly1305 under the one-time key `r ‖ AES128(k, IV)`.
///
/// Keeps its contexts, so one thread at a time uses it.
package final class BoxCipher {
    /// Bytes that a box has more than its content.
    package static let overhead = 32
    private static let ivCount = 16
    private static let macCount = 16

    private let key: BoxKey
    private let counterMode: OpaquePointer
    private let nonceCipher: OpaquePointer
    private let authenticator: OpaquePointer

    /// Prepares contexts for a key.
    package init(_ key: BoxKey) throws(RepositoryError) {
        guard let counterMode = EVP_CIPHER_CTX_new() else { throw .libraryFailed("cipher") }
        guard let nonceCipher = EVP_CIPHER_CTX_new() else {
            EVP_CIPHER_CTX_free(counterMode)
            throw .libraryFailed("cipher")
        }
        let algorithm = EVP_MAC_fetch(nil, "POLY1305", nil)
        guard let authenticator = EVP_MAC_CTX_new(algorithm) else {
            EVP_MAC_free(algorithm)
            EVP_CIPHER_CTX_free(counterMode)
            EVP_CIPHER_CTX_free(nonceCipher)
            throw .libraryFailed("Poly1305")
        }
        EVP_MAC_free(algorithm)
        self.key = key
        self.counterMode = counterMode
        self.nonceCipher = nonceCipher
        self.authenticator = authenticator
        guard EVP_EncryptInit_ex(counterMode, EVP_aes_256_ctr(), nil, key.encrypt.bytePointer, nil) == 1,
            EVP_EncryptInit_ex(nonceCipher, EVP_aes_128_ecb(), nil, key.k.bytePointer, nil) == 1,
            EVP_CIPHER_CTX_set_padding(nonceCipher, 0) == 1
        else { throw .libraryFailed("cipher") }
    }

    deinit {
        EVP_CIPHER_CTX_free(counterMode)
        EVP_CIPHER_CTX_free(nonceCipher)
        EVP_MAC_CTX_free(authenticator)
    }

    /// Makes a box of some bytes.
    package func seal(_ plaintext: UnsafeRawBufferPointer) throws(RepositoryError) -> [UInt8] {
        var box: [UInt8] = []
        try seal(plaintext, into: &box)
        return box
    }

    /// Appends a box of some bytes.
    package func seal(_ plaintext: UnsafeRawBufferPointer, into target: inout [UInt8]) throws(RepositoryError) {
        let start = target.count
        target.append(contentsOf: try randomBytes(Self.ivCount))
        target.append(contentsOf: plaintext)
        target.append(contentsOf: repeatElement(0, count: Self.macCount))
        let isDone = target.withUnsafeMutableBytes { all in
            let box = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            let iv = UnsafeRawBufferPointer(rebasing: box[..<Self.ivCount])
            let content = UnsafeMutableRawBufferPointer(rebasing: box[Self.ivCount..<box.count - Self.macCount])
            let mac = UnsafeMutableRawBufferPointer(rebasing: box[(box.count - Self.macCount)...])
            return crypt(UnsafeRawBufferPointer(content), iv: iv, into: content)
                && authenticate(UnsafeRawBufferPointer(content), nonce: iv, into: mac)
        }
        guard isDone else { throw .libraryFailed("cipher") }
    }

    /// Checks a box and decrypts it where it lies; returns its content, which is a part of the box's buffer.
    package func open(inPlace box: UnsafeMutableRawBufferPointer) throws(Damage) -> UnsafeRawBufferPointer {
        let target = UnsafeMutableRawBufferPointer(
            rebasing: box[min(Self.ivCount, box.count)..<max(box.count - Self.macCount, min(Self.ivCount, box.count))])
        try open(UnsafeRawBufferPointer(box), into: target)
        return UnsafeRawBufferPointer(target)
    }

    /// Checks a box and decrypts it into another buffer, which is as long as the content; the box stays as it is.
    ///
    /// - Parameter target: may also be where the content lies in the box.
    package func open(
        _ box: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(Damage) {
        guard box.count >= Self.overhead else { throw .tooShort(box.count) }
        let iv = UnsafeRawBufferPointer(rebasing: box[..<Self.ivCount])
        let content = UnsafeRawBufferPointer(rebasing: box[Self.ivCount..<box.count - Self.macCount])
        let stored = UnsafeRawBufferPointer(rebasing: box[(box.count - Self.macCount)...])
        guard iv.contains(where: { $0 != 0 }) else { throw .notAuthentic }
        let isAuthentic = withUnsafeTemporaryAllocation(byteCount: Self.macCount, alignment: 16) { mac in
            authenticate(content, nonce: iv, into: mac)
                && CRYPTO_memcmp(mac.baseAddress, stored.baseAddress, Self.macCount) == 0
        }
        guard isAuthentic, crypt(content, iv: iv, into: target) else { throw .notAuthentic }
    }

    /// Opens a box into an array of its own.
    package func open(_ box: UnsafeRawBufferPointer) throws(Damage) -> [UInt8] {
        var bytes = [UInt8](box)
        try open(&bytes)
        return bytes
    }

    /// Turns an array that holds a box into one that holds its content, without another buffer.
    package func open(_ box: inout [UInt8]) throws(Damage) {
        try box.lendMutable { (bytes) throws(Damage) in
            let content = try open(inPlace: bytes)
            UnsafeMutableRawBufferPointer(rebasing: bytes[..<content.count]).copyMemory(from: content)
        }
        box.removeLast(Self.overhead)
    }

    /// Poly1305-AES of a message; `mac` is 16 bytes.
    package func authenticate(
        _ message: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, into mac: UnsafeMutableRawBufferPointer
    ) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { oneTime in
            oneTime.copyMemory(from: key.r)
            defer { OPENSSL_cleanse(oneTime.baseAddress, oneTime.count) }
            var count: Int32 = 0
            var macCount = 0
            let last = oneTime.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) + 16 }
            return EVP_EncryptUpdate(nonceCipher, last, &count, nonce.bytePointer, 16) == 1 && count == 16
                && EVP_MAC_init(authenticator, UnsafeRawBufferPointer(oneTime).bytePointer, 32, nil) == 1
                && EVP_MAC_update(authenticator, message.bytePointer, message.count) == 1
                && EVP_MAC_final(
                    authenticator, mac.baseAddress?.assumingMemoryBound(to: UInt8.self), &macCount, mac.count) == 1
        }
    }

    /// `target` is `content` itself, or does not overlap with it.
    private func crypt(
        _ content: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard target.count == content.count, EVP_EncryptInit_ex(counterMode, nil, nil, nil, iv.bytePointer) == 1 else {
            return false
        }
        var done = 0
        while done < content.count {
            let piece = min(content.count - done, 1 << 30)
            var count: Int32 = 0
            let start = content.bytePointer.map { $0 + done }
            let end = target.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) + done }
            guard EVP_EncryptUpdate(counterMode, end, &count, start, Int32(piece)) == 1 else { return false }
            done += piece
        }
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// The start as libcrypto wants it.
    var bytePointer: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
