/// Which messages the shards before the current one had. Some lie in two shards, because a program that starts a new shard
/// carries the last ones over.
///
/// A message is the same when its conversation, its server's number and its type are: a message that was recalled since is
/// told again. Memory: up to 32 bytes a message in all shards but the last.
struct SeenMessages {
    private var earlier: Set<UInt64> = []
    private var current: [UInt64] = []
    /// How many were in an earlier shard.
    private(set) var duplicates = 0

    /// Whether a row is in no earlier shard. Rows without a server's number always are.
    ///
    /// - Parameter isLast: whether no shard follows, so that nothing has to be remembered.
    mutating func isNew(_ row: WeChatRow, isLast: Bool) -> Bool {
        guard row.serverID != 0, !isLast || !earlier.isEmpty else { return true }
        var hasher = Hasher()
        hasher.combine(row.talker)
        hasher.combine(row.serverID)
        hasher.combine(row.type)
        let hash = UInt64(bitPattern: Int64(hasher.finalize()))
        if earlier.contains(hash) {
            duplicates += 1
            return false
        }
        if !isLast { current.append(hash) }
        return true
    }

    /// The next shard begins.
    mutating func endShard() {
        earlier.formUnion(current)
        current = []
    }
}
