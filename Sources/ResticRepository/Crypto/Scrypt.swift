import COpenSSL

/// The cost of turning a password into a key (RFC 7914).
public struct ScryptParameters: Hashable, Sendable {
    /// CPU and memory cost, a power of two; memory is 128·N·r bytes.
    public let n: Int
    /// Block size.
    public let r: Int
    /// Repetitions.
    public let p: Int

    /// What new keys get: 32 MiB and about half a second on the machines of 2025, near what restic's calibration
    /// (at most 60 MiB, 500 ms) comes to. Fixed, so that a key made on a fast machine does not keep a slow one waiting.
    public static let standard = ScryptParameters(unchecked: 32768, 8, 5)

    /// The largest memory that a key file may ask for, in bytes: hostile key files must not exhaust the machine.
    static let memoryLimit = 1 << 30
    /// The largest N·r·p that a key file may ask for, fifty times the standard: some 25 seconds.
    static let workLimit = 1 << 26

    /// Checked parameters; nil when they are impossible or beyond what this program is willing to compute.
    public init?(n: Int, r: Int, p: Int) {
        guard n > 1, n & (n - 1) == 0, n <= 1 << 24, (1...1024).contains(r), (1...1024).contains(p),
            128 * n * r <= Self.memoryLimit, n * r * p <= Self.workLimit
        else { return nil }
        self.init(unchecked: n, r, p)
    }

    private init(unchecked n: Int, _ r: Int, _ p: Int) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// Derives `count` bytes from a password.
    package func derive(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], count: Int
    ) throws(RepositoryError) -> Secret {
        guard let algorithm = EVP_KDF_fetch(nil, "SCRYPT", nil) else { throw .libraryFailed("scrypt") }
        defer { EVP_KDF_free(algorithm) }
        guard let context = EVP_KDF_CTX_new(algorithm) else { throw .libraryFailed("scrypt") }
        defer { EVP_KDF_CTX_free(context) }
        // libcrypto keeps the addresses of keys and values until the end, and takes empty bytes only with an address.
        var numbers: [UInt64] = [UInt64(n), UInt64(r), UInt64(p), UInt64(2 * Self.memoryLimit)]
        let isEmpty = password.isEmpty
        var salt = salt + [0]
        var password = isEmpty ? [0] : [UInt8](password)
        let (saltCount, passwordCount) = (salt.count - 1, isEmpty ? 0 : password.count)
        defer { wipe(&password) }
        var isDone = false
        let secret = Secret(count: count) { output in
            numbers.withUnsafeMutableBytes { numbers in
                salt.withUnsafeMutableBytes { salt in
                    password.withUnsafeMutableBytes { password in
                        var parameters = [
                            Self.parameter("pass", OSSL_PARAM_OCTET_STRING, password.baseAddress, passwordCount),
                            Self.parameter("salt", OSSL_PARAM_OCTET_STRING, salt.baseAddress, saltCount),
                            Self.parameter("n", OSSL_PARAM_UNSIGNED_INTEGER, numbers.baseAddress, 8),
                            Self.parameter("r", OSSL_PARAM_UNSIGNED_INTEGER, numbers.baseAddress.map { $0 + 8 }, 8),
                            Self.parameter("p", OSSL_PARAM_UNSIGNED_INTEGER, numbers.baseAddress.map { $0 + 16 }, 8),
                            Self.parameter(
                                "maxmem_bytes", OSSL_PARAM_UNSIGNED_INTEGER, numbers.baseAddress.map { $0 + 24 }, 8),
                            OSSL_PARAM_construct_end(),
                        ]
                        let target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                        isDone = EVP_KDF_derive(context, target, output.count, &parameters) == 1
                    }
                }
            }
        }
        guard isDone else { throw .libraryFailed("scrypt") }
        return secret
    }

    private static func parameter(
        _ key: StaticString, _ type: Int32, _ value: UnsafeMutableRawPointer?, _ size: Int
    ) -> OSSL_PARAM {
        let key = UnsafeRawPointer(key.utf8Start).assumingMemoryBound(to: CChar.self)
        return OSSL_PARAM(
            key: key, data_type: UInt32(type), data: value, data_size: size, return_size: unmodifiedSize)
    }

    /// What libcrypto calls OSSL_PARAM_UNMODIFIED.
    private static let unmodifiedSize = Int(bitPattern: UInt.max)
}
