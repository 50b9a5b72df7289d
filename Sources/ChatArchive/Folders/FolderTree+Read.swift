import ChatModel
import ResticRepository
import Storage

extension FolderTree {
    /// Lends bytes of a file from `offset`, at most `count`, fewer at its end. `body` is called once.
    public func read(
        _ inode: InodeNumber, offset: UInt64, count: Int, waiting: Waiting, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(FolderTreeError) {
        let place = try place(inode)
        switch place {
        case .message(let segment, let line, let part):
            let (decoded, found, attachment) = try message(segment: segment, line: line, part: part, waiting)
            guard let attachment else {
                decoded.bytes.withUnsafeBytes { bytes in
                    let text = bytes[Int(found.text.lowerBound)..<Int(found.text.upperBound)]
                    body(Self.slice(UnsafeRawBufferPointer(rebasing: text), offset, count))
                }
                return
            }
            if case .stored(let sha256, _) = attachment.content {
                let file = try mediaFile(sha256, in: archives(ofSegment: segment), waiting)
                noteMedium(inode, size: file.size)
                guard let decoding = attachment.decoding else { return try read(file, offset, count, waiting, body) }
                return try read(file, decoding: decoding, sha256, offset, count, waiting, body)
            }
            lend(AttachmentFile(attachment, of: found.kind).note ?? [], offset, count, body)
        case .transcript(let snapshot, let conversation, let month):
            let text = try transcript(snapshot: snapshot, conversation: conversation, month, waiting)
            lend(text.bytes, offset, count, body)
        case .contact(let snapshot, let person):
            lend(try card(of: person, view(ofSnapshot: snapshot, waiting), waiting), offset, count, body)
        case .plainFile(let tree, let index):
            let node = try plainNode(tree, index, waiting)
            guard node.kind != .symlink else { throw .notFound }
            try read(plainFile(node, inode, waiting), offset, count, waiting, body)
        case .root, .snapshots, .dates, .snapshot, .view, .conversation, .month, .plainFolder: throw .isADirectory
        case .link: throw .notFound
        }
    }

    private func lend(_ bytes: [UInt8], _ offset: UInt64, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { body(Self.slice($0, offset, count)) }
    }

    private static func slice(_ bytes: UnsafeRawBufferPointer, _ offset: UInt64, _ count: Int) -> UnsafeRawBufferPointer
    {
        let start = Int(min(offset, UInt64(bytes.count)))
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + min(max(count, 0), bytes.count - start)])
    }

    // MARK: Files of blobs

    /// The blobs of stored media. One chunk is named by the media's own digest; else its node in the archive lists them.
    func mediaFile(
        _ sha256: String, in archives: @autoclosure () -> [TreeID], _ waiting: Waiting
    ) throws(FolderTreeError) -> MediaFile {
        if let blob = BlobID(hex: sha256) {
            let length = { self.repository.length(of: $0, .data) }
            if let file = MediaFile([blob], length: length) { return file }
            if !repository.isIndexComplete {
                try completeIndex(waiting)
                if let file = MediaFile([blob], length: length) { return file }
            }
        }
        return try media.value(sha256, waiting: waiting) { () throws(FolderTreeError) in
            let file = try file(of: mediaNode(sha256, in: archives(), waiting).content ?? [], waiting)
            return (file, file.blobs.count * 40 + 200)
        }
    }

    /// Where to look for a segment's media: in the archive through which it was met, or in the newest that were looked
    /// into: that archive may have been forgotten since, and each has all that earlier ones had.
    private func archives(ofSegment segment: Int) -> [TreeID] {
        registry.withLock { registry in
            let own = registry.segments.indices.contains(segment) ? [registry.segments[segment].archive] : []
            return own + registry.snapshots.archives.reversed().prefix(2)
        }
    }

    /// The node that lists the blobs of media.
    private func mediaNode(
        _ sha256: String, in archives: [TreeID], _ waiting: Waiting
    ) throws(FolderTreeError) -> Node {
        var failure = FolderTreeError.archive(.missingFile("\(ArchiveLayout.media)/\(sha256)"))
        let prefix = Array(sha256.utf8)
        for archive in archives {
            do throws(FolderTreeError) {
                guard let media = try subtree(ArchiveLayout.media, of: tree(archive, waiting), waiting),
                    let folder = try subtree(String(sha256.prefix(2)), of: media, waiting),
                    let node = folder.nodes.first(where: { $0.name.starts(with: prefix) })
                else { continue }
                return node
            } catch .repository(let error) {
                failure = .repository(error)
            }
        }
        throw failure
    }

    private func subtree(_ name: String, of tree: Tree, _ waiting: Waiting) throws(FolderTreeError) -> Tree? {
        guard let id = tree.node(named: Array(name.utf8))?.subtree else { return nil }
        return try self.tree(id, waiting)
    }

    /// The blobs of a file of a plain tree; those of a file of many are looked up once.
    func plainFile(_ node: Node, _ inode: InodeNumber, _ waiting: Waiting) throws(FolderTreeError) -> MediaFile {
        let blobs = node.content ?? []
        guard blobs.count > 16 else { return try file(of: blobs, waiting) }
        let key = "inode \(inode.rawValue)"
        return try media.valueFromMemory(key) { () throws(FolderTreeError) in
            (try file(of: blobs, waiting), blobs.count * 40 + 200)
        }
    }

    private func file(of blobs: [BlobID], _ waiting: Waiting) throws(FolderTreeError) -> MediaFile {
        if let file = MediaFile(blobs, length: { repository.length(of: $0, .data) }) { return file }
        if !repository.isIndexComplete {
            try completeIndex(waiting)
            return try file(of: blobs, waiting)
        }
        // The index may be older than the snapshot.
        guard case .until = waiting else { throw .mustWait }
        try read { () throws(RepositoryError) in try repository.loadSoundIndex() }
        guard let file = MediaFile(blobs, length: { repository.length(of: $0, .data) }) else {
            let missing = blobs.first { !repository.contains($0, .data) } ?? blobs[0]
            throw .repository(.missingBlob(missing, .data))
        }
        return file
    }

    func read(
        _ file: MediaFile, _ offset: UInt64, _ count: Int, _ waiting: Waiting, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(FolderTreeError) {
        guard offset < file.size, count > 0 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let end = min(offset + UInt64(count), file.size)
        noteRead(file, offset..<end)
        var position = file.blob(at: offset)
        if case .until = waiting { preload(file, position, end) }
        let first = try blob(file.blobs[position], waiting)
        let start = Int(offset - file.offsets[position])
        if end <= file.offsets[position + 1] {
            // The usual case: within one blob, lent without a copy.
            first.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(end - offset)])) }
            return
        }
        var bytes = Array(first[start...])
        while file.offsets[position + 1] < end {
            position += 1
            let next = try blob(file.blobs[position], waiting)
            bytes += next.prefix(Int(min(end, file.offsets[position + 1]) - file.offsets[position]))
        }
        bytes.withUnsafeBytes { body($0) }
    }

    /// Loads the blobs from a position up to an offset together, where they are small: two are as well asked for one by one.
    private func preload(_ file: MediaFile, _ position: Int, _ end: UInt64) {
        let last = file.blob(at: end - 1)
        guard last > position + 1 else { return }
        preload(Array(file.blobs[position...last]))
    }

    private func blob(_ id: BlobID, _ waiting: Waiting) throws(FolderTreeError) -> [UInt8] {
        try blobs.value(id, waiting: waiting) { () throws(FolderTreeError) in
            let bytes = try read { () throws(RepositoryError) in try repository.blob(id, .data) }
            return (bytes, bytes.count + 100)
        }
    }
}
