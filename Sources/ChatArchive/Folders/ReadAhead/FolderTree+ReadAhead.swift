import ChatModel
import ResticRepository

/// Loading ahead of readers. What fails here is met again, and told, by whoever asks for it.
extension FolderTree {
    /// Blobs that are fetched together: enough for one request to be worth its round trip.
    private static let fetchSize: UInt64 = 4 << 20

    /// Notes a read of a stored file, and loads what follows for one who reads on.
    func noteRead(_ file: MediaFile, _ range: Range<UInt64>) {
        guard file.blobs.count > 1, let first = file.blobs.first else { return }
        guard let ahead = sequentialReads.withLock({ $0.note(first, read: range, size: file.size) }) else { return }
        var position = file.blob(at: ahead.lowerBound)
        while position < file.blobs.count, file.offsets[position] < ahead.upperBound {
            let begin = position
            repeat {
                position += 1
            } while position < file.blobs.count && file.offsets[position] < ahead.upperBound
                && file.offsets[position + 1] - file.offsets[begin] <= Self.fetchSize
            let ids = Array(file.blobs[begin..<position])
            background.start { [self] in preload(ids) }
        }
    }

    private func preload(_ ids: [BlobID]) {
        blobs.preload(ids) { missing, deliver in
            try? repository.blobs(missing, .data) { (id, bytes) throws(RepositoryError) in
                deliver(id, bytes, bytes.count + 100)
            }
        }
    }

    /// Notes that a month is looked into, and loads the segments of the following ones for one who goes on.
    func noteMonth(_ month: Month, of folder: ConversationFolder, _ key: FolderKey) {
        guard let position = folder.months.firstIndex(where: { $0.month == month }) else { return }
        let positions = monthWalks.withLock { $0.note(key, position: position, of: folder.months.count) }
        guard !positions.isEmpty else { return }
        background.start { [self] in
            var left = segments.budget / 4
            var numbers: [Int] = []
            for position in positions {
                guard let node = folder.node(of: folder.months[position].month),
                    let place = place(of: node, key.archive),
                    let number = registry.withLock({ $0.number(ofSegment: place) })
                else { continue }
                left -= place.blobs.reduce(0) { $0 + (repository.length(of: $1, .data) ?? 0) }
                guard left > 0 else { break }
                numbers.append(number)
            }
            preload(segments: numbers)
        }
    }

    private func preload(segments numbers: [Int]) {
        segments.preload(numbers) { missing, deliver in
            let places = registry.withLock { registry in missing.map { ($0, registry.segments[$0]) } }
            var texts: [BlobID: [UInt8]] = [:]
            try? repository.blobs(places.flatMap(\.1.blobs), .data, retention: .metadata) {
                (id, bytes) throws(RepositoryError) in
                texts[id] = bytes
            }
            for (number, place) in places {
                let parts = place.blobs.compactMap { texts[$0] }
                guard parts.count == place.blobs.count,
                    let segment = try? Segment(
                        parsing: parts.count == 1 ? parts[0] : Array(parts.joined()), name: place.name)
                else { continue }
                deliver(number, segment, segment.cost)
            }
        }
    }
}
