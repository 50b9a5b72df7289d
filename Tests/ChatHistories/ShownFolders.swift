package import ChatArchive
package import SeededRandom
internal import ChatModel

/// What a path of a tree turned out to be, through whatever door it was seen.
package struct Shown: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case folder, file, link, other }

    package var kind: Kind
    /// As the attributes say.
    package var size: UInt64
    package var seconds: Int64
    package var nanoseconds: Int64
    package var permissions: UInt16
    /// A file's bytes, or where a link points.
    package var content: [UInt8]

    /// What was seen.
    package init(
        kind: Kind, size: UInt64, seconds: Int64, nanoseconds: Int64, permissions: UInt16, content: [UInt8]
    ) {
        self.kind = kind
        self.size = size
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.permissions = permissions
        self.content = content
    }
}

/// Says how what was seen differs from what should be; empty when it does not.
package func differences(_ expected: [[UInt8]: Expected], _ shown: [[UInt8]: Shown]) -> [String] {
    var problems: [String] = []
    for (path, expected) in expected {
        let name = String(decoding: path, as: UTF8.self).debugDescription
        guard let shown = shown[path] else {
            problems.append("\(name) is not there")
            continue
        }
        problems += problem(expected, shown).map { "\(name): \($0)" }
    }
    for (path, entry) in shown where expected[path] == nil {
        // A month in which only the other half of a segment has media.
        let parts = path.split(separator: 0x2F)
        let isEmptyMedia =
            parts.count == 3 && parts[0].elementsEqual("media".utf8) && entry.kind == .folder
            && !shown.keys.contains { $0.count > path.count && $0.starts(with: path + [0x2F]) }
        if !isEmptyMedia {
            problems.append("\(String(decoding: path, as: UTF8.self).debugDescription) should not be there")
        }
    }
    return problems.sorted()
}

private func problem(_ expected: Expected, _ shown: Shown) -> [String] {
    switch expected {
    case .folder(let times):
        guard shown.kind == .folder, shown.permissions == 0o755 else {
            return ["is no folder of mode 0755: \(shown.kind)"]
        }
        return times.contains(where: { shown.isOf($0) })
            ? [] : ["is of \(shown.seconds).\(shown.nanoseconds), not \(times)"]
    case .file(let content, let time, let tie):
        guard shown.kind == .file, shown.permissions == 0o644 else { return ["is no file of mode 0644: \(shown.kind)"] }
        var problems: [String] = []
        if shown.size != UInt64(content.count) { problems.append("has size \(shown.size), not \(content.count)") }
        if shown.content != content {
            problems.append(
                "holds \(String(decoding: shown.content.prefix(2000), as: UTF8.self).debugDescription), not "
                    + String(decoding: content.prefix(2000), as: UTF8.self).debugDescription)
        }
        if !shown.isOf(time, tie) { problems.append("is of \(shown.seconds).\(shown.nanoseconds), not \(time)") }
        return problems
    case .link(let target): return shown.kind == .link && shown.content == target ? [] : ["is no link to \(target)"]
    }
}

extension Shown {
    fileprivate func isOf(_ time: Timestamp, _ tie: Int = 0) -> Bool {
        seconds == time.seconds
            && nanoseconds == (time.milliseconds - time.seconds * 1000) * 1_000_000 + Int64(tie)
    }
}

