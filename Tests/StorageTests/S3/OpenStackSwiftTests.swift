import Testing

@testable import Storage

/// OpenStack Swift's S3 door: it refuses conditions with 501 before it has read the body, and its listings may lag.
@Suite(.enabled(if: Server.isInstalled("openstack-swift")), .server("openstack-swift"), .serialized)
struct OpenStackSwiftTests {
    @Test func `swift keeps the contract of stores`() async throws { try await checkS3(Server.current) }

    @Test func `a refused condition spoils no later write`() async throws {
        try await onThread {
            let store = try #require(Server.current).s3Store()
            for number in 0..<60 {
                // Asked for again each time, as by sixty programs.
                if number % 2 == 0 { store.conditions.withLock { $0 = .unknown } }
                // What was refused unread may have ended the connection before the refusal came.
                try RetryingStore(store).write(Sample.name(UInt64(number)), Sample.bytes(50_000))
                #expect(store.conditions.withLock { $0 } == .refused)
            }
            #expect(try store.list(.data).count == 60)
        }
    }

    @Test func `an object that no listing shows yet is read`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = try server.s3Store()
            try store.write(Sample.name(1), [1])
            #expect(try store.list(.data).count == 1)
            try server.command("deafen")
            try store.write(Sample.name(2), [1, 2])
            let error = #expect(throws: StorageError.self) { try store.list(.data) }
            #expect(error?.isWorthRetrying == true)
            try server.command("start")
            #expect(try store.list(.data).count == 1)
            #expect(try store.read(Sample.name(2), range: nil) == [1, 2])
            try server.command("settle")
            #expect(try store.list(.data).count == 2)
        }
    }
}
