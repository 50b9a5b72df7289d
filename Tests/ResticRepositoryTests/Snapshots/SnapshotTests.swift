import Testing

@testable import ResticRepository

struct SnapshotTests {
    static let id = String(repeating: "0123456789abcdef", count: 4)
    static let text =
        #"{"time":"2021-09-04T15:03:55.123456789+08:00","parent":"\#(id)","tree":"\#(id)","paths":["/home/a \u0026 b"],"#
        + #""hostname":"h","username":"u","uid":1000,"gid":100,"excludes":["*.tmp"],"tags":["a","b"],"original":"\#(id)","#
        + #""program_version":"restic 0.18.0","summary":{"backup_start":"2021-09-04T15:03:55Z","#
        + #""backup_end":"2021-09-04T15:03:56Z","files_new":1,"files_changed":2,"files_unmodified":3,"dirs_new":4,"#
        + #""dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,"tree_blobs":8,"data_added":9,"data_added_packed":10,"#
        + #""total_files_processed":11,"total_bytes_processed":12}}"#

    @Test func `a snapshot is written as it was read`() throws {
        #expect(String(decoding: try Snapshot(parsing: Array(Self.text.utf8)).encoded(), as: UTF8.self) == Self.text)
    }

    @Test func `what is empty is left out`() throws {
        let text = #"{"time":"2021-09-04T15:03:55Z","tree":"\#(Self.id)","paths":["/a"]}"#
        let snapshot = try Snapshot(parsing: Array(text.utf8))
        #expect(snapshot.paths == ["/a"])
        #expect(snapshot.summary == nil)
        #expect(String(decoding: snapshot.encoded(), as: UTF8.self) == text)
    }

    @Test func `unknown keys and nulls are passed over`() throws {
        let text =
            #"{"label":"x","delete":{"a":[1]},"tags":null,"parent":null,"time":"2021-09-04T15:03:55Z","#
            + #""tree":"\#(Self.id)","paths":null,"summary":{"new":1,"files_new":5}}"#
        let snapshot = try Snapshot(parsing: Array(text.utf8))
        #expect(snapshot.paths.isEmpty)
        #expect(snapshot.summary?.filesNew == 5)
    }

    @Test func `a snapshot without a tree or a time is refused`() {
        #expect(throws: Damage.badField("tree")) {
            try Snapshot(parsing: Array(#"{"time":"2021-09-04T15:03:55Z","paths":[]}"#.utf8))
        }
        #expect(throws: Damage.badField("time")) {
            try Snapshot(parsing: Array(#"{"tree":"\#(Self.id)","paths":[]}"#.utf8))
        }
    }

    @Test func `every truncation is refused`() {
        let bytes = Array(Self.text.utf8)
        for length in 0..<bytes.count {
            #expect(throws: Damage.self) { try Snapshot(parsing: Array(bytes.prefix(length))) }
        }
    }

    @Test func `no flipped bit traps`() {
        let bytes = Array(Self.text.utf8)
        var refused = 0
        for index in 0..<(bytes.count * 8) {
            var changed = bytes
            changed[index / 8] ^= 1 << UInt8(index % 8)
            do { _ = try Snapshot(parsing: changed).encoded() } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
