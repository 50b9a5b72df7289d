import ChatArchive
import ChatModel
import Glibc
import ResticRepository
import Synchronization

/// Copies `conversations/` of a folder tree into a folder of this machine: a folder a conversation and month, a file a message.
///
/// Every step down is one `openat` that follows no link, so that nothing outside of the target is reached, and a file gets
/// its name when it is whole; all of it is its owner's alone. What cannot be read or written is told, and the rest goes on; a
/// store that does not answer, or a full disk, ends it.
struct ViewCopy {
    /// Choices of the user.
    struct Options {
        var span: DateSpan
        /// Leaves files that are there already as they are.
        var keepsExisting: Bool
        /// Reads every file back after writing it and compares.
        var verifies: Bool
    }

    /// What was done so far, readable from any thread.
    final class Counts: Sendable {
        struct Values {
            var files: UInt64 = 0
            var bytes: UInt64 = 0
            var failures = 0
        }

        private let state = Mutex(Values())
        var values: Values { state.withLock { $0 } }

        func addFile(_ bytes: UInt64) {
            state.withLock {
                $0.files += 1
                $0.bytes += bytes
            }
        }
        func addFailure() { state.withLock { $0.failures += 1 } }
    }

    private let tree: FolderTree
    private let target: String
    private let options: Options
    let counts = Counts()

    private static let pieceSize = 1 << 20
    /// How long storage may take for one answer; a line that is down for longer ends what is read over it.
    private static var waiting: Waiting { .until(.now + .seconds(3600)) }

    init(_ tree: FolderTree, to target: String, _ options: Options) {
        self.tree = tree
        self.target = target
        self.options = options
    }

    /// Copies the conversations of these names, all when there are none.
    func run(_ names: [String]) throws {
        guard let conversations = try entry("conversations", in: .root) else { return }
        let found = try children(of: conversations.inode)
        for name in names where !found.contains(where: { $0.name == Array(name.utf8) }) {
            throw CommandError.noSuchConversation(name)
        }
        do throws(SystemError) { try Restorer.makeDirectories(target) } catch {
            throw CommandError.cannotWrite(target, FileFault(errno: error.code))
        }
        let root = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw CommandError.cannotWrite(target, FileFault(errno: errno)) }
        defer { close(root) }
        for child in found where names.isEmpty || names.contains(where: { Array($0.utf8) == child.name }) {
            try copy(child.name, child.attributes, into: root, below: [])
        }
    }

    private func copy(
        _ name: [UInt8], _ attributes: FileAttributes, into directory: Int32, below path: [[UInt8]]
    ) throws {
        let path = path + [name]
        do {
            guard Node.isSafe(name) else { throw FileFault(errno: EINVAL) }
            switch attributes.kind {
            case .directory: try copyFolder(path, name, attributes, into: directory)
            case .file: try copyFile(name, attributes, into: directory)
            case .symlink, .other: return
            }
        } catch let error where !Self.endsAll(error) {
            let words = Failing.statusAndWords(of: error)?.1 ?? "\(error)"
            let shown = path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            Output.note("'\(Table.printable(shown))': \(words)")
            counts.addFailure()
        }
    }

    /// Whether the rest would fail as well: the store does not answer, or the target is full.
    private static func endsAll(_ error: any Error) -> Bool {
        switch error {
        case .timedOut as FolderTreeError: true
        case .repository(let error) as FolderTreeError: !error.concernsContent
        case let error as SystemError: error.code == ENOSPC || error.code == EDQUOT
        default: false
        }
    }

    private func copyFolder(
        _ path: [[UInt8]], _ name: [UInt8], _ attributes: FileAttributes, into directory: Int32
    ) throws {
        let chosen = try children(of: attributes.inode).filter {
            $0.attributes.kind == .directory || options.span.contains(seconds: $0.attributes.mtime.seconds)
        }
        guard !chosen.isEmpty else { return }
        mkdirat(directory, String(decoding: name, as: UTF8.self), 0o700)
        let folder = try Descriptor.open(name, in: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        for child in chosen { try copy(child.name, child.attributes, into: folder.raw, below: path) }
        setTime(folder.raw, attributes)
    }

    private func copyFile(_ name: [UInt8], _ attributes: FileAttributes, into directory: Int32) throws {
        if options.keepsExisting,
            faccessat(directory, String(decoding: name, as: UTF8.self), F_OK, AT_SYMLINK_NOFOLLOW) == 0
        {
            return
        }
        let temporary = TemporaryName(in: directory)
        let file = try Descriptor.open(
            temporary.bytes, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do {
            let size = try copyContent(of: attributes, to: file)
            setTime(file.raw, attributes)
            try temporary.become(name)
            counts.addFile(size)
        } catch {
            temporary.remove()
            throw error
        }
    }

    private func copyContent(of attributes: FileAttributes, to file: borrowing Descriptor) throws -> UInt64 {
        var offset: UInt64 = 0
        while offset < attributes.size {
            var piece: [UInt8] = []
            try tree.read(attributes.inode, offset: offset, count: Self.pieceSize, waiting: Self.waiting) {
                piece = Array($0)
            }
            // A file that is shorter than its folder says is not the file.
            guard !piece.isEmpty else { throw FileFault(errno: EIO) }
            try piece.withUnsafeBytes { try file.write($0, at: offset) }
            if options.verifies, try !isStored(piece, in: file, at: offset) { throw FileFault(errno: EIO) }
            offset += UInt64(piece.count)
        }
        return offset
    }

    private func isStored(_ piece: [UInt8], in file: borrowing Descriptor, at offset: UInt64) throws -> Bool {
        var found = [UInt8](repeating: 0, count: piece.count)
        let count = try found.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        return count == piece.count && found == piece
    }

    private func setTime(_ descriptor: Int32, _ attributes: FileAttributes) {
        let time = timespec(tv_sec: Int(attributes.mtime.seconds), tv_nsec: Int(attributes.mtime.nanoseconds))
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress) }
    }

    private func entry(_ name: String, in directory: InodeNumber) throws -> FileAttributes? {
        try Array(name.utf8).withUnsafeBytes {
            try tree.entry(named: $0, in: directory, waiting: Self.waiting)?.attributes
        }
    }

    private func children(of directory: InodeNumber) throws -> [(name: [UInt8], attributes: FileAttributes)] {
        var found: [(name: [UInt8], attributes: FileAttributes)] = []
        try tree.list(directory, from: 0, waiting: Self.waiting) { name, attributes, _ in
            let bytes = Array(name)
            if bytes != [0x2E], bytes != [0x2E, 0x2E] { found.append((bytes, attributes)) }
            return true
        }
        return found
    }
}
