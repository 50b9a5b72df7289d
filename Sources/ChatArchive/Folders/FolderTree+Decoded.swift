import ChatMedia
import ChatModel
import ResticRepository

extension FolderTree {
    /// Lends the shown bytes of a file that is stored in disguise.
    func read(
        _ file: MediaFile, decoding: ContentDecoding, _ sha256: String, _ offset: UInt64, _ count: Int,
        _ waiting: Waiting, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(FolderTreeError) {
        let size = UInt64(decoding.size)
        guard offset < size, count > 0 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let range = Int64(offset)..<Int64(offset + min(UInt64(count), size - offset))
        let bytes = try DecodedReader(decoding).read(range) { (source) throws(FolderTreeError) in
            var bytes: [UInt8] = []
            let count = Int(source.upperBound - source.lowerBound)
            try read(file, UInt64(source.lowerBound), count, waiting) { bytes = Array($0) }
            return bytes
        }
        guard let bytes else { throw .archive(.shortMedia(sha256)) }
        bytes.withUnsafeBytes { body($0) }
    }

    /// A person's card, with the picture.
    func card(of person: Int, _ view: ChatView, _ waiting: Waiting) throws(FolderTreeError) -> [UInt8] {
        guard view.people.indices.contains(person) else { throw .notFound }
        let record = view.people[person]
        guard let photo = ContactCard.photo(of: record), case .stored(let sha256, _) = photo.content else {
            return ContactCard.render(record)
        }
        let file = try mediaFile(sha256, in: [view.archive.tree], waiting)
        let size = Int(photo.shownSize ?? 0)
        var bytes: [UInt8] = []
        if let decoding = photo.decoding {
            try read(file, decoding: decoding, sha256, 0, size, waiting) { bytes = Array($0) }
        } else {
            try read(file, 0, size, waiting) { bytes = Array($0) }
        }
        // The card's size was told by the record.
        guard bytes.count == size else { throw .archive(.shortMedia(sha256)) }
        return ContactCard.render(record, photo: bytes)
    }
}
