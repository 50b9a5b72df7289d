import Testing

@testable import Storage

@Suite struct RangeRequestTests {
    let name = Sample.name(1)

    private func bytes(_ range: Range<Int>?, _ status: Int, _ contentRange: String?, _ body: [UInt8]) throws -> [UInt8]?
    {
        let request = try RangeRequest(name, range, location: "x")
        let headers = contentRange.map { [(name: "Content-Range", value: $0)] } ?? []
        return try request.bytes(in: HTTPAnswer(status: status, headers: headers, body: body))
    }

    @Test func `a range is asked for with its last byte`() throws {
        #expect(try RangeRequest(name, 3..<10, location: "x").headers.first?.value == "bytes=3-9")
        #expect(try RangeRequest(name, nil, location: "x").headers.isEmpty)
    }

    @Test func `the bytes asked for are given`() throws {
        #expect(try bytes(1..<3, 206, "bytes 1-2/9", [1, 2]) == [1, 2])
        #expect(try bytes(1..<3, 206, "bytes 1-2/*", [1, 2]) == [1, 2])
        #expect(try bytes(1..<3, 200, nil, [0, 1, 2, 3]) == [1, 2])
        #expect(try bytes(1..<3, 200, "bytes 1-2/9", [1, 2]) == [1, 2])
        #expect(try bytes(1..<3, 200, "bytes 0-3/4", [0, 1, 2, 3]) == [1, 2])
        #expect(try bytes(nil, 200, nil, [0, 1]) == [0, 1])
        #expect(try bytes(1..<3, 404, nil, []) == nil)
    }

    @Test func `an object that ends early is truncated`() {
        let fault = StorageError.truncated(.object(name), expected: 9, actual: 5, location: "x")
        #expect(throws: fault) { try bytes(3..<9, 206, "bytes 3-4/5", [3, 4]) }
        #expect(throws: fault) { try bytes(3..<9, 200, nil, [0, 1, 2, 3, 4]) }
        #expect(throws: fault) { try bytes(7..<9, 206, "bytes 7-4/5", []) }
        #expect(throws: fault) { try bytes(7..<9, 416, "bytes */5", []) }
    }

    @Test(arguments: [
        nil, "", "bytes", "bytes 0-1/9", "bytes 1-3/9", "bytes 1-1/9", "bytes 2-1/9", "bytes 1-2/2", "bytes 1-x/9",
        "items 1-2/9", "bytes 1-2", "bytes 1-9223372036854775807/*",
    ])
    func `any other range is damage`(contentRange: String?) {
        #expect(throws: StorageError.damaged(.object(name), location: "x")) {
            try bytes(1..<3, 206, contentRange, [1, 2])
        }
        guard contentRange != nil else { return }
        #expect(throws: StorageError.damaged(.object(name), location: "x")) {
            try bytes(1..<3, 200, contentRange, [1, 2])
        }
    }

    @Test func `a range before the beginning is refused`() {
        #expect(throws: StorageError.self) { try RangeRequest(name, -1..<3, location: "x") }
    }
}
