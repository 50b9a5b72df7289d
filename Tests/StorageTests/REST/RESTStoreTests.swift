import Testing

@testable import Storage

@Suite(.enabled(if: Server.isInstalled("rest")), .server("rest"))
struct RESTStoreTests {
    private func store(_ path: String = "repository/") throws -> RESTStore {
        let server = try #require(Server.current)
        return RESTStore(try RESTLocation(parsing: server["REST_URL"] + path), door: try server.door())
    }

    @Test func `rclone keeps the contract of stores`() async throws {
        try await onThread { try StoreContract(store: RetryingStore(store())).run() }
    }

    @Test func `a large object comes back as it was`() async throws {
        try await onThread {
            let store = try store("large/")
            try store.createLayout()
            let bytes = Sample.bytes(20_000_000)
            try store.write(Sample.name(1), bytes)
            #expect(try store.read(Sample.name(1), range: nil) == bytes)
            #expect(try store.read(Sample.name(1), range: 19_999_990..<20_000_000) == Array(bytes.suffix(10)))
        }
    }

    @Test func `a wrong password is told from a missing object`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let place = try RESTLocation(
                parsing: server["REST_URL"].replacing("u:p@", with: "u:wrong@"))
            let store = RESTStore(place, door: try server.door())
            #expect(throws: StorageError.badCredentials(location: store.location)) { try store.list(.data) }
            #expect(!store.location.contains("wrong"))
        }
    }

    @Test func `a server without TLS is named as that until it has answered once`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let plain = try RESTLocation(parsing: server["REST_URL"] + "plain/")
            let secure = try RESTLocation(parsing: server["REST_URL"].replacing("http:", with: "https:") + "plain/")
            let door = try server.door()
            let (store, mistaken) = (RESTStore(plain, door: door), RESTStore(secure, door: door))
            #expect(throws: StorageError.noTLS(location: mistaken.location)) { try mistaken.list(.data) }
            try store.createLayout()
            #expect(throws: StorageError.unreachable(.listing(.data), .list, location: mistaken.location)) {
                try mistaken.list(.data)
            }
        }
    }

    @Test func `what another has removed is known at once to be gone`() async throws {
        try await onThread {
            let store = RetryingStore(try store("gone/")) { error, _ in Issue.record(error) }
            try store.createLayout()
            let name = Sample.name(1)
            for range in [nil, 0..<10] as [Range<Int>?] {
                #expect(throws: StorageError.notFound(.object(name), location: store.location)) {
                    try store.read(name, range: range)
                }
            }
        }
    }

    @Test func `user and password may come from the environment`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let place = try RESTLocation(
                parsing: server["REST_URL"].replacing("u:p@", with: "") + "other/",
                environment: ["RESTIC_REST_USERNAME": "u", "RESTIC_REST_PASSWORD": "p"])
            let store = RESTStore(place, door: try server.door())
            try store.createLayout()
            #expect(try store.list(.keys).isEmpty)
        }
    }
}

@Suite(.enabled(if: Server.isInstalled("rest")), .server("rest", ["REST_APPEND_ONLY": "1", "REST_TLS": "1"]))
struct AppendOnlyRESTTests {
    @Test func `an append-only server over TLS takes what is new and gives up only locks`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = RESTStore(try RESTLocation(parsing: server["REST_URL"]), door: try server.door())
            try store.createLayout()
            for kind in ObjectKind.allCases { try store.write(Sample.name(1, kind), [1]) }
            for kind in ObjectKind.allCases where kind != .locks {
                let name = Sample.name(1, kind)
                #expect(throws: StorageError.permissionDenied(.object(name), .remove, location: store.location)) {
                    try store.remove(name)
                }
                #expect(throws: StorageError.alreadyExists(.object(name), location: store.location)) {
                    try store.write(name, [2])
                }
                #expect(try store.read(name, range: nil) == [1])
            }
            try store.remove(Sample.name(1, .locks))
        }
    }

    @Test func `a certificate that nobody vouches for is refused`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let store = RESTStore(try RESTLocation(parsing: server["REST_URL"]), door: try HTTPDoor())
            #expect(throws: StorageError.untrusted(location: store.location)) { try store.list(.data) }
        }
    }

    @Test func `a certificate for another host is refused`() async throws {
        try await onThread {
            let server = try #require(Server.current)
            let url = server["REST_URL"].replacing("127.0.0.1", with: "127.0.0.2")
            let store = RESTStore(try RESTLocation(parsing: url), door: try server.door())
            // The server does not listen there either, on most machines; both are refusals.
            #expect(throws: StorageError.self) { try store.list(.data) }
        }
    }
}

