import Foundation
import Synchronization
import Testing

@testable import Storage

/// Ceph's gateway: the engine that many S3 providers run. It checks signatures and heeds conditions; its errors have
/// no words.
@Suite(.enabled(if: Server.isInstalled("rgw")), .server("rgw"))
struct RadosGatewayTests {
    @Test func `the gateway keeps the contract of stores`() async throws { try await checkS3(Server.current) }

    @Test func `a bucket that is named in the host's name keeps the contract of stores`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let bucket = "bucket-\(UInt32.random(in: 0 ... .max))"
            var options = S3Options(
                credentials: S3Credentials(keyID: server["AWS_ACCESS_KEY_ID"], secret: server["AWS_SECRET_ACCESS_KEY"]))
            options.addressing = .virtualHost
            // No name service knows the bucket's host.
            let door = try server.door { $0.addresses = ["\(bucket).localhost": "127.0.0.1"] }
            let endpoint = server["S3_ENDPOINT"].replacingOccurrences(of: "127.0.0.1", with: "localhost")
            try S3Store(S3Location(parsing: "s3:\(endpoint)/\(bucket)"), options, door: door).createLayout()
            let store = S3Store(try S3Location(parsing: "s3:\(endpoint)/\(bucket)/some/place"), options, door: door)
            try StoreContract(store: RetryingStore(store)).run()
            // It is the bucket that the path names, too, and what lies there is the same.
            let name = Sample.name(3)
            try store.write(name, [1, 2, 3])
            let byPath = try server.s3Store(bucket: bucket)
            #expect(try byPath.read(name, range: nil) == [1, 2, 3])
            #expect(try byPath.list(.data) == [StoredObject(name: name, size: 3)])
            try store.remove(name)
        }
    }

    @Test func `of many writers of one object one wins`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.s3Store()
            for round in 0..<5 {
                let name = Sample.name(UInt64(100 + round))
                let winners = Mutex(0)
                let threads = (0..<8).map { number in
                    RunningThread {
                        // Without the look before, so that only the condition decides.
                        store.conditions.withLock { $0 = .heeded }
                        do {
                            try store.write(name, Array(repeating: UInt8(number), count: 1000))
                            winners.withLock { $0 += 1 }
                        } catch {
                            #expect(error as? StorageError == .alreadyExists(.object(name), location: store.location))
                        }
                    }
                }
                for thread in threads { thread.join() }
                #expect(winners.withLock { $0 } == 1)
            }
        }
    }

    @Test func `wrong keys are told from missing objects`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let good = try server.s3Store(bucket: "guarded")
            for (id, secret) in [("nobody-knows-this", "x"), (server["AWS_ACCESS_KEY_ID"], "wrong")] {
                let store = try server.s3Store(at: "guarded/some/place", S3Credentials(keyID: id, secret: secret))
                #expect(throws: StorageError.badCredentials(location: good.location)) { try store.list(.data) }
                #expect(throws: StorageError.badCredentials(location: good.location)) {
                    try store.read(Sample.name(1), range: nil)
                }
            }
        }
    }

    @Test func `what was changed on its way to the server is refused`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.s3Store()
            var call = S3Call(verb: .put, key: "some/place/\(Sample.name(1).path)", body: [1, 2, 3])
            call.headers.append(("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="))
            let answer = try store.client.answer(call, .object(Sample.name(1)), .write)
            let fault = store.client.fault(answer, .object(Sample.name(1)), .write)
            #expect(fault == .damaged(.object(Sample.name(1)), location: store.location) && fault.isWorthRetrying)
        }
    }

    @Test func `a locked object is not replaced`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let options = S3Options(
                credentials: S3Credentials(keyID: server["AWS_ACCESS_KEY_ID"], secret: server["AWS_SECRET_ACCESS_KEY"]))
            let place = try S3Location(parsing: "s3:\(server["S3_ENDPOINT"])/locked")
            let store = S3Store(place, options, door: try server.door())
            let bucket = S3Call(verb: .put, headers: [("x-amz-bucket-object-lock-enabled", "true")], body: [])
            #expect(try store.client.answer(bucket, .store, .create).isGood)
            let end = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 86_400))
            let object = S3Call(
                verb: .put, key: ObjectName.config.path,
                headers: [("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-object-lock-retain-until-date", end)],
                body: [1], hasChecksum: true)
            #expect(try store.client.answer(object, .object(.config), .write).isGood)
            #expect(throws: StorageError.alreadyExists(.object(.config), location: store.location)) {
                try store.write(.config, [2])
            }
            #expect(try store.read(.config, range: nil) == [1])
        }
    }

    @Test func `a write whose answer was lost is found, and the bytes are sent once`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let proxy = try Server("proxy", arguments: [server["S3_ENDPOINT"]])
            defer { proxy.stop() }
            let inner = try server.s3Store(endpoint: proxy["PROXY_URL"])
            try proxy.command("set", ["lost=1", "match=^PUT "])
            let time = ClockWithoutTime()
            let store = RetryingStore(inner, clock: time.clock()) { _, _ in _ = try? proxy.command("set") }
            for (number, size) in [(1, 10), (2, 1_000_000)] {
                let name = Sample.name(UInt64(number))
                try proxy.command("set", ["lost=1", "match=^PUT "])
                try proxy.command("mark")
                try store.write(name, Sample.bytes(size))
                #expect(try store.read(name, range: nil) == Sample.bytes(size))
                #expect(try proxy.command("report").contains("\"PUT\": 1"))
            }
            #expect(time.pauses.count == 2)
        }
    }

    @Test func `through a bad line every read is right or an error, and every write is there or an error`() async throws
    {
        try await onThread {
            let server = try #require(Server.current)
            let proxy = try Server("proxy", arguments: [server["S3_ENDPOINT"]])
            defer { proxy.stop() }
            let seed = Int.random(in: 0..<1_000_000)
            print("seed \(seed)")
            let inner = try server.s3Store(endpoint: proxy["PROXY_URL"])
            try proxy.command("set", ["seed=\(seed)", "error=0.1", "reset=0.1", "cut=0.1", "lost=0.05"])
            let time = ClockWithoutTime()
            let store = RetryingStore(inner, clock: time.clock(random: 0.01))
            let threads = (0..<4).map { thread in
                RunningThread {
                    for number in 0..<25 {
                        let name = Sample.name(UInt64(1000 + thread * 100 + number))
                        let bytes = Sample.bytes(number * 1000 + 3, seed: UInt64(number))
                        do {
                            try store.write(name, bytes)
                            #expect(try store.read(name, range: nil) == bytes)
                            #expect(try store.read(name, range: 1..<3) == Array(bytes[1..<3]))
                        } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
            try proxy.command("set")
            #expect(try store.list(.data).count == 100)
        }
    }
}
