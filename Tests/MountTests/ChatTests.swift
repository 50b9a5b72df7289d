import ChatArchive
import ChatModel
import Foundation
import Mount
import ResticRepository
import SeededRandom
import Storage
import Testing

/// A history of conversations and what its mount must show.
struct StoredChats {
    let repository: Repository
    let snapshot: SnapshotID
    /// Sent time and text of every message, by conversation.
    let messages: [(title: String, texts: [(time: Timestamp, text: String)])]

    var count: Int { messages.reduce(0) { $0 + $1.texts.count } }

    private struct NoAttachments: AttachmentProvider {
        func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent? { nil }
        func entry(
            _ name: String, in container: String, of source: ArchiveSource,
            _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
        ) throws(ArchiveError) -> Bool { false }
    }

    /// `months` months of `perMonth` messages in each of `conversations` conversations.
    init(in scratch: String, conversations: Int, months: Int, perMonth: Int, seed: UInt64) throws {
        let store = LocalStore(path: scratch + "/repository")
        guard let cheap = ScryptParameters(n: 1024, r: 8, p: 1) else { throw CocoaError(.featureUnsupported) }
        repository = try Repository.create(in: store, password: Password("secret"), keyParameters: cheap)
        var numbers = SeededGenerator(seed: seed)
        let words = ["hello", "今天", "meeting", "合同", "later", "好的", "train", "🙂", "number", "谢谢"]
        var builder = try ArchiveBuilder(continuing: [], in: .utc)
        builder.begin(ArchiveSource(host: "here", path: "/export"))
        try builder.add(Person(id: PersonID("p1"), name: "张伟"))
        try builder.add(Person(id: PersonID("p2"), name: "我", isSelf: true))
        var messages: [(title: String, texts: [(time: Timestamp, text: String)])] = []
        for conversation in 0..<conversations {
            let id = ConversationID("c\(conversation)")
            let title = "chat\(conversation)"
            builder.add(Conversation(id: id, title: title, kind: .direct, app: "test"))
            var texts: [(time: Timestamp, text: String)] = []
            for month in 0..<months {
                let start = try #require(
                    CivilTime(year: 2020 + month / 12, month: month % 12 + 1, day: 1, hour: 0, minute: 0, second: 0))
                for number in 0..<perMonth {
                    let time = Timestamp(seconds: start.secondsSince1970 + Int64(number * 2_400_000 / perMonth))
                    let text =
                        "\(title) \(month) \(number) "
                        + (0..<Int(numbers.next() % 20)).map { _ in words[Int(numbers.next() % 10)] }.joined(
                            separator: " ")
                    try builder.add(
                        Message(
                            id: MessageID("\(conversation).\(month).\(number)"), time: time,
                            sender: PersonID(number % 3 == 0 ? "p2" : "p1"), text: text),
                        to: id)
                    texts.append((time, text))
                }
            }
            messages.append((title, texts))
        }
        self.messages = messages
        let writer = try repository.makeWriter()
        let time = Timestamp(seconds: 1_700_000_000)
        let archive = try builder.finish(
            attachments: NoAttachments(), into: writer, repository, at: time, lastRead: [:])
        var node = Node(
            name: Array("archive".utf8), kind: .directory, mode: FileMode(unixMode: 0o40755), modified: .epoch)
        node.subtree = archive.tree
        let root = try writer.save(Tree([node]).encoded(), .tree, group: .tree)
        _ = try writer.finish()
        snapshot = try repository.saveSnapshot(
            Snapshot(time: GoTime(seconds: time.seconds), tree: TreeID(root.digest), paths: ["/export"]))
    }

    func tree() throws -> FolderTree {
        let store = LocalStore(path: repository.store.location)
        return try FolderTree(
            repository: Repository.open(store, password: Password("secret")), root: .snapshot(snapshot), zone: .utc,
            memoryLimit: 64 << 20, owner: (uid: getuid(), gid: getgid()))
    }
}

