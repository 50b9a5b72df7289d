import CSodium

/// The cost of turning a password into a key (RFC 7914).
public struct ScryptParameters: Hashable, Sendable {
    /// CPU and memory cost, a power of two; memory is 128·N·r bytes.
    public let n: Int
    /// Block size.
    public let r: Int
    /// Repetitions.
    public let p: Int

    /// What new keys get: 32 MiB and about a third of a second on the machines of 2025, near what restic's calibration
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

    /// Derives `count` bytes from a password; throws when the memory cannot be had. libsodium's takes two thirds of the time of
    /// libcrypto's.
    package func derive(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], count: Int
    ) throws(RepositoryError) -> Secret {
        // Finds out what the processor can do; the first call counts.
        guard sodium_init() >= 0 else { throw .libraryFailed("scrypt") }
        // Even no bytes need an address.
        let nothing: [UInt8] = [0]
        var isDone = false
        let secret = Secret(count: count) { output in
            nothing.withUnsafeBufferPointer { nothing in
                guard let bytes = password.bindMemory(to: UInt8.self).baseAddress ?? nothing.baseAddress,
                    let target = output.bindMemory(to: UInt8.self).baseAddress
                else { return }
                isDone =
                    crypto_pwhash_scryptsalsa208sha256_ll(
                        bytes, password.count, salt, salt.count, UInt64(n), UInt32(r), UInt32(p), target, output.count)
                    == 0
            }
        }
        guard isDone else { throw .libraryFailed("scrypt") }
        return secret
    }
}
