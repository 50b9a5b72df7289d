import Foundation
import SeededRandom
import Testing

@testable import Storage

/// Against OpenSSH, through ssh.
@Suite(.enabled(if: Server.isInstalled("sftp")), .server("sftp"))
struct SFTPStoreTests {
    @Test func `OpenSSH keeps the contract of stores`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            try StoreContract(store: try server.sftpStore("contract/deep")).run()
            try StoreContract(store: RetryingStore(try server.sftpStore("patient"))).run()
        }
    }

    @Test func `what is written lies as a local store has it`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("same")
            let local = LocalStore(path: server["SFTP_PATH"] + "/same")
            try store.createLayout()
            try store.write(Sample.name(1), [1, 2])
            try local.write(Sample.name(2, .keys), [3])
            #expect(try local.read(Sample.name(1), range: nil) == [1, 2])
            #expect(try store.read(Sample.name(2, .keys), range: nil) == [3])
            let place = "\(local.location)/\(Sample.name(1).path)"
            let attributes = try FileManager.default.attributesOfItem(atPath: place)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let folder = (place as NSString).deletingLastPathComponent
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
            #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test func `a missing repository is not found and never made by a write`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("absent")
            for name in [Sample.name(1), Sample.name(1, .locks), .config] {
                #expect(throws: StorageError.notFound(.object(name), location: store.location)) {
                    try store.write(name, [1])
                }
            }
            for kind in ObjectKind.allCases {
                #expect(throws: StorageError.notFound(.listing(kind), location: store.location)) {
                    try store.list(kind)
                }
            }
            #expect(!FileManager.default.fileExists(atPath: server["SFTP_PATH"] + "/absent"))
        }
    }

    @Test func `a missing folder inside a repository is empty, and made when needed`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("gaps")
            try FileManager.default.createDirectory(
                atPath: server["SFTP_PATH"] + "/gaps", withIntermediateDirectories: false)
            for kind in ObjectKind.allCases {
                #expect(try store.list(kind).isEmpty)
                try store.write(Sample.name(1, kind), [1])
                #expect(try store.list(kind) == [StoredObject(name: Sample.name(1, kind), size: 1)])
            }
        }
    }

    @Test func `long listings come whole, and foreign names are left out`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("long")
            try store.createLayout()
            var expected: [ObjectKind: Set<StoredObject>] = [:]
            let root = server["SFTP_PATH"] + "/long"
            for kind in [ObjectKind.data, .index] {
                for number in 0..<700 {
                    let name = Sample.name(UInt64(number), kind)
                    let bytes = Data(repeating: 1, count: number)
                    try bytes.write(to: URL(fileURLWithPath: "\(root)/\(name.path)"))
                    expected[kind, default: []].insert(StoredObject(name: name, size: number))
                }
            }
            let foreign = Sample.name(1000)
            let digest = foreign.digest?.hex ?? ""
            try Data([1]).write(to: URL(fileURLWithPath: "\(root)/\(foreign.path)-tmp-123"))
            try Data([1]).write(
                to: URL(fileURLWithPath: "\(root)/data/\(digest.hasPrefix("00") ? "01" : "00")/\(digest)"))
            try FileManager.default.createDirectory(
                atPath: "\(root)/index/\(digest)", withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: "\(root)/index/\(Sample.name(1001).digest?.hex ?? "")", withDestinationPath: "nowhere")
            let linked = Sample.name(1002, .index)
            try FileManager.default.createSymbolicLink(
                atPath: "\(root)/\(linked.path)", withDestinationPath: "../\(Sample.name(5, .index).path)")
            expected[.index]?.insert(StoredObject(name: linked, size: 5))
            for kind in [ObjectKind.data, .index] {
                let found = try store.list(kind)
                #expect(found.count == expected[kind]?.count && Set(found) == expected[kind])
            }
            #expect(throws: StorageError.notFound(.object(foreign), location: store.location)) {
                try store.size(of: foreign)
            }
        }
    }

    @Test func `40 MiB come back as they were, whole and in parts`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("large")
            try store.createLayout()
            let bytes = LargeSample.make(40 << 20, seed: 3)
            try store.write(Sample.name(1), bytes)
            #expect(try store.size(of: Sample.name(1)) == bytes.count)
            #expect(try store.read(Sample.name(1), range: nil) == bytes)
            for range in [0..<bytes.count, 12_345_678..<34_567_890, bytes.count - 10..<bytes.count] {
                #expect(try store.read(Sample.name(1), range: range) == Array(bytes[range]))
            }
            let beyond = bytes.count - 10..<bytes.count + 1
            let fault = StorageError.truncated(
                .object(Sample.name(1)), expected: beyond.upperBound, actual: bytes.count, location: store.location)
            #expect(throws: fault) { try store.read(Sample.name(1), range: beyond) }
        }
    }

    @Test func `many readers at the same time get each their own bytes`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("readers")
            try store.createLayout()
            let contents = (0..<4).map { LargeSample.make(1_000_000 + $0, seed: UInt64($0)) }
            for (number, bytes) in contents.enumerated() { try store.write(Sample.name(UInt64(number)), bytes) }
            let seed = UInt64.random(in: 0 ... .max)
            print("seed \(seed)")
            let threads = (0..<12).map { thread in
                RunningThread {
                    var random = SeededGenerator(seed: seed &+ UInt64(thread))
                    for _ in 0..<20 {
                        let number = Int.random(in: 0..<4, using: &random)
                        let range = random.range(in: 0..<1_000_000)
                        let read = try? store.read(Sample.name(UInt64(number)), range: range)
                        #expect(read == Array(contents[number][range]))
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(try String(contentsOfFile: server["SFTP_LOG"], encoding: .utf8).contains("Accepted publickey"))
        }
    }

    @Test func `many writers of one object make it once`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("writers")
            try store.createLayout()
            let threads = (0..<8).map { number in
                RunningThread { try? store.write(Sample.name(1), Array(repeating: UInt8(number), count: 100_000)) }
            }
            for thread in threads { thread.join() }
            let bytes = try store.read(Sample.name(1), range: nil)
            #expect(bytes.count == 100_000 && Set(bytes).count == 1)
            let folder = "\(server["SFTP_PATH"])/writers/\(Sample.name(1).path)/.."
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: (folder as NSString).standardizingPath).count == 1)
        }
    }

    @Test func `a location's user, host, port and path reach ssh`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            var settings = SFTPSettings()
            settings.program = server["SFTP_SSH"]
            let (user, port) = (server["SFTP_USER"], server["SFTP_PORT"])
            let place = "sftp://\(user)@127.0.0.1:\(port)/\(server["SFTP_PATH"])/by%20name"
            let store = SFTPStore(try SFTPLocation(parsing: place), settings)
            try store.createLayout()
            try store.write(.config, [1])
            #expect(FileManager.default.fileExists(atPath: server["SFTP_PATH"] + "/by name/config"))
            let calls = try String(
                contentsOfFile: (server["SFTP_SSH"] as NSString).deletingLastPathComponent + "/calls", encoding: .utf8)
            #expect(calls.contains("-p \(port) -l \(user) 127.0.0.1 -s sftp\n"))
        }
    }

    @Test func `a key that is not known to the server is told, and not tried again`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            var settings = SFTPSettings()
            settings.program = server["SFTP_SSH"]
            let text = "sftp://nobody-of-that-name@127.0.0.1:\(server["SFTP_PORT"])//tmp"
            let store = SFTPStore(try SFTPLocation(parsing: text), settings)
            let error = #expect(throws: StorageError.self) { try store.list(.keys) }
            #expect(error?.isWorthRetrying == false && error?.description.contains("Permission denied") == true)
        }
    }

    @Test func `a host whose key is not known is told, and not tried again`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            var settings = SFTPSettings()
            settings.program = server["SFTP_SSH"]
            let store = SFTPStore(
                try SFTPLocation(parsing: "sftp://localhost:\(server["SFTP_PORT"])//tmp"), settings)
            let error = #expect(throws: StorageError.self) { try store.list(.keys) }
            #expect(error?.isWorthRetrying == false && error?.description.contains("verification failed") == true)
        }
    }
}

