import Testing

@testable import Storage

/// `rclone serve s3`: it checks signatures, and ignores the condition of a write without a word.
@Suite(.enabled(if: Server.isInstalled("rclone-s3")), .server("rclone-s3"))
struct RcloneS3Tests {
    @Test func `rclone keeps the contract of stores`() async throws { try await checkS3(Server.current) }

    @Test func `a condition that is ignored replaces nothing, as a look precedes what no content names`() async throws {
        try await onThread {
            let store = try #require(Server.current).s3Store()
            try store.write(.config, [1])
            // The server itself would have taken it.
            let call = S3Call(
                verb: .put, key: store.key(of: Sample.name(1)), headers: [("If-None-Match", "*")], body: [2])
            for _ in 0..<2 { #expect(try store.client.answer(call, .store, .write).isGood) }
            #expect(throws: StorageError.alreadyExists(.object(.config), location: store.location)) {
                try store.write(.config, [2])
            }
            #expect(try store.read(.config, range: nil) == [1])
            #expect(store.conditions.withLock { $0 } == .unknown)
        }
    }

    @Test func `a wrong secret is refused`() async throws {
        try await onThread {
            let store = try #require(Server.current)
                .s3Store(at: "bucket/x", S3Credentials(keyID: "accesskey", secret: "other"))
            #expect(throws: StorageError.badCredentials(location: store.location)) { try store.list(.data) }
        }
    }
}
