package import Storage
import Synchronization

/// A store in memory that counts, and that can be made to fail or to wait.
package final class MemoryStore: ObjectStore {
    private struct State {
        var objects: [String: (name: ObjectName, bytes: [UInt8])] = [:]
        var reads = 0
        var fault: (@Sendable (ObjectName) throws(StorageError) -> Void)?
    }

    private let state = Mutex(State())

    /// An empty store.
    package init() {}

    package var location: String { "memory" }

    /// How many objects were asked for, and how often there was a listing.
    package var reads: Int { state.withLock { $0.reads } }

    /// Is called before each read; may throw, or wait.
    package func setFault(_ fault: (@Sendable (ObjectName) throws(StorageError) -> Void)?) {
        state.withLock { $0.fault = fault }
    }

    package func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        state.withLock { state in
            state.reads += 1
            return state.objects.values.filter { $0.name.kind == kind }.map {
                StoredObject(name: $0.name, size: $0.bytes.count)
            }
        }
    }

    package func size(of name: ObjectName) throws(StorageError) -> Int { try bytes(of: name).count }

    package func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        let fault = state.withLock { state in
            state.reads += 1
            return state.fault
        }
        try fault?(name)
        let bytes = try bytes(of: name)
        guard let range else { return bytes }
        guard range.upperBound <= bytes.count else {
            throw .truncated(.object(name), expected: range.upperBound, actual: bytes.count, location: location)
        }
        return Array(bytes[range])
    }

    package func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        let isTaken = state.withLock { state in
            guard state.objects[name.path] == nil else { return true }
            state.objects[name.path] = (name, bytes)
            return false
        }
        if isTaken { throw .alreadyExists(.object(name), location: location) }
    }

    package func remove(_ name: ObjectName) throws(StorageError) {
        let found = state.withLock { $0.objects.removeValue(forKey: name.path) }
        guard found != nil else { throw .notFound(.object(name), location: location) }
    }

    package func createLayout() throws(StorageError) {}

    private func bytes(of name: ObjectName) throws(StorageError) -> [UInt8] {
        guard let found = state.withLock({ $0.objects[name.path]?.bytes }) else {
            throw .notFound(.object(name), location: location)
        }
        return found
    }
}
