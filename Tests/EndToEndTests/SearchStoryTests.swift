import Foundation
import Testing

/// `chatark search` finds what grep finds in the mounted messages.
struct SearchStoryTests {
    @Test("search and grep agree on every word, Chinese among them, and search names the files of the mount")
    func agreement() throws {
        let scratch = try Scratch()
        try scratch.expect(
            Places.tool("make-wechat"), "--shape", "android", "--messages", "2000", "--media-bytes", "0",
            scratch("account"))
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("account"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "mount", scratch("mnt"))
        var found = 0
        for word in [
            "西湖", "contract", "周末", "医院", "哈哈", "INVOICE", "签合同", "next week", "西红柿", "neighbour", "no such word",
        ] {
            let script =
                "cd \(scratch("mnt"))/latest && grep -rliF --include='*.txt' -- '\(word)' conversations | grep -v missing.txt | sort"
            let seen = try scratch.run("sh", "-c", script).output.split(separator: "\n").map(String.init)
            let hits = try scratch.expect("chatark", "search", "--json", word).split(separator: "\n")
            let paths = try hits.map { line in
                let hit = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return hit?["path"] as? String ?? ""
            }
            #expect(paths.filter { $0.hasSuffix(".txt") }.sorted() == seen.sorted(), "\(word)")
            let count = try scratch.expect("chatark", "search", "--count", word)
            #expect(count == "\(paths.count)\n", "\(word)")
            found += paths.count
        }
        #expect(found > 300)
        let both = try scratch.expect("chatark", "search", "--count", "西湖", "周末")
        let one = try scratch.expect("chatark", "search", "--count", "西湖")
        #expect(Int(both.dropLast()) ?? .max < Int(one.dropLast()) ?? 0)
        for pattern in ["西(湖|红柿)", "in?voice", "^[0-9]+", "week[[:space:]]", "。$"] {
            let script =
                "cd \(scratch("mnt"))/latest && grep -rliE --include='*.txt' -- '\(pattern)' conversations | grep -v missing.txt | wc -l"
            let seen = try scratch.expect("sh", "-c", script)
            let texts = try scratch.expect("chatark", "search", "--json", "--regex", pattern).split(separator: "\n")
                .filter { $0.contains(#".txt""#) }
            #expect("\(texts.count)\n" == seen, "\(pattern)")
        }
        #expect(try scratch.run("chatark", "search", "-E", "a(b").errors.contains("cannot be understood at byte 3"))
        #expect(try scratch.run("chatark", "search", "--kind", "nothing", "x").status == 1)
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }
}
