import COpenSSL

/// Decrypts the pages of one database file, as SQLCipher encrypts them.
///
///     page 1                                       any other page
///     0     16           n-r   n-r+16     n        0            n-r   n-r+16     n
///     | salt | ciphertext | IV  | MAC, pad |       | ciphertext | IV  | MAC, pad |
///
/// n is the page size, r the reserve. The ciphertext is AES-256-CBC without padding. The MAC, where there is one, is HMAC
/// over ciphertext, IV and the page's number in 32 bits, little-endian; it lies directly behind the IV. The salt is the
/// file's: key = PBKDF2(secret, salt), MAC key = PBKDF2(key, each byte of the salt ⊕ 0x3A, 2 rounds).
///
/// Keeps its contexts, so one thread at a time uses it.
final class PageCipher {
    static let saltCount = 16
    private static let ivCount = 16

    let parameters: CipherParameters
    private let cipher: OpaquePointer
    private let authenticator: OpaquePointer?
    private var authenticationKey: [UInt8]

    /// Derives the keys of a file. Nil when this kind of secret is none for these parameters, or for another file.
    /// Cost: the rounds of PBKDF2, some 0.2 s at the most.
    init?(_ parameters: CipherParameters, _ secret: DatabaseKey, salt: [UInt8]) throws(DatabaseFault) {
        self.parameters = parameters
        var key = [UInt8](repeating: 0, count: 32)
        var authenticationKey = key
        defer { key.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        switch (secret.kind, parameters.rounds) {
        case (.ofFile(salt), nil), (.raw, nil): key.withUnsafeMutableBytes { $0.copyBytes(from: secret.bytes) }
        case (.ofFile, _), (.passphrase, nil): return nil
        case (.raw, let rounds?), (.passphrase, let rounds?):
            try Self.derive(parameters.derivation, secret.bytes.baseAddress, secret.bytes.count, salt, rounds, &key)
        }
        guard let cipher = EVP_CIPHER_CTX_new() else { throw .cryptographyFailed }
        var authenticator: OpaquePointer?
        do {
            guard EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key, nil) == 1,
                EVP_CIPHER_CTX_set_padding(cipher, 0) == 1
            else { throw DatabaseFault.cryptographyFailed }
            if let hash = parameters.authentication {
                let otherSalt = salt.map { $0 ^ 0x3A }
                try Self.derive(parameters.derivation, key, key.count, otherSalt, 2, &authenticationKey)
                authenticator = try Self.authenticator(hash)
            }
        } catch {
            EVP_CIPHER_CTX_free(cipher)
            throw .cryptographyFailed
        }
        self.cipher = cipher
        self.authenticator = authenticator
        self.authenticationKey = authenticationKey
    }

    deinit {
        authenticationKey.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        EVP_CIPHER_CTX_free(cipher)
        EVP_MAC_CTX_free(authenticator)
    }

    /// Checks and decrypts a page where it lies. A page of zeros, which SQLCipher never writes but file systems put
    /// where nothing was written, stays as it is. What was the reserve becomes zeros, the salt becomes SQLite's magic.
    func decrypt(_ page: UnsafeMutableRawBufferPointer, number: UInt32) throws(DatabaseFault) {
        guard page.contains(where: { $0 != 0 }) else { return }
        let start = number == 1 ? Self.saltCount : 0
        let end = page.count - parameters.reserve
        if let authentication = parameters.authentication {
            let stored = UnsafeRawBufferPointer(rebasing: page[(end + Self.ivCount)...].prefix(authentication.size))
            let signed = UnsafeRawBufferPointer(rebasing: page[start..<end + Self.ivCount])
            guard try isAuthentic(signed, number, stored) else { throw .damagedPage(number) }
        }
        let content = UnsafeMutableRawBufferPointer(rebasing: page[start..<end])
        var done: Int32 = 0
        guard let target = content.assumingMemoryBound(to: UInt8.self).baseAddress,
            let iv = UnsafeRawBufferPointer(rebasing: page[end...]).assumingMemoryBound(to: UInt8.self).baseAddress,
            EVP_DecryptInit_ex(cipher, nil, nil, nil, iv) == 1,
            EVP_DecryptUpdate(cipher, target, &done, target, Int32(content.count)) == 1, Int(done) == content.count
        else { throw .cryptographyFailed }
        page[end...].initializeMemory(as: UInt8.self, repeating: 0)
        if number == 1 { page.copyBytes(from: DatabaseHeader.magic) }
    }

    private func isAuthentic(
        _ signed: UnsafeRawBufferPointer, _ number: UInt32, _ stored: UnsafeRawBufferPointer
    ) throws(DatabaseFault) -> Bool {
        guard let authenticator else { throw .cryptographyFailed }
        let number = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
        var code = [UInt8](repeating: 0, count: 64)
        var count = 0
        guard EVP_MAC_init(authenticator, authenticationKey, authenticationKey.count, nil) == 1,
            EVP_MAC_update(authenticator, signed.assumingMemoryBound(to: UInt8.self).baseAddress, signed.count) == 1,
            EVP_MAC_update(authenticator, number, number.count) == 1,
            EVP_MAC_final(authenticator, &code, &count, code.count) == 1, count == stored.count
        else { throw .cryptographyFailed }
        return CRYPTO_memcmp(code, stored.baseAddress, count) == 0
    }

    private static func derive(
        _ hash: CipherParameters.Hash, _ secret: UnsafeRawPointer?, _ secretCount: Int, _ salt: [UInt8],
        _ rounds: Int, _ key: inout [UInt8]
    ) throws(DatabaseFault) {
        let characters = secret?.assumingMemoryBound(to: CChar.self)
        guard
            PKCS5_PBKDF2_HMAC(
                characters, Int32(secretCount), salt, Int32(salt.count), Int32(rounds), hash.algorithm,
                Int32(key.count), &key) == 1
        else { throw .cryptographyFailed }
    }

    private static func authenticator(_ hash: CipherParameters.Hash) throws(DatabaseFault) -> OpaquePointer {
        guard let algorithm = EVP_MAC_fetch(nil, "HMAC", nil) else { throw .cryptographyFailed }
        defer { EVP_MAC_free(algorithm) }
        guard let context = EVP_MAC_CTX_new(algorithm) else { throw .cryptographyFailed }
        let name = UnsafeRawPointer(hash.name.utf8Start).assumingMemoryBound(to: CChar.self)
        let parameters = [
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, UnsafeMutablePointer(mutating: name), 0),
            OSSL_PARAM_construct_end(),
        ]
        guard EVP_MAC_CTX_set_params(context, parameters) == 1 else {
            EVP_MAC_CTX_free(context)
            throw .cryptographyFailed
        }
        return context
    }
}
