import COpenSSL

/// One of scrypt's p repetitions (RFC 7914, sections 3 to 5: scryptROMix), which depend on nothing but their own block, so
/// that each can have a core of its own; libcrypto does one after the other.
///
///     block ──▶ V[0], V[1], … V[n-1]     each the mix of the one before: fills 128·n·r bytes
///           ──▶ n times: mix(X xor V[X mod n])     ──▶ block
///
/// A block is 2·r pieces of 64 bytes, each 16 words of Salsa20, kept here in fours.
struct ScryptLane: ~Copyable {
    private typealias Words = SIMD4<UInt32>

    private let n: Int
    private let r: Int
    /// V, then X, then room for the next X.
    private let memory: UnsafeMutablePointer<Words>
    private let bytes: Int

    /// Words in a block, in fours.
    private var blockCount: Int { 8 * r }

    /// Takes 128·r·(n + 2) bytes.
    init(n: Int, r: Int) {
        self.n = n
        self.r = r
        bytes = 128 * r * (n + 2)
        memory = .allocate(capacity: bytes / MemoryLayout<Words>.stride)
    }

    deinit {
        OPENSSL_cleanse(memory, bytes)
        memory.deallocate()
    }

    /// Mixes a block of 128·r bytes where it lies.
    mutating func mix(_ block: UnsafeMutableRawBufferPointer) {
        var x = memory + n * blockCount
        var next = x + blockCount
        for word in 0..<4 * blockCount {
            let value = block.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self)
            x[word / 4][word % 4] = UInt32(littleEndian: value)
        }
        for i in 0..<n {
            (memory + i * blockCount).update(from: x, count: blockCount)
            mix(x, into: next)
            swap(&x, &next)
        }
        for _ in 0..<n {
            let other = memory + Int(x[blockCount - 4][0] & UInt32(truncatingIfNeeded: n - 1)) * blockCount
            for i in 0..<blockCount { x[i] ^= other[i] }
            mix(x, into: next)
            swap(&x, &next)
        }
        for word in 0..<4 * blockCount {
            block.storeBytes(of: x[word / 4][word % 4].littleEndian, toByteOffset: 4 * word, as: UInt32.self)
        }
    }

    /// scryptBlockMix: pieces of even places go to the first half, those of odd places to the second.
    @inline(__always)
    private func mix(_ block: UnsafeMutablePointer<Words>, into target: UnsafeMutablePointer<Words>) {
        let last = block + (blockCount - 4)
        var x = (last[0], last[1], last[2], last[3])
        for piece in 0..<2 * r {
            let source = block + piece * 4
            x = (x.0 ^ source[0], x.1 ^ source[1], x.2 ^ source[2], x.3 ^ source[3])
            let mixed = Self.salsa(x)
            x = (x.0 &+ mixed.0, x.1 &+ mixed.1, x.2 &+ mixed.2, x.3 &+ mixed.3)
            let place = target + (piece / 2 + (piece % 2) * r) * 4
            place[0] = x.0
            place[1] = x.1
            place[2] = x.2
            place[3] = x.3
        }
    }

    /// The eight rounds of Salsa20/8, without the addition at their end. In single words: the compiler makes twice as much
    /// of them as of rows and columns in vectors, whose turning it takes apart.
    @inline(__always)
    private static func salsa(_ input: (Words, Words, Words, Words)) -> (Words, Words, Words, Words) {
        let (a, b, c, d) = input
        var (x0, x1, x2, x3) = (a[0], a[1], a[2], a[3])
        var (x4, x5, x6, x7) = (b[0], b[1], b[2], b[3])
        var (x8, x9, x10, x11) = (c[0], c[1], c[2], c[3])
        var (x12, x13, x14, x15) = (d[0], d[1], d[2], d[3])
        for _ in 0..<4 {
            quarter(&x0, &x4, &x8, &x12)
            quarter(&x5, &x9, &x13, &x1)
            quarter(&x10, &x14, &x2, &x6)
            quarter(&x15, &x3, &x7, &x11)
            quarter(&x0, &x1, &x2, &x3)
            quarter(&x5, &x6, &x7, &x4)
            quarter(&x10, &x11, &x8, &x9)
            quarter(&x15, &x12, &x13, &x14)
        }
        return (Words(x0, x1, x2, x3), Words(x4, x5, x6, x7), Words(x8, x9, x10, x11), Words(x12, x13, x14, x15))
    }

    /// Salsa20's quarter-round.
    @inline(__always)
    private static func quarter(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32) {
        b ^= rotated(a &+ d, 7)
        c ^= rotated(b &+ a, 9)
        d ^= rotated(c &+ b, 13)
        a ^= rotated(d &+ c, 18)
    }

    @inline(__always)
    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
        (word &<< count) | (word &>> (32 &- count))
    }
}
