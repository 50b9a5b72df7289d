import ChatArchive
import ResticRepository

/// The months of the sample history as a mount shows them.
struct ShownMonths {
    /// A file of a month's folder.
    struct File {
        let name: [UInt8]
        let inode: InodeNumber
    }

    let tree: FolderTree
    /// The folders of the messages.
    let months: [InodeNumber]
    /// The files with a month's text.
    let transcripts: [InodeNumber]

    init(_ history: SampleHistory, memoryLimit: Int = 256 << 20) throws {
        tree = try history.tree(memoryLimit: memoryLimit)
        let snapshots = try Self.child(named: "snapshots", of: .root, in: tree)
        guard let snapshot = try Self.files(in: snapshots, of: tree).first?.inode else {
            throw BenchmarkFault.unexpected("there is no snapshot")
        }
        let tree = tree
        func months(of view: String) throws -> [InodeNumber] {
            let conversations = try Self.child(named: view, of: snapshot, in: tree)
            guard let conversation = try Self.files(in: conversations, of: tree).first?.inode else {
                throw BenchmarkFault.unexpected("there is no conversation")
            }
            return try Self.files(in: conversation, of: tree).map(\.inode)
        }
        self.months = try months(of: "conversations")
        transcripts = try months(of: "transcripts")
        try check(self.months.count == 2 && transcripts.count == 2, "not two months are shown")
    }

    /// The files of a month.
    func messages(of month: InodeNumber) throws -> [File] { try Self.files(in: month, of: tree) }

    /// Whether a file's attributes can be told at once.
    static func isInMemory(_ file: InodeNumber, of tree: FolderTree) throws -> Bool {
        do throws(FolderTreeError) {
            _ = try tree.attributes(of: file, waiting: .never)
            return true
        } catch .mustWait {
            return false
        }
    }

    private static func child(
        named name: String, of folder: InodeNumber, in tree: FolderTree
    ) throws -> InodeNumber {
        let found = try files(in: folder, of: tree).first { $0.name == Array(name.utf8) }
        guard let found else { throw BenchmarkFault.unexpected("'\(name)' is not shown") }
        return found.inode
    }

    /// All but `.` and `..`.
    private static func files(in folder: InodeNumber, of tree: FolderTree) throws -> [File] {
        var files: [File] = []
        try tree.list(folder, from: 2, waiting: .long) { name, attributes, _ in
            files.append(File(name: Array(name), inode: attributes.inode))
            return true
        }
        return files
    }
}

extension Waiting {
    /// Longer than anything in memory takes.
    static var long: Waiting { .until(.now + .seconds(600)) }
}
