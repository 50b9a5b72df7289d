import Foundation
import Testing

/// Parts of a repository that are lost while the source still has what was in them.
struct LostPacksTests {
    private func line(_ number: Int) -> String {
        #"{"time":\#(1_600_000_000_000 + number * 86_400_000),"id":"\#(number)","conversation":"c","from":"a","text":"word \#(number)"}"#
    }

    private func write(_ count: Int, _ scratch: Scratch) throws {
        try scratch.write((1...count).map { line($0) }.joined(separator: "\n") + "\n", to: "h.jsonl")
    }

    @Test(
        "whichever pack is lost, the next backup says so, and stores anew what the source still has, changed or not",
        arguments: [92, 91])
    func anyPack(now: Int) throws {
        let scratch = try Scratch()
        try scratch.expect("chatark", "init")
        for count in [90, 91] {
            try write(count, scratch)
            try scratch.expect("chatark", "backup", scratch("h.jsonl"))
        }
        try scratch.expect("cp", "-a", scratch("repo"), scratch("whole"))
        let packs = try scratch.expect("restic", "list", "packs").split(separator: "\n").map(String.init)
        #expect(packs.count > 4)
        for pack in packs {
            try FileManager.default.removeItem(atPath: scratch("repo"))
            try scratch.expect("cp", "-a", scratch("whole"), scratch("repo"))
            try FileManager.default.removeItem(atPath: scratch("repo/data/\(pack.prefix(2))/\(pack)"))
            try scratch.expect("restic", "rebuild-index")
            if now != 91 { try write(now, scratch) }
            let backup = try scratch.run("chatark", "backup", scratch("h.jsonl"))
            #expect([0, 3].contains(backup.status), "\(pack): \(backup)")
            #expect(try scratch.expect("chatark", "search", "--count", "word") == "\(now)\n", "\(pack): \(backup)")
            // What is left behind is of the damaged snapshots alone.
            try scratch.expect("restic", "forget", "--keep-last", "1", "--prune")
            try scratch.expect("restic", "check", "--read-data")
        }
    }
}
