import Storage

/// Where every blob of a repository lies, as far as index files were read: mapped segments, and what is in memory.
///
/// A value: readers keep the version that they have while a newer one is put together. A look-up makes nothing on the heap.
package struct LoadedIndex: Sendable {
    /// What was read into memory: all without a local index, else what could not be written there.
    var memory = BlobIndex()
    /// The index files that `memory` was made of.
    var memoryFiles: Set<IndexID> = []
    /// Packs in `memory` that no index file tells of yet.
    private var unindexed: Set<PackID> = []
    /// Segments of a local index; no two say what the same index file says, but for moments after one has gone.
    private(set) var segments: [IndexSegment] = []
    /// All index files that it was made of.
    private(set) var files: Set<IndexID> = []
    /// Index files that there are and that were left unread; see `IndexExtent`.
    var unread: Set<IndexID> = []

    /// Whether all index files were read that there were.
    package var isComplete: Bool { unread.isEmpty }

    package init() {}

    mutating func setSegments(_ segments: [IndexSegment]) {
        self.segments = segments
        files = memoryFiles
        for segment in segments { files.formUnion(segment.files) }
    }

    mutating func addToMemory(_ additions: [(pack: PackID, entry: PackEntry)], of added: some Sequence<IndexID>) {
        memory.add(additions)
        memoryFiles.formUnion(added)
        files.formUnion(memoryFiles)
    }

    mutating func clearMemory() {
        memory = BlobIndex()
        memoryFiles = []
        unindexed = []
        setSegments(segments)
    }

    /// Adds packs that no index file tells of yet.
    mutating func addUnindexed(_ additions: [(pack: PackID, entry: PackEntry)]) {
        memory.add(additions)
        for addition in additions { unindexed.insert(addition.pack) }
    }

    /// Notes that a segment tells of packs now; memory that is needed for nothing else is given back.
    mutating func indexed(_ packs: some Sequence<PackID>) {
        unindexed.subtract(packs)
        if unindexed.isEmpty, memoryFiles.isEmpty { memory = BlobIndex() }
    }

    /// Every place where a blob lies.
    package func places(of id: BlobID, _ kind: BlobKind) -> [BlobPlace] {
        var found: [BlobPlace] = []
        forEachPlace(of: id, kind) { place in
            // Two index files may list one pack.
            if !found.contains(where: { $0.pack == place.pack && $0.entry == place.entry }) { found.append(place) }
            return true
        }
        return found
    }

    /// One place where a blob lies, without an allocation.
    package func firstPlace(of id: BlobID, _ kind: BlobKind) -> BlobPlace? {
        var found: BlobPlace?
        forEachPlace(of: id, kind) { place in
            found = place
            return false
        }
        return found
    }

    private func forEachPlace(of id: BlobID, _ kind: BlobKind, _ body: (BlobPlace) -> Bool) {
        var goesOn = true
        memory.forEachPlace(of: id, kind) { place in
            goesOn = body(place)
            return goesOn
        }
        guard goesOn, let cipher = segments.first?.cipher else { return }
        let sealed = cipher.sealed(id)
        for segment in segments {
            segment.forEachPlace(of: id, kind, sealed: sealed) { place in
                goesOn = body(place)
                return goesOn
            }
            if !goesOn { return }
        }
    }

    // MARK: All entries

    /// How many entries; a blob in two packs counts twice. Costs a walk through all of them where segments are mapped.
    package var count: Int {
        guard !segments.isEmpty else { return memory.count }
        var count = 0
        forEach { _, _ in count += 1 }
        return count
    }

    /// Calls `body` for every entry once, in no particular order.
    package func forEach(_ body: (_ pack: PackID, _ entry: PackEntry) -> Void) {
        memory.forEach { body($0.pack, $0.entry) }
        guard let cipher = segments.first?.cipher else { return }
        var merge = IndexMerge(segments)
        var (records, origins): ([IndexRecord], [Int]) = ([], [])
        var repeated = RepeatedPlaces()
        while merge.next(&records, &origins) {
            cipher.open(&records)
            for (record, origin) in zip(records, origins) {
                guard let place = segments[origin].place(of: record, BlobID(record.id.digest)),
                    repeated.isNew(place), !isInMemory(place.pack, place.entry)
                else { continue }
                body(place.pack, place.entry)
            }
        }
    }

    /// Whether memory has a blob at that place.
    func isInMemory(_ pack: PackID, _ entry: PackEntry) -> Bool {
        var isKnown = false
        memory.forEachPlace(of: entry.id, entry.kind) { known in
            isKnown = known.pack == pack && known.entry.offset == entry.offset
            return !isKnown
        }
        return isKnown
    }

    /// Tells places of one blob that came before; places of one blob come one after the other.
    private struct RepeatedPlaces {
        private struct Key: Hashable {
            let pack: PackID
            let kind: BlobKind
            let offset: Int
        }

        private var id: BlobID?
        private var first: Key?
        /// Filled when a blob has a second place, as most have one.
        private var seen: Set<Key> = []

        mutating func isNew(_ place: BlobPlace) -> Bool {
            let key = Key(pack: place.pack, kind: place.entry.kind, offset: place.entry.offset)
            guard place.entry.id == id else {
                id = place.entry.id
                first = key
                if !seen.isEmpty { seen.removeAll() }
                return true
            }
            if let first { seen.insert(first) }
            return seen.insert(key).inserted
        }
    }
}
