import Foundation
import Synchronization
import Testing

@testable import Storage

/// Uploads over lines that are slow, and over one that stands still.
@Suite struct SlowLineTests {
    private func request(_ url: String, bytes: Int) throws -> HTTPRequest {
        HTTPRequest(
            verb: .put, origin: try HTTPOrigin(isSecure: false, authority: url.dropFirst("http://".count)),
            path: "/", body: Sample.bytes(bytes), bodyLimit: 1000)
    }

    @Test func `uploads that share a slow line take longer than a silence may, and arrive`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .good(200) }
            let proxy = try Server("proxy", arguments: [server.url])
            defer {
                proxy.stop()
                server.stop()
            }
            try proxy.command("set", ["rate=250000"])
            var settings = HTTPSettings()
            settings.writeIdleTimeout = .seconds(3)
            let door = try HTTPDoor(settings)
            let wanted = try request(proxy["PROXY_URL"], bytes: 1_000_000)
            let failures = Mutex<[HTTPFault]>([])
            let clock = ContinuousClock()
            let taken = clock.measure {
                let threads = (0..<2).map { _ in
                    RunningThread {
                        do throws(HTTPFault) { _ = try door.answer(wanted) } catch {
                            failures.withLock { $0.append(error) }
                        }
                    }
                }
                for thread in threads { thread.join() }
            }
            #expect(failures.withLock { $0 } == [])
            let arrived = server.requests.filter { $0.body == wanted.body }
            #expect(arrived.count == 2)
            #expect(taken > .seconds(6), "the line was not slow")
        }
    }

    @Test func `a large body that is refused before it was read gets its answer`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .refusedUnread(412, "<Code>PreconditionFailed</Code>") }
            defer { server.stop() }
            let wanted = try request(server.url, bytes: 32 << 20)
            for _ in 0..<4 {
                let answer = try HTTPDoor().answer(wanted)
                #expect(answer.status == 412 && answer.body == Array("<Code>PreconditionFailed</Code>".utf8))
            }
        }
    }

    @Test func `an upload that nobody takes is ended by the kernel after the time for a silence`() async throws {
        try await onThread {
            // A queue of connections that nobody accepts.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, length) == 0 && listen(listener, 8) == 0
                        && getsockname(listener, $0, &length) == 0
                }
            }
            try #require(isBound)
            var settings = HTTPSettings()
            settings.writeIdleTimeout = .milliseconds(300)
            let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
            let wanted = try request(url, bytes: 16 << 20)
            #expect(throws: HTTPFault.unreachable) { try HTTPDoor(settings).answer(wanted) }
        }
    }
}
