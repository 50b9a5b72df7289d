import Glibc
import Storage

/// Writes a segment: packs first, then records as they come, at last the starts and the header.
///
/// Other processes see it whole or not at all: it gets its name when it is complete and on the disk.
final class IndexSegmentWriter {
    /// Files that are being written start so; one that is left behind is removed by a later builder.
    static let unfinishedPrefix = "building-"

    private let directory: String
    private let cipher: IndexCipher
    private let files: [IndexID]
    private let packCount: Int
    private let prefixBits: Int
    private let layout: IndexSegmentLayout
    private let temporaryPath: String
    private let file: Descriptor
    private var digest = SHA256()
    private var position: Int
    private var count = 0
    /// `starts[p + 1]` counts the records of prefix `p` until the sums are made.
    private var starts: [UInt32]
    private var isFinished = false

    /// - Parameters:
    ///   - files: ascending.
    ///   - expected: about how many records will come; decides the prefix table's size.
    init(
        in directory: String, _ cipher: IndexCipher, files: [IndexID], packs: [IndexedPack], expected: Int
    ) throws(SystemError) {
        self.directory = directory
        self.cipher = cipher
        self.files = files
        packCount = packs.count
        prefixBits = IndexSegmentLayout.prefixBits(for: expected)
        layout = IndexSegmentLayout(files: files.count, packs: packs.count, records: 0, prefixBits: prefixBits)
        starts = [UInt32](repeating: 0, count: 1 << prefixBits + 1)
        temporaryPath = "\(directory)/\(Self.unfinishedPrefix)\(getpid())-\(UInt64.random(in: 0 ... .max))"
        position = layout.packs
        let raw = Glibc.open(temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        guard raw >= 0 else { throw SystemError(.create, errno) }
        file = Descriptor(owning: raw)
        var table: [UInt8] = []
        table.reserveCapacity(layout.records - layout.packs)
        for pack in packs { pack.append(to: &table) }
        table.append(contentsOf: repeatElement(0, count: layout.records - layout.packsEnd))
        try write(table)
    }

    deinit { if !isFinished { unlink(temporaryPath) } }

    /// Adds sealed records, which continue the order of those before.
    func append(_ records: [IndexRecord]) throws(SystemError) {
        for record in records { starts[record.id.prefix(bits: prefixBits) + 1] += 1 }
        count += records.count
        try records.withUnsafeBufferPointer { (records) throws(SystemError) in
            try write(UnsafeRawBufferPointer(records))
        }
    }

    /// Completes the file, gives it its name and maps it.
    func finish() throws(SystemError) -> IndexSegment {
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        try starts.map(\.littleEndian).withUnsafeBufferPointer { (starts) throws(SystemError) in
            try write(UnsafeRawBufferPointer(starts))
        }
        var authentic: [UInt8] = []
        digest.finish().withBytes { authentic.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt64(count).littleEndian) { authentic.append(contentsOf: $0) }
        for field in [files.count, packCount, prefixBits, 0] {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: field).littleEndian) { authentic.append(contentsOf: $0) }
        }
        for file in files { file.digest.withBytes { authentic.append(contentsOf: $0) } }
        guard let code = authentic.withUnsafeBytes({ cipher.headerCode($0) }) else { throw SystemError(.write, ENOMEM) }
        var header = IndexSegment.magic
        code.withBytes { header.append(contentsOf: $0) }
        try (header + authentic).lend { (header) throws(SystemError) in try file.write(header, at: 0) }
        guard fsync(file.raw) == 0 else { throw SystemError(.write, errno) }
        let name = String(code.hex.prefix(32)) + IndexSegment.suffix
        let path = "\(directory)/\(name)"
        guard let segment = try IndexSegment.open(path: temporaryPath, name: name, cipher), segment.isSound else {
            throw SystemError(.write, EIO)
        }
        guard rename(temporaryPath, path) == 0 else { throw SystemError(.create, errno) }
        isFinished = true
        return segment
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.lend { (bytes) throws(SystemError) in try write(bytes) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        guard !bytes.isEmpty else { return }
        digest.update(bytes)
        try file.write(bytes, at: UInt64(position))
        position += bytes.count
    }
}
