import Glibc
import Storage

/// One restore on one thread.
struct RestoreWalk {
    private let restorer: Restorer
    private let progress: RestoreProgress?
    private let metadata: RestoredMetadata
    var root: TargetDirectory?
    private(set) var counts = RestoreCounts()
    private(set) var failures: [RestoreFailure] = []
    /// The target takes nothing more: the rest would fail one by one.
    private(set) var isFull = false
    /// Trees from the root down to the current one.
    private var ancestors: Set<TreeID> = []
    /// Where files with several names were restored first.
    private var linked: [LinkKey: (path: [[UInt8]], content: [BlobID])] = [:]

    private struct LinkKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    init(_ restorer: Restorer, _ progress: RestoreProgress?) {
        self.restorer = restorer
        self.progress = progress
        metadata = RestoredMetadata(restoresOwner: restorer.options.restoresOwner ?? (geteuid() == 0))
    }

    mutating func restore(_ tree: TreeID) throws(RepositoryError) {
        guard let root else { return }
        try restore(tree, into: root, isChosen: restorer.options.include.isEmpty)
    }

    // MARK: Directories

    private mutating func restore(_ id: TreeID, into directory: TargetDirectory, isChosen: Bool) throws(RepositoryError)
    {
        guard directory.path.count <= Restorer.depthLimit else {
            return fail(directory.path, .tooDeep(limit: Restorer.depthLimit))
        }
        // A hash cannot contain itself, but a repository that checks nothing could say so.
        guard ancestors.insert(id).inserted else { return fail(directory.path, .cycle) }
        defer { ancestors.remove(id) }
        guard let tree = try loadTree(id) else { return fail(directory.path, .tree(id)) }

        var batch: [Node] = []
        var batchSize: UInt64 = 0
        var seen: Set<[UInt8]> = []
        for node in tree.nodes {
            let path = directory.path + [node.name]
            guard node.hasSafeName else {
                fail(path, .unsafeName)
                continue
            }
            guard tree.isOrdered || seen.insert(node.name).inserted else {
                fail(path, .repeatedName)
                continue
            }
            let verdict = isChosen ? .chosen : restorer.verdict(on: path)
            switch (node.kind, verdict) {
            case (_, .no): continue
            case (.directory, _): try restore(node, in: directory, isChosen: verdict == .chosen)
            case (_, .mayContain): continue
            case (.file, .chosen):
                batch.append(node)
                batchSize &+= node.size
                if batchSize >= Self.batchLimit || batch.count >= 1000 {
                    try restoreFiles(batch, in: directory)
                    batch = []
                    batchSize = 0
                }
            case (_, .chosen): other(node, in: directory)
            }
        }
        try restoreFiles(batch, in: directory)
    }

    private mutating func restore(_ node: Node, in parent: TargetDirectory, isChosen: Bool) throws(RepositoryError) {
        guard !isFull else { return }
        let directory = TargetDirectory(node.name, in: parent)
        guard let subtree = node.subtree else { return fail(directory.path, .incomplete) }
        if isChosen {
            do throws(SystemError) { _ = try directory.descriptor() } catch {
                return fail(directory.path, .system(error))
            }
        }
        try restore(subtree, into: directory, isChosen: isChosen)
        guard directory.isOpen else { return }
        counts.directories += 1
        progress?.publish(counts)
        do throws(SystemError) {
            note(metadata.set(of: try directory.descriptor(), node), directory.path)
        } catch { fail(directory.path, .system(error)) }
    }

    /// nil when the tree is damaged or gone.
    private func loadTree(_ id: TreeID) throws(RepositoryError) -> Tree? {
        do throws(RepositoryError) {
            return try restorer.repository.tree(id)
        } catch {
            guard error.concernsContent else { throw error }
            return nil
        }
    }

    // MARK: Files

    /// Bytes of small files that are fetched together.
    private static let batchLimit: UInt64 = 16 << 20
    /// Bytes of content that are fetched at a time, one blob at least.
    private static let fetchLimit = 64 << 20
    /// The same, of one file.
    private static let fileFetchLimit = 16 << 20

    private mutating func restoreFiles(_ nodes: [Node], in directory: TargetDirectory) throws(RepositoryError) {
        guard !nodes.isEmpty else { return }
        let small = nodes.filter { $0.size <= Self.batchLimit }
        var fetched = try fetch(fitting(small.lazy.flatMap { $0.content ?? [] }))
        for node in nodes where !isFull {
            do throws(RestoreFault) {
                try file(node, in: directory, &fetched)
            } catch {
                switch error {
                case .entry(let reason): fail(directory.path + [node.name], reason)
                case .repository(let error): throw error
                }
            }
            progress?.publish(counts)
        }
    }

