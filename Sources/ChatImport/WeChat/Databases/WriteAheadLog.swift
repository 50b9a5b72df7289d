/// The write-ahead log beside a database: where the last committed version of each page in it is
/// (sqlite.org/fileformat2.html, section 4). All numbers are big-endian.
///
///     header, 32 bytes                                             frame, 24 bytes and a page
///     0       4         8           12           16   20   24  28  0      4        8    12   16  20  24
///     | magic | version | page size | checkpoint | S1 | S2 | C1 C2 | page | commit | S1 | S2 | C1 C2 | page as stored |
///
/// `commit` is not zero in the last frame of a transaction: the pages that the database has after it. S are the salts: a
/// frame with others is left over from before a checkpoint. C is the checksum of everything up to there, without the
/// salts and the checksums of frames. An encrypted page is stored, and summed, encrypted.
public struct WriteAheadLog {
    static let headerCount = 32
    static let frameHeaderCount = 24
    /// Frames that are held in memory at the most: 32 GB of pages of 4,096 bytes.
    static let mostFrames = 8 << 20

    /// What the log holds, for the account of an import.
    public struct Counts: Hashable, Sendable {
        /// Frames of finished transactions; their pages are read.
        public var committed = 0
        /// Good frames of a transaction that was not finished; not read.
        public var uncommitted = 0
        /// Frames left over from before a checkpoint; not read.
        public var stale = 0
        /// Frames of this generation that cannot be read: torn, or behind one that is.
        public var damaged = 0

        /// None.
        public init() {}
    }

    /// The header's bytes: another generation has others.
    let header: [UInt8]
    /// Where the log was read up to.
    let length: Int
    let pageSize: Int
    /// The frame, counted from 0, of the newest committed version of a page.
    let frames: [UInt32: UInt32]
    /// How many pages the database has after the last finished transaction.
    let pageCount: UInt32
    let counts: Counts

    /// Reads and verifies a log of `length` bytes. Nil when its header is none, or is damaged: then there is nothing in
    /// it that SQLite would read. Cost: reads all of it once.
    init?(_ file: SourceFile, length: Int) throws(DatabaseFault) {
        header = try file.bytes(Self.headerCount, at: 0) ?? []
        guard header.count == Self.headerCount else { return nil }
        let (magic, version, size) = header.withUnsafeBytes {
            ($0.bigEndian(at: 0), $0.bigEndian(at: 4), Int($0.bigEndian(at: 8)))
        }
        guard magic & ~1 == 0x377F_0682, version == 3_007_000 else { return nil }
        guard size >= 512, size <= 65_536, size & (size - 1) == 0 else { return nil }
        var sum = Checksum(isBigEndian: magic & 1 == 1)
        let isRight = header.withUnsafeBytes { header in
            sum.add(UnsafeRawBufferPointer(rebasing: header[..<24]))
            return sum.first == header.bigEndian(at: 24) && sum.second == header.bigEndian(at: 28)
        }
        guard isRight else { return nil }
        pageSize = size
        self.length = length
        let frameCount = (length - Self.headerCount) / (Self.frameHeaderCount + size)
        guard frameCount <= Self.mostFrames else { throw .logTooLong(frames: frameCount) }
        var scan = Scan(sum: sum, salts: Array(header[16..<24]))
        try scan.read(file, pageSize: size, frameCount: frameCount)
        // A last frame that was cut off has a head, or not even that.
        if (length - Self.headerCount) % (Self.frameHeaderCount + size) != 0 { scan.counts.damaged += 1 }
        frames = scan.frames
        pageCount = scan.pageCount
        counts = scan.counts
    }

    /// Where a frame begins.
    func offset(ofFrame frame: UInt32) -> Int {
        Self.headerCount + Int(frame) * (Self.frameHeaderCount + pageSize)
    }

