import Foundation
import Storage
import Testing

@testable import ResticRepository

@Suite struct RepositoryTests {
    let workshop: Workshop

    init() throws { workshop = try Workshop() }

    @Test func `a repository opens with its password only`() throws {
        let repository = try workshop.create()
        let again = try workshop.open()
        #expect(again.config == repository.config && again.keyID == repository.keyID && again.version == 2)
        #expect(throws: RepositoryError.wrongPassword(keysTried: 1)) {
            try Repository.open(workshop.store, password: Password("Geheim 密码"))
        }
        #expect(throws: RepositoryError.wrongPassword(keysTried: 1)) {
            try Repository.open(workshop.store, password: Password(""))
        }
    }

    @Test func `where nothing is there is no repository`() throws {
        #expect(throws: RepositoryError.noRepository(location: workshop.repositoryPath)) { try workshop.open() }
    }

    @Test func `a repository is never made over another, or over a part of one`() throws {
        _ = try workshop.create()
        let refusal = RepositoryError.alreadyExists(location: workshop.repositoryPath)
        #expect(throws: refusal) { try workshop.create() }
        try workshop.store.remove(.config)
        #expect(throws: refusal) { try workshop.create() }
        try workshop.store.remove(workshop.store.list(.keys)[0].name)
        _ = try workshop.create()
        #expect(try workshop.store.list(.keys).count == 1)
    }

    @Test func `a format of the future is refused`() throws {
        let config = Config(version: 3, id: "ab", polynomial: Polynomial.random())
        _ = try Repository.create(in: workshop.store, password: password, keyParameters: cheap, config: config)
        #expect(throws: RepositoryError.unsupportedVersion(3)) { try workshop.open() }
    }

    @Test func `a polynomial that cuts badly is refused`() throws {
        let config = Config(version: 2, id: "ab", polynomial: Polynomial(rawValue: 1 << 53 | 2))
        _ = try Repository.create(in: workshop.store, password: password, keyParameters: cheap, config: config)
        #expect(throws: RepositoryError.damaged(.config, .badField("chunker_polynomial"))) { try workshop.open() }
    }

    @Test func `a damaged key is named when no other fits`() throws {
        _ = try workshop.create()
        let key = try workshop.store.list(.keys)[0].name
        let text = try workshop.store.read(key, range: nil)
        try workshop.store.remove(key)
        try workshop.store.write(key, text + [0x20])
        #expect(throws: RepositoryError.damaged(key, .wrongHash)) { try workshop.open() }
    }

    @Test func `every flipped byte of config is noticed`() throws {
        _ = try workshop.create()
        let box = try workshop.store.read(.config, range: nil)
        for index in box.indices {
            var changed = box
            changed[index] ^= 0x40
            try workshop.store.remove(.config)
            try workshop.store.write(.config, changed)
            #expect(throws: RepositoryError.damaged(.config, .notAuthentic)) { try workshop.open() }
        }
    }

    @Test func `unpacked files read back, in both encodings`() throws {
        let repository = try workshop.create()
        let text = Array(#"{"packs":[]}"#.utf8)
        let digest = try repository.saveUnpacked(.index, text)
        #expect(try repository.unpacked(.index, digest) == text)
        let raw = try text.withUnsafeBytes { try BoxCipher(repository.master).seal($0) }
        let rawDigest = SHA256Digest(hashing: raw)
        try workshop.store.write(ObjectName(.index, rawDigest), raw)
        #expect(try repository.unpacked(.index, rawDigest) == text)
        let strange = try [UInt8]([3, 1]).withUnsafeBytes { try BoxCipher(repository.master).seal($0) }
        let name = ObjectName(.index, SHA256Digest(hashing: strange))
        try workshop.store.write(name, strange)
        #expect(throws: RepositoryError.damaged(name, .unknownEncoding(3))) { try repository.loadIndex() }
    }

    @Test func `an index that has gone takes its entries with it`() throws {
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        let id = try writer.save([1], .data, group: .media)
        _ = try writer.finish()
        #expect(repository.contains(id, .data) && !repository.contains(id, .tree))
        for object in try repository.list(.index) { try workshop.store.remove(object.name) }
        try repository.loadIndex()
        #expect(!repository.contains(id, .data))
        #expect(throws: RepositoryError.missingBlob(id, .data)) { try repository.blob(id, .data) }
    }

    @Test func `snapshots come oldest first and are found by the start of their id`() throws {
        let repository = try workshop.create()
        #expect(throws: RepositoryError.noSuchSnapshot("latest")) { try repository.snapshot(matching: "latest") }
        var ids: [SnapshotID] = []
        for seconds in [300, 100, 200] as [Int64] {
            let snapshot = Snapshot(time: GoTime(seconds: seconds), tree: TreeID(SHA256Digest.zero), paths: ["/a"])
            ids.append(try repository.saveSnapshot(snapshot))
        }
        #expect(try repository.snapshots().map(\.id) == [ids[1], ids[2], ids[0]])
        #expect(try repository.snapshot(matching: "latest").id == ids[0])
        #expect(try repository.snapshot(matching: ids[1].hex).id == ids[1])
        #expect(throws: RepositoryError.noSuchSnapshot("xyz")) { try repository.snapshot(matching: "xyz") }
        #expect(throws: RepositoryError.noSuchSnapshot("")) { try repository.snapshot(matching: "") }
    }

    @Test func `damaged snapshots and index files are left out and told of, and the others are used`() throws {
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        let id = try writer.save([1, 2, 3], .data, group: .media)
        _ = try writer.finish()
        var snapshots: [SnapshotID] = []
        for seconds in [100, 200] as [Int64] {
            let snapshot = Snapshot(time: GoTime(seconds: seconds), tree: TreeID(SHA256Digest.zero), paths: ["/a"])
            snapshots.append(try repository.saveSnapshot(snapshot))
        }
        // One whose content does not fit its name, one of another repository, and one that is no index.
        let newest = ObjectName(.snapshots, snapshots[1].digest)
        let text = try workshop.store.read(newest, range: nil)
        try workshop.store.remove(newest)
        try workshop.store.write(newest, text.map { $0 ^ 1 })
        let foreign = [UInt8](repeating: 7, count: 100)
        let index = ObjectName(.index, SHA256Digest(hashing: foreign))
        try workshop.store.write(index, foreign)
        let other = ObjectName(.index, try repository.saveUnpacked(.index, Array("[[".utf8)))

        let opened = try workshop.open()
        #expect(try opened.snapshotsWithIndex().map(\.id) == [snapshots[0]])
        #expect(try opened.blob(id, .data) == [1, 2, 3])
        #expect(try opened.snapshot(matching: "latest").id == snapshots[0])
        #expect(throws: RepositoryError.damaged(newest, .wrongHash)) { try opened.snapshot(snapshots[1]) }
        #expect(throws: RepositoryError.self) { try opened.loadIndex() }
        try opened.loadSoundIndex()
        let names = opened.leftOut.map { if case .damaged(let name, _) = $0 { name.path } else { "?" } }
        #expect(names == [index, other, newest].map(\.path).sorted())
        #expect(try Checker(opened).check(readData: false).findings.count { !$0.isHarmless } >= 3)
    }

    @Test func `the index finds every one of many blobs, and none that is not there`() {
        var index = LoadedIndex()
        let pack = PackID(SHA256Digest(hashing: [0]))
        func id(_ number: Int) -> BlobID { BlobID(SHA256Digest(hashing: Array("\(number)".utf8))) }
        for batch in 0..<5 {
            index.addToMemory(
                (batch * 900..<batch * 900 + 1000).map { number in
                    (pack, PackEntry(id: id(number), kind: .data, offset: number, length: 40, uncompressedLength: nil))
                }, of: [])
        }
        #expect(index.count == 4600)
        for number in 0..<4600 { #expect(index.firstPlace(of: id(number), .data)?.entry.offset == number) }
        for number in 4600..<6000 { #expect(index.firstPlace(of: id(number), .data) == nil) }
        #expect(index.firstPlace(of: id(1), .tree) == nil)
    }

    @Test func `every error has words`() {
        let errors: [RepositoryError] = [
            .noRepository(location: "/x"), .alreadyExists(location: "/x"), .wrongPassword(keysTried: 3),
            .unsupportedVersion(9), .lockLost, .damaged(.config, .notAuthentic), .blobTooLarge(7), .writerClosed,
            .damagedBlob(BlobID(.zero), .tree, .wrongHash), .missingBlob(BlobID(.zero), .data),
            .noSuchSnapshot("ab"), .ambiguousSnapshot("ab", count: 2), .libraryFailed("zstd"),
            .storage(.readOnly(.store, location: "/x")),
        ]
        for error in errors { #expect(error.description.hasSuffix(".")) }
        #expect(
            RepositoryError.wrongPassword(keysTried: 3).description
                == "No key opens this repository with that password (3 keys tried). Passwords are case-sensitive.")
    }
}
