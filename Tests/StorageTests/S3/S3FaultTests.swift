import Testing

@testable import Storage

/// How servers differ, and what they do when something is wrong, written out answer by answer.
@Suite struct S3FaultTests {
    let name = Sample.name(5)

    private func store(
        _ server: ScriptedServer, _ path: String = "bucket/x", settings: HTTPSettings = HTTPSettings(),
        change: (inout S3Options) -> Void = { _ in }
    ) throws -> S3Store {
        var options = S3Options(credentials: S3Credentials(keyID: "id", secret: "secret"))
        change(&options)
        return S3Store(
            try S3Location(parsing: "s3:\(server.url)/\(path)"), options, door: try HTTPDoor(settings))
    }

    @Test func `a refused condition is left out from then on, on another connection`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { request, _ in
                if request.headers["if-none-match"] != nil {
                    return .refusedUnread(501, "<Error><Code>NotImplemented</Code><Message></Message></Error>")
                }
                return request.verb == "HEAD" ? .good(404) : .good(200, ["ETag": "\"\""])
            }
            defer { server.stop() }
            let store = try store(server)
            let bytes = Sample.bytes(200_000)
            try store.write(name, bytes)
            try store.write(Sample.name(6), [1])
            let requests = server.requests
            #expect(requests.map(\.verb) == ["PUT", "PUT", "PUT"])
            #expect(requests[1...].allSatisfy { $0.connection != requests[0].connection })
            #expect(requests[1].body == bytes)
            #expect(requests[2].headers["if-none-match"] == nil)
        }
    }

    @Test func `a server that ignores conditions is looked at before the config is written`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, number in
                request.verb == "PUT" ? .good(200) : number < 2 ? .good(404) : .good(200)
            }
            defer { server.stop() }
            let store = try store(server)
            try store.write(.config, [1])
            #expect(throws: StorageError.alreadyExists(.object(.config), location: store.location)) {
                try store.write(.config, [1])
            }
            #expect(server.requests.map(\.verb) == ["HEAD", "PUT", "HEAD"])
        }
    }

    @Test func `a server that heeds conditions is not looked at again`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, number in
                request.verb == "HEAD" ? .good(404) : number == 1 ? .good(412) : .good(200)
            }
            defer { server.stop() }
            let store = try store(server)
            #expect(throws: StorageError.alreadyExists(.object(.config), location: store.location)) {
                try store.write(.config, [1])
            }
            try store.write(.config, [1])
            #expect(server.requests.map(\.verb) == ["HEAD", "PUT", "PUT"])
        }
    }

    @Test(arguments: [
        (404, "<Error><Code>NoSuchKey</Code></Error>", "notFound", false),
        (404, "<Error><Code>NoSuchBucket</Code></Error>", "noBucket", false),
        (403, "<Error><Code>AccessDenied</Code><Message></Message></Error>", "permissionDenied", false),
        (403, "", "permissionDenied", false),
        (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", "badCredentials", false),
        (403, "<Error><Code>InvalidAccessKeyId</Code></Error>", "badCredentials", false),
        (400, "<Error><Code>InvalidToken</Code></Error>", "badCredentials", false),
        (403, "<Error><Code>QuotaExceeded</Code></Error>", "noSpace", false),
        (403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", "answered", false),
        (503, "<Error><Code>SlowDown</Code></Error>", "busy", true), (503, "", "busy", true), (429, "", "busy", true),
        (500, "<Error><Code>InternalError</Code></Error>", "answered", true), (502, "<html>", "answered", true),
        (501, "", "answered", false), (400, "<Error><Code>BadDigest</Code></Error>", "damaged", true),
        (400, "not xml <&", "answered", false), (302, "", "answered", false),
    ])
    func `every answer has its case`(status: Int, body: String, expected: String, isWorthRetrying: Bool) async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { _, _ in .good(status, [:], Array(body.utf8)) }
            defer { server.stop() }
            let store = try store(server)
            let error = #expect(throws: StorageError.self) { try store.read(name, range: nil) }
            #expect("\(Mirror(reflecting: try #require(error)).children.first?.label ?? "")" == expected)
            #expect(error?.isWorthRetrying == isWorthRetrying)
            #expect(error?.description.contains("'\(store.location)'") == true)
        }
    }

    @Test func `a word of the server's is kept short and plain`() {
        let text = "<Error><Code>Bad\u{1b}[31m Code&amp;\(String(repeating: "x", count: 1000))</Code></Error>"
        let code = S3ErrorBody(parsing: Array(text.utf8)).code
        #expect(code.hasPrefix("Bad31mCode") && code.utf8.count <= 64)
    }

    @Test func `when to come again is passed on`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { _, _ in .good(503, ["Retry-After": "7"]) }
            defer { server.stop() }
            let store = try store(server)
            let busy = StorageError.busy(.object(name), .size, retryAfter: .seconds(7), location: store.location)
            #expect(throws: busy) { try store.size(of: name) }
        }
    }

    @Test func `an error in the body of a finished upload is an error, and the upload is given up`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { request, _ in
                switch request.verb {
                case "HEAD": .good(404)
                case "PUT": .good(200, ["ETag": "\"e\""])
                case "DELETE": .good(204)
                default:
                    request.target.contains("uploads")
                        ? .good(
                            200, [:],
                            Array(
                                ("<InitiateMultipartUploadResult><UploadId>a/b+c</UploadId>"
                                    + "</InitiateMultipartUploadResult>").utf8))
                        : .good(200, [:], Array("\n <Error><Code>InternalError</Code></Error>".utf8))
                }
            }
            defer { server.stop() }
            let store = try store(server)
            let fault = StorageError.answered(
                .object(name), .write, status: 500, code: "InternalError", location: store.location)
            #expect(throws: fault) { try store.write(name, Sample.bytes(S3Store.multipartThreshold + 1)) }
            #expect(server.lines.last == "DELETE /bucket/x/\(name.path)?uploadId=a%2Fb%2Bc")
            #expect(server.lines.filter { $0.hasPrefix("PUT") }.count == 3)
        }
    }

    @Test func `a part that fails ends the upload, and none of it stays`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { request, _ in
                switch request.verb {
                case "HEAD": .good(404)
                case "PUT": request.target.contains("partNumber=2") ? .hangUp : .good(200, ["ETag": "e"])
                case "DELETE": .good(204)
                default:
                    .good(
                        200, [:],
                        Array(
                            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>".utf8
                        ))
                }
            }
            defer { server.stop() }
            let store = try store(server)
            #expect(throws: StorageError.unreachable(.object(name), .write, location: store.location)) {
                try store.write(name, Sample.bytes(S3Store.multipartThreshold + 1))
            }
            #expect(server.lines.last == "DELETE /bucket/x/\(name.path)?uploadId=u")
        }
    }

    @Test func `the bucket's region is learnt from a redirect, once`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { request, _ in
                request.headers["authorization"]?.contains("/far-away-1/") == true
                    ? .good(200, ["Content-Length": "3"])
                    : .good(301, ["x-amz-bucket-region": "far-away-1"])
            }
            defer { server.stop() }
            let store = try store(server)
            #expect(try store.size(of: name) == 3)
            #expect(try store.size(of: name) == 3)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `the bucket's region is asked for when a redirect does not say it`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { request, _ in
                if request.target == "/bucket?location=" {
                    return .good(
                        200, [:],
                        Array("<?xml version=\"1.0\"?><LocationConstraint xmlns=\"x\">EU</LocationConstraint>".utf8))
                }
                let isRight = request.headers["authorization"]?.contains("/eu-west-1/") == true
                return isRight ? .good(200, ["Content-Length": "3"]) : .good(301)
            }
            defer { server.stop() }
            #expect(try store(server).size(of: name) == 3)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a region that was given is not changed`() async throws {
        try await onThread { [name] in
            let server = try ScriptedServer { _, _ in .good(301, ["x-amz-bucket-region": "far-away-1"]) }
            defer { server.stop() }
            let store = try store(server) { $0.region = "here-1" }
            #expect(throws: StorageError.self) { try store.size(of: name) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a redirect to elsewhere is not followed`() async throws {
        try await onThread { [name] in
            let other = try ScriptedServer { _, _ in .good(200) }
            let server = try ScriptedServer { _, _ in .good(307, ["Location": "\(other.url)/bucket/x"]) }
            defer { server.stop() }
            defer { other.stop() }
            #expect(throws: StorageError.self) { try store(server) { $0.region = "r" }.size(of: name) }
            #expect(other.requests.isEmpty)
        }
    }

    @Test func `a listing that never ends its pages, or is no listing, is an error`() async throws {
        let page =
            "<ListBucketResult><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>"
        for body in [
            page, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "<Other/>", "", "{}",
        ] {
            try await onThread {
                let server = try ScriptedServer { _, _ in .good(200, [:], Array(body.utf8)) }
                defer { server.stop() }
                let store = try store(server)
                #expect(throws: StorageError.self) { try store.list(.data) }
                #expect(server.requests.count <= 2)
            }
        }
    }
}
