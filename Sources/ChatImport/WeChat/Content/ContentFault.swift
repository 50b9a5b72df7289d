/// Why the content of one message could not be decoded. The message keeps its raw content.
package enum ContentFault: Error, Hashable, Sendable {
    /// The bytes are not what they should be; how far they were understood.
    case damaged(offset: Int)
    /// It would be larger than is allowed, in bytes.
    case tooLarge(limit: Int)
    /// Elements are nested deeper, or are more, than is allowed.
    case tooComplex
    /// A document type declaration: nothing that is needed has one, and entities are how small texts explode.
    case documentType
    /// It was compressed with a dictionary that is not part of it.
    case needsDictionary
    /// A library does not do what it must.
    case libraryFailed
}
