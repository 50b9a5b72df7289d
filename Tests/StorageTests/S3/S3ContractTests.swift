import Testing

@testable import Storage

/// What every S3 server must do with a store.
func checkS3(_ server: Server?) async throws {
    let server = try #require(server)
    try await onThread {
        let store = try server.s3Store()
        try StoreContract(store: RetryingStore(store)).run()
        try writesInParts(store)
    }
}

private func writesInParts(_ store: S3Store) throws {
    let name = Sample.name(77)
    let bytes = Sample.bytes(S3Store.multipartThreshold + 12_345)
    try store.write(name, bytes)
    #expect(try store.size(of: name) == bytes.count)
    #expect(try store.read(name, range: nil) == bytes)
    #expect(try store.read(name, range: 8_388_600..<8_388_700) == Array(bytes[8_388_600..<8_388_700]))
    // Not every server heeds the condition for objects made of parts; then it has the same again.
    do throws(StorageError) {
        try store.write(name, bytes)
    } catch {
        #expect(error == .alreadyExists(.object(name), location: store.location))
    }
    #expect(try store.size(of: name) == bytes.count)
    try store.remove(name)
}

@Suite(.enabled(if: Server.isInstalled("moto")), .server("moto"))
struct MotoTests {
    @Test func `moto keeps the contract of stores`() async throws { try await checkS3(Server.current) }

    @Test func `moto heeds conditions, and then no look precedes a write`() async throws {
        try await onThread {
            let store = try #require(Server.current).s3Store()
            try store.write(Sample.name(1), [1])
            #expect(store.conditions.withLock { $0 } == .unknown)
            store.conditions.withLock { $0 = .heeded }
            #expect(throws: StorageError.alreadyExists(.object(Sample.name(1)), location: store.location)) {
                try store.write(Sample.name(1), [2])
            }
            #expect(try store.read(Sample.name(1), range: nil) == [1])
        }
    }

    @Test func `a listing of several pages is whole, and foreign names are left out`() async throws {
        try await onThread {
            let store = try #require(Server.current).s3Store()
            // Slow servers may close connections under load; that is not what this is about.
            let retrying = RetryingStore(store)
            let names = (0..<1100).map { Sample.name($0) }
            let threads = (0..<4).map { thread in
                RunningThread {
                    for name in names where name.digest.map({ $0.hex.utf8.first ?? 0 }).map({ Int($0) % 4 }) == thread {
                        do { try retrying.write(name, [1, 2]) } catch { Issue.record("\(error)") }
                    }
                }
            }
            for thread in threads { thread.join() }
            for foreign in ["data/readme", "data/ab/\(String(repeating: "0", count: 64))", "data/a&b <c>'\"é"] {
                let call = S3Call(verb: .put, key: "some/place/\(foreign)", body: [1])
                #expect(try store.client.answer(call, .store, .write).isGood)
            }
            #expect(try Set(store.list(.data)) == Set(names.map { StoredObject(name: $0, size: 2) }))
        }
    }

    @Test func `a missing bucket is its own error, and not found`() async throws {
        try await onThread {
            let store = try #require(Server.current)
                .s3Store(at: "no-such-bucket/x", S3Credentials(keyID: "a", secret: "b"))
            #expect(throws: StorageError.noBucket(location: store.location)) { try store.list(.data) }
            #expect(throws: StorageError.noBucket(location: store.location)) { try store.remove(Sample.name(1)) }
            #expect(StorageError.noBucket(location: "").isNotFound)
        }
    }

    @Test func `the storage class goes with the objects, one that must be thawed with packs only`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            for (wanted, kind, expected) in [
                ("STANDARD_IA", ObjectKind.index, "STANDARD_IA"), ("DEEP_ARCHIVE", .data, "DEEP_ARCHIVE"),
                ("DEEP_ARCHIVE", .index, nil),
            ] as [(String, ObjectKind, String?)] {
                let store = try server.s3Store { $0.storageClass = wanted }
                try store.write(Sample.name(3, kind), [1])
                let call = S3Call(verb: .head, key: store.key(of: Sample.name(3, kind)))
                let answer = try store.client.answer(call, .store, .size)
                #expect(answer.header("x-amz-storage-class") == expected)
            }
        }
    }
}
