import Foundation
import SeededRandom
import Storage
import Synchronization
import Testing

@testable import ResticRepository

/// A store in memory that notes what is asked of it, and that may keep bad copies as a damaged cache would.
final class NotingStore: ObjectStore {
    /// What a reader asked for.
    struct Read: Hashable {
        let name: ObjectName
        let range: Range<Int>?
        let advice: ReadAdvice?
    }

    let inner: MemoryStore
    let location = "memory"
    private let noted = Mutex<(reads: [Read], forgotten: [ObjectName], kept: [ObjectName: [UInt8]])>(([], [], [:]))

    init(_ inner: MemoryStore) { self.inner = inner }

    var reads: [Read] { noted.withLock { $0.reads } }
    var forgotten: [ObjectName] { noted.withLock { $0.forgotten } }

    func clear() { noted.withLock { $0 = ([], [], $0.kept) } }

    /// From now on these bytes are given for an object until it is forgotten.
    func keep(_ bytes: [UInt8], as name: ObjectName) { noted.withLock { $0.kept[name] = bytes } }

    func reads(of kind: ObjectKind) -> Int { reads.count { $0.name.kind == kind } }

    func list(_ kind: ObjectKind) -> [StoredObject] { inner.list(kind) }
    func size(of name: ObjectName) throws(StorageError) -> Int { try inner.size(of: name) }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try answer(Read(name: name, range: range, advice: nil))
    }

    func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8] {
        try answer(Read(name: name, range: range, advice: advice))
    }

    private func answer(_ read: Read) throws(StorageError) -> [UInt8] {
        let kept = noted.withLock {
            $0.reads.append(read)
            return $0.kept[read.name]
        }
        guard let kept else { return try inner.read(read.name, range: read.range) }
        return read.range.map { Array(kept[$0]) } ?? kept
    }

    func forget(_ name: ObjectName, range: Range<Int>?) {
        noted.withLock {
            $0.forgotten.append(name)
            $0.kept[name] = nil
        }
    }

    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) { try inner.write(name, bytes) }
    func remove(_ name: ObjectName) throws(StorageError) { try inner.remove(name) }
    func createLayout() {}
}

/// A repository of index files only, a directory for its local index, and a dictionary of what it should know.
final class IndexSandbox {
    struct Key: Hashable {
        let id: BlobID
        let kind: BlobKind
    }

    struct Place: Hashable {
        let pack: PackID
        let entry: PackEntry
    }

    let workshop: Workshop
    let store = NotingStore(MemoryStore())
    /// Does not load its index.
    let writer: Repository
    var directory: String { workshop.path + "/cache/namespace/index" }
    private(set) var files: [IndexID: [Place]] = [:]

    init() throws {
        workshop = try Workshop()
        writer = try Repository.create(in: store, password: password, keyParameters: cheap)
    }

    /// The repository as another process would open it.
    func open(local: Bool = true) throws -> Repository {
        let localIndex = local ? try LocalIndex(directory: directory, writer.master) : nil
        return Repository(
            store: store, config: writer.config, keyID: writer.keyID, master: writer.master,
            toolboxes: ToolboxPool(writer.master), localIndex: localIndex)
    }

    var segments: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.sorted().map { "\(directory)/\($0)" }
    }

    /// Stores an index file of some packs.
    @discardableResult
    func add(_ packs: [(id: PackID, entries: [PackEntry])]) throws -> IndexID {
        let id = IndexID(try writer.saveUnpacked(.index, IndexText.encode(packs)))
        note(id, packs)
        return id
    }

    /// Notes what an index file says.
    func note(_ id: IndexID, _ packs: [(id: PackID, entries: [PackEntry])]) {
        files[id] = packs.flatMap { pack in pack.entries.map { Place(pack: pack.id, entry: $0) } }
    }

    /// Removes an index file.
    func remove(_ id: IndexID) throws {
        try store.remove(ObjectName(.index, id.digest))
        files[id] = nil
    }

    /// Packs of random blobs, of which some are the blobs of a small set.
    static func packs(_ numbers: inout SeededGenerator, blobs: Int) -> [(id: PackID, entries: [PackEntry])] {
        var packs: [(id: PackID, entries: [PackEntry])] = []
        var left = blobs
        while left > 0 {
            var offset = 0
            let count = min(left, Int.random(in: 1...40, using: &numbers))
            let kind = Bool.random(using: &numbers) ? BlobKind.data : .tree
            let entries = (0..<count).map { _ in
                let isShared = Int.random(in: 0..<5, using: &numbers) == 0
                let id = isShared ? sharedID(Int.random(in: 0..<50, using: &numbers)) : randomID(&numbers)
                let length = Int.random(in: 32...100_000, using: &numbers)
                defer { offset += length }
                return PackEntry(
                    id: id, kind: kind, offset: offset, length: length,
                    uncompressedLength: Bool.random(using: &numbers) ? nil : length * 2)
            }
            packs.append((PackID(randomID(&numbers).digest), entries))
            left -= count
        }
        return packs
    }

    static func sharedID(_ number: Int) -> BlobID { BlobID(SHA256Digest(hashing: Array("shared \(number)".utf8))) }

    static func randomID(_ numbers: inout SeededGenerator) -> BlobID {
        BlobID(SHA256Digest(hashing: SeededGenerator.bytes(16, seed: numbers.next())))
    }

    /// Compares all that an index answers with the dictionary.
    func expectAgreement(
        _ repository: Repository, _ seed: UInt64, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var model: [Key: Set<Place>] = [:]
        for place in files.values.joined() {
            model[Key(id: place.entry.id, kind: place.entry.kind), default: []].insert(place)
        }
        let index = repository.loadedIndex
        var wrong = 0
        for (key, places) in model {
            let found = index.places(of: key.id, key.kind)
            let first = index.firstPlace(of: key.id, key.kind).map { Place(pack: $0.pack, entry: $0.entry) }
            let length = repository.length(of: key.id, key.kind)
            let isRight =
                Set(found.map { Place(pack: $0.pack, entry: $0.entry) }) == places && found.count == places.count
                && first.map { places.contains($0) } == true && repository.contains(key.id, key.kind)
                && length == first?.entry.plaintextLength
                && found.allSatisfy { $0.packEnd >= $0.entry.range.upperBound }
            if !isRight { wrong += 1 }
            let other = Key(id: key.id, kind: key.kind == .data ? .tree : .data)
            if model[other] == nil, repository.contains(other.id, other.kind) { wrong += 1 }
        }
        #expect(wrong == 0, "seed \(seed): \(wrong) of \(model.count) blobs", sourceLocation: sourceLocation)
        var walked: [Place] = []
        index.forEach { walked.append(Place(pack: $0, entry: $1)) }
        let all = Set(model.values.joined())
        #expect(Set(walked) == all && walked.count == all.count, "seed \(seed)", sourceLocation: sourceLocation)
        #expect(index.count == all.count, "seed \(seed)", sourceLocation: sourceLocation)
        #expect(repository.loadedIndexFiles == Set(files.keys), "seed \(seed)", sourceLocation: sourceLocation)
        for number in 0..<100 as Range<UInt8> {
            let absent = BlobID(SHA256Digest(hashing: [number, 77]))
            #expect(!repository.contains(absent, .data), "seed \(seed)", sourceLocation: sourceLocation)
        }
    }
}
