import Foundation
import SeededRandom
import Testing

/// What is left of a repository when a backup is killed at any moment.
@Suite(.serialized)
struct KilledBackupTests {
    @Test("killed at fifty random moments, the repository is sound each time and the next backup completes")
    func killedAtRandomMoments() throws {
        let scratch = try Scratch()
        let seed = UInt64.random(in: 0..<1_000_000)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let history = scratch("history")
        try scratch.expect(
            Places.tool("make-history"), "--messages", "3000", "--media-bytes", "20000000", "--seed", "7", history)
        try scratch.expect("chatark", "init")

        // How long one whole backup takes here, in a repository of its own.
        let whole = try durationOfWholeBackup(of: history, in: scratch)
        var killed = 0
        for round in 0..<50 {
            // Each round has something new to store, so that a kill can fall into any phase.
            try scratch.write(noise(bytes: 3_000_000, using: &random), to: "history/noise-\(round).bin")
            let process = scratch.process("chatark", ["backup", "--quiet", history])
            try process.run()
            usleep(UInt32(Double.random(in: 0...whole, using: &random) * 1_000_000))
            if process.isRunning { killed += 1 }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let check = try scratch.run("restic", "check", "--no-lock")
            #expect(check.status == 0, "round \(round): \(check.errors) \(check.output)")
        }
        #expect(killed > 10, "the kills fell into running backups")

        try scratch.expect("chatark", "unlock")
        try scratch.expect("chatark", "backup", "--quiet", history)
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("chatark", "check", "--read-data")
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", history, scratch("restored/history"))
        print("\(killed) of 50 backups were killed while they ran; a whole one takes \(whole) s")
    }

    @Test("what an interrupted or killed backup has stored is not stored again", arguments: [SIGINT, SIGTERM, SIGKILL])
    func resumes(signal: Int32) throws {
        let scratch = try Scratch()
        let history = scratch("history")
        try scratch.expect(Places.tool("make-history"), "--messages", "100", history)
        // Bytes that do not get smaller, and enough of them that the signal falls into the middle.
        for number in 0..<36 {
            try scratch.expect("sh", "-c", "head -c 5000000 /dev/urandom > \(history)/noise-\(number).bin")
        }
        let sizes = try scratch.expect("find", history, "-type", "f", "-printf", "%s\\n").components(separatedBy: "\n")
        let size = sizes.reduce(0) { $0 + (Int($1) ?? 0) }
        try scratch.expect("chatark", "init")
        func packs() -> (count: Int, bytes: Int) {
            let files = FileManager.default.enumerator(atPath: scratch("repo/data"))
            var found = (count: 0, bytes: 0)
            while let file = files?.nextObject() as? String {
                guard file.utf8.count == 67 else { continue }
                found.count += 1
                found.bytes += files?.fileAttributes?[.size] as? Int ?? 0
            }
            return found
        }
        let process = scratch.process("chatark", ["backup", "--quiet", history])
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, packs().count < 3 { usleep(3000) }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        let before = packs()
        try #require(before.count >= 2 && before.bytes < size, "the signal fell into a running backup")
        if signal == SIGKILL {
            // As the words about locks advise.
            try scratch.expect("chatark", "unlock")
        } else {
            #expect(process.terminationStatus == 130)
        }
        #expect(try scratch.expect("restic", "list", "locks").isEmpty)
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("chatark", "backup", "--quiet", history)
        // What lay in packs that were not full has gone with the process, and takes no room.
        let after = packs()
        #expect(after.bytes < size + 1_000_000, "\(before) \(after) of \(size)")
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", history, scratch("restored/history"))
    }

    private func durationOfWholeBackup(of history: String, in scratch: Scratch) throws -> Double {
        try scratch.expect("chatark", "-r", scratch("timing"), "init")
        let start = Date()
        try scratch.expect("chatark", "-r", scratch("timing"), "backup", "--quiet", history)
        return Date().timeIntervalSince(start) * 1.1
    }

    private func noise(bytes: Int, using random: inout SeededGenerator) -> String {
        var text = ""
        text.reserveCapacity(bytes)
        while text.utf8.count < bytes { text += String(random.next(), radix: 36) }
        return text
    }
}
