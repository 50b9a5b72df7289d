import Glibc
import Testing

@testable import Storage

@Suite struct OpeningStoreTests {
    private func bench() throws -> (folder: TemporaryFolder, store: CountingStore, names: [ObjectName]) {
        let folder = try TemporaryFolder()
        let local = LocalStore(path: folder.path + "/store")
        try local.createLayout()
        try local.write(.config, [1, 2, 3])
        var names: [ObjectName] = []
        for (number, kind) in [ObjectKind.keys, .snapshots, .index, .index].enumerated() {
            let bytes = [UInt8](repeating: UInt8(number), count: 100)
            names.append(CacheBench.name(kind, bytes))
            try local.write(names[number], bytes)
        }
        return (folder, CountingStore(local), names)
    }

    @Test func `what opening asks for has been asked for once, and what is asked for again is asked again`() throws {
        let (folder, store, names) = try bench()
        defer { withExtendedLifetime(folder) {} }
        let opening = OpeningStore(store, indexes: { $0 })
        for round in 1...2 {
            #expect(try opening.read(.config, range: nil) == [1, 2, 3])
            for kind in [ObjectKind.keys, .snapshots, .index] { #expect(!(try opening.list(kind)).isEmpty) }
            for (number, name) in names.enumerated() {
                #expect(try opening.read(name, range: nil) == [UInt8](repeating: UInt8(number), count: 100))
            }
            #expect(store.taken().requests == 8, "round \(round)")
        }
    }

    @Test func `who takes a lock has the files from before, and listings from after it`() throws {
        let (folder, store, names) = try bench()
        defer { withExtendedLifetime(folder) {} }
        let opening = OpeningStore(store, locking: true, indexes: { $0 })
        // Four listings and five files.
        var asked = 0
        while asked < 9 {
            asked += store.taken().requests
            usleep(1000)
        }
        #expect(try opening.list(.locks).isEmpty)
        let later = [UInt8](repeating: 9, count: 100)
        try store.inner.write(CacheBench.name(.snapshots, later), later)
        #expect(try opening.list(.snapshots).count == 2)
        #expect(try opening.list(.index).count == 2)
        _ = try opening.read(.config, range: nil)
        for name in names { _ = try opening.read(name, range: nil) }
        #expect(store.taken().requests == 2)
    }

    @Test func `index files that are not wanted are not asked for`() throws {
        let (folder, store, _) = try bench()
        defer { withExtendedLifetime(folder) {} }
        let opening = OpeningStore(store, indexes: { _ in [] })
        #expect(try opening.list(.index).count == 2)
        for kind in [ObjectKind.keys, .snapshots] {
            for object in try opening.list(kind) { _ = try opening.read(object.name, range: nil) }
        }
        _ = try opening.read(.config, range: nil)
        #expect(store.taken().requests == 6)
    }

    @Test func `who has the rest on this machine asks for config and keys alone`() throws {
        let (folder, store, names) = try bench()
        defer { withExtendedLifetime(folder) {} }
        let opening = OpeningStore(store, locking: true, indexes: nil)
        #expect(try opening.list(.locks).isEmpty)
        #expect(try opening.read(.config, range: nil) == [1, 2, 3])
        #expect(try opening.list(.keys).count == 1)
        _ = try opening.read(names[0], range: nil)
        #expect(store.taken().requests == 4)
    }

    @Test func `a failure is told to the first who asks, and the next one tries again`() throws {
        let (folder, store, _) = try bench()
        defer { withExtendedLifetime(folder) {} }
        store.setObstacle { (name) throws(StorageError) in
            throw StorageError(errno: 5, .read, .object(name), location: "here")
        }
        let opening = OpeningStore(store, indexes: { $0 })
        #expect(throws: StorageError.self) { try opening.read(.config, range: nil) }
        store.setObstacle(nil)
        #expect(try opening.read(.config, range: nil) == [1, 2, 3])
    }

    @Test func `what was told to be wrong is read anew`() throws {
        let (folder, store, names) = try bench()
        defer { withExtendedLifetime(folder) {} }
        let opening = OpeningStore(store, indexes: { $0 })
        _ = try opening.list(.keys)
        opening.forget(names[0], range: nil)
        _ = try opening.read(names[0], range: nil)
        for kind in [ObjectKind.snapshots, .index] {
            for object in try opening.list(kind) { _ = try opening.read(object.name, range: nil) }
        }
        _ = try opening.read(.config, range: nil)
        // What nobody wants any more may still be on its way.
        #expect((8...9).contains(store.taken().requests))
    }
}
