import ChatModel
import Foundation
import ResticRepository
import Storage
import Testing

@testable import ChatArchive

/// A repository in a folder that goes when the test ends, and the files of its sources.
final class Bench {
    let path = NSTemporaryDirectory() + "chatark-\(UInt64.random(in: 0 ... .max))"
    let repository: Repository
    /// What sources have as files and inside of containers.
    var files = SourceFiles()

    static let password = "geheim 密码"
    static let laptop = ArchiveSource(host: "laptop", path: "/export")
    static let phone = ArchiveSource(host: "phone", path: "/sdcard/export")

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let cheap = try #require(ScryptParameters(n: 16, r: 1, p: 1))
        repository = try Repository.create(
            in: LocalStore(path: path + "/repository"), password: Password(Self.password), keyParameters: cheap)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What one source gives: exports of messages, each in its conversation.
    struct Given {
        var source = Bench.laptop
        var exports: [[(Message, String)]]
        var people: [Person] = []
        var conversations: [Conversation] = []
    }

    /// Backs up, continuing `heads`.
    func backUp(
        _ sources: [Given], continuing heads: [Archive] = [], at time: Int64,
        lastRead: [ArchiveSource: Timestamp] = [:],
        zone: Zone = .utc, bucketLimit: Int = 64 << 20
    ) throws -> (archive: Archive, account: BackupAccount) {
        var builder = try ArchiveBuilder(continuing: heads, in: zone, bucketLimit: bucketLimit)
        for given in sources {
            builder.begin(given.source)
            for person in given.people { try builder.add(person) }
            for conversation in given.conversations { builder.add(conversation) }
            for export in given.exports {
                builder.beginExport()
                for (message, conversation) in export { try builder.add(message, to: ConversationID(conversation)) }
            }
        }
        return try finish(&builder, at: time, lastRead: lastRead)
    }

    func finish(
        _ builder: inout ArchiveBuilder, at time: Int64, lastRead: [ArchiveSource: Timestamp] = [:]
    ) throws -> (archive: Archive, account: BackupAccount) {
        let writer = try repository.makeWriter()
        let outcome = try builder.finish(
            attachments: files, into: writer, repository, at: Timestamp(milliseconds: time), lastRead: lastRead)
        _ = try writer.finish()
        return (try Archive(repository: repository, tree: outcome.tree), outcome.account)
    }

    /// Stores a file's content as a backup of the source's files does.
    func addFile(_ name: String, _ bytes: [UInt8]) throws {
        let writer = try repository.makeWriter()
        var content = FileContentWriter(writer, chunker: try repository.makeChunker())
        try content.append(bytes)
        files.files[name] = try content.finish()
        _ = try writer.finish()
    }

    /// A snapshot of an archive, or of a folder without one.
    @discardableResult
    func saveSnapshot(_ archive: Archive?, at seconds: Int64, parent: SnapshotID? = nil) throws -> SnapshotID {
        let writer = try repository.makeWriter()
        var root = TreeBuilder(.init(modified: .epoch))
        if let archive { root.addDirectory(ArchiveLayout.archive, archive.tree) }
        root.addDirectory(ArchiveLayout.original, try TreeBuilder(.init(modified: .epoch)).finish(writer))
        let tree = try root.finish(writer)
        _ = try writer.finish()
        return try repository.saveSnapshot(
            Snapshot(time: GoTime(seconds: seconds), parent: parent, tree: tree, paths: ["/export"], hostname: "laptop")
        )
    }

    /// Runs restic on the repository and expects success.
    @discardableResult
    func restic(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/restic")
        process.arguments = ["-r", path + "/repository", "--no-cache"] + arguments
        process.environment = ["RESTIC_PASSWORD": Self.password, "PATH": "/usr/bin:/bin", "HOME": path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "restic \(arguments): \(text)")
        return text
    }

    /// Whether the real restic is here; without it the tests that compare with it are skipped, and say so.
    static let hasRestic: Bool = {
        let found = FileManager.default.isExecutableFile(atPath: "/usr/bin/restic")
        if !found { print("SKIPPED: restic is not installed; the tests that compare with it do not run.") }
        return found
    }()
}

/// Files of sources in memory.
struct SourceFiles: AttachmentProvider {
    var files: [String: FileContent] = [:]
    var entries: [String: [UInt8]] = [:]

    func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent? { files[path] }

    func entry(
        _ name: String, in container: String, of source: ArchiveSource,
        _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
    ) throws(ArchiveError) -> Bool {
        guard let bytes = entries[name] else { return false }
        do throws(RepositoryError) {
            try bytes.withUnsafeBufferPointer { (bytes) throws(RepositoryError) in
                try body(UnsafeRawBufferPointer(bytes))
            }
        } catch { throw .repository(error) }
        return true
    }
}

extension Archive {
    /// Every line of a conversation, month after month.
    func allLines(of conversation: String) throws -> [MessageLine] {
        let record = try #require(try conversations().first { $0.conversation.id.text == conversation })
        let folder = try folder(named: record.folder)
        return try folder.months.flatMap { try messages(of: try #require(folder.node(of: $0.month))) }
    }

    func record(of conversation: String) throws -> ConversationRecord {
        try #require(try conversations().first { $0.conversation.id.text == conversation })
    }
}

/// 2021-09-04 07:00 UTC and so many seconds.
func seconds(_ offset: Int64) -> Timestamp { Timestamp(seconds: 1_630_738_800 + offset) }

func text(_ text: String, id: String? = nil, at time: Timestamp = seconds(0), from sender: String = "p1") -> Message {
    Message(id: id.map { MessageID($0) }, time: time, sender: PersonID(sender), text: text)
}

func picture(_ content: ChatModel.Attachment.Content, id: String? = "1", name: String = "a.jpg") -> Message {
    Message(
        id: id.map { MessageID($0) }, time: seconds(0), sender: PersonID("p1"), kind: .image,
        attachments: [ChatModel.Attachment(name: name, mediaType: "image/jpeg", content: content)])
}
