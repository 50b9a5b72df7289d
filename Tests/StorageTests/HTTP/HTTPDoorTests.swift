import Foundation
import Synchronization
import Testing

@testable import Storage

@Suite struct HTTPDoorTests {
    private func request(_ server: ScriptedServer, _ verb: HTTPVerb = .get, limit: Int = 1000) throws -> HTTPRequest {
        HTTPRequest(
            verb: verb, origin: try HTTPOrigin(isSecure: false, authority: "127.0.0.1:\(server.port)"), path: "/",
            body: verb == .put ? [1, 2, 3] : nil, bodyLimit: limit)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "HTTP/1.1 200 OK\r\nContent-Le", "",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", "no HTTP at all\r\n\r\n",
    ])
    func `an answer that ends early is none`(text: String) async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .raw(text) }
            defer { server.stop() }
            #expect(throws: HTTPFault.unreachable) { try HTTPDoor().answer(try request(server)) }
        }
    }

    @Test(arguments: [["Content-Length": "1001"], ["Transfer-Encoding": "chunked"]])
    func `an answer longer than its limit is refused`(headers: [String: String]) async throws {
        try await onThread {
            let body = String(repeating: "x", count: 1001)
            let head = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
            let text = headers["Content-Length"] == nil ? "3e9\r\n\(body)\r\n0\r\n\r\n" : body
            let server = try ScriptedServer { _, _ in .raw("HTTP/1.1 200 OK\r\n\(head)\r\n\(text)") }
            defer { server.stop() }
            #expect(throws: HTTPFault.tooLong(status: 200)) { try HTTPDoor().answer(try request(server)) }
            #expect(try HTTPDoor().answer(try request(server, limit: 1001)).body.count == 1001)
        }
    }

    @Test func `a server that says nothing is given up after the time for it`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .silence }
            defer { server.stop() }
            var settings = HTTPSettings()
            settings.readIdleTimeout = .milliseconds(200)
            #expect(throws: HTTPFault.timedOut) { try HTTPDoor(settings).answer(try request(server)) }
            settings.writeIdleTimeout = .milliseconds(200)
            #expect(throws: HTTPFault.timedOut) { try HTTPDoor(settings).answer(try request(server, .put)) }
            settings = HTTPSettings()
            settings.requestTimeout = .milliseconds(200)
            #expect(throws: HTTPFault.timedOut) { try HTTPDoor(settings).answer(try request(server)) }
        }
    }

    @Test(arguments: ["404 Not Found", "503 Slow Down", "500 Oh"])
    func `a refusal is the answer, however its body ends`(status: String) async throws {
        try await onThread {
            let bodies = ["Content-Length: 155\r\n\r\nnot found\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nnot"]
            let server = try ScriptedServer { _, number in .raw("HTTP/1.1 \(status)\r\n\(bodies[number % 2])") }
            defer { server.stop() }
            let door = try HTTPDoor()
            for verb in [HTTPVerb.get, .get, .put, .put] {
                let answer = try door.answer(try request(server, verb))
                #expect(String(answer.status) == status.prefix(3))
                #expect(answer.body.starts(with: Array("not".utf8)))
            }
        }
    }

    @Test func `a name that no machine has is told at once`() async throws {
        try await onThread {
            // No label of a name has more than 63 letters, so no name service is asked.
            let origin = HTTPOrigin(isSecure: false, host: String(repeating: "a", count: 64) + ".invalid", port: 80)
            let request = HTTPRequest(verb: .get, origin: origin, path: "/", bodyLimit: 1000)
            #expect(throws: HTTPFault.unknownHost) { try HTTPDoor().answer(request) }
            let error = HTTPFault.unknownHost.storageError(.listing(.keys), .list, "rest:http://nobody/")
            #expect(error == .unknownHost(location: "rest:http://nobody/") && !error.isWorthRetrying)
        }
    }

    @Test func `a port where nobody listens refuses at once`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .hangUp }
            server.stop()
            #expect(throws: HTTPFault.notConnected(.refused)) { try HTTPDoor().answer(try request(server)) }
        }
    }

    @Test func `requests beyond the limit of connections wait`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in
                usleep(20_000)
                return .good(200)
            }
            defer { server.stop() }
            var settings = HTTPSettings()
            settings.connections = 3
            let door = try HTTPDoor(settings)
            let wanted = try request(server)
            let threads = (0..<12).map { _ in RunningThread { _ = try? door.answer(wanted) } }
            for thread in threads { thread.join() }
            #expect(server.requests.count == 12)
            #expect(Set(server.requests.map(\.connection)).count <= 3)
        }
    }

    @Test func `a connection on which a body was refused is not used again`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, _ in request.verb == "PUT" ? .refusedUnread(503) : .good(200) }
            defer { server.stop() }
            let door = try HTTPDoor()
            for verb in [HTTPVerb.get, .get, .put, .get, .get] { _ = try door.answer(try request(server, verb)) }
            #expect(server.requests.map(\.connection) == [0, 0, 0, 1, 1])
        }
    }

    @Test func `a connection with chunks after an answer to HEAD is not used again`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, _ in
                request.verb == "HEAD" ? .good(404, ["Transfer-Encoding": "chunked"]) : .good(200)
            }
            defer { server.stop() }
            let door = try HTTPDoor()
            for verb in [HTTPVerb.get, .head, .get] { _ = try door.answer(try request(server, verb)) }
            #expect(server.requests.map(\.connection) == [0, 0, 1])
        }
    }

    @Test func `connections that are given up while others are in use lose no answer`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, _ in
                request.verb == "HEAD" ? .good(404, ["Transfer-Encoding": "chunked"]) : .good(200, [:], [1, 2, 3])
            }
            defer { server.stop() }
            let failures = Mutex<[String]>([])
            for _ in 0..<4 {
                // A door of its own each time, which is closed while its last connections come back.
                let door = try HTTPDoor()
                let verbs = [HTTPVerb.get, .head]
                let wanted = try verbs.map { try request(server, $0) }
                let threads = (0..<8).map { thread in
                    RunningThread {
                        for number in 0..<40 {
                            let isHead = (number + thread) % 3 == 0
                            do throws(HTTPFault) {
                                let answer = try door.answer(wanted[isHead ? 1 : 0])
                                if answer.status != (isHead ? 404 : 200) || answer.body.count != (isHead ? 0 : 3) {
                                    failures.withLock { $0.append("\(answer.status): \(answer.body.count) bytes") }
                                }
                            } catch {
                                failures.withLock { $0.append("\(error)") }
                            }
                        }
                    }
                }
                for thread in threads { thread.join() }
            }
            #expect(failures.withLock { $0 }.isEmpty)
            #expect(server.requests.count == 4 * 8 * 40)
        }
    }

    @Test func `a file that holds no certificates is refused by name`() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/none.pem"
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: file))
        for path in [file, folder.path + "/missing"] {
            var settings = HTTPSettings()
            settings.certificates = path
            #expect(throws: StorageError.unusableCertificates(file: path)) { try HTTPDoor(settings) }
        }
    }

    @Test func `the file of certificates comes from the environment`() {
        #expect(HTTPSettings(environment: ["RESTIC_CACERT": "/r"]).certificates == "/r")
        #expect(HTTPSettings(environment: ["RESTIC_CACERT": "/r", "CHATARK_CACERT": "/c"]).certificates == "/c")
        #expect(HTTPSettings(environment: ["RESTIC_CACERT": ""]).certificates == nil)
    }

    @Test func `times are written and read as HTTP and AWS have them`() {
        #expect(HTTPDate.basic(1_440_938_160) == "20150830T123600Z")
        #expect(HTTPDate.seconds(http: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds(iso: "2017-05-17T15:09:54Z") == 1_495_033_794)
        #expect(HTTPDate.seconds(iso: "2017-05-17T15:09:54.123Z") == 1_495_033_794)
        for text in ["", "Z", "2017-13-17T15:09:54Z", "2017-05-17", "x-05-17T15:09:54Z"] {
            #expect(HTTPDate.seconds(iso: text) == nil)
        }
        let answer = HTTPAnswer(status: 503, headers: [("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")])
        #expect(RetryAfter.duration(answer, now: 784_111_770) == .seconds(7))
        #expect(RetryAfter.duration(answer, now: 884_111_770) == .zero)
    }
}
