import ChatModel
import ResticRepository
import Storage
import Testing

@testable import ChatArchive

struct ArchiveHeadsTests {
    private let laptop = ArchiveSource(host: "laptop", path: "/a")
    private let phone = ArchiveSource(host: "phone", path: "/b")

    private func manifest(_ readings: [(ArchiveSource, Int64, Int64)]) -> ArchiveManifest {
        ArchiveManifest(
            zone: "UTC", sources: readings.map(\.0),
            readings: readings.map { .init(time: Timestamp(milliseconds: $0.1), before: Timestamp(milliseconds: $0.2)) }
        )
    }

    @Test("in a line of backups the newest is the only head, whichever have been forgotten")
    func line() {
        let line = [manifest([(laptop, 1, 0)]), manifest([(laptop, 2, 1)]), manifest([(laptop, 3, 2), (phone, 3, 0)])]
        #expect(ArchiveHeads.heads(of: line) == [2])
        #expect(ArchiveHeads.heads(of: [line[0], line[2]]) == [1])
    }

    @Test("of two equal archives the newest is the head")
    func unchanged() {
        #expect(ArchiveHeads.heads(of: [manifest([(laptop, 1, 0)]), manifest([(laptop, 1, 0)])]) == [1])
    }

    @Test("two hosts that backed up from the same archive leave two heads, newest first")
    func fork() {
        let archives = [
            manifest([(laptop, 1, 0), (phone, 1, 0)]), manifest([(laptop, 2, 1), (phone, 1, 0)]),
            manifest([(laptop, 1, 0), (phone, 3, 1)]),
        ]
        #expect(ArchiveHeads.heads(of: archives) == [2, 1])
    }

    @Test("two backups of one source at the same time are two heads, although one read later")
    func concurrent() {
        let archives = [manifest([(laptop, 2, 1)]), manifest([(laptop, 3, 1)])]
        #expect(ArchiveHeads.heads(of: archives) == [1, 0])
    }

    @Test("what was merged is continued, and both orders of merging agree")
    func merged() {
        let (one, two) = (
            ArchiveManifest.Reading(time: Timestamp(milliseconds: 2), before: Timestamp(milliseconds: 1)),
            ArchiveManifest.Reading(time: Timestamp(milliseconds: 3), before: Timestamp(milliseconds: 1))
        )
        #expect(one.merged(with: two) == two.merged(with: one))
        let merged = ArchiveManifest(zone: "UTC", sources: [laptop], readings: [one.merged(with: two)])
        #expect(ArchiveHeads.heads(of: [manifest([(laptop, 2, 1)]), manifest([(laptop, 3, 1)]), merged]) == [2])
    }

    @Test("a backup whose clock was set back still continues the one before")
    func clockSetBack() {
        let first = ArchiveManifest.Reading(time: Timestamp(milliseconds: 500), before: Timestamp(milliseconds: 0))
        let second = first.next(at: Timestamp(milliseconds: 100))
        let archives = [first, second].map { ArchiveManifest(zone: "UTC", sources: [laptop], readings: [$0]) }
        #expect(ArchiveHeads.heads(of: archives) == [1])
        #expect(ArchiveHeads.heads(of: archives.reversed()) == [0])
    }

    private func readings(at times: [Int64]) -> ArchiveManifest.Reading {
        times.reduce(.never) { $0.next(at: Timestamp(milliseconds: $1)) }
    }

    @Test("a reading that went into another repository's archive is not known to a later one here")
    func joined() {
        let (here, there) = (readings(at: [1, 3, 4]), readings(at: [1, 2]))
        let archives = [there, here].map { ArchiveManifest(zone: "UTC", sources: [laptop], readings: [$0]) }
        #expect(ArchiveHeads.heads(of: archives) == [1, 0])
        let both = ArchiveManifest(zone: "UTC", sources: [laptop], readings: [here.merged(with: there)])
        #expect(ArchiveHeads.heads(of: archives + [both]) == [2])
        #expect(here.merged(with: there) == there.merged(with: here))
        // Before a merge is read further, it is another archive than the one whose last reading it has.
        #expect(!archives[1].continues(both))
    }

    @Test("readings are stored as they are, as many as are told; those before them count as known")
    func stored() throws {
        var manifest = ArchiveManifest(zone: "UTC", sources: [laptop, phone], readings: [])
        manifest.readings = [readings(at: [10, 20, 25]), readings(at: Array(1...2500))]
        let parsed = try ArchiveManifest(parsing: manifest.encoded())
        #expect(parsed == manifest)
        let long = parsed.readings[1]
        #expect(long.earlier.count == ArchiveManifest.Reading.mostEarlier && long.before.milliseconds == 2499)
        for time in [Int64(1), 1400, 1499, 1500, 2000, 2500] {
            #expect(long.knows(Timestamp(milliseconds: time)), "\(time)")
        }
        #expect(!parsed.readings[0].knows(Timestamp(milliseconds: 15)))
        #expect(!parsed.readings[0].knows(Timestamp(milliseconds: 30)))
    }

    // MARK: Snapshots

    private func id(_ number: UInt8) -> SnapshotID { SnapshotID(SHA256Digest(hashing: [number])) }

    private func leaves(_ parents: [Int?], without foreign: Set<Int> = []) throws -> [Int] {
        let snapshots = parents.enumerated().map { (id: id(UInt8($0)), parent: $1.map { id(UInt8($0)) }) }
        return try ArchiveHeads.leaves(of: snapshots) { !foreign.contains($0) }
    }

    @Test("a snapshot that another one names as its parent is no leaf")
    func leaves() throws {
        #expect(try leaves([nil, 0, 1]) == [2])
        #expect(try leaves([nil, 0, 0]) == [1, 2])
        #expect(try leaves([]) == [])
    }

    @Test("a snapshot of another program hides no archive, though it names its snapshot as the parent")
    func foreignChild() throws {
        #expect(try leaves([nil, 0], without: [1]) == [0])
        #expect(try leaves([nil, 0, 1], without: [1, 2]) == [0])
        #expect(try leaves([nil, 0, 0], without: [2]) == [1])
    }

    @Test("a parent that was forgotten, and snapshots that name each other, end")
    func oddParents() throws {
        #expect(try leaves([9, nil]) == [0, 1])
        #expect(try leaves([1, 0]) == [])
    }

    @Test("the archives of a repository are found beside snapshots of restic's")
    func candidates() throws {
        let bench = try Bench()
        let (archive, _) = try bench.backUp([.init(exports: [[(text("a", id: "1"), "c")]])], at: 1000)
        let first = try bench.saveSnapshot(archive, at: 1)
        try bench.saveSnapshot(nil, at: 2, parent: first)
        let found = try ArchiveHeads.candidates(in: try bench.repository.snapshots(), of: bench.repository)
        #expect(found.archives.map(\.tree) == [archive.tree] && found.damaged.isEmpty)
    }
}
