/// Where a repository's objects live. A store sees only encrypted bytes.
///
/// Every call blocks and may be made from any thread. Objects never change once written.
public protocol ObjectStore: Sendable {
    /// Where this is, for messages; never holds credentials.
    var location: String { get }

    /// How many calls at a time are worth making.
    var requestsInFlight: Int { get }

    /// All objects of a kind in no particular order; foreign and temporary names are left out.
    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject]

    /// The size of an object in bytes; `.notFound` when there is none.
    func size(of name: ObjectName) throws(StorageError) -> Int

    /// The bytes of an object, all of them when `range` is nil; `.truncated` when it ends before the range does.
    /// More than the name's `sizeLimit` are refused.
    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8]

    /// As above, with what the reader knows beyond the range; a store that keeps nothing does what it did without.
    func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8]

    /// Fetches ranges of an object for later, without handing them over; a store that keeps nothing does nothing.
    func prefetch(
        _ name: ObjectName, ranges: [Range<Int>], retention: ReadAdvice.Retention
    ) throws(StorageError)

    /// How many bytes of ranges of an object would come from where it lives, as they are not kept on the way; with a store that
    /// keeps nothing all of them.
    func missing(_ name: ObjectName, ranges: [Range<Int>]) -> Int

    /// What was read turned out to be other than what was written: drops whatever is kept of it, so that the next read
    /// comes from where the object lives. `range` is nil for the whole object.
    func forget(_ name: ObjectName, range: Range<Int>?)

    /// Stores an object, whole or not at all, durable on return; `.alreadyExists` instead of replacing one. Where only a
    /// request of its own would tell, what is named by its content is written again: it is the same.
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError)

    /// Removes an object; one that is not there is removed already. One request.
    func remove(_ name: ObjectName) throws(StorageError)

    /// Removes what interrupted writes have left under names of their own, when it is so old that nobody works on it.
    func removeLeftovers()

    /// Makes what must exist before the first object is written; does nothing when it is there.
    func createLayout() throws(StorageError)
}

extension ObjectStore {
    /// Two: while one waits for the disk, another is decrypted.
    public var requestsInFlight: Int { 2 }

    /// Reads without advice.
    public func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8] {
        try read(name, range: range)
    }

    /// Most stores leave nothing.
    public func removeLeftovers() {}

    /// Keeps nothing, so fetches nothing.
    public func prefetch(
        _ name: ObjectName, ranges: [Range<Int>], retention: ReadAdvice.Retention
    ) throws(StorageError) {}

    /// Keeps nothing, so all is missing.
    public func missing(_ name: ObjectName, ranges: [Range<Int>]) -> Int { ranges.reduce(0) { $0 + $1.count } }

    /// Keeps nothing, so forgets nothing.
    public func forget(_ name: ObjectName, range: Range<Int>?) {}
}
