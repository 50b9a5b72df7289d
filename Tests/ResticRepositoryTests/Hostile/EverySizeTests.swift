import Foundation
import SeededRandom
import Storage
import Synchronization
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Packs and indexes of every size that the real restic writes. Skipped, and said so, where it is not installed.
    @Suite(.enabled(if: Restic.isInstalled)) struct EverySizeTests {
        /// An empty repository and what is backed up, made once: a key costs restic half a second.
        private static let originals = Mutex<[Int: Workshop]>([:])
        private static let tinyFiles = 4000

        private static func original(version: Int) throws -> String {
            try originals.withLock { originals in
                if let made = originals[version] { return made.path }
                let made = try Workshop()
                try made.resticSucceeds("init", "--repository-version", "\(version)")
                for folder in 0..<40 {
                    for file in 0..<tinyFiles / 40 {
                        let number = folder * 1000 + file
                        // Some are text, some noise, some the same.
                        let content =
                            switch file % 4 {
                            case 0: Array(String(repeating: "message \(number) ", count: 1 + number % 300).utf8)
                            case 1: Array(String(repeating: "again ", count: file).utf8)
                            default: SeededGenerator.bytes(1000 + number % 9000, seed: UInt64(number))
                            }
                        try made.write("source/\(folder)/\(file)", content)
                    }
                }
                try made.write("source/large", SeededGenerator.bytes(9_000_000, seed: 1))
                try made.write("source/zeros", [UInt8](repeating: 0, count: 5_000_000))
                try made.write("source/empty", [])
                originals[version] = made
                return made.path
            }
        }

        /// Opens, checks and restores the newest snapshot; the restored files must be the source's.
        private func verify(_ workshop: Workshop, packs: ClosedRange<Int>) throws {
            let repository = try workshop.open()
            let snapshot = try repository.snapshot(matching: "latest").snapshot
            let report = try Checker(repository).check(readData: true)
            #expect(report.findings == [])
            #expect(packs.contains(report.packs), "\(report.packs) packs")
            #expect(report.blobsRead > Self.tinyFiles / 2)
            let target = workshop.path + "/restored"
            let outcome = try Restorer(repository).restore(snapshot.tree, to: target)
            #expect(outcome.failures == [])
            #expect(outcome.counts.files == UInt64(Self.tinyFiles + 3))
            #expect(try TreeSandbox.run("diff", ["-r", workshop.path + "/source", target + "/source"]) == "")
        }

        @Test(arguments: [4, 128], ["off", "auto", "max"])
        func `packs of any size and compression`(packSize: Int, compression: String) throws {
            let workshop = try Workshop(copying: Self.original(version: 2))
            try workshop.resticSucceeds(
                "backup", "source", "--pack-size", "\(packSize)", "--compression", compression)
            try verify(workshop, packs: packSize == 4 ? 3...20 : 1...6)
        }

        @Test(arguments: [4, 128]) func `packs of the first version of the format`(packSize: Int) throws {
            let workshop = try Workshop(copying: Self.original(version: 1))
            try workshop.resticSucceeds("backup", "source", "--pack-size", "\(packSize)")
            try verify(workshop, packs: packSize == 4 ? 3...20 : 1...6)
        }

        @Test(arguments: [1, 2]) func `packs and indexes that were written anew`(version: Int) throws {
            let workshop = try Workshop(copying: Self.original(version: version))
            let fine = version == 1 ? [] : ["--compression", "off"]
            try workshop.write("source/0/soon gone", SeededGenerator.bytes(6_000_000, seed: 2))
            #expect(try workshop.restic(["backup", "source", "--pack-size", "4"] + fine).status == 0)
            try FileManager.default.removeItem(atPath: workshop.path + "/source/0/soon gone")
            try workshop.resticSucceeds("backup", "source", "--pack-size", "128")
            try workshop.resticSucceeds(
                "forget", "--keep-last", "1", "--prune", "--max-unused", "0", "--pack-size", "16")
            try verify(workshop, packs: 2...20)
            try FileManager.default.removeItem(atPath: workshop.path + "/restored")
            for object in try LocalStore(path: workshop.repositoryPath).list(.index) {
                try workshop.store.remove(object.name)
            }
            try workshop.resticSucceeds("rebuild-index", "--read-all-packs")
            try verify(workshop, packs: 2...20)
        }
    }
}
