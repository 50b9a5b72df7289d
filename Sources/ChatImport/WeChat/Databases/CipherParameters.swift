import COpenSSL

/// How the pages of an encrypted database are made: the settings of SQLCipher that the program which wrote it used.
package struct CipherParameters: Hashable, Sendable {
    /// A hash function.
    package enum Hash: Hashable, Sendable {
        case sha1, sha256, sha512

        var size: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            case .sha512: 64
            }
        }

        var algorithm: OpaquePointer? {
            switch self {
            case .sha1: EVP_sha1()
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            }
        }

        var name: StaticString {
            switch self {
            case .sha1: "SHA1"
            case .sha256: "SHA256"
            case .sha512: "SHA512"
            }
        }
    }

    /// Bytes of a page, a power of two from 512 to 65,536.
    package var pageSize: Int
    /// The hash of PBKDF2, with which keys are derived.
    package var derivation: Hash
    /// Rounds of PBKDF2 that turn the user's secret into the key; nil when the secret is the key.
    package var rounds: Int?
    /// The hash of a page's authentication code; nil when pages have none.
    package var authentication: Hash?

    /// Settings of one's own.
    package init(pageSize: Int, derivation: Hash, rounds: Int?, authentication: Hash?) {
        self.pageSize = pageSize
        self.derivation = derivation
        self.rounds = rounds
        self.authentication = authentication
    }

    /// Bytes at the end of each page that are no content: the initial vector and the authentication code, in whole
    /// blocks of the cipher.
    package var reserve: Int { (16 + (authentication?.size ?? 0) + 15) / 16 * 16 }

    /// WeChat on Android: SQLCipher 1 with the passphrase as text.
    package static let android = CipherParameters(
        pageSize: 1024, derivation: .sha1, rounds: 4000, authentication: nil)
    /// WeChat 3 on Windows.
    package static let windows3 = CipherParameters(
        pageSize: 4096, derivation: .sha1, rounds: 64_000, authentication: .sha1)
    /// WeChat 3 on macOS, whose secret is the key.
    package static let mac3 = CipherParameters(
        pageSize: 1024, derivation: .sha1, rounds: nil, authentication: .sha1)
    /// WeChat 4 on every computer.
    package static let computer4 = CipherParameters(
        pageSize: 4096, derivation: .sha512, rounds: 256_000, authentication: .sha512)

    /// The same for a secret that is the key already.
    var withoutDerivation: CipherParameters {
        var changed = self
        changed.rounds = nil
        return changed
    }
}
