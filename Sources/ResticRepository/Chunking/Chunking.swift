/// How a file's content is cut into chunks. restic reads chunks of any size, so that this is a matter of cost alone.
public enum Chunking: Hashable, Sendable {
    /// Where the content says, as restic does it, some MiB apart: what is inserted moves no cut but its own.
    case contentDefined
    /// At every multiple of so many bytes from the file's start, for files that are changed in place, all over: a change
    /// costs the chunks in which it lies.
    case fixed(size: Int)

    /// Fixed chunks for a database of so many bytes.
    ///
    /// 8 KiB: what a daily backup stores are the changed chunks and the list of all ids (33 bytes each, compressed). Of a
    /// WeChat account of 1 GB and 500 new messages that was 24 MB with chunks of 4 KiB, 31 with 8, 45 with 16, 67 with 32;
    /// smaller ones compress less well, and the index names every one. From 2 GiB on they double with the file, so that no
    /// list has more than 262,144 ids (8 MiB in memory).
    public static func database(ofSize size: UInt64) -> Chunking {
        var piece = 8 << 10
        while piece < Chunker.maximumLength, size / UInt64(piece) >= 1 << 18 { piece *= 2 }
        return .fixed(size: piece)
    }
}

/// What tells how a file is best cut.
public struct ChunkedFile: Sendable {
    /// The last component of its path.
    public let name: [UInt8]
    /// Bytes, when it was opened.
    public let size: UInt64
    /// Its first bytes, at most 16.
    public let head: [UInt8]

    /// Bytes of `head`.
    static let headLength = 16
}
