import ChatArchive
import ChatModel
import Glibc
import ResticRepository
import Storage
import Synchronization

/// Copies conversations of a folder tree into a folder of this machine: their messages and media as files, their months as
/// transcripts, and the digests of all of it.
///
///     conversations/张伟/2021-09/…    a folder a conversation and month, a file a message
///     transcripts/张伟/2021-09.txt    what was chosen of a month as one text, which says what was forwarded, edited or is gone
///     ABOUT.txt                       what this is
///     SHA256SUMS                      of all the other files, as `sha256sum -c` reads it
///
/// Every step down is one `openat` that follows no link, so that nothing outside of the target is reached, and a file gets
/// its name when it is whole; all of it is its owner's alone. A folder is made with its first file, and is of the
/// time of its newest one. What cannot be read or written is
/// told, and the rest goes on; a store that does not answer, or a full disk, ends it.
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
            /// Files that were there already and were left as they are.
            var kept: UInt64 = 0
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
        func addKept() { state.withLock { $0.kept += 1 } }
        func addFailure() { state.withLock { $0.failures += 1 } }
    }

    private let tree: FolderTree
    private let zone: Zone
    private let options: Options
    private let root: TargetFolder
    private let sums = DigestList()
    let counts = Counts()

    private static let pieceSize = 1 << 20
    /// How long storage may take for one answer; a line that is down for longer ends what is read over it.
    private static var waiting: Waiting { .until(.now + .seconds(3600)) }

    init(_ tree: FolderTree, zone: Zone, to target: String, _ options: Options) {
        self.tree = tree
        self.zone = zone
        self.options = options
        root = TargetFolder(path: target)
    }

    /// What was copied of a conversation.
    struct Copied {
        /// Its folder.
        let name: String
        var counts: RenderedTranscript.Counts
    }

    /// Copies the conversations of these names, all when there are none. Returns those of which there is anything.
    func run(_ names: [String]) throws -> [Copied] {
        guard let conversations = try entry("conversations", in: .root) else { return [] }
        let found = try children(of: conversations.inode)
        for name in names where !found.contains(where: { $0.name == Array(name.utf8) }) {
            throw CommandError.noSuchConversation(name)
        }
        let target = TargetFolder(Array("conversations".utf8), in: root)
        let texts = TargetFolder(Array("transcripts".utf8), in: root)
        let transcripts = try entry("transcripts", in: .root)
        var copied: [Copied] = []
        for child in found where names.isEmpty || names.contains(where: { Array($0.utf8) == child.name }) {
            let before = counts.values.files
            try copy(child.name, child.attributes, into: target)
            var counts = RenderedTranscript.Counts()
            if let transcripts { try copyTranscripts(of: child.name, from: transcripts.inode, into: texts, &counts) }
            guard self.counts.values.files > before || counts.messages > 0 else { continue }
            copied.append(Copied(name: String(decoding: child.name, as: UTF8.self), counts: counts))
        }
        return copied
    }

    /// Writes what the copy is, and then the digests of all of its files.
    func finish(_ about: String) throws {
        try write(Array("ABOUT.txt".utf8), into: root, time: nil, replaces: true) { file, hash in
            try put(Array(about.utf8), into: file, at: 0, &hash)
        }
        try sums.write(Array("SHA256SUMS".utf8), in: root.descriptor())
    }

    private func copy(_ name: [UInt8], _ attributes: FileAttributes, into folder: TargetFolder) throws {
        try noting(folder.path + [name]) {
            guard Node.isSafe(name) else { throw FileFault(errno: EINVAL) }
            switch attributes.kind {
            case .directory: try copyFolder(name, attributes, into: folder)
            case .file: try copyFile(name, attributes, into: folder)
            case .symlink, .other: return
            }
        }
    }

    /// Runs `body`; tells what fails of one file, and goes on.
    private func noting(_ path: [[UInt8]], _ body: () throws -> Void) throws {
        do {
            try body()
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
        case is CommandError: true
        default: false
        }
    }

    private func copyFolder(_ name: [UInt8], _ attributes: FileAttributes, into parent: TargetFolder) throws {
        let folder = TargetFolder(name, in: parent)
        for child in try children(of: attributes.inode) {
            if child.attributes.kind == .directory {
                guard mayHold(child.name) else { continue }
            } else {
                guard options.span.contains(child.attributes.mtime) else { continue }
            }
            try copy(child.name, child.attributes, into: folder)
        }
        try folder.setTime()
    }

    /// Whether a month, by the name of its folder or transcript, has moments that were chosen.
    private func mayHold(_ name: [UInt8]) -> Bool {
        guard let month = try? Dates.range(String(decoding: name.prefix(7), as: UTF8.self), in: zone) else {
            return true
        }
        return options.span.overlaps(month)
    }

    private func copyTranscripts(
        of name: [UInt8], from transcripts: InodeNumber, into parent: TargetFolder,
        _ counts: inout RenderedTranscript.Counts
    ) throws {
        guard Node.isSafe(name), let folder = try entry(name, in: transcripts) else { return }
        let target = TargetFolder(name, in: parent)
        for month in try children(of: folder.inode) where mayHold(month.name) {
            try noting(target.path + [month.name]) {
                let text = try tree.transcript(
                    month.attributes.inode, within: options.span.moments, waiting: Self.waiting)
                guard text.counts.messages > 0 else { return }
                counts.messages += text.counts.messages
                counts.gone += text.counts.gone
                counts.missing += text.counts.missing
                let time = FileAttributes.Time(seconds: text.newest.seconds)
                try write(month.name, into: target, time: time, replaces: !options.keepsExisting) { file, hash in
                    try put(text.bytes, into: file, at: 0, &hash)
                }
            }
        }
        try target.setTime()
    }

    private func copyFile(_ name: [UInt8], _ attributes: FileAttributes, into folder: TargetFolder) throws {
        try write(name, into: folder, time: attributes.mtime, replaces: !options.keepsExisting) { file, hash in
            var offset: UInt64 = 0
            while offset < attributes.size {
                var piece: [UInt8] = []
                try tree.read(attributes.inode, offset: offset, count: Self.pieceSize, waiting: Self.waiting) {
                    piece = Array($0)
                }
                // A file that is shorter than its folder says is not the file.
                guard !piece.isEmpty else { throw FileFault(errno: EIO) }
                try put(piece, into: file, at: offset, &hash)
                offset += UInt64(piece.count)
            }
        }
    }

    /// Writes a file under another name and gives it its own when it is whole; notes its digest.
    private func write(
        _ name: [UInt8], into folder: TargetFolder, time: FileAttributes.Time?, replaces: Bool,
        _ content: (borrowing Descriptor, inout SHA256) throws -> Void
    ) throws {
        let directory = try folder.descriptor()
        if !replaces, let digest = try Self.digest(of: name, in: directory) {
            sums.add(digest, folder.path + [name])
            return counts.addKept()
        }
        let temporary = TemporaryName(in: directory)
        let file = try Descriptor.open(
            temporary.bytes, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do {
            var hash = SHA256()
            try content(file, &hash)
            if let time {
                TargetFolder.setTime(file.raw, time)
                folder.note(time)
            }
            try temporary.become(name)
            sums.add(hash.finish(), folder.path + [name])
            var status = stat()
            counts.addFile(fstat(file.raw, &status) == 0 ? UInt64(status.st_size) : 0)
        } catch {
            temporary.remove()
            throw error
        }
    }

    private func put(
        _ piece: [UInt8], into file: borrowing Descriptor, at offset: UInt64, _ hash: inout SHA256
    ) throws {
        try piece.withUnsafeBytes { try file.write($0, at: offset) }
        if options.verifies, try !isStored(piece, in: file, at: offset) { throw FileFault(errno: EIO) }
        piece.withUnsafeBytes { hash.update($0) }
    }

    /// The digest of a file that is there already; nil when there is none.
    private static func digest(of name: [UInt8], in directory: Int32) throws -> SHA256Digest? {
        let path = String(decoding: name, as: UTF8.self)
        guard faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        let file = try Descriptor.open(name, in: directory, O_RDONLY | O_NOFOLLOW)
        var hash = SHA256()
        var piece = [UInt8](repeating: 0, count: pieceSize)
        var offset: UInt64 = 0
        while true {
            let count = try piece.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
            guard count > 0 else { return hash.finish() }
            piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += UInt64(count)
        }
    }

    private func isStored(_ piece: [UInt8], in file: borrowing Descriptor, at offset: UInt64) throws -> Bool {
        var found = [UInt8](repeating: 0, count: piece.count)
        let count = try found.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        return count == piece.count && found == piece
    }

    private func entry(_ name: String, in directory: InodeNumber) throws -> FileAttributes? {
        try entry(Array(name.utf8), in: directory)
    }

    private func entry(_ name: [UInt8], in directory: InodeNumber) throws -> FileAttributes? {
        try name.withUnsafeBytes {
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
