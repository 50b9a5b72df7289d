import Glibc
import JSON
import ResticRepository
import Storage

/// A repository whose index files speak of a million blobs in packs that nobody reads.
final class SampleIndex {
    static let count = 1_000_000
    private static let entriesPerFile = 50_000
    private static let entriesPerPack = 500

    /// The blobs, in no order.
    let blobs: [BlobID]
    private let store = MemoryStore()
    private let folder: String

    init() throws {
        var template = Array("/tmp/chatark-micro-benchmarks-XXXXXX".utf8CString)
        try check(mkdtemp(&template) != nil, "no folder can be made in /tmp")
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var numbers = SeededNumbers(seed: 6)
        blobs = (0..<Self.count).map { _ in BlobID(.random(using: &numbers)) }
        let repository = try Fixtures.makeRepository(in: store)
        for start in stride(from: 0, to: Self.count, by: Self.entriesPerFile) {
            let text = Self.indexFile(of: blobs[start..<start + Self.entriesPerFile], &numbers)
            _ = try repository.saveUnpacked(.index, text)
        }
        // The first one to open it makes the local index, which others find.
        _ = try open(mapped: true)
    }

    deinit {
        for name in names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Opens the repository anew, with its index on the local disk and mapped, or in memory.
    func open(mapped: Bool) throws -> Repository {
        let repository = try Repository.open(
            store, password: Fixtures.password, localIndex: mapped ? folder : nil)
        try repository.loadIndex()
        try check(repository.localIndexFault == nil, "the local index cannot be written")
        try check(!mapped || !names(in: folder).isEmpty, "there is no local index")
        return repository
    }

    private func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func indexFile(of blobs: ArraySlice<BlobID>, _ numbers: inout SeededNumbers) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("packs")
        writer.beginArray()
        for start in stride(from: blobs.startIndex, to: blobs.endIndex, by: entriesPerPack) {
            writer.beginObject()
            writer.key("id")
            writer.string(SHA256Digest.random(using: &numbers).hex)
            writer.key("blobs")
            writer.beginArray()
            for (position, blob) in blobs[start..<min(start + entriesPerPack, blobs.endIndex)].enumerated() {
                writer.beginObject()
                writer.key("id")
                writer.string(blob.hex)
                writer.key("type")
                writer.string(BlobKind.data.name)
                writer.key("offset")
                writer.int(position * 32_000)
                writer.key("length")
                writer.int(32_000)
                writer.key("uncompressed_length")
                writer.int(100_000)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension SHA256Digest {
    /// A digest of nothing.
    static func random(using numbers: inout SeededNumbers) -> SHA256Digest {
        numbers.bytes(byteCount).withUnsafeBytes { SHA256Digest(copying: $0) } ?? .zero
    }
}
