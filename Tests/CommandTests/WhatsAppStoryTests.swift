import Foundation
import Testing

/// One chat of WhatsApp, exported again and again.
@Suite(.serialized)
struct WhatsAppStoryTests {
    private let chat = "WhatsApp Chat with Alice.txt"

    private func backUp(_ scratch: Scratch, _ arguments: String...) throws -> String {
        let result = try scratch.run(scratch.process("chatark", ["backup"] + arguments + [scratch("export")]))
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    /// The names of the messages' files, as the newest snapshot shows them in UTC.
    private func shown(_ scratch: Scratch) throws -> [String] {
        let target = scratch("shown-\(UUID().uuidString)")
        try scratch.expect(
            "chatark", "restore", "latest", "--target", target, "--conversation", "Alice", "--tz", "UTC")
        return try scratch.expect("find", target + "/conversations", "-type", "f", "-printf", "%f\n")
            .split(separator: "\n").map(String.init).sorted()
    }

    @Test("a chat exported without media and later with them has each message once, with its file")
    func mediaLater() throws {
        let scratch = try Scratch.withRepository()
        let text = """
            1/2/22, 10:00 - Alice: hi
            1/2/22, 10:01 - Alice: <Media omitted>
            1/2/22, 10:01 - Bob: <Media omitted>

            """
        try scratch.write(text, to: "export/" + chat)
        #expect(try backUp(scratch, "--tz", "UTC").contains("3 read = 3 stored"))
        let files = ["IMG-20220201-WA0001.jpg (file attached)\ncaption", "PTT-20220201-WA0002.opus (file attached)"]
        var with = text
        for file in files {
            let place = try #require(with.range(of: "<Media omitted>"))
            with.replaceSubrange(place, with: file)
            try scratch.write(file, to: "export/" + file.prefix { $0 != " " })
        }
        try scratch.write(with, to: "export/" + chat)
        #expect(try backUp(scratch, "--tz", "UTC").contains("3 read = 0 stored + 3 already archived"))
        #expect(
            try shown(scratch) == [
                "2022-02-01_10-00-00_Alice.txt", "2022-02-01_10-01-00-01_Alice.jpg", "2022-02-01_10-01-00-01_Alice.txt",
                "2022-02-01_10-01-00-02_Bob.opus",
            ])
    }

    @Test("a chat that was backed up with the wrong zone gets its times right by the right one, though it is the same")
    func otherZone() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write("1/2/22, 23:30 - Alice: hi\n", to: "export/" + chat)
        _ = try backUp(scratch, "--tz", "America/New_York")
        #expect(try shown(scratch) == ["2022-02-02_04-30-00_Alice.txt"])
        #expect(try backUp(scratch, "--tz", "Europe/Berlin").contains("1 already archived"))
        #expect(try shown(scratch) == ["2022-02-01_22-30-00_Alice.txt"])
    }
}
