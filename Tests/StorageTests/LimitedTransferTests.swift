import Testing

@testable import Storage

/// Transfers through each kind of store within a limit. How long they take at least is what can be told on any machine.
struct LimitedTransferTests {
    private static let rate = 400 << 10
    private static let size = 600 << 10

    private func limit() -> BandwidthLimit { BandwidthLimit(bytesPerSecond: Self.rate) }

    /// Writes and reads more than a second's worth. The first pieces pass at once, and nobody waits behind the last.
    private func check(_ store: any ObjectStore, _ meter: TransferMeter) throws {
        let bytes = Sample.bytes(Self.size)
        try store.createLayout()
        let clock = ContinuousClock()
        let writing = try clock.measure { try store.write(Sample.name(1), bytes) }
        #expect(writing > .seconds(1), "\(writing)")
        #expect(meter.sent == Self.size)
        let before = meter.received
        var read: [UInt8] = []
        let reading = try clock.measure { read = try store.read(Sample.name(1), range: 0..<Self.size) }
        #expect(read == bytes)
        #expect(reading > .seconds(0.5), "\(reading)")
        #expect(meter.received - before == Self.size)
    }

    @Test(.enabled(if: Server.isInstalled("rest")), .server("rest")) func `over HTTP`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let meter = TransferMeter()
            let door = try server.door { ($0.upload, $0.download, $0.meter) = (limit(), limit(), meter) }
            try check(RESTStore(try RESTLocation(parsing: server["REST_URL"]), door: door), meter)
        }
    }

    @Test(.enabled(if: Server.isInstalled("sftp")), .server("sftp")) func `over SFTP`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let meter = TransferMeter()
            let store = try server.sftpStore("limited") {
                ($0.upload, $0.download, $0.meter) = (limit(), limit(), meter)
            }
            try check(store, meter)
        }
    }
}