@Suite struct RESTProtocolTests {
    private func store(_ server: ScriptedServer) throws -> RESTStore {
        RESTStore(
            try RESTLocation(parsing: "rest:http://user:p%40ss@127.0.0.1:\(server.port)/a b/"), door: try HTTPDoor())
    }

    @Test func `a listing of version 1 asks for each size`() async throws {
        try await onThread {
            let names = [Sample.name(1), Sample.name(2)]
            let server = try ScriptedServer { request, number in
                if request.verb == "GET" {
                    let list = names.map { "\"\($0.digest?.hex ?? "")\"" } + ["\"foreign\""]
                    return .good(200, [:], Array("[\(list.joined(separator: ","))]".utf8))
                }
                return request.target.hasSuffix(names[0].digest?.hex ?? "")
                    ? .good(200, ["Content-Length": "7"]) : .good(404)
            }
            defer { server.stop() }
            #expect(try store(server).list(.data) == [StoredObject(name: names[0], size: 7)])
            #expect(server.lines.first == "GET /a%20b/data/")
            #expect(server.requests.first?.headers["accept"] == "application/vnd.x.restic.rest.v2")
            #expect(server.requests.first?.headers["authorization"] == "Basic dXNlcjpwQHNz")
        }
    }

    @Test func `an append-only server that was overtaken says that the object is there`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, number in
                request.verb == "POST" ? .good(403) : number == 0 ? .good(404) : .good(200, ["Content-Length": "1"])
            }
            defer { server.stop() }
            let store = try store(server)
            #expect(throws: StorageError.alreadyExists(.object(Sample.name(1)), location: store.location)) {
                try store.write(Sample.name(1), [1])
            }
        }
    }

    @Test(arguments: ["", "{}", "[1]", "[{\"name\": 1}]", "[{\"name\": \"a\", \"size\": \"b\"}]", "[\"a\""])
    func `a listing that cannot be read is an error`(text: String) async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .good(200, [:], Array(text.utf8)) }
            defer { server.stop() }
            #expect(throws: StorageError.self) { try store(server).list(.data) }
        }
    }

    @Test(arguments: [
        ("rest:http://h:8000/", "rest:http://h:8000/"), ("rest:https://u:p@h/a/b", "rest:https://h/a/b/"),
        ("rest:http://u:p%2F@h//a%20b/", "rest:http://h/a%20b/"), ("rest:http://h", "rest:http://h/"),
        ("rest:https://h:443/备", "rest:https://h/%E5%A4%87/"),
    ])
    func `restic's forms are read, and user and password not shown`(text: String, words: String) throws {
        #expect(try RESTLocation(parsing: text).description == words)
    }

    @Test(arguments: [
        "", "rest:", "rest:h/", "http://h/", "rest:http:///a", "rest:http://h:0/", "rest:http://u:%zz@h/",
        "rest:http://h/../",
        "rest:http://h/?a", "rest:http://u@/",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: LocationFault.self) { try RESTLocation(parsing: text) }
    }

    @Test func `a login says nothing about itself`() throws {
        var dumped = ""
        dump(try RESTLocation(parsing: "rest:http://user:secret@h/"), to: &dumped)
        #expect(!dumped.contains("secret") && !dumped.contains("user"))
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func `base64 is as its document has it`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }
}
