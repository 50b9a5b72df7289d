import Foundation
import Testing

/// Repositories on servers, each a real one on the loopback, through the cache; restic reads them at the same place.
@Suite(.serialized)
struct NetworkStoryTests {
    /// What a server is reached by: the repository's place, and variables.
    private func place(on server: Server, _ kind: String, at address: String? = nil) -> [String: String] {
        var variables = server.exports
        if kind == "sftp" {
            // An ssh that knows where the server is comes first.
            let tools = (server["SFTP_SSH"] as NSString).deletingLastPathComponent
            variables["PATH"] = "\(tools):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
            variables["RESTIC_REPOSITORY"] = "sftp:loop:\(server["SFTP_PATH"])/chats"
            return variables
        }
        let base = variables["S3_ENDPOINT"] ?? variables["REST_URL"] ?? ""
        variables["RESTIC_REPOSITORY"] =
            kind == "rest" ? (address ?? base) + "chats" : "s3:\(address ?? base)/history-bucket/chats"
        return variables
    }

    @Test(
        "a history is backed up, mounted cold, again and offline, restored, and read by restic",
        arguments: ["moto", "rest", "rgw", "sftp", "rclone-s3"])
    func story(kind: String) throws {
        let scratch = try Scratch()
        guard Server.isInstalled(kind) else { return }
        let server = try Server(kind)
        defer { server.stop() }
        scratch.variables = place(on: server, kind)
        let history = scratch("history")
        try scratch.expect(Places.tool("make-history"), "--messages", "500", "--media-bytes", "2000000", history)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", history)
        try scratch.expect(
            Places.tool("make-history"), "--messages", "500", "--media-bytes", "2000000", "--stage", "2", history)
        try scratch.expect("chatark", "backup", history)
        try scratch.expect("restic", "check", "--read-data")
        #expect(try scratch.expect("restic", "snapshots").contains("2 snapshots"))

        try FileManager.default.removeItem(atPath: scratch("cache"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        let all = "cd \(scratch("mnt"))/latest && find . -type f -exec sha256sum {} + | sort"
        var seen: [String] = []
        for options in [[], [], ["--offline"]] {
            let mount = scratch.process("chatark", ["mount", scratch("mnt")] + options)
            #expect(try scratch.run(mount).status == 0)
            seen.append(try scratch.expect("sh", "-c", all))
            try scratch.expect("diff", "-r", history, scratch("mnt/latest/original/history"))
            try scratch.expect("chatark", "umount", scratch("mnt"))
        }
        #expect(seen[0].count > 10_000)
        #expect(seen[1] == seen[0] && seen[2] == seen[0])

        // A cache that was filled on purpose is as good as one that was filled by looking.
        try FileManager.default.removeItem(atPath: scratch("cache"))
        try scratch.expect("chatark", "fetch", "--original")
        try scratch.expect("chatark", "mount", "--offline", scratch("mnt"))
        #expect(try scratch.expect("sh", "-c", all) == seen[0])
        try scratch.expect("chatark", "umount", scratch("mnt"))

        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", history, scratch("restored/history"))
        try scratch.expect("chatark", "check", "--read-data")
        try scratch.expect("restic", "forget", "--keep-last", "1", "--group-by", "", "--prune")
        try scratch.expect("chatark", "check", "--read-data")
        try expectCiphertextOnly(scratch("cache"), history, seen[0], scratch)
    }

    @Test("a search of what was fetched finds all of that offline, and says what is not here")
    func searchOfAPart() throws {
        let scratch = try Scratch()
        guard Server.isInstalled("rest") else { return }
        let server = try Server("rest")
        defer { server.stop() }
        scratch.variables = place(on: server, "rest")
        var lines: [String] = []
        for name in ["One", "Two", "Three"] {
            lines.append(#"{"conversation":{"id":"\#(name)","title":"\#(name)","kind":"direct"}}"#)
            for number in 0..<300 {
                // Random, so that segments lie too far apart to be fetched together.
                let filler = (0..<100).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined(
                    separator: " ")
                lines.append(
                    #"{"time":\#(1_630_738_435_000 + number * 1000),"id":"\#(number)","conversation":"\#(name)","#
                        + #""from":"a","text":"needle \#(filler)"}"#)
            }
        }
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "chat.jsonl")
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", "--quiet", scratch("chat.jsonl"))
        try FileManager.default.removeItem(atPath: scratch("cache"))
        try scratch.expect("chatark", "ls", "--conversations")
        try scratch.expect("chatark", "fetch", "--conversation", "Two")
        let found = try scratch.run("chatark", "search", "--offline", "--count", "needle")
        #expect(found.status == 3 && found.output == "300\n", "\(found)")
        #expect(found.errors.contains("'One' 2021-09: ") && found.errors.contains("'Three' 2021-09: "), "\(found)")
    }

    /// No 16 bytes of a text, a name or a medium of the history lie anywhere in the cache.
    private func expectCiphertextOnly(_ cache: String, _ history: String, _ names: String, _ scratch: Scratch) throws {
        let looking = """
            import os, sys
            pieces = set()
            for folder, _, files in os.walk(sys.argv[1]):
                for name in files:
                    data = open(os.path.join(folder, name), "rb").read()
                    pieces.update(data[i:i + 16] for i in range(0, len(data) - 15, 16) if len(set(data[i:i + 16])) > 3)
            for line in sys.stdin.buffer.read().split(b"\\n"):
                if len(line) > 90: pieces.add(line[-16:])
            found = looked = 0
            for folder, _, files in os.walk(sys.argv[2]):
                for name in files:
                    data = open(os.path.join(folder, name), "rb").read()
                    looked += len(data)
                    found += sum(1 for i in range(len(data) - 15) if data[i:i + 16] in pieces)
            print(len(pieces) > 10000, looked > 100000, found)
            """
        try names.write(toFile: scratch("names"), atomically: true, encoding: .utf8)
        try looking.write(toFile: scratch("look.py"), atomically: true, encoding: .utf8)
        let result = try scratch.expect(
            "sh", "-c", "python3 \(scratch("look.py")) \(history) \(cache) < \(scratch("names"))")
        #expect(result == "True True 0\n")
    }

    @Test("a daily backup makes at most 8 writes; a first mount is 4 round trips deep, a second makes 2 requests")
    func requests() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        let history = try backUpHistory(scratch)
        try scratch.expect(
            Places.tool("make-history"), "--messages", "1000", "--media-bytes", "1000000", "--stage", "2", history)
        _ = try report(proxy)
        try scratch.expect("chatark", "backup", history)
        #expect(try report(proxy).methods["POST", default: 0] <= 8)

        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        for mount in 1...2 {
            // Longer than a busy machine takes to start a thread: what is asked at once is seen at once.
            try proxy.command("set", ["latency=0.3"])
            try scratch.expect("chatark", "mount", scratch("mnt"))
            #expect(!(try scratch.expect("ls", scratch("mnt/latest/conversations"))).isEmpty)
            let seen = try report(proxy)
            try proxy.command("set", ["latency=0"])
            #expect(mount == 1 ? seen.depth <= 4 && seen.requests <= 12 : seen.requests <= 2, "\(seen)")
            if mount == 2 {
                try scratch.expect("cp", "-r", scratch("mnt/latest/media"), scratch("media"))
                let files = try scratch.expect("find", scratch("media"), "-type", "f").split(separator: "\n").count
                let copying = try report(proxy)
                #expect(files > 40 && copying.requests < files / 2, "\(files) files: \(copying)")
            }
            try scratch.expect("chatark", "umount", scratch("mnt"))
            _ = try report(proxy)
        }
    }

    /// Locks, snapshots and index are restic's protocol: written lock, listings, packs, index file, snapshot and removed lock
    /// follow each other.
    ///
    ///     here              1 locks  2 own lock  3 snapshots, index, locks  4 index  5 original's packs  6 archive's packs
    ///                       7 index file  8 snapshot  9 own lock removed
    ///     another machine   2 more before the own lock; 4 to the previous archive's lists; 2 trees and a segment
    @Test("a backup on a warm cache is nine round trips deep, on a cold one seventeen")
    func depthOfBackups() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        let history = try backUpHistory(scratch)
        // Longer than a busy machine takes to start a thread: what is asked at once is seen at once.
        try proxy.command("set", ["latency=0.3"])
        for (isCold, limit) in [(true, 17), (false, 9)] {
            if isCold { try FileManager.default.removeItem(atPath: scratch("cache")) }
            try "\(isCold)".write(toFile: history + "/note.txt", atomically: true, encoding: .utf8)
            _ = try report(proxy)
            try scratch.expect("chatark", "backup", history)
            let seen = try report(proxy)
            #expect(seen.depth <= limit, "\(seen)")
        }
    }

    @Test("a first look at a long history reads a small part of its index, and the rest when it is needed, once")
    func firstLook() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        // Sixty conversations of sixty months: some 3,700 blobs.
        func write(moreIn more: Int) throws {
            var lines: [String] = []
            for conversation in 0..<60 {
                lines.append(
                    #"{"conversation":{"id":"c\#(conversation)","title":"Chat \#(conversation)","kind":"direct"}}"#)
                for day in stride(from: 0, to: conversation < more ? 1830 : 1800, by: 30) {
                    let time = 1_500_000_000_000 + day * 86_400_000
                    lines.append(
                        #"{"time":\#(time),"id":"\#(conversation)-\#(day)","from":"p","text":"day \#(day) of \#(conversation)"}"#
                    )
                }
            }
            try (lines.joined(separator: "\n") + "\n").write(
                toFile: scratch("long.jsonl"), atomically: true, encoding: .utf8)
        }
        try write(moreIn: 0)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("long.jsonl"))
        try scratch.expect("restic", "check", "--read-data")
        let mnt = scratch("mnt")
        try FileManager.default.createDirectory(atPath: mnt, withIntermediateDirectories: true)

        // Longer than a busy machine takes to start a thread: what is asked at once is seen at once.
        try proxy.command("set", ["latency=0.3"])
        func look(_ round: String) throws {
            // As on a machine that has seen nothing of it yet.
            try FileManager.default.removeItem(atPath: scratch("cache"))
            _ = try report(proxy)
            try scratch.expect("chatark", "mount", mnt)
            let names = try scratch.expect("ls", mnt + "/latest/conversations").split(separator: "\n")
            let first = try report(proxy)
            #expect(names.count == 60)
            #expect(first.depth <= 4 && first.requests <= 11 && first.down < 80_000, "\(round): \(first)")
            #expect(
                try scratch.expect("sh", "-c", "cat '\(mnt)/latest/conversations/Chat_7/2017-09/'*") == "day 60 of 7\n")
            #expect(try report(proxy).down > 100_000)
            try scratch.expect("sh", "-c", "cat '\(mnt)/latest/conversations/Chat_9/2019-03/'*")
            #expect(try report(proxy).down < 300_000)
            try scratch.expect("chatark", "umount", mnt)
            try scratch.expect("chatark", "mount", mnt)
            #expect(!(try scratch.expect("ls", mnt + "/latest/conversations")).isEmpty)
            #expect(try report(proxy).requests <= 2)
            try scratch.expect("chatark", "umount", mnt)
        }
        try look("the first backup")
        try write(moreIn: 5)
        try scratch.expect("chatark", "backup", scratch("long.jsonl"))
        try look("with a day's more")
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("restic", "forget", "--keep-last", "1", "--group-by", "", "--prune")
        try scratch.expect("restic", "check", "--read-data")
        try FileManager.default.removeItem(atPath: scratch("cache"))
        try scratch.expect("chatark", "mount", mnt)
        #expect(
            try scratch.expect("sh", "-c", "cat '\(mnt)/latest/conversations/Chat_7/2017-09/'*") == "day 60 of 7\n")
        try scratch.expect("chatark", "umount", mnt)
    }

    /// A repository on a REST server behind a proxy that counts; nil when the server is not installed.
    private func behindProxy() throws -> (scratch: Scratch, server: Server, proxy: Server)? {
        guard Server.isInstalled("rest") else { return nil }
        let scratch = try Scratch()
        let server = try Server("rest")
        let target = server["REST_URL"].replacingOccurrences(of: "rest:http://u:p@", with: "http://")
        let proxy = try Server("proxy", arguments: [target])
        let address = proxy["PROXY_URL"].replacingOccurrences(of: "http://", with: "")
        scratch.variables = place(on: server, "rest", at: "rest:http://u:p@\(address)/")
        return (scratch, server, proxy)
    }

    /// Backs up a made-up history for the first time; returns its folder.
    private func backUpHistory(_ scratch: Scratch) throws -> String {
        let history = scratch("history")
        try scratch.expect(Places.tool("make-history"), "--messages", "1000", "--media-bytes", "1000000", history)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", history)
        return history
    }

    private struct Report: Decodable {
        let requests: Int
        /// Bytes that came.
        let down: Int
        /// Round trips that waited for each other.
        let depth: Int
        let methods: [String: Int]
    }

    /// What the proxy saw since the last report.
    private func report(_ proxy: Server) throws -> Report {
        let text = try proxy.command("report")
        try proxy.command("mark")
        return try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    }

    @Test("what is said to be readable without the network is, and what cannot be kept is not said to be")
    func fetching() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        _ = try backUpHistory(scratch)
        struct Said: Decodable {
            let bytes: Int
            let bytes_missing: Int
        }
        func fetch(_ options: String...) throws -> (status: Int32, said: Said?, errors: String) {
            try? FileManager.default.removeItem(atPath: scratch("cache"))
            let run = try scratch.run(scratch.process("chatark", ["fetch", "--json"] + options))
            return (run.status, try? JSONDecoder().decode(Said.self, from: Data(run.output.utf8)), run.errors)
        }
        // What lies in both trees is fetched, and counted, once.
        struct Statistics: Decodable { let total_size: Int }
        let stored = try JSONDecoder().decode(
            Statistics.self, from: Data(try scratch.expect("restic", "stats", "--mode", "raw-data", "--json").utf8))
        let whole = try fetch("--original")
        let said = try #require(whole.said)
        #expect(whole.status == 0 && said.bytes_missing == 0)
        #expect(said.bytes > stored.total_size / 2 && said.bytes <= stored.total_size, "\(said) \(stored)")

        for options in [["--cache-size", "1K"], ["--cache-size", "64K"]] {
            let small = try fetch(options[0], options[1])
            #expect(small.status == 1 && small.said == nil && small.errors.contains("--cache-size"), "\(small)")
        }
        try scratch.write("", to: "file")
        let unusable = try fetch("--cache-dir", scratch("file"))
        #expect(unusable.status == 1 && unusable.errors.contains("no cache that can be used"))
        // As many bytes as the pieces have, and not as many as they take on the disk.
        let tight = try fetch("--original", "--cache-size", "\(said.bytes + 1000)")
        #expect(tight.status == 3 && (tight.said?.bytes_missing ?? 0) > 0, "\(tight)")
    }

    @Test("with the server gone a mount waits for it once, and goes on when it is back")
    func serverGone() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        _ = try backUpHistory(scratch)
        try FileManager.default.removeItem(atPath: scratch("cache"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "mount", scratch("mnt"))
        // Sizes stand in the directories; contents have not been read.
        let original = scratch("mnt/latest/original")
        let files = try scratch.expect("find", original, "-type", "f", "-size", "+8k").components(separatedBy: "\n")
            .filter { !$0.isEmpty }.prefix(5)
        #expect(files.count == 5)
        try proxy.command("set", ["reset=1"])
        // The first one waits its minute; with as many more as there are others this would take them all.
        let start = ContinuousClock.now
        for file in files { #expect(try scratch.run("cat", file).status != 0) }
        #expect(ContinuousClock.now - start < .seconds(110))
        try proxy.command("set", ["reset=0"])
        for file in files { #expect(!(try scratch.expect("sha256sum", file)).isEmpty) }
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }

    @Test("through a line that fails, changes and swaps what passes, every byte is right or the read fails")
    func faults() throws {
        guard let (scratch, server, proxy) = try behindProxy() else { return }
        defer {
            proxy.stop()
            server.stop()
        }
        let history = scratch("history")
        let seed = Int.random(in: 1...1_000_000)
        print("faults of the line: seed \(seed)")
        try scratch.expect(Places.tool("make-history"), "--messages", "500", "--media-bytes", "2000000", history)
        try scratch.expect("chatark", "init")
        func behave(_ settings: String...) throws { try proxy.command("set", ["seed=\(seed)"] + settings) }
        try behave("error=0.05", "reset=0.05", "lost=0.05", "cut=0.03")
        let backup = try scratch.run("chatark", "backup", history)
        try behave()
        // A backup that says it is done is whole; another one says why it is not, and the next one completes.
        if backup.status != 0 {
            print("the backup ended with \(backup.status): \(backup.errors)")
            try scratch.expect("chatark", "unlock")
            try scratch.expect("chatark", "backup", history)
        }
        try scratch.expect("restic", "check", "--read-data")

        try FileManager.default.removeItem(atPath: scratch("cache"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "mount", scratch("mnt"))
        try behave("error=0.05", "reset=0.05", "cut=0.05", "flip=0.1", "swap=0.05")
        let differences = try scratch.run("diff", "-r", history, scratch("mnt/latest/original/history"))
        // What could not be read is said; nothing that was read differs.
        #expect(!differences.output.contains("differ"), "\(differences.output)")
        try behave()
        try scratch.expect("chatark", "umount", scratch("mnt"))
        // What the cache has kept of it is right, too.
        try scratch.expect("chatark", "mount", scratch("mnt"))
        try scratch.expect("diff", "-r", history, scratch("mnt/latest/original/history"))
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }
}
