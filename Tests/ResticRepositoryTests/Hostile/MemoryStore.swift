import Storage
import Synchronization

/// A store that is gone with the process: a repository in it costs no system call, and can be damaged a thousand times a
/// second.
final class MemoryStore: ObjectStore {
    private let stored: Mutex<[ObjectName: [UInt8]]>
    let location = "memory"

    init(_ objects: [ObjectName: [UInt8]] = [:]) {
        stored = Mutex(objects)
    }

    /// All that is stored.
    var objects: [ObjectName: [UInt8]] { stored.withLock { $0 } }

    /// A store of the same objects, but for one that is replaced.
    func serving(_ bytes: [UInt8], as name: ObjectName) -> MemoryStore {
        var objects = objects
        objects[name] = bytes
        return MemoryStore(objects)
    }

    func list(_ kind: ObjectKind) -> [StoredObject] {
        objects.filter { $0.key.kind == kind }.map { StoredObject(name: $0.key, size: $0.value.count) }
    }

    func size(of name: ObjectName) throws(StorageError) -> Int { try read(name, range: nil).count }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        guard let bytes = stored.withLock({ $0[name] }) else { throw .notFound(.object(name), location: location) }
        guard let range else { return bytes }
        guard range.upperBound <= bytes.count else {
            throw .truncated(.object(name), expected: range.upperBound, actual: bytes.count, location: location)
        }
        return Array(bytes[range])
    }

    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        let isNew = stored.withLock { stored in
            guard stored[name] == nil else { return false }
            stored[name] = bytes
            return true
        }
        guard isNew else { throw .alreadyExists(.object(name), location: location) }
    }

    func remove(_ name: ObjectName) throws(StorageError) {
        guard stored.withLock({ $0.removeValue(forKey: name) }) != nil else {
            throw .notFound(.object(name), location: location)
        }
    }

    func createLayout() {}
}
