/// Finds where content is cut into chunks, exactly as restic's chunker does (Rabin fingerprints over a window of 64
/// bytes), so that data which restic stored before is found again.
///
/// A value without I/O: it is shown the bytes collected since the last cut and says where the next one is.
///
///     0        524,224   524,288                                     8 MiB
///     |  not hashed |  window  | cut after the first byte where the low 20 bits of the digest are 0 |
public struct Chunker: Sendable {
    /// Bytes that a digest covers.
    static let windowSize = 64
    /// Smallest chunk but the last of a file, in bytes.
    public static let minimumLength = 512 << 10
    /// Largest chunk, in bytes.
    public static let maximumLength = 8 << 20
    /// A cut is where these bits of the digest are 0: one byte in a million.
    private static let mask: UInt64 = 1 << 20 - 1

    private let tables: ChunkTables
    private var digest: UInt64 = 0
    /// Bytes of the pending chunk that the digest has passed.
    private var scanned = 0

    /// Makes a chunker; building its tables takes some microseconds, so copy one rather than make many.
    ///
    /// The polynomial's degree must be 53; nil when it is not.
    public init?(_ polynomial: Polynomial) {
        guard polynomial.degree == Polynomial.chunkerDegree else { return nil }
        tables = ChunkTables(polynomial)
    }

    /// The length of the next chunk, or nil when more bytes are needed to tell.
    ///
    /// `pending` is everything since the last cut; pass the same bytes and more after a nil. At the end of the content
    /// what is left is the last chunk; call `reset()` before the next content.
    public mutating func cut(in pending: UnsafeRawBufferPointer) -> Int? {
        guard pending.count >= Self.minimumLength, let base = pending.baseAddress else { return nil }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let end = min(pending.count, Self.maximumLength)
        let found = tables.entries.withUnsafeBufferPointer { tables in
            // The initializer's tables hold 4 × 256 entries.
            search(bytes, end, tables.baseAddress!)
        }
        if let found {
            reset()
            return found
        }
        guard end == Self.maximumLength else { return nil }
        reset()
        return end
    }

    /// Forgets the pending chunk.
    public mutating func reset() {
        digest = 0
        scanned = 0
    }

    private mutating func search(
        _ bytes: UnsafePointer<UInt8>, _ end: Int, _ tables: UnsafePointer<UInt64>
    ) -> Int? {
        let reduce = tables + ChunkTables.reduce
        let reduceFar = tables + ChunkTables.reduceFar
        let leave = tables + ChunkTables.leave
        let leaveFar = tables + ChunkTables.leaveFar
        var digest = digest
        var position = scanned
        if position == 0 {
            for index in (Self.minimumLength &- Self.windowSize)..<Self.minimumLength {
                digest = (digest &<< 8 | UInt64(bytes[index])) ^ reduce[Int(truncatingIfNeeded: digest &>> 45)]
            }
            position = Self.minimumLength
            if digest & Self.mask == 0 { return position }
        }
        while position &+ 2 <= end {
            let old = bytes + (position &- Self.windowSize)
            let new = bytes + position
            let top = Int(truncatingIfNeeded: digest &>> 45)
            let below = Int(truncatingIfNeeded: digest &>> 37 & 0xFF)
            let first = UInt64(new[0]) ^ leave[Int(old[0])]
            let second =
                (UInt64(new[0]) &<< 8 | UInt64(new[1])) ^ leaveFar[Int(old[0])] ^ leave[Int(old[1])]
            let middle = digest &<< 8 ^ reduce[top] ^ first
            digest = digest &<< 16 ^ second ^ (reduceFar[top] ^ reduce[below])
            if middle & Self.mask == 0 { return position &+ 1 }
            position &+= 2
            if digest & Self.mask == 0 { return position }
        }
        if position < end {
            let old = Int(bytes[position &- Self.windowSize])
            digest =
                (digest &<< 8 | UInt64(bytes[position])) ^ reduce[Int(truncatingIfNeeded: digest &>> 45)] ^ leave[old]
            position &+= 1
            if digest & Self.mask == 0 { return position }
        }
        self.digest = digest
        scanned = position
        return nil
    }
}
