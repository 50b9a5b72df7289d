import Storage

/// Looks for what is missing or damaged in a repository, as `restic check`. Changes nothing.
///
/// Without `readData` it reads every index file, snapshot and tree, and lists packs: content is assumed to be what its pack
/// was written as. With it every pack is read whole and every blob opened. Memory: the index
/// twice, and an id for every tree.
public struct Checker: Sendable {
    private let repository: Repository

    /// Prepares a check.
    public init(_ repository: Repository) {
        self.repository = repository
    }

    /// Checks everything. Throws only when the store fails; what is wrong with the repository is in the report.
    public func check(readData: Bool, progress: CheckProgress? = nil) throws(RepositoryError) -> CheckReport {
        var check = CheckRun(repository: repository, progress: progress)
        // Snapshots before the index: what a snapshot of the list needs was in an index before it was in the list.
        let snapshots = try repository.list(.snapshots)
        try check.index()
        let packs = try check.packs()
        try check.trees(of: snapshots)
        if readData { try check.data(in: packs) }
        progress?.publish(check.report)
        return check.report
    }
}

/// One check and what it found.
private struct CheckRun {
    let repository: Repository
    let progress: CheckProgress?
    var report = CheckReport()
    /// What the index files say that is stored: bytes and kinds by pack.
    private var expected: [PackID: Expectation] = [:]

    private struct Expectation {
        /// Boxes, header entries, header box and its length.
        var size = 36
        var kinds: Set<BlobKind> = []
    }

    init(repository: Repository, progress: CheckProgress?) {
        self.repository = repository
        self.progress = progress
    }

    // MARK: Index

    mutating func index() throws(RepositoryError) {
        var repeated: [PackID: Int] = [:]
        for object in try repository.list(.index) {
            guard let digest = object.name.digest else { continue }
            report.indexFiles += 1
            do throws(RepositoryError) {
                let text = try repository.unpacked(.index, digest)
                var found: Set<PackID> = []
                do throws(Damage) {
                    try IndexText.parse(text) { pack, _ in found.insert(pack) }
                } catch { throw .damaged(object.name, error) }
                for pack in found { repeated[pack, default: 0] += 1 }
            } catch {
                guard error.concernsContent else { throw error }
                report.findings.append(.unreadable(object.name))
            }
        }
        for (pack, times) in repeated.sorted(by: { $0.key < $1.key }) where times > 1 {
            report.findings.append(.packRepeated(pack, times: times))
        }
        do throws(RepositoryError) {
            try repository.loadIndex()
            _ = try repository.repairLocalIndex()
        } catch {
            // The bad file was found above; what the others speak of is checked.
            guard error.concernsContent else { throw error }
        }
        var expected: [PackID: Expectation] = [:]
        repository.loadedIndex.forEach { pack, entry in
            var expectation = expected[pack] ?? Expectation()
            expectation.size += entry.length + PackHeader.entrySize(compressed: entry.uncompressedLength != nil)
            expectation.kinds.insert(entry.kind)
            expected[pack] = expectation
        }
        self.expected = expected
        progress?.publish(report)
    }

    // MARK: Packs

    /// Compares the listing of packs with the index; returns the packs that can be read.
    mutating func packs() throws(RepositoryError) -> [(id: PackID, size: Int)] {
        var present: [PackID: Int] = [:]
        for object in try repository.list(.data) {
            if let digest = object.name.digest { present[PackID(digest)] = object.size }
        }
        report.packs = present.count
        for (pack, expectation) in expected.sorted(by: { $0.key < $1.key }) {
            guard let size = present[pack] else {
                report.findings.append(.packMissing(pack))
                continue
            }
            if size != expectation.size {
                report.findings.append(.packSize(pack, expected: expectation.size, actual: size))
            }
            if expectation.kinds.count > 1 { report.findings.append(.packMixed(pack)) }
        }
        for pack in present.keys.sorted() where expected[pack] == nil { report.findings.append(.packOrphaned(pack)) }
        progress?.publish(report)
        return present.filter { expected[$0.key] != nil }.map { ($0.key, $0.value) }.sorted { $0.id < $1.id }
    }

    /// Reads packs whole.
    mutating func data(in packs: [(id: PackID, size: Int)]) throws(RepositoryError) {
        var entries: [PackID: [PackEntry]] = [:]
        repository.loadedIndex.forEach { entries[$0, default: []].append($1) }
        for (pack, size) in packs {
            let indexed = entries[pack] ?? []
            let name = ObjectName(.data, pack.digest)
            guard size <= name.sizeLimit else {
                report.findings.append(.packDamaged(pack))
                continue
            }
            var bytes: [UInt8]
            do throws(StorageError) {
                bytes = try repository.store.read(name, range: nil)
                // Once more, as it may be the way's fault.
                if SHA256Digest(hashing: bytes) != pack.digest {
                    repository.store.forget(name, range: nil)
                    bytes = try repository.store.read(name, range: nil)
                }
            } catch {
                switch error {
                case .notFound: report.findings.append(.packMissing(pack))
                case .truncated(_, let expected, let actual, _):
                    report.findings.append(.packSize(pack, expected: expected, actual: actual))
                default: throw .storage(error)
                }
                continue
            }
            report.bytesRead += bytes.count
            if SHA256Digest(hashing: bytes) != pack.digest { report.findings.append(.packDamaged(pack)) }
            try header(of: pack, size: size, indexed)
            try blobs(of: pack, bytes, indexed)
            progress?.publish(report)
        }
    }

