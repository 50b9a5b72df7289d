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
/// told, and the rest goes on; a store that does not answer, or a full disk, ends it. A file that is there already and is to be
/// kept must be what it would become.
struct ViewCopy {
    /// Choices of the user.
    struct Options {
        var span: DateSpan
        /// Leaves files that are there already as they are; those that are others are failures.
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
    private let sums: DigestList
    let counts = Counts()

    private static let pieceSize = 1 << 20
    /// How long storage may take for one answer; a line that is down for longer ends what is read over it.
    private static var waiting: Waiting { .until(.now + .seconds(3600)) }

    init(_ tree: FolderTree, zone: Zone, to target: String, _ options: Options) {
        self.tree = tree
        self.zone = zone
        self.options = options
        root = TargetFolder(path: target)
        sums = DigestList(keepingPaths: OtherFiles.exist(in: target))
    }

    /// What was copied of a conversation.
    struct Copied {
        /// Its folder.
        let name: String
        var counts = RenderedTranscript.Counts()
        /// Who sent something of it.
        var senders: [PersonID] = []
    }

    /// Copies the conversations of these folders. Returns those of which there is anything.
    func run(_ folders: [String]) throws -> [Copied] {
        guard let conversations = try entry("conversations", in: .root) else { return [] }
        let found = try children(of: conversations.inode)
        let chosen = Set(folders.map { Array($0.utf8) })
        let target = TargetFolder(Array("conversations".utf8), in: root)
        let texts = TargetFolder(Array("transcripts".utf8), in: root)
        let transcripts = try entry("transcripts", in: .root)
        var copied: [Copied] = []
        for child in found where chosen.contains(child.name) {
            let before = counts.values.files
            try copy(child.name, child.attributes, into: target)
            var one = Copied(name: String(decoding: child.name, as: UTF8.self))
            if let transcripts { try copyTranscripts(of: child.name, from: transcripts.inode, into: texts, &one) }
            guard counts.values.files > before || one.counts.messages > 0 else { continue }
            copied.append(one)
        }
        return copied
    }

    /// Files in the target that are not of this copy, by their paths; before it is finished.
    func otherFiles() throws -> [[UInt8]] {
        guard let own = sums.paths else { return [] }
        return OtherFiles.paths(below: try root.descriptor(), except: own.union([Self.about, Self.list]))
    }

    private static let about = Array("ABOUT.txt".utf8)
    private static let list = Array("SHA256SUMS".utf8)

    /// Writes what the copy is, and then the digests of all of its files.
    func finish(_ about: String) throws {
        try write(Self.about, into: root, time: nil, replaces: true) { try $0.put(Array(about.utf8)) }
        try sums.write(Self.list, in: root.descriptor())
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
        _ copied: inout Copied
    ) throws {
        guard Node.isSafe(name), let folder = try entry(name, in: transcripts) else { return }
        let target = TargetFolder(name, in: parent)
        for month in try children(of: folder.inode) where mayHold(month.name) {
            try noting(target.path + [month.name]) {
                let text = try tree.transcript(
                    month.attributes.inode, within: options.span.moments, waiting: Self.waiting)
                guard text.counts.messages > 0 else { return }
                copied.counts.add(text.counts)
                copied.senders += text.senders.filter { !copied.senders.contains($0) }
                let time = FileAttributes.Time(seconds: text.newest.seconds)
                try write(month.name, into: target, time: time, replaces: !options.keepsExisting) {
                    try $0.put(text.bytes)
                }
            }
        }
        try target.setTime()
    }

    private func copyFile(_ name: [UInt8], _ attributes: FileAttributes, into folder: TargetFolder) throws {
        try write(name, into: folder, time: attributes.mtime, replaces: !options.keepsExisting) { output in
            while output.count < attributes.size {
                var piece: [UInt8] = []
                try tree.read(attributes.inode, offset: output.count, count: Self.pieceSize, waiting: Self.waiting) {
                    piece = Array($0)
                }
                // A file that is shorter than its folder says is not the file.
                guard !piece.isEmpty else { throw FileFault(errno: EIO) }
                try output.put(piece)
            }
        }
    }

    /// Writes a file under another name and gives it its own when it is whole, or compares it with one that is to be kept; notes
    /// its digest.
    private func write(
        _ name: [UInt8], into folder: TargetFolder, time: FileAttributes.Time?, replaces: Bool,
        _ content: (inout CopiedFile) throws -> Void
    ) throws {
        let directory = try folder.descriptor()
        if !replaces, var file = try CopiedFile(existing: name, in: directory) {
            try content(&file)
            // The backup's digest, so that who checks the list finds what lies here instead.
            sums.add(file.digest(), folder.path + [name])
            guard try file.isSame() else { throw OtherContent() }
            return counts.addKept()
        }
        let temporary = TemporaryName(in: directory)
        var file = try CopiedFile(new: temporary.bytes, in: directory, verifies: options.verifies)
        do {
            try content(&file)
            if let time {
                TargetFolder.setTime(file.descriptor.raw, time)
                folder.note(time)
            }
            try temporary.become(name)
            sums.add(file.digest(), folder.path + [name])
            counts.addFile(file.count)
        } catch {
            temporary.remove()
            throw error
        }
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
