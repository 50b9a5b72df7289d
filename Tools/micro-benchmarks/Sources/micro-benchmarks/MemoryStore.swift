import Storage
import Synchronization

/// A store in memory, so that no disk is measured; it can be told to forget what is written to it from now on.
final class MemoryStore: ObjectStore {
    private struct State {
        var objects: [ObjectName: [UInt8]] = [:]
        var keepsWrites = true
    }

    private let state = Mutex(State())

    var location: String { "memory" }

    /// Takes objects and keeps none of them from now on.
    func stopKeeping() { state.withLock { $0.keepsWrites = false } }

    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        state.withLock { state in
            state.objects.filter { $0.key.kind == kind }.map { StoredObject(name: $0.key, size: $0.value.count) }
        }
    }

    func size(of name: ObjectName) throws(StorageError) -> Int { try bytes(of: name).count }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        let bytes = try bytes(of: name)
        guard let range else { return bytes }
        guard range.upperBound <= bytes.count else {
            throw .truncated(.object(name), expected: range.upperBound, actual: bytes.count, location: location)
        }
        return Array(bytes[range])
    }

    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        state.withLock { if $0.keepsWrites { $0.objects[name] = bytes } }
    }

    func remove(_ name: ObjectName) throws(StorageError) { _ = state.withLock { $0.objects.removeValue(forKey: name) } }

    func createLayout() throws(StorageError) {}

    private func bytes(of name: ObjectName) throws(StorageError) -> [UInt8] {
        guard let bytes = state.withLock({ $0.objects[name] }) else {
            throw .notFound(.object(name), location: location)
        }
        return bytes
    }
}