    private mutating func header(of pack: PackID, size: Int, _ indexed: [PackEntry]) throws(RepositoryError) {
        let entries: [PackEntry]
        do throws(RepositoryError) {
            entries = try repository.packEntries(pack, size: size)
        } catch {
            guard error.concernsContent else { throw error }
            return report.findings.append(.packDamaged(pack))
        }
        if Set(entries) != Set(indexed) { report.findings.append(.packDiffersFromIndex(pack)) }
    }

    private mutating func blobs(of pack: PackID, _ bytes: [UInt8], _ indexed: [PackEntry]) throws(RepositoryError) {
        for entry in indexed {
            guard entry.range.upperBound <= bytes.count else {
                report.findings.append(.blobDamaged(entry.id, entry.kind, pack))
                continue
            }
            do throws(RepositoryError) {
                _ = try repository.plaintextOf(bytes[entry.range], entry)
                report.blobsRead += 1
            } catch {
                guard error.concernsContent else { throw error }
                report.findings.append(.blobDamaged(entry.id, entry.kind, pack))
            }
        }
    }

    // MARK: Trees

    /// Trees that are read together.
    private static let wave = 200
    /// Bytes of them, one tree at least.
    private static let waveSize = 64 << 20

    mutating func trees(of snapshots: [StoredObject]) throws(RepositoryError) {
        var waiting: [TreeID] = []
        var seen: Set<TreeID> = []
        for object in snapshots {
            guard let digest = object.name.digest else { continue }
            report.snapshots += 1
            do throws(RepositoryError) {
                let text = try repository.unpacked(.snapshots, digest)
                do throws(Damage) {
                    let root = try Snapshot(parsing: text).tree
                    if seen.insert(root).inserted { waiting.append(root) }
                } catch { throw .damaged(object.name, error) }
            } catch {
                guard error.concernsContent else { throw error }
                report.findings.append(.unreadable(object.name))
            }
        }
        // Every tree once, so neither a directory that contains itself nor one that is everywhere keeps this going.
        while !waiting.isEmpty {
            let wave = takeWave(from: &waiting)
            let texts = try texts(of: wave)
            for id in wave {
                report.trees += 1
                guard let text = texts[id.digest], let tree = try? Tree(parsing: text) else {
                    report.findings.append(.treeUnreadable(id))
                    continue
                }
                inspect(tree, id)
                for node in tree.nodes where node.kind == .directory {
                    if let subtree = node.subtree, seen.insert(subtree).inserted { waiting.append(subtree) }
                }
            }
            progress?.publish(report)
        }
    }

    /// Takes trees off the end, as many as are worth reading together.
    private func takeWave(from waiting: inout [TreeID]) -> [TreeID] {
        var wave: [TreeID] = []
        var size = 0
        while wave.count < Self.wave, let id = waiting.last {
            size += repository.length(of: id.blob, .tree) ?? 0
            guard wave.isEmpty || size <= Self.waveSize else { break }
            wave.append(id)
            waiting.removeLast()
        }
        return wave
    }

    /// Texts that can be had, fetched together as far as possible.
    private func texts(of ids: [TreeID]) throws(RepositoryError) -> [SHA256Digest: [UInt8]] {
        var texts: [SHA256Digest: [UInt8]] = [:]
        do throws(RepositoryError) {
            try repository.blobs(ids.map { BlobID($0.digest) }, .tree) { (id, text) throws(RepositoryError) in
                texts[id.digest] = text
            }
        } catch {
            guard error.concernsContent else { throw error }
        }
        for id in ids where texts[id.digest] == nil {
            do throws(RepositoryError) {
                texts[id.digest] = try repository.treeText(id)
            } catch {
                guard error.concernsContent else { throw error }
            }
        }
        return texts
    }

    private mutating func inspect(_ tree: Tree, _ id: TreeID) {
        var found: Set<CheckFinding> = []
        if !tree.isOrdered { found.insert(.treeUnordered(id)) }
        for node in tree.nodes {
            if !node.hasSafeName { found.insert(.unsafeName(id)) }
            switch node.kind {
            case .file:
                guard let content = node.content else {
                    found.insert(.incompleteNode(id))
                    continue
                }
                // Sizes are not compared with the blobs': restic does not either, for the sake of old repositories.
                for blob in content where !repository.contains(blob, .data) {
                    found.insert(.blobMissing(blob, tree: id))
                }
            case .directory:
                if node.subtree == nil { found.insert(.incompleteNode(id)) }
            case .symlink, .blockDevice, .characterDevice, .fifo, .socket: break
            case .irregular, .other: found.insert(.unknownKind(id))
            }
        }
        report.findings.append(contentsOf: found.sorted { $0.description < $1.description })
    }
}
