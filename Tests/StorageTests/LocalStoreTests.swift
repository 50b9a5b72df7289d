import Foundation
import Testing

@testable import Storage

/// A thread that can be waited for.
final class RunningThread: Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [done] in
            body()
            done.signal()
        }
    }

    func join() { done.wait() }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "chatark-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct LocalStoreTests {
    let folder: TemporaryFolder
    let store: LocalStore
    let name: ObjectName

    init() throws {
        folder = try TemporaryFolder()
        store = LocalStore(path: folder.path + "/nested/repository/")
        name = ObjectName(.data, try #require(SHA256Digest(hex: String(repeating: "ab", count: 32))))
    }

    @Test func `a local folder keeps the contract of stores`() throws {
        try StoreContract(store: store).run()
    }

    @Test func `a missing folder is not found and never made by a write`() throws {
        #expect(throws: StorageError.notFound(.object(name), location: store.location)) { try store.write(name, [1]) }
        #expect(throws: StorageError.notFound(.listing(.data), location: store.location)) { try store.list(.data) }
        #expect(!FileManager.default.fileExists(atPath: store.location))
    }

    @Test func `a missing folder inside a repository is empty, and made when needed`() throws {
        try store.createLayout()
        try FileManager.default.removeItem(atPath: store.location + "/data")
        #expect(try store.list(.data).isEmpty)
        try store.write(name, [1])
        #expect(try store.list(.data) == [StoredObject(name: name, size: 1)])
    }

    @Test func `foreign and temporary names are not listed`() throws {
        try store.createLayout()
        let data = store.location + "/data"
        for path in [
            "\(data)/ab/\(name.digest!.hex)-tmp-12345", "\(data)/ab/.DS_Store", "\(data)/notes", "\(data)/xyz",
        ] {
            try Data([1]).write(to: URL(fileURLWithPath: path))
        }
        try FileManager.default.createDirectory(
            atPath: "\(store.location)/index/\(name.digest!.hex)", withIntermediateDirectories: false)
        #expect(try store.list(.data).isEmpty)
        #expect(try store.list(.index).isEmpty)
    }

    @Test func `objects are read-only, folders private, and no temporary file stays`() throws {
        try store.createLayout()
        try store.write(name, [1, 2])
        let path = "\(store.location)/\(name.path)"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o400)
        let folderAttributes = try FileManager.default.attributesOfItem(atPath: store.location + "/data/ab")
        #expect(folderAttributes[.posixPermissions] as? Int == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.location + "/data/ab") == [name.digest!.hex])
    }

    @Test func `many writers of one object make it once`() throws {
        try store.createLayout()
        let threads = (0..<8).map { number in
            RunningThread { [store, name] in try? store.write(name, Array(repeating: UInt8(number), count: 1 << 16)) }
        }
        for thread in threads { thread.join() }
        let bytes = try store.read(name, range: nil)
        #expect(bytes.count == 1 << 16 && Set(bytes).count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.location + "/data/ab").count == 1)
    }

    @Test(arguments: [
        StorageError.notFound(.object(.config), location: "/backup"),
        .alreadyExists(.object(.config), location: "/backup"),
        .truncated(.object(.config), expected: 8192, actual: 4096, location: "/backup"),
        .permissionDenied(.listing(.data), .list, location: "/backup"), .readOnly(.store, location: "/backup"),
        .noSpace(.object(.config), location: "/backup"), .unreachable(.store, .read, location: "/backup"),
        .unreachable(.store, .read, .refused, location: "/backup"),
        .unreachable(.store, .read, .noRoute, location: "/backup"),
        .unreachable(.store, .read, .noAddress, location: "/backup"), .unknownHost(location: "/backup"),
        .noTLS(location: "/backup"), .busy(.store, .read, retryAfter: nil, location: "/backup"),
        .offline(.object(.config), location: "/backup"),
        .failed(.object(.config), .read, errno: EIO, location: "/backup"),
    ])
    func `every error names the place`(error: StorageError) {
        #expect(error.description.contains("'/backup'") && error.description.hasSuffix("."))
        #expect(error.description.hasPrefix(error.fact) && error.fact.hasSuffix("."))
    }

    @Test func `what killed writes have left is removed when it is old, and nothing else is`() throws {
        try store.createLayout()
        try store.write(name, [1, 2, 3])
        let data = folder.path + "/nested/repository/data/ab/"
        let stem = String(repeating: "ab", count: 32)
        let old = Date().addingTimeInterval(-2 * 86_400)
        for (file, date) in [
            ("\(stem)-tmp-17", old), ("\(stem)-tmp-18", Date()), ("mine-tmp-1", old), ("\(stem).bak", old),
        ] {
            try Data([9]).write(to: URL(fileURLWithPath: data + file))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: data + file)
        }
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: data + stem)
        store.removeLeftovers()
        let left = try FileManager.default.contentsOfDirectory(atPath: data).sorted()
        #expect(left == [stem, "\(stem)-tmp-18", "\(stem).bak", "mine-tmp-1"].sorted())
        #expect(try store.read(name, range: nil) == [1, 2, 3])
    }
}
