import Glibc
import Testing

@testable import Storage

/// What every store promises. A test hands over a store that is empty and not laid out yet.
struct StoreContract {
    let store: any ObjectStore

    func run() throws {
        try emptyStoreHasNothing()
        try layoutMayBeMadeTwice()
        for kind in ObjectKind.allCases { try keepsObjects(of: kind) }
        try keepsConfig()
        try refusesToReplace()
        try mayWriteTheSameTwice()
        try readsRanges()
        try manyThreadsMayWrite()
    }

    private func emptyStoreHasNothing() throws {
        #expect(throws: StorageError.notFound(.object(.config), location: store.location)) {
            try store.read(.config, range: nil)
        }
    }

    private func layoutMayBeMadeTwice() throws {
        try store.createLayout()
        try store.createLayout()
        for kind in ObjectKind.allCases { #expect(try store.list(kind).isEmpty) }
    }

    private func keepsObjects(of kind: ObjectKind) throws {
        let contents: [[UInt8]] = [[], [7], Array(repeating: 9, count: 100_000)]
        let names = (1...3).map { ObjectName(kind, digest($0)) }
        for (name, bytes) in zip(names, contents) {
            #expect(notFound(name) { _ = try store.size(of: name) })
            // What is not there is removed already.
            try store.remove(name)
            try store.write(name, bytes)
            #expect(try store.read(name, range: nil) == bytes)
            #expect(try store.size(of: name) == bytes.count)
        }
        let expected = Set(zip(names, contents).map { StoredObject(name: $0, size: $1.count) })
        #expect(try Set(store.list(kind)) == expected)
        for name in names {
            try store.remove(name)
            #expect(notFound(name) { _ = try store.read(name, range: nil) })
        }
        #expect(try store.list(kind).isEmpty)
    }

    private func keepsConfig() throws {
        try store.write(.config, [1, 2, 3])
        #expect(try store.read(.config, range: nil) == [1, 2, 3])
        try store.remove(.config)
    }

    private func refusesToReplace() throws {
        try store.write(.config, [1])
        #expect(throws: StorageError.alreadyExists(.object(.config), location: store.location)) {
            try store.write(.config, [2])
        }
        #expect(try store.read(.config, range: nil) == [1])
        try store.remove(.config)
    }

    /// What is named by its content is written again, or not: it is the same.
    private func mayWriteTheSameTwice() throws {
        let bytes: [UInt8] = [1, 2, 3]
        let name = ObjectName(.data, digest(4))
        try store.write(name, bytes)
        do throws(StorageError) {
            try store.write(name, bytes)
        } catch {
            #expect(error == .alreadyExists(.object(name), location: store.location))
        }
        #expect(try store.read(name, range: nil) == bytes)
        try store.remove(name)
    }

    private func readsRanges() throws {
        let name = ObjectName(.data, digest(5))
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try store.write(name, bytes)
        for range in [0..<0, 0..<1, 999..<1000, 0..<1000, 123..<456, 1000..<1000] {
            #expect(try store.read(name, range: range) == Array(bytes[range]))
        }
        for range in [0..<1001, 999..<1005, 2000..<3000] {
            let fault = StorageError.truncated(
                .object(name), expected: range.upperBound, actual: 1000, location: store.location)
            #expect(throws: fault) { try store.read(name, range: range) }
        }
        try store.remove(name)
    }

    private func manyThreadsMayWrite() throws {
        let names = (10..<26).map { ObjectName(.data, digest($0)) }
        let threads = names.map { name in
            RunningThread { [store] in Self.writePatiently(name, to: store) }
        }
        for thread in threads { thread.join() }
        #expect(try Set(store.list(.data).map(\.name)) == Set(names))
        for name in names { try store.remove(name) }
    }

    /// A store makes one attempt, and a server that many ask at once may have too much to do.
    private static func writePatiently(_ name: ObjectName, to store: any ObjectStore) {
        for _ in 0..<10 {
            do throws(StorageError) {
                return try store.write(name, Array(repeating: 1, count: 5000))
            } catch {
                guard error.isWorthRetrying else { return }
                usleep(200_000)
            }
        }
    }

    private func digest(_ number: Int) -> SHA256Digest {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: number &* 37 &+ $0) }
        return bytes.withUnsafeBytes { SHA256Digest(copying: $0) } ?? .zero
    }

    private func notFound(_ name: ObjectName, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch {
            return error as? StorageError == .notFound(.object(name), location: store.location)
        }
    }
}
