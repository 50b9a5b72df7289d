/// A file that belongs to a message: a picture, a voice, a document.
public struct Attachment: Hashable, Sendable {
    /// Where the bytes are.
    public enum Content: Hashable, Sendable {
        /// A file of the source, by its path below the source's root, `/`-separated, never absolute, without `..`.
        case file(path: String)
        /// A file inside a container of the source (a .zip): the container's path below the root (empty when the source
        /// is the container itself), and the entry's name.
        case entry(container: String, name: String)
        /// Stored in the archive: SHA-256 of the content, 64 lower-case hex digits, and its size in bytes.
        case stored(sha256: String, size: Int64)
        /// Not in the source, with the reason in words that a user understands.
        case missing(reason: String)
    }

    /// The file's own name; empty when it has none that means something to a person.
    public var name: String
    /// The media type, for example `image/jpeg`; empty when unknown.
    public var mediaType: String
    /// Where the bytes are, or why they are missing.
    public var content: Content

    /// An attachment.
    public init(name: String, mediaType: String = "", content: Content) {
        self.name = name
        self.mediaType = mediaType
        self.content = content
    }
}
