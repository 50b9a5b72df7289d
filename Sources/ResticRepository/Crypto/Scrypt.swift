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

    /// Memory for repetitions that run at a time, in bytes; one may take more.
    private static let memoryAtOnce = 64 << 20

    /// Derives `count` bytes from a password, the repetitions on all cores.
    package func derive(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], count: Int
    ) throws(RepositoryError) -> Secret {
        let blockSize = 128 * r
        let size = p * blockSize
        var isDone = false
        let mixed = Secret(count: size) { blocks in
            guard salt.withUnsafeBytes({ Self.stretch(password, salt: $0, into: blocks) }) else { return }
            let lanes = stride(from: 0, to: size, by: blockSize).map {
                Lane(UnsafeMutableRawBufferPointer(rebasing: blocks[$0..<$0 + blockSize]))
            }
            let atOnce = max(1, min(ProcessorCount.current, Self.memoryAtOnce / (blockSize * n)))
            _ = concurrently(lanes, atOnce: atOnce) { (lane) throws(Never) in
                var memory = ScryptLane(n: n, r: r)
                memory.mix(lane.block)
            }
            isDone = true
        }
        guard isDone else { throw .libraryFailed("scrypt") }
        let secret = Secret(count: count) { isDone = Self.stretch(password, salt: mixed.bytes, into: $0) }
        guard isDone else { throw .libraryFailed("scrypt") }
        return secret
    }

    /// A block that one thread has while it is mixed.
    private struct Lane: @unchecked Sendable {
        let block: UnsafeMutableRawBufferPointer

        init(_ block: UnsafeMutableRawBufferPointer) { self.block = block }
    }

    /// PBKDF2 with HMAC-SHA-256 and one round.
    private static func stretch(
        _ password: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let output = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let text = password.baseAddress?.assumingMemoryBound(to: CChar.self)
        return PKCS5_PBKDF2_HMAC(
            text, Int32(password.count), salt.bytePointer, Int32(salt.count), 1, EVP_sha256(), Int32(target.count),
            output) == 1
    }
}
