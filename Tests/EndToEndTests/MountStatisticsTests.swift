import Foundation
import Testing

/// What a mount in the foreground says at its end of what the kernel asked.
struct MountStatisticsTests {
    @Test(
        "a mount in the foreground counts its requests when asked to, for programs and for people, and else says nothing"
    )
    func report() throws {
        let scratch = try Scratch()
        try scratch.write(
            (0..<50).map {
                #"{"conversation":"a","time":\#(1_600_000_000_000 + $0 * 1000),"text":"number \#($0)"}"# + "\n"
            }
            .joined(), to: "chats.jsonl")
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("chats.jsonl"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)

        let counted = try afterGrep(scratch, "--json").output
        let json = try #require(try JSONSerialization.jsonObject(with: Data(counted.utf8)) as? [String: Any])
        let requests = try #require(json["requests"] as? [String: Int])
        #expect(requests["readdirplus"] ?? 0 > 4)
        #expect(try #require(requests["read"]) + (json["pushed_files"] as? Int ?? 0) >= 50)
        #expect(json["failed"] as? Int == 0)

        #expect(try afterGrep(scratch, "--verbose").errors.contains(" readdirplus"))
        let plain = try afterGrep(scratch)
        #expect(!plain.errors.contains("readdirplus") && plain.output.isEmpty)
    }

    private func afterGrep(_ scratch: Scratch, _ options: String...) throws -> Finished {
        let script = """
            "\(Scratch.chatark)" mount --foreground \(options.joined(separator: " ")) "\(scratch("mnt"))" & mount=$!
            n=0; until [ -e "\(scratch("mnt"))/latest" ] || [ $n = 400 ]; do n=$((n + 1)); sleep 0.05; done
            found=$(grep -r number "\(scratch("mnt"))/latest/conversations" | wc -l)
            fusermount3 -u "\(scratch("mnt"))"; wait $mount && [ "$found" = 50 ]
            """
        let finished = try scratch.run("sh", "-c", script)
        #expect(finished.status == 0, "\(finished.errors)")
        return finished
    }
}
