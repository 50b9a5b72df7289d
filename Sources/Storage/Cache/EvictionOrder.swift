/// What goes first when the cache is full: content before metadata, and of each what was used least recently.
///
/// Metadata may take three quarters of the limit; beyond that it goes before content, or else the remains of
/// repositories that nobody mounts any more would leave no room for content for ever.
enum EvictionOrder {
    /// One entry.
    struct Candidate: Equatable {
        let id: Int64
        /// When it was used last; larger is later.
        let used: Int64
        /// Bytes that it takes on the disk.
        let charge: Int
    }

    /// How many bytes of each class must go, at least.
    struct Shares: Equatable {
        var content: Int
        var metadata: Int
    }

    /// The bytes to free, given how many there are of each class, so that `incoming` more fit under the limit. Nothing
    /// goes while all fits; otherwise a batch of a thirty-second of the limit goes too, so that the next ranges fit.
    static func shares(content: Int, metadata: Int, incoming: Int, limit: Int) -> Shares {
        guard content + metadata + incoming > limit else { return Shares(content: 0, metadata: 0) }
        let excess = min(content + metadata, content + metadata + incoming - limit + limit / 32)
        let overweight = min(excess, max(0, metadata - limit / 4 * 3))
        let ofContent = min(content, excess - overweight)
        return Shares(content: ofContent, metadata: excess - ofContent)
    }

    /// The least recently used of some candidates that free a share together; all when they do not.
    static func victims(of candidates: [Candidate], share: Int) -> [Candidate] {
        var victims: [Candidate] = []
        var freed = 0
        for candidate in candidates.sorted(by: { ($0.used, $0.id) < ($1.used, $1.id) }) {
            if freed >= share { break }
            victims.append(candidate)
            freed += candidate.charge
        }
        return victims
    }
}