    private mutating func file(
        _ node: Node, in directory: TargetDirectory, _ fetched: inout [BlobID: [UInt8]]
    ) throws(RestoreFault) {
        guard let content = node.content else { throw .entry(.incomplete) }
        let parent = try directory.reached()
        if restorer.options.existing == .keep, exists(node.name, in: parent) {
            counts.kept += 1
            return
        }
        let key = LinkKey(device: node.deviceID, inode: node.inode)
        if node.links > 1, node.inode != 0 {
            if let first = linked[key], first.content == content {
                if try link(first.path, as: node.name, in: parent) { return }
            } else {
                linked[key] = (directory.path + [node.name], content)
            }
        }
        // The name appears in one step, so that a stopped restore leaves the old file, none or the new one.
        let temporary = TemporaryName(in: parent)
        let file = try Self.create(temporary.bytes, in: parent)
        do throws(RestoreFault) {
            let size = try write(content, to: file, &fetched)
            // Content that is whole is worth having without what cannot be set.
            let refusal = metadata.set(of: file.raw, node)
            try RestoreFault.running { () throws(SystemError) in
                try temporary.become(node.name)
            }
            counts.files += 1
            counts.bytes &+= size
            note(refusal, directory.path + [node.name])
        } catch {
            // A part of a file must not look like the file.
            temporary.remove()
            linked[key] = nil
            throw error
        }
    }

