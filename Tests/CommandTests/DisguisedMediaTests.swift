import Foundation
import Testing

/// Pictures that a messenger keeps in disguise, through the program and a real mount.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/dev/fuse"), "needs /dev/fuse"))
struct DisguisedMediaTests {
    private static let key = "63666364323038343935643536356566"

    /// A history with one picture under one byte, one of three parts, a voice in the line itself, and a contact's picture.
    private func history(_ scratch: Scratch) throws -> (picture: Data, parts: Data, voice: Data) {
        let picture = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let parts = Data((0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 7) })
        let voice = Data("\u{2}#!SILK_V3 and some sound".utf8)
        try scratch.write("", to: "history/a")
        try Data(picture.map { $0 ^ 0xA7 }).write(to: URL(fileURLWithPath: scratch("history/one.dat")))
        try parts.prefix(1024).write(to: URL(fileURLWithPath: scratch("head")))
        try scratch.expect(
            "openssl", "enc", "-aes-128-ecb", "-nopad", "-K", Self.key, "-in", scratch("head"), "-out",
            scratch("head.aes"))
        let stored =
            Data(repeating: 7, count: 15) + (try Data(contentsOf: URL(fileURLWithPath: scratch("head.aes"))))
            + parts[1024..<600_000] + Data(parts[600_000...].map { $0 ^ 0x37 })
        try stored.write(to: URL(fileURLWithPath: scratch("history/two.dat")))
        let lines = [
            #"{"person":{"id":"p","name":"张伟","labels":["同事"],"avatar":{"type":"image/jpeg","path":"one.dat","#
                + #""decode":"xor:167:0:5000"}}}"#,
            #"{"conversation":{"id":"c","title":"chat","kind":"direct","app":"test"}}"#,
            #"{"time":1630738435000,"id":"1","from":"p","kind":"image","attachments":[{"type":"image/jpeg","#
                + #""path":"one.dat","decode":"xor:167:0:300000"}]}"#,
            #"{"time":1630738436000,"id":"2","from":"p","kind":"image","attachments":[{"type":"image/png","#
                + #""path":"two.dat","thumbnail":true,"decode":"aes:\#(Self.key):15:1024:1024 copy:1039:598976 "#
                + #"xor:55:600015:100000"}]}"#,
            #"{"time":1630738437000,"id":"3","from":"p","kind":"voice","attachments":[{"type":"audio/silk","#
                + #""bytes":"\#(voice.base64EncodedString())"}]}"#,
            #"{"time":1630738438000,"id":"4","from":"p","kind":"image","attachments":[{"name":"broken.jpg","#
                + #""path":"one.dat","decode":"xor:1:0:300001"}]}"#,
        ]
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "history/chat.jsonl")
        return (picture, parts, voice)
    }

    @Test("a mount and a restore of conversations show the pictures, and the source comes back as it was")
    func wholeStory() throws {
        let scratch = try Scratch.withRepository()
        let (picture, parts, voice) = try history(scratch)
        try scratch.expect("chatark", "backup", "--quiet", "--source", "jsonl", scratch("history"))
        let expected: [(name: String, content: Data)] = [
            ("2021-09-04_14-53-55_张伟.jpg", picture), ("2021-09-04_14-53-56_张伟_thumbnail.png", parts),
            ("2021-09-04_14-53-57_张伟.silk", voice),
        ]
        let broken = "2021-09-04_14-53-58_张伟_broken.jpg.missing.txt"

        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "mount", scratch("mnt"))
        for view in ["conversations", "media"] {
            let folder = scratch("mnt/latest/\(view)/chat/2021-09")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                    == expected.map(\.name) + [broken])
            for (name, content) in expected {
                let path = "\(folder)/\(name)"
                let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
                #expect(size == content.count, "\(name)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content, "\(name)")
            }
        }
        // From the middle, where nothing was read before.
        let slice = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: scratch("mnt/latest/conversations/chat/2021-09/\(expected[1].name)")))
        try slice.seek(toOffset: 1001)
        #expect(try slice.read(upToCount: 99) == parts[1001..<1100])
        try slice.close()

        let card = scratch("mnt/latest/contacts/张伟.vcf")
        let text = try String(contentsOfFile: card, encoding: .utf8)
        #expect(try FileManager.default.attributesOfItem(atPath: card)[.size] as? Int == text.utf8.count)
        let unfolded = text.replacingOccurrences(of: "\r\n ", with: "")
        #expect(unfolded.contains("PHOTO:data:image/jpeg;base64,\(picture.prefix(5000).base64EncodedString())\r\n"))
        #expect(unfolded.contains("CATEGORIES:同事\r\n"))
        try scratch.expect("diff", "-r", scratch("history"), scratch("mnt/latest/original/history"))
        try scratch.expect(
            "chatark", "restore", "latest", "--conversation", "chat", "--verify", "--target", scratch("chats"))
        try scratch.expect("diff", "-r", scratch("mnt/latest/conversations"), scratch("chats/conversations"))
        try scratch.expect("diff", "-r", scratch("mnt/latest/transcripts"), scratch("chats/transcripts"))
        try scratch.expect("chatark", "umount", scratch("mnt"))
        for (name, content) in expected {
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: scratch("chats/conversations/chat/2021-09/\(name)")))
                    == content, "\(name)")
        }

        // Where a picture is gone from the repository, the rest is written, and the status says that not all was.
        let largest = try scratch.expect(
            "sh", "-c", "find \(scratch("repo/data")) -type f -printf '%s %p\\n' | sort -n | tail -1 | cut -d' ' -f2")
        try scratch.expect("mv", scratch("repo/data"), scratch("whole"))
        try scratch.expect("cp", "-r", scratch("whole"), scratch("repo/data"))
        try FileManager.default.removeItem(atPath: largest.trimmingCharacters(in: .newlines))
        let partial = try scratch.run("chatark", "restore", "--conversation", "chat", "-t", scratch("part"))
        #expect(partial.status == 3 && partial.errors.contains("'conversations/chat/2021-09/"), "\(partial)")
        let texts = try FileManager.default.contentsOfDirectory(atPath: scratch("part/conversations/chat/2021-09"))
        #expect(!texts.isEmpty && texts.allSatisfy { !$0.hasPrefix(".") }, "\(texts)")
        try scratch.expect("rm", "-r", scratch("repo/data"))
        try scratch.expect("mv", scratch("whole"), scratch("repo/data"))
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", scratch("history"), scratch("restored/history"))
        try scratch.expect("chatark", "check", "--read-data")
    }

    @Test("what a plain restic restore leaves can be decoded by the line, as the archive format says")
    func resticAlone() throws {
        let scratch = try Scratch.withRepository()
        let (_, parts, _) = try history(scratch)
        try scratch.expect("chatark", "backup", "--quiet", "--source", "jsonl", scratch("history"))
        try scratch.expect("restic", "restore", "latest", "--target", scratch("out"), "--include", "/archive")
        let page = try String(
            contentsOfFile: Places.package + "/Sources/chatark/Documentation.docc/ArchiveFormat.md", encoding: .utf8)
        let start = try #require(page.range(of: "    import subprocess, sys\n"))
        let program = page[start.lowerBound...].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { $0.isEmpty || $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
        try scratch.write(program, to: "decode.py")
        let segment = try String(
            contentsOfFile: scratch("out/archive/conversations/chat/2021-09.jsonl"), encoding: .utf8)
        let line = try #require(segment.split(separator: "\n").first { $0.contains(#""id":"2""#) })
        let message = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let attachment = try #require((message["attachments"] as? [[String: Any]])?.first)
        let digest = try #require(attachment["sha256"] as? String)
        let stored = scratch("out/archive/media/\(digest.prefix(2))/\(digest).dat")
        try scratch.expect(
            "python3", scratch("decode.py"), try #require(attachment["decode"] as? String), stored, scratch("shown.png")
        )
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("shown.png"))) == parts)
    }
}