/// Walks a folder tree by listing, looking up and reading, each in every way there is, and compares the ways.
package struct FolderWalk {
    /// What is below the start, by path.
    package private(set) var shown: [[UInt8]: Shown] = [:]
    /// Where the ways did not agree.
    package private(set) var problems: [String] = []
    /// Every path's inode number.
    package private(set) var inodes: [[UInt8]: InodeNumber] = [:]

    private let tree: FolderTree
    private var numbers: SeededGenerator

    /// Walks everything below a folder.
    package init(_ tree: FolderTree, from start: InodeNumber = .root, numbers: SeededGenerator) {
        self.tree = tree
        self.numbers = numbers
        do {
            try walk(start, [])
        } catch {
            problems.append("the walk ended: \(error)")
        }
    }

    /// Patient: a deadline that no test meets.
    package static var patient: Waiting { .until(.now + .seconds(60)) }

    private struct Entry: Equatable {
        var name: [UInt8]
        var attributes: FileAttributes
        var next: Int
    }

    private func list(_ folder: InodeNumber, from offset: Int, limit: Int = .max) throws(FolderTreeError) -> [Entry] {
        var entries: [Entry] = []
        try tree.list(folder, from: offset, waiting: Self.patient) { name, attributes, next in
            // An entry that is refused must come again from the same offset.
            guard entries.count < limit else { return false }
            entries.append(Entry(name: Array(name), attributes: attributes, next: next))
            return true
        }
        // As the kernel does with a name that came alone.
        for index in entries.indices where !entries[index].attributes.isComplete {
            let whole = try tree.attributes(of: entries[index].attributes.inode, waiting: Self.patient)
            guard whole.isComplete, whole.kind == entries[index].attributes.kind else { continue }
            entries[index].attributes = whole
        }
        return entries
    }

    private mutating func walk(_ folder: InodeNumber, _ path: [UInt8]) throws(FolderTreeError) {
        let entries = try list(folder, from: 0)
        let own = try tree.attributes(of: folder, waiting: Self.patient)
        expect(own.kind == .directory && own.inode == folder, path, "a folder's attributes are of another")
        expect(entries.prefix(2).map(\.name) == [[0x2E], [0x2E, 0x2E]], path, "does not begin with . and ..")
        expect(entries.first?.attributes == own, path, ". is not the folder")
        for offset in [1, 2, Int.random(in: 0...entries.count, using: &numbers), entries.count]
        where offset <= entries.count {
            let start = offset == 0 ? 0 : entries[offset - 1].next
            expect(
                try list(folder, from: start) == Array(entries[offset...]), path, "lists otherwise from entry \(offset)"
            )
            let limit = Int.random(in: 0...5, using: &numbers)
            let some = try list(folder, from: start, limit: limit)
            expect(some == Array(entries[offset...].prefix(limit)), path, "lists otherwise when stopped")
        }
        for offset in [entries.count + 5, .max] {
            expect(try list(folder, from: offset).isEmpty, path, "lists beyond its end")
        }
        expect(Set(entries.map(\.name)).count == entries.count, path, "has a name twice")
        try lookUpOthers(folder, path, entries)
        for entry in entries.dropFirst(2) {
            try visit(entry, in: folder, path.isEmpty ? entry.name : path + [0x2F] + entry.name)
        }
    }

    private mutating func lookUpOthers(
        _ folder: InodeNumber, _ path: [UInt8], _ entries: [Entry]
    ) throws(FolderTreeError) {
        let names = Set(entries.map(\.name))
        var others: [[UInt8]] = [[], [0], Array("a/b".utf8), [0xFF, 0xFE], Array(repeating: 0x61, count: 300)]
        if let some = entries.randomElement(using: &numbers)?.name {
            others += [some + [0x20], some.dropLast(), some + some, some.reversed()]
        }
        for name in others where !names.contains(name) {
            let entry = try found(name, in: folder)
            expect(entry == nil, path, "has an entry for \(name)")
        }
    }

    private func found(_ name: [UInt8], in folder: InodeNumber) throws(FolderTreeError) -> FolderEntry? {
        try name.withUnsafeBytes { bytes in
            Result { () throws(FolderTreeError) in try tree.entry(named: bytes, in: folder, waiting: Self.patient) }
        }.get()
    }

    private mutating func visit(_ entry: Entry, in folder: InodeNumber, _ path: [UInt8]) throws(FolderTreeError) {
        let attributes = entry.attributes
        expect(
            !entry.name.isEmpty && entry.name.count <= 255 && !entry.name.contains(0x2F) && !entry.name.contains(0),
            path, "is no name")
        expect(try found(entry.name, in: folder)?.attributes == attributes, path, "is looked up as another")
        expect(
            try tree.attributes(of: attributes.inode, waiting: Self.patient) == attributes, path, "has other attributes"
        )
        expect(attributes.links == 1, path, "has \(attributes.links) links")
        inodes[path] = attributes.inode
        var kind = Shown.Kind.other
        var content: [UInt8] = []
        switch attributes.kind {
        case .directory:
            kind = .folder
            expect(
                Self.fails { try tree.read(attributes.inode, offset: 0, count: 1, waiting: Self.patient) { _ in } },
                path, "a folder is read")
        case .file:
            kind = .file
            content = try read(attributes, path)
            expect(Self.fails { _ = try list(attributes.inode, from: 0) }, path, "a file is listed")
            expect(Self.fails { _ = try found([0x61], in: attributes.inode) }, path, "a file has entries")
            expect(
                Self.fails { _ = try tree.target(of: attributes.inode, waiting: Self.patient) }, path,
                "a file has a target")
        case .symlink:
            kind = .link
            content = try tree.target(of: attributes.inode, waiting: Self.patient)
            expect(UInt64(content.count) == attributes.size, path, "is a link of another size")
        case .other: break
        }
        shown[path] = Shown(
            kind: kind, size: attributes.size, seconds: attributes.mtime.seconds,
            nanoseconds: Int64(attributes.mtime.nanoseconds), permissions: attributes.permissions, content: content)
        if kind == .folder { try walk(attributes.inode, path) }
    }

    /// Reads a file at once and in pieces.
    private mutating func read(_ attributes: FileAttributes, _ path: [UInt8]) throws(FolderTreeError) -> [UInt8] {
        let size = Int(attributes.size)
        let whole = try read(attributes.inode, 0, size + 100)
        expect(whole.count == size, path, "gives \(whole.count) bytes")
        for _ in 0..<3 {
            let start = Int.random(in: 0...size, using: &numbers)
            let count = numbers.one(of: [0, 1, 100, size, 1 << 20])
            let piece = try read(attributes.inode, UInt64(start), count)
            expect(piece == Array(whole.dropFirst(start).prefix(count)), path, "gives other bytes from \(start)")
        }
        for offset in [UInt64(size), UInt64(size) + 1, .max] {
            expect(try read(attributes.inode, offset, 10).isEmpty, path, "gives bytes beyond its end")
        }
        return whole
    }

    private func read(_ file: InodeNumber, _ offset: UInt64, _ count: Int) throws(FolderTreeError) -> [UInt8] {
        var bytes: [UInt8]?
        try tree.read(file, offset: offset, count: count, waiting: Self.patient) { bytes = (bytes ?? []) + Array($0) }
        return bytes ?? [0xFF]
    }

    private mutating func expect(_ isTrue: Bool, _ path: [UInt8], _ problem: String) {
        if !isTrue { problems.append("\(String(decoding: path, as: UTF8.self).debugDescription) \(problem)") }
    }

    private static func fails(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch {
            return true
        }
    }
}
