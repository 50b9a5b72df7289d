import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

/// The real restic rewrites the index under ours. Skipped, and said so, where it is not installed.
@Suite(.enabled(if: Restic.isInstalled)) struct ResticIndexTests {
    @Test(arguments: [1, 2]) func `a local index follows restic's prune and rebuild-index`(version: Int) throws {
        let workshop = try WeReadResticTests.backUp(version: version)
        let running = try open(workshop)
        try compare(running, workshop)
        try workshop.write("source/dir/text", SeededGenerator.bytes(500_000, seed: 21))
        try workshop.resticSucceeds("backup", "source")
        try compare(running, workshop)
        // The first snapshot's blobs go, and what was beside them in packs moves.
        try workshop.resticSucceeds("forget", "--keep-last", "1", "--prune", "--max-unused", "0")
        try compare(running, workshop)
        try workshop.resticSucceeds("rebuild-index")
        try compare(running, workshop)
        _ = try ResticReadsOursTests.store([("ours", [[1], SeededGenerator.bytes(9000, seed: 22)])], in: running)
        try compare(running, workshop)
        try workshop.resticSucceeds("rebuild-index", "--read-all-packs")
        try compare(running, workshop)
        try workshop.resticSucceeds("check", "--read-data")
    }

    private func open(_ workshop: Workshop) throws -> Repository {
        try Repository.open(workshop.store, password: password, localIndex: workshop.path + "/local/index")
    }

    /// A repository that was open all the time, and one opened now, against one without a local index.
    private func compare(_ running: Repository, _ workshop: Workshop) throws {
        let plain = try workshop.open()
        try plain.loadIndex()
        func entries(_ repository: Repository) -> Set<IndexSandbox.Place> {
            var found: Set<IndexSandbox.Place> = []
            repository.loadedIndex.forEach { found.insert(.init(pack: $0, entry: $1)) }
            return found
        }
        for repository in [running, try open(workshop)] {
            let snapshots = try repository.snapshots()
            try repository.loadIndex()
            #expect(repository.localIndexFault == nil)
            #expect(entries(repository) == entries(plain) && repository.loadedIndex.memory.count == 0)
            for snapshot in snapshots {
                let contents = try WeReadResticTests.contents(repository, snapshot.snapshot.tree)
                #expect(try contents == WeReadResticTests.contents(plain, snapshot.snapshot.tree))
            }
        }
    }
}
