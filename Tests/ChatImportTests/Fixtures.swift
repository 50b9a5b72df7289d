import ChatImport
import ChatModel
import Foundation

/// Exports that others published; they are not part of the package.
enum Fixtures {
    /// The folder `fixtures` of `shared` beside the package, or what `CHATARK_FIXTURES` says.
    static let root: String = {
        if let path = ProcessInfo.processInfo.environment["CHATARK_FIXTURES"] { return path }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/fixtures").path
    }()

    /// Whether they are there; says so loudly when not.
    static let areThere: Bool = {
        let found = FileManager.default.fileExists(atPath: root + "/PROVENANCE.md")
        if !found { print("SKIPPED: no fixtures at \(root); set CHATARK_FIXTURES") }
        return found
    }()
}

/// Everything that an import told.
struct Import {
    var people: [PersonID: Person] = [:]
    var conversations: [Conversation] = []
    var messages: [(Message, ConversationID)] = []
    var skipped: [SkippedRow] = []
    var notes: [ImportNote] = []
    var exports: [String] = []

    /// Imports a source and checks what must hold for every source.
    init(_ path: String, _ format: SourceFormat, zone: Zone = .utc, ownName: String? = nil) throws {
        var found = Import()
        try readSource(at: path, as: [format], options: ImportOptions(assumedZone: zone, ownName: ownName)) { event in
            switch event {
            case .person(let person): found.people[person.id] = person
            case .conversation(let conversation):
                found.conversations.removeAll { $0.id == conversation.id }
                found.conversations.append(conversation)
            case .message(let message, let conversation):
                guard found.conversations.contains(where: { $0.id == conversation }) else { throw Undeclared() }
                found.messages.append((message, conversation))
            case .skipped(let row): found.skipped.append(row)
            case .note(let note): found.notes.append(note)
            case .export(let path): found.exports.append(path)
            }
        }
        self = found
    }

    private init() {}

    struct Undeclared: Error {}

    var first: Message? { messages.first?.0 }
    func message(_ id: String) -> Message? { messages.first { $0.0.id?.text == id }?.0 }
}

/// A folder of a test, removed with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("chatark-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with its folders, and returns its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Runs a Python script in the folder.
    func python(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}
