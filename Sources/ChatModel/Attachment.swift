/// A file that belongs to a message: a picture, a voice, a document.
public struct Attachment: Hashable, Sendable {
    /// Where the bytes are.
    public enum Content: Hashable, Sendable {
        /// A file of the source, by its path below the source's root, `/`-separated, never absolute, without `..`.
        case file(path: String)
        /// A file inside a container of the source (a .zip): the container's path below the root (empty when the source
        /// is the container itself), and the entry's name.
        case entry(container: String, name: String)
        /// The bytes themselves, which exist only inside a database of the source. Meant for small ones: a voice, an
        /// avatar. A backup stores them.
        case contained([UInt8])
        /// Stored in the archive: SHA-256 of the content, 64 lower-case hex digits, and its size in bytes.
        case stored(sha256: String, size: Int64)
        /// Not in the source, with the reason in words that a user understands.
        case missing(reason: String)
    }

    /// The file's own name; empty when it has none that means something to a person.
    public var name: String
    /// The media type of what is shown, for example `image/jpeg`; empty when unknown.
    public var mediaType: String
    /// Where the bytes are, or why they are missing.
    public var content: Content
    /// How the shown bytes come out of the content; nil when the content is shown as it is.
    public var decoding: ContentDecoding?
    /// Whether it is the small preview of a file that the source does not have.
    public var isThumbnail: Bool

    /// An attachment.
    public init(
        name: String, mediaType: String = "", content: Content, decoding: ContentDecoding? = nil,
        isThumbnail: Bool = false
    ) {
        self.name = name
        self.mediaType = mediaType
        self.content = content
        self.decoding = decoding
        self.isThumbnail = isThumbnail
    }

    /// Bytes that are shown, as far as that is known: of stored and contained ones.
    public var shownSize: Int64? {
        switch content {
        case .stored(_, let size): decoding?.size ?? size
        case .contained(let bytes): decoding?.size ?? Int64(bytes.count)
        case .file, .entry, .missing: nil
        }
    }

    /// Makes it a missing one when its decoding reaches beyond a content of this size.
    public mutating func checkDecoding(contentSize: Int64) {
        guard let decoding, decoding.sourceEnd > contentSize else { return }
        markMissing("the file is shorter than what is known of how to decode it")
    }

    /// Makes it a missing one.
    public mutating func markMissing(_ reason: String) {
        content = .missing(reason: reason)
        decoding = nil
    }
}