/// Against servers that can less.
@Suite struct LimitedSFTPTests {
    @Test(
        .enabled(if: Server.isInstalled("sftp")),
        .server("sftp", ["SFTP_ARGS": "-P posix-rename,fsync,limits,statvfs,hardlink,lsetstat"]))
    func `a server without extensions keeps the contract of stores`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            try StoreContract(store: try server.sftpStore("plain")).run()
            let store = try server.sftpStore("large")
            try store.createLayout()
            let bytes = LargeSample.make(5_000_001, seed: 4)
            try store.write(Sample.name(1), bytes)
            #expect(try store.read(Sample.name(1), range: nil) == bytes)
        }
    }

    @Test(.enabled(if: Server.isInstalled("sftp")), .server("sftp", ["SFTP_ARGS": "-R"]))
    func `a read-only server is read, and says what it refuses`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let local = LocalStore(path: server["SFTP_PATH"] + "/repository")
            try local.createLayout()
            try local.write(Sample.name(1), [1])
            let store = try server.sftpStore("repository")
            #expect(try store.read(Sample.name(1), range: nil) == [1])
            #expect(try store.list(.data).count == 1)
            let name = Sample.name(2)
            #expect(throws: StorageError.permissionDenied(.object(name), .write, location: store.location)) {
                try store.write(name, [1])
            }
            #expect(throws: StorageError.alreadyExists(.object(Sample.name(1)), location: store.location)) {
                try store.write(Sample.name(1), [2])
            }
            #expect(throws: StorageError.permissionDenied(.object(Sample.name(1)), .remove, location: store.location)) {
                try store.remove(Sample.name(1))
            }
            let other = try server.sftpStore("other")
            #expect(throws: StorageError.permissionDenied(.store, .create, location: other.location)) {
                try other.createLayout()
            }
            try store.createLayout()
        }
    }

    @Test(.enabled(if: Server.isInstalled("sftp")), .server("sftp"))
    func `connections that are cut in the middle of writes leave no object, and the next call works`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("cut")
            try store.createLayout()
            let bytes = LargeSample.make(40 << 20, seed: 5)
            for number in 0..<4 {
                let name = Sample.name(UInt64(number))
                let folder = "\(server["SFTP_PATH"])/cut/\(name.path.dropLast(65))"
                let isOver = DispatchSemaphore(value: 0)
                let writer = RunningThread {
                    do throws(StorageError) {
                        try store.write(name, bytes)
                        // It may have been faster than who cuts.
                        #expect((try? store.size(of: name)) == bytes.count)
                    } catch {
                        #expect(error == StorageError.unreachable(.object(name), .write, location: store.location))
                        #expect((try? store.list(.data))?.contains { $0.name == name } == false)
                    }
                    isOver.signal()
                }
                while isOver.wait(timeout: .now()) == .timedOut {
                    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty
                    else {
                        usleep(1000)
                        continue
                    }
                    try server.command("cut")
                    break
                }
                writer.join()
                if (try? store.size(of: name)) == nil { try store.write(name, bytes) }
                #expect(try store.read(name, range: nil) == bytes)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0.count == 64 })
            }
        }
    }

    @Test(.enabled(if: Server.isInstalled("sftp")), .server("sftp"))
    func `a server that is down is told, and found again when it is back`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.sftpStore("down")
            try store.createLayout()
            try store.write(.config, [1])
            try server.command("stop")
            // The first call meets the end of the connection, or that of the attempt to make another.
            for _ in 0..<3 {
                let error = #expect(throws: StorageError.self) { try store.read(.config, range: nil) }
                #expect(error?.isWorthRetrying == true)
            }
            try server.command("start")
            #expect(try RetryingStore(store).read(.config, range: nil) == [1])
        }
    }
}

extension Server {
    /// A store in a folder of the server's.
    func sftpStore(_ path: String, change: (inout SFTPSettings) -> Void = { _ in }) throws -> SFTPStore {
        var settings = SFTPSettings()
        settings.command = SFTPCommand(parsing: self["SFTP_COMMAND"])
        change(&settings)
        return SFTPStore(try SFTPLocation(parsing: "sftp:loop:\(self["SFTP_PATH"])/\(path)"), settings)
    }
}

/// Many random bytes, quickly.
enum LargeSample {
    static func make(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        let words = (0..<8192).map { _ in random.next() }
        let piece = words.withUnsafeBytes { Array($0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        var number: UInt64 = 0
        // Each piece differs in its first bytes, so that none can stand for another.
        while bytes.count < count {
            withUnsafeBytes(of: number) { bytes += $0 }
            bytes += piece.prefix(max(0, count - bytes.count))
            number += 1
        }
        return Array(bytes.prefix(count))
    }
}
