import Foundation
import Testing

@testable import Storage

/// Programs and servers that do what they should not.
@Suite(.enabled(if: Server.isInstalled("sftp-server")))
struct SFTPFaultTests {
    private let name = Sample.name(1)

    private func store(_ command: String, change: (inout SFTPSettings) -> Void = { _ in }) throws -> SFTPStore {
        var settings = SFTPSettings()
        settings.command = SFTPCommand(parsing: command)
        change(&settings)
        return SFTPStore(try SFTPLocation(parsing: "sftp:host:/nowhere"), settings)
    }

    @Test func `the filter passes everything when nothing is to go wrong`() async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            try StoreContract(store: filter.store()).run()
        }
    }

    @Test func `a missing program is told, and not tried again`() async throws {
        try await onThread {
            let store = try store("no-such-program-here -s sftp")
            let error = StorageError.noProgram("no-such-program-here", location: store.location)
            #expect(throws: error) { try store.list(.data) }
            #expect(!error.isWorthRetrying && error.description.contains("no-such-program-here"))
        }
    }

    @Test func `what a program says before it ends is told`() async throws {
        try await onThread {
            let store = try store("sh -c 'echo ssh: connect to host h port 22: Connection refused >&2; exit 255'")
            let said = "ssh: connect to host h port 22: Connection refused"
            #expect(throws: StorageError.noSession(said: said, mayPass: true, location: store.location)) {
                try store.list(.data)
            }
        }
    }

    @Test func `a program that ends without a word is a store that does not answer`() async throws {
        try await onThread {
            let store = try store("sh -c 'exit 255'")
            #expect(throws: StorageError.unreachable(.object(name), .size, location: store.location)) {
                try store.size(of: name)
            }
        }
    }

    @Test func `a login that prints something is told, and not tried again`() async throws {
        try await onThread {
            let store = try store("sh -c 'echo Welcome to this machine; cat >/dev/null'")
            let said = "Welcome to this machine"
            #expect(throws: StorageError.noSession(said: said, mayPass: false, location: store.location)) {
                try store.list(.data)
            }
        }
    }

    @Test func `a program that floods its standard error is no danger`() async throws {
        try await onThread {
            let store = try store("sh -c 'yes nonsense | head -c 3000000 >&2; exit 1'")
            let error = #expect(throws: StorageError.self) { try store.list(.data) }
            #expect((error?.description.utf8.count ?? 0) < 1000)
        }
    }

    @Test func `a program that never says anything is given up and ended`() async throws {
        try await onThread {
            let folder = try TemporaryFolder()
            let store = try store("sh -c 'echo $$ >\(folder.path)/process; exec sleep 1000'") {
                $0.connectTimeout = .milliseconds(500)
                $0.promptTimeout = .milliseconds(500)
            }
            #expect(throws: StorageError.unreachable(.listing(.data), .list, location: store.location)) {
                try store.list(.data)
            }
            let text = try String(contentsOfFile: folder.path + "/process", encoding: .utf8)
            let process = try #require(pid_t(text.filter(\.isNumber)))
            #expect(kill(process, 0) != 0 && errno == ESRCH)
        }
    }

    @Test func `many threads make one attempt to connect`() async throws {
        try await onThread {
            let folder = try TemporaryFolder()
            let store = try store("sh -c 'echo attempt >>\(folder.path)/attempts; sleep 0.3; exit 255'")
            let threads = (0..<20).map { _ in
                RunningThread { [name] in
                    #expect(throws: StorageError.unreachable(.object(name), .size, location: store.location)) {
                        try store.size(of: name)
                    }
                }
            }
            for thread in threads { thread.join() }
            let attempts = try String(contentsOfFile: folder.path + "/attempts", encoding: .utf8)
            // A thread may start late on a busy machine.
            #expect(attempts.split(separator: "\n").count < 10)
        }
    }

    @Test func `a program has a process group of its own, and one process carries all calls`() async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            let store = try filter.store()
            try store.createLayout()
            for _ in 0..<5 { _ = try store.list(.keys) }
            #expect(filter.processes.count == 1)
            #expect(filter.processes[0][0] == filter.processes[0][1] && filter.processes[0][1] != getpgrp())
        }
    }

    @Test func `a program ends with its store`() async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            try filter.store().createLayout()
            let process = try #require(filter.processes.first?.first)
            for _ in 0..<1000 where kill(process, 0) == 0 { usleep(20_000) }
            #expect(kill(process, 0) != 0)
        }
    }

    @Test(arguments: [0, 1, 7, 30])
    func `a connection that ends in the middle of a write leaves no object and nothing else`(writes: Int) async throws {
        try await onThread {
            let filter = try SFTPFilter("gone6", writes, during: 1)
            let store = try filter.store()
            try store.createLayout()
            let bytes = LargeSample.make(6_000_000, seed: 1)
            #expect(throws: StorageError.unreachable(.object(name), .write, location: store.location)) {
                try store.write(name, bytes)
            }
            #expect(try store.list(.data).isEmpty)
            try store.write(name, bytes)
            #expect(try store.read(name, range: nil) == bytes)
            #expect(filter.processes.count == 2)
            let folder = "\(filter.repository)/\(name.path.dropLast(65))"
            // The removal of what was left behind is not waited for, but comes before anything asked later.
            _ = try store.size(of: name)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
        }
    }

    /// CLOSE, WRITE, RENAME and what makes durable.
    @Test(arguments: [3, 4, 6, 17, 18, 200])
    func `a write whose connection ends anywhere is made once when it is repeated`(type: Int) async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            try filter.store().createLayout()
            let failing = try SFTPFilter("gone\(type)", type == 200 ? 1 : 0, during: 1)
            let store = SFTPStore(
                try SFTPLocation(parsing: "sftp:h:\(filter.repository)"), try failing.settings())
            try RetryingStore(store).write(name, [1, 2, 3])
            #expect(try store.read(name, range: nil) == [1, 2, 3])
            #expect(try store.list(.data).count == 1 && failing.processes.count == 2)
        }
    }

    @Test(arguments: [5, 12, 17])
    func `a server that falls silent is given up, and the next call has a new connection`(type: Int) async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            let plain = try filter.store()
            try plain.createLayout()
            try plain.write(name, [1, 2, 3])
            let silent = try SFTPFilter("type\(type)", during: 1)
            let store = SFTPStore(
                try SFTPLocation(parsing: "sftp:h:\(filter.repository)"),
                try silent.settings { $0.idleTimeout = .milliseconds(400) })
            let call: () throws -> Void = {
                switch type {
                case 5: _ = try store.read(name, range: 0..<3)
                case 12: _ = try store.list(.data)
                default: _ = try store.size(of: name)
                }
            }
            let error = #expect(throws: StorageError.self) { try call() }
            guard case .unreachable? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let patient = RetryingStore(store)
            #expect(try patient.size(of: name) == 3 && patient.list(.data).count == 1)
            #expect(silent.processes.count >= 2)
        }
    }

    @Test func `a server that answers others and never one request is given up`() async throws {
        try await onThread {
            let filter = try SFTPFilter("type5", during: 1)
            let store = try filter.store {
                $0.idleTimeout = .seconds(60)
                $0.requestTimeout = .seconds(2)
            }
            try store.createLayout()
            try store.write(name, [1])
            let isOver = DispatchSemaphore(value: 0)
            let other = RunningThread {
                while isOver.wait(timeout: .now() + 0.1) == .timedOut { _ = try? store.list(.keys) }
            }
            #expect(throws: StorageError.unreachable(.object(name), .read, location: store.location)) {
                try store.read(name, range: 0..<1)
            }
            isOver.signal()
            other.join()
        }
    }

    @Test func `a server that gives less than it is asked for is asked again`() async throws {
        try await onThread {
            for amount in [1, 1000, 20_000] {
                let filter = try SFTPFilter("short", amount)
                let store = try filter.store()
                try store.createLayout()
                let bytes = LargeSample.make(amount == 1 ? 500 : 300_000, seed: 2)
                try store.write(name, bytes)
                #expect(try store.read(name, range: nil) == bytes)
                #expect(try store.read(name, range: 3..<bytes.count - 3) == Array(bytes[3..<bytes.count - 3]))
            }
        }
    }

    /// "failure" and "unsupported".
    @Test(arguments: [4, 8])
    func `where only posix-rename works it is used, and replaces nothing`(status: Int) async throws {
        try await onThread {
            let filter = try SFTPFilter("rename", status)
            try StoreContract(store: filter.store()).run()
        }
    }

    @Test func `where no renaming works nothing is stored and nothing left`() async throws {
        try await onThread {
            let filter = try SFTPFilter("rename", 4, serverArguments: "-P posix-rename")
            let store = try filter.store()
            try store.createLayout()
            #expect(throws: StorageError.failed(.object(name), .write, errno: EIO, location: store.location)) {
                try store.write(name, [1])
            }
            let folder = "\(filter.repository)/\(name.path.dropLast(65))"
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func `a full disk is told from a broken one`() async throws {
        try await onThread {
            let filter = try SFTPFilter("full")
            let store = try filter.store()
            try store.createLayout()
            #expect(throws: StorageError.noSpace(.object(name), location: store.location)) {
                try store.write(name, [1])
            }
            let folder = "\(filter.repository)/\(name.path.dropLast(65))"
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func `names without sizes are asked for them`() async throws {
        try await onThread {
            let filter = try SFTPFilter("names")
            let store = try filter.store()
            try store.createLayout()
            for number in 1...3 { try store.write(Sample.name(UInt64(number)), Array(repeating: 1, count: number)) }
            let expected = (1...3).map { StoredObject(name: Sample.name(UInt64($0)), size: $0) }
            #expect(try Set(store.list(.data)) == Set(expected))
            #expect(filter.requests.filter { $0 == 11 }.count == 256)
        }
    }

    @Test func `a small write is few requests`() async throws {
        try await onThread {
            let filter = try SFTPFilter("none")
            let store = try filter.store()
            try store.createLayout()
            let before = filter.requests.count
            try store.write(name, [1])
            // Is it there, open, write, sync, close, rename.
            #expect(filter.requests.dropFirst(before) == [17, 3, 6, 200, 4, 18])
            _ = try store.read(name, range: 0..<1)
            _ = try store.size(of: name)
            #expect(filter.requests.dropFirst(before + 6) == [3, 5, 4, 17])
        }
    }

    @Test func `a server whose answers have flipped bits ends no program`() async throws {
        try await onThread {
            let good = try SFTPFilter("none")
            let plain = try good.store()
            try plain.createLayout()
            for number in 0..<20 { try plain.write(Sample.name(UInt64(number)), Sample.bytes(3000)) }
            let seed = Int.random(in: 0..<1 << 40)
            print("seed \(seed)")
            for round in 0..<6 {
                let filter = try SFTPFilter("flip", seed + round)
                let store = SFTPStore(
                    try SFTPLocation(parsing: "sftp:h:\(good.repository)"),
                    try filter.settings {
                        $0.idleTimeout = .milliseconds(500)
                        $0.connectTimeout = .seconds(20)
                    })
                _ = try? store.list(.data)
                for number in 0..<20 {
                    _ = try? store.read(Sample.name(UInt64(number)), range: nil)
                    _ = try? store.size(of: Sample.name(UInt64(number)))
                }
                try? store.write(Sample.name(UInt64(1000 + round)), [1])
            }
        }
    }
}
