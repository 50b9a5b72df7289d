import ChatArchive
import ChatModel
import Glibc
import ResticRepository

extension Restore {
    /// Writes a choice of conversations as the mount shows them: a folder a conversation and month, a file a message.
    func restoreConversations(_ repository: Repository, _ stored: StoredSnapshot, _ span: DateSpan, _ zone: Zone) throws
    {
        guard try SnapshotLayout(of: stored.snapshot.tree, in: repository) != nil else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let tree = try FolderTree(
            repository: repository, root: .snapshot(stored.id), zone: zone, memoryLimit: 64 << 20,
            owner: (getuid(), getgid()))
        var copy = try ViewCopy(tree, to: target, span, keepsExisting: keepExisting)
        try Progress.showing(false, { Progress.Reading(words: "") }) { try copy.run(conversation) }
        report(files: copy.files, bytes: copy.bytes, failures: copy.failures, from: stored)
        if copy.failures > 0 { throw CommandError.partial }
    }
}

/// Copies `conversations/` of a folder tree into a folder of this machine. Every step down is one `openat` that follows no
/// link, so that nothing outside of the target is reached.
private struct ViewCopy {
    private let tree: FolderTree
    private let target: String
    private let span: DateSpan
    private let keepsExisting: Bool
    private(set) var files: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    private(set) var failures = 0

    private static let pieceSize = 1 << 20

    init(_ tree: FolderTree, to target: String, _ span: DateSpan, keepsExisting: Bool) throws {
        self.tree = tree
        self.target = target
        self.span = span
        self.keepsExisting = keepsExisting
    }

    /// Copies the conversations of these names, all when there are none.
    mutating func run(_ names: [String]) throws {
        let waiting = Waiting.until(.now + .seconds(3600))
        guard let conversations = try entry("conversations", in: .root) else { return }
        let found = try children(of: conversations.inode)
        for name in names where !found.contains(where: { $0.name == Array(name.utf8) }) {
            throw CommandError.noSuchConversation(name)
        }
        mkdir(target, 0o755)
        let root = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw CommandError.cannotWrite(target, FileFault(errno: errno)) }
        defer { close(root) }
        for child in found where names.isEmpty || names.contains(where: { Array($0.utf8) == child.name }) {
            try copy(child.name, child.attributes, into: root, waiting)
        }
    }

    private mutating func copy(_ name: [UInt8], _ attributes: FileAttributes, into directory: Int32, _ waiting: Waiting)
        throws
    {
        guard Node.isSafe(name) else { return fail(name, EINVAL) }
        switch attributes.kind {
        case .directory:
            let inside = try children(of: attributes.inode)
            let chosen = inside.filter {
                $0.attributes.kind == .directory || span.contains(seconds: $0.attributes.mtime.seconds)
            }
            guard !chosen.isEmpty else { return }
            let path = String(decoding: name, as: UTF8.self)
            mkdirat(directory, path, 0o755)
            let opened = openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard opened >= 0 else { return fail(name, errno) }
            defer { close(opened) }
            for child in chosen { try copy(child.name, child.attributes, into: opened, waiting) }
            setTime(opened, attributes)
        case .file: try copyFile(name, attributes, into: directory, waiting)
        case .symlink, .other: return
        }
    }

    private mutating func copyFile(
        _ name: [UInt8], _ attributes: FileAttributes, into directory: Int32, _ waiting: Waiting
    ) throws {
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (keepsExisting ? O_EXCL : O_TRUNC)
        let path = String(decoding: name, as: UTF8.self)
        let file = openat(directory, path, flags, 0o644)
        if file < 0, keepsExisting, errno == EEXIST { return }
        guard file >= 0 else { return fail(name, errno) }
        defer { close(file) }
        var offset: UInt64 = 0
        while offset < attributes.size {
            var piece: [UInt8] = []
            do throws(FolderTreeError) {
                try tree.read(attributes.inode, offset: offset, count: Self.pieceSize, waiting: waiting) {
                    piece = Array($0)
                }
            } catch {
                Output.note("'\(Table.printable(path))' \(error)")
                failures += 1
                return
            }
            guard !piece.isEmpty else { break }
            let code = write(piece, to: file)
            guard code == 0 else { return fail(name, code) }
            offset += UInt64(piece.count)
        }
        setTime(file, attributes)
        files += 1
        bytes += offset
    }

    private func write(_ piece: [UInt8], to file: Int32) -> Int32 {
        piece.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count < 0, errno != EINTR { return errno }
                done += max(0, count)
            }
            return 0
        }
    }

    private func setTime(_ descriptor: Int32, _ attributes: FileAttributes) {
        let time = timespec(tv_sec: Int(attributes.mtime.seconds), tv_nsec: Int(attributes.mtime.nanoseconds))
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress) }
    }

    private mutating func fail(_ name: [UInt8], _ code: Int32) {
        Output.note("'\(Table.printable(String(decoding: name, as: UTF8.self)))': \(FileFault(errno: code).words)")
        failures += 1
    }

    private func entry(_ name: String, in directory: InodeNumber) throws -> FileAttributes? {
        try Array(name.utf8).withUnsafeBytes {
            try tree.entry(named: $0, in: directory, waiting: .until(.now + .seconds(3600)))?.attributes
        }
    }

    private func children(of directory: InodeNumber) throws -> [(name: [UInt8], attributes: FileAttributes)] {
        var found: [(name: [UInt8], attributes: FileAttributes)] = []
        try tree.list(directory, from: 0, waiting: .until(.now + .seconds(3600))) { name, attributes, _ in
            let bytes = Array(name)
            if bytes != [0x2E], bytes != [0x2E, 0x2E] { found.append((bytes, attributes)) }
            return true
        }
        return found
    }
}
