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
        var (n, r, p) = (UInt64(n), UInt32(r), UInt32(p))
        var memory = UInt64(2 * Self.memoryLimit)
        var salt = salt
        var isDone = false
        // libcrypto takes an empty password only with an address.
        let noBytes: [UInt8] = [0]
        let secret = noBytes.withUnsafeBytes { noBytes in
            Secret(count: count) { output in
                salt.withUnsafeMutableBytes { salt in
                    let bytes = UnsafeMutableRawPointer(mutating: password.baseAddress ?? noBytes.baseAddress)
                    var parameters = [
                        OSSL_PARAM_construct_octet_string("pass", bytes, password.count),
                        OSSL_PARAM_construct_octet_string("salt", salt.baseAddress, salt.count),
                        OSSL_PARAM_construct_uint64("n", &n),
                        OSSL_PARAM_construct_uint32("r", &r),
                        OSSL_PARAM_construct_uint32("p", &p),
                        OSSL_PARAM_construct_uint64("maxmem_bytes", &memory),
                        OSSL_PARAM_construct_end(),
                    ]
                    let target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    isDone = EVP_KDF_derive(context, target, output.count, &parameters) == 1
                }
            }
        }
        guard isDone else { throw .libraryFailed("scrypt") }
        return secret
    }
}
