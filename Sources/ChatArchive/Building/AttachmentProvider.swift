public import ResticRepository

/// Where an archive that is being built gets its attachments from.
///
/// Asked by one thread at a time.
public protocol AttachmentProvider: Sendable {
    /// The stored content of a source's file, or nil when the source has no such file.
    func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent?

    /// Passes the content of a container's entry on, piece by piece; false when the container has no such entry.
    func entry(
        _ name: String, in container: String, of source: ArchiveSource,
        _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
    ) throws(ArchiveError) -> Bool
}