    /// Whether the head of a frame is that of a page of this generation.
    func isHead(_ head: UnsafeRawBufferPointer, ofPage page: UInt32) -> Bool {
        head.count >= Self.frameHeaderCount && head.bigEndian(at: 0) == page
            && head[8..<16].elementsEqual(header[16..<24])
    }

    /// The state of a walk over the frames.
    private struct Scan {
        var sum: Checksum
        let salts: [UInt8]
        var frames: [UInt32: UInt32] = [:]
        var pageCount: UInt32 = 0
        var counts = Counts()
        /// Pages and frames of the transaction that is not finished yet.
        private var pending: [(page: UInt32, frame: UInt32)] = []
        private var isOver = false

        init(sum: Checksum, salts: [UInt8]) {
            self.sum = sum
            self.salts = salts
        }

        mutating func read(_ file: SourceFile, pageSize: Int, frameCount: Int) throws(DatabaseFault) {
            let frameSize = WriteAheadLog.frameHeaderCount + pageSize
            let framesAtOnce = max(1, (1 << 18) / frameSize)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: framesAtOnce * frameSize, alignment: 16)
            defer { buffer.deallocate() }
            var frame = 0
            while frame < frameCount {
                let count = min(framesAtOnce, frameCount - frame)
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * frameSize)])
                guard try file.fill(part, at: WriteAheadLog.headerCount + frame * frameSize) else {
                    throw .changedMeanwhile
                }
                for index in 0..<count {
                    let bytes = part[index * frameSize..<(index + 1) * frameSize]
                    add(UnsafeRawBufferPointer(rebasing: bytes), frame + index)
                }
                frame += count
            }
            counts.uncommitted = pending.count
        }

        private mutating func add(_ bytes: UnsafeRawBufferPointer, _ frame: Int) {
            guard bytes[8..<16].elementsEqual(salts) else {
                isOver = true
                counts.stale += 1
                return
            }
            let page = bytes.bigEndian(at: 0)
            if !isOver {
                sum.add(UnsafeRawBufferPointer(rebasing: bytes[..<8]))
                sum.add(UnsafeRawBufferPointer(rebasing: bytes[WriteAheadLog.frameHeaderCount...]))
                isOver = page == 0 || sum.first != bytes.bigEndian(at: 16) || sum.second != bytes.bigEndian(at: 20)
            }
            guard !isOver else {
                counts.damaged += 1
                return
            }
            pending.append((page, UInt32(frame)))
            let pagesAfter = bytes.bigEndian(at: 4)
            guard pagesAfter != 0 else { return }
            for (page, frame) in pending { frames[page] = frame }
            counts.committed += pending.count
            pending.removeAll(keepingCapacity: true)
            pageCount = pagesAfter
        }
    }

    /// SQLite's sum over pairs of 32-bit words.
    struct Checksum {
        let isBigEndian: Bool
        private(set) var first: UInt32 = 0
        private(set) var second: UInt32 = 0

        init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

        /// Adds bytes, a multiple of eight.
        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            var (one, two) = (first, second)
            var offset = 0
            while offset + 8 <= bytes.count {
                let a = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let b = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                one = one &+ (isBigEndian ? a.bigEndian : a.littleEndian) &+ two
                two = two &+ (isBigEndian ? b.bigEndian : b.littleEndian) &+ one
                offset += 8
            }
            (first, second) = (one, two)
        }
    }
}

extension SourceFile {
    /// Fills the whole buffer from a position; false when the file ends before.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(DatabaseFault) -> Bool {
        var done = 0
        do throws(SystemFault) {
            while done < buffer.count {
                let count = try read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: position + done)
                if count == 0 { return false }
                done += count
            }
        } catch {
            throw .unreadable(errno: error.errno)
        }
        return true
    }

    /// Some bytes at a position; nil when the file ends before.
    func bytes(_ count: Int, at position: Int) throws(DatabaseFault) -> [UInt8]? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        return try fill(buffer, at: position) ? [UInt8](buffer) : nil
    }
}