extension KernelTests {
    /// Conversations through the kernel.
    @Suite struct ChatTests {
        @Test("every message is a file with its text and its time, and grep finds in the mount what is in the messages")
        func everything() throws {
            let seed = UInt64.random(in: 1...UInt64.max)
            print("seed \(seed)")
            try withScratch { scratch in
                let chats = try StoredChats(in: scratch, conversations: 3, months: 14, perMonth: 40, seed: seed)
                try withMount(chats.tree()) { mount in
                    for conversation in chats.messages {
                        let folder = mount.path + "/conversations/" + conversation.title
                        let shown = try tool("sh", "-c", "find . -type f -printf '%T@ %p\\n' | sort -n", at: folder)
                        #expect(shown.lines.count == conversation.texts.count)
                        let times = shown.lines.compactMap { Double($0.prefix { $0 != " " }) }.map { Int64($0) }
                        #expect(times == conversation.texts.map(\.time.seconds).sorted())
                        let texts = try tool(
                            "sh", "-c", "find . -type f -print0 | sort -z | xargs -0 cat | sort", at: folder)
                        #expect(
                            texts.lines
                                == conversation.texts.map(\.text).sorted(by: {
                                    Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
                                }))
                    }
                    // Before anybody has read them: the kernel gets names alone, and asks for the sizes.
                    let sizes = try tool(
                        "sh", "-c", "find transcripts -type f -printf '%s %p\\n' | sort", at: mount.path)
                    #expect(sizes.lines.count == 3 * 14)
                    let lengths = try tool(
                        "sh", "-c",
                        "find transcripts -type f | while read -r file; do echo $(cat $file | wc -c) $file; done | sort",
                        at: mount.path)
                    #expect(!sizes.lines.contains { $0.hasPrefix("0 ") })
                    #expect(sizes.lines == lengths.lines)
                    for word in ["hello", "合同", "🙂", "absent"] {
                        let expected = chats.messages.flatMap(\.texts).count { $0.text.contains(word) }
                        let found = try tool("sh", "-c", "grep -rl '\(word)' conversations | wc -l", at: mount.path)
                        #expect(found.lines == ["\(expected)"], "\(word)")
                        let lines = try tool("sh", "-c", "grep -rh '\(word)' transcripts | wc -l", at: mount.path)
                        #expect(lines.lines == ["\(expected)"], "\(word) in transcripts")
                    }
                }
            }
        }

        @Test(
            "grep over conversations asks for few files, whether it lists them itself or they were listed before",
            arguments: [false, true])
        func readAhead(listedBefore: Bool) throws {
            try withScratch { scratch in
                let chats = try StoredChats(in: scratch, conversations: 3, months: 8, perMonth: 300, seed: 7)
                for isOn in [false, true] {
                    var options = MountOptions()
                    options.readAheadAcrossFiles = isOn
                    try withMount(chats.tree(), options) { mount in
                        if listedBefore { _ = try tool("ls", "-lR", mount.path) }
                        let listed = mount.mounted.statistics
                        let started = Date()
                        let found = try tool("sh", "-c", "grep -r . conversations | wc -l", at: mount.path)
                        #expect(found.lines == ["\(chats.count)"])
                        let seconds = Date().timeIntervalSince(started)
                        let after = mount.mounted.statistics
                        let reads = after[.read] - listed[.read]
                        print(
                            "read-ahead \(isOn ? "on" : "off"), listed before: \(listedBefore): \(chats.count) files,",
                            "\(after.total - listed.total) requests, \(reads) reads, \(after.pushedFiles) pushed, \(seconds) s"
                        )
                        // How many files were pushed in time depends on the machine; that it asks for none twice does not.
                        #expect(isOn ? reads <= chats.count : reads == chats.count)
                    }
                }
            }
        }

        @Test("grep over many small months reads about one file a month")
        func smallMonths() throws {
            try withScratch { scratch in
                let chats = try StoredChats(in: scratch, conversations: 3, months: 20, perMonth: 12, seed: 7)
                try withMount(chats.tree()) { mount in
                    let found = try tool("sh", "-c", "grep -r . conversations | wc -l", at: mount.path)
                    #expect(found.lines == ["\(chats.count)"])
                    let statistics = mount.mounted.statistics
                    // Until the first months have been gone through, every file may be asked for.
                    #expect(statistics[.read] < 3 * 20 * 2 + 50, "\(statistics.requests)")
                }
            }
        }

        @Test("someone who reads messages at random gets next to nothing pushed")
        func randomReader() throws {
            try withScratch { scratch in
                let chats = try StoredChats(in: scratch, conversations: 2, months: 3, perMonth: 300, seed: 7)
                try withMount(chats.tree()) { mount in
                    let seed = UInt64.random(in: 1...UInt64.max)
                    var numbers = SeededGenerator(seed: seed)
                    let files = try tool("find", mount.path + "/conversations", "-type", "f").lines
                    for file in files.shuffled(using: &numbers).prefix(300) {
                        #expect(FileManager.default.contents(atPath: file)?.isEmpty == false)
                    }
                    #expect(mount.mounted.statistics.pushedFiles < 100, "seed \(seed)")
                }
            }
        }

        @Test("a message's identity, sender and kind are extended attributes when asked for")
        func extendedAttributes() throws {
            try withScratch { scratch in
                let chats = try StoredChats(in: scratch, conversations: 1, months: 1, perMonth: 3, seed: 1)
                var options = MountOptions()
                options.extendedAttributes = true
                try withMount(chats.tree(), options) { mount in
                    let file = try #require(try tool("find", mount.path + "/conversations", "-type", "f").lines.min())
                    #expect(try tool("getfattr", "--only-values", "-n", "user.chatark.id", file).output == "0.0.0")
                    #expect(try tool("getfattr", "--only-values", "-n", "user.chatark.type", file).output == "text")
                    let names = try tool("getfattr", "--absolute-names", file).lines.dropFirst()
                    #expect(names.contains("user.chatark.sender"))
                }
            }
        }
    }
}
