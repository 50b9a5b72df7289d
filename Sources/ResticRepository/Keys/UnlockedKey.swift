/// A repository's master key as it came out of a key file: what opens the repository without its password.
public struct UnlockedKey: Sendable {
    /// The key file that it came out of; when the store has that no more, the key was taken back.
    public let id: KeyID
    let master: BoxKey
}

extension Repository {
    /// The key that it was opened with.
    public var unlockedKey: UnlockedKey { UnlockedKey(id: keyID, master: master) }
}
