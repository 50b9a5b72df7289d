public import ChatModel

/// Reads shown bytes of a file that is kept in disguise.
public struct DecodedReader {
    /// How its bytes come out of the file.
    public let decoding: ContentDecoding

    /// A reader.
    public init(_ decoding: ContentDecoding) { self.decoding = decoding }
}
