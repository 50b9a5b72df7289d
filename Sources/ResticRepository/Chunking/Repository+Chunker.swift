import Storage

extension Repository {
    /// A chunker with the repository's polynomial.
    public func makeChunker() throws(RepositoryError) -> Chunker {
        guard let chunker = Chunker(config.polynomial) else {
            throw .damaged(.config, .badField("chunker_polynomial"))
        }
        return chunker
    }
}