    private static func create(_ name: [UInt8], in parent: Int32) throws(RestoreFault) -> Descriptor {
        do throws(SystemError) {
            return try Descriptor.open(name, in: parent, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        } catch { throw .entry(.system(SystemError(.create, error.code))) }
    }

    /// Writes blobs one after another, leaving holes for zeros; returns the size.
    private func write(
        _ content: [BlobID], to file: borrowing Descriptor, _ fetched: inout [BlobID: [UInt8]]
    ) throws(RestoreFault) -> UInt64 {
        var offset: UInt64 = 0
        for (index, id) in content.enumerated() {
            if fetched[id] == nil {
                let ahead = fitting(content[index...].prefix(4096), limit: Self.fileFetchLimit)
                fetched = [:]
                do throws(RepositoryError) {
                    fetched = try fetch(ahead)
                } catch { throw .repository(error) }
            }
            guard let blob = fetched[id] else { throw .entry(.content(id)) }
            let start = offset
            try blob.withUnsafeBufferPointer { (blob) throws(RestoreFault) in
                try RestoreFault.running { () throws(SystemError) in
                    try Self.write(UnsafeRawBufferPointer(blob), to: file, at: start)
                }
            }
            if restorer.options.verifies, try !Self.matches(blob.count, id, in: file, at: start) {
                throw .entry(.verification)
            }
            offset += UInt64(blob.count)
        }
        guard ftruncate(file.raw, off_t(clamping: offset)) == 0 else {
            throw .entry(.system(SystemError(.write, errno)))
        }
        return offset
    }

    /// Writes all but blocks of zeros, which a new file has already.
    private static func write(
        _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor, at offset: UInt64
    ) throws(SystemError) {
        let blockSize = 64 << 10
        var run = 0
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + blockSize)
            let block = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            if isZero(block) {
                try file.write(UnsafeRawBufferPointer(rebasing: bytes[run..<position]), at: offset + UInt64(run))
                run = end
            }
            position = end
        }
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[run...]), at: offset + UInt64(run))
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, first == 0, let base = bytes.baseAddress else { return false }
        return memcmp(base, base + 1, bytes.count - 1) == 0
    }

    private static func matches(
        _ count: Int, _ id: BlobID, in file: borrowing Descriptor, at offset: UInt64
    ) throws(RestoreFault) -> Bool {
        // The file may still be a hole here: what lies beyond its end reads as nothing.
        guard ftruncate(file.raw, off_t(clamping: offset + UInt64(count))) == 0 else {
            throw .entry(.system(SystemError(.write, errno)))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 16)
        defer { buffer.deallocate() }
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        do throws(SystemError) {
            guard try file.read(at: offset, into: wanted) == count else { return false }
        } catch { throw .entry(.system(error)) }
        return SHA256Digest(hashing: UnsafeRawBufferPointer(wanted)) == id.digest
    }

    /// The first of some blobs, as many as a limit of bytes allows but at least one. The index is asked for their sizes, as
    /// what a node says of its own may be untrue.
    private func fitting(_ ids: some Sequence<BlobID>, limit: Int = fetchLimit) -> [BlobID] {
        var chosen: [BlobID] = []
        var left = limit
        for id in ids {
            left -= restorer.repository.length(of: id, .data) ?? 0
            guard left >= 0 || chosen.isEmpty else { break }
            chosen.append(id)
        }
        return chosen
    }

    /// Blobs that can be had; one that is damaged or gone is left out.
    private func fetch(_ ids: [BlobID]) throws(RepositoryError) -> [BlobID: [UInt8]] {
        var blobs: [BlobID: [UInt8]] = [:]
        do throws(RepositoryError) {
            try restorer.repository.blobs(ids, .data) { (id, plaintext) throws(RepositoryError) in blobs[id] = plaintext
            }
        } catch {
            guard error.concernsContent else { throw error }
        }
        // A bad blob ended the round: the rest one at a time.
        for id in ids where blobs[id] == nil {
            do throws(RepositoryError) {
                blobs[id] = try restorer.repository.blob(id, .data)
            } catch {
                guard error.concernsContent else { throw error }
            }
        }
        return blobs
    }

    // MARK: Other kinds

    private mutating func other(_ node: Node, in directory: TargetDirectory) {
        do throws(RestoreFault) {
            let parent = try directory.reached()
            if restorer.options.existing == .keep, exists(node.name, in: parent) {
                counts.kept += 1
                return
            }
            note(try make(node, in: parent), directory.path + [node.name])
        } catch {
            if case .entry(let reason) = error { fail(directory.path + [node.name], reason) }
        }
    }

    /// Returns what could not be set of its metadata.
    private mutating func make(_ node: Node, in parent: Int32) throws(RestoreFault) -> SystemError? {
        // Made under another name and moved, so that what is there is replaced in one step.
        let temporary = TemporaryName(in: parent)
        let result: Int32
        switch node.kind {
        case .symlink:
            guard !node.linkTarget.isEmpty, !node.linkTarget.contains(0) else { throw .entry(.incomplete) }
            result = withCString(node.linkTarget) { target in
                withCString(temporary.bytes) { symlinkat(target, parent, $0) }
            }
        case .fifo: result = withCString(temporary.bytes) { mkfifoat(parent, $0, 0o600) }
        case .blockDevice, .characterDevice:
            let kind: mode_t = node.kind == .blockDevice ? S_IFBLK : S_IFCHR
            result = withCString(temporary.bytes) { mknodat(parent, $0, kind | 0o600, dev_t(node.device)) }
        // A socket belongs to a process that is gone.
        case .socket: return nil
        default: throw .entry(.unknownKind)
        }
        guard result == 0 else { throw .entry(.system(SystemError(.create, errno))) }
        do throws(RestoreFault) {
            let refusal = metadata.set(ofEntry: temporary.bytes, in: parent, node)
            try RestoreFault.running { () throws(SystemError) in
                try temporary.become(node.name)
            }
            counts.others += 1
            return refusal
        } catch {
            temporary.remove()
            throw error
        }
    }

    /// Gives a file that was restored another name; false when the first one is not there any more.
    private mutating func link(_ first: [[UInt8]], as name: [UInt8], in parent: Int32) throws(RestoreFault) -> Bool {
        guard let root, let last = first.last else { return false }
        let temporary = TemporaryName(in: parent)
        do throws(SystemError) {
            let source = try root.open(first.dropLast())
            let result = withCString(last) { last in
                withCString(temporary.bytes) { linkat(source.raw, last, parent, $0, 0) }
            }
            guard result == 0 else { return false }
        } catch { return false }
        try RestoreFault.running { () throws(SystemError) in
            try temporary.become(name)
        }
        // Renaming onto another name of the same file does nothing.
        temporary.remove()
        counts.files += 1
        return true
    }

    private func exists(_ name: [UInt8], in parent: Int32) -> Bool {
        withCString(name) { faccessat(parent, $0, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }
    }

    // MARK: Failures

    private mutating func note(_ refusal: SystemError?, _ path: [[UInt8]]) {
        if let refusal { fail(path, .system(refusal)) }
    }

    private mutating func fail(_ path: [[UInt8]], _ reason: RestoreFailure.Reason) {
        failures.append(RestoreFailure(path: path, reason: reason))
        // A file system may have no room for an attribute while there is much for content.
        if case .system(let error) = reason, [.create, .write].contains(error.operation),
            [ENOSPC, EDQUOT].contains(error.code)
        {
            isFull = true
        }
    }
}
