import Foundation
import Synchronization

/// A server whose every answer is written by the test: for what no real server does on demand. It notes each request and
/// the connection that it came on, and reads no more of a request than the answer says.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let connection: Int
        let line: String
        let headers: [String: String]
        var body: [UInt8] = []

        var verb: String { String(line.prefix { $0 != " " }) }
        var target: String { String(line.split(separator: " ").dropFirst().first ?? "") }
    }

    enum Answer: Sendable {
        /// Status, headers and body, with its length.
        case good(Int, [String: String] = [:], [UInt8] = [])
        /// As written, and the connection is closed.
        case raw(String)
        /// The answer comes without the body having been read, and what is left of it is taken for the next request.
        case refusedUnread(Int, String = "")
        /// Nothing, for ever.
        case silence
        /// The connection is closed.
        case hangUp
    }

    let port: Int
    private let listener: Int32
    private let answer: @Sendable (Request, Int) -> Answer
    private let state = Mutex((requests: [Request](), open: Set<Int32>(), isEnded: false))

    /// `answer` gets the request and the number of requests before it.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileNoSuchFile) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            // Closed by nobody else: the number would be another server's by the time that this thread accepts.
            defer { close(listener) }
            var number = 0
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                let isEnded = state.withLock { state in
                    if !state.isEnded { state.open.insert(connection) }
                    return state.isEnded
                }
                if isEnded {
                    close(connection)
                    return
                }
                let this = number
                number += 1
                Thread.detachNewThread { [self] in serve(connection, this) }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var lines: [String] { requests.map { $0.line.replacingOccurrences(of: " HTTP/1.1", with: "") } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { state in
            state.isEnded = true
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        defer {
            _ = state.withLock { $0.open.remove(connection) }
            close(connection)
        }
        var buffer: [UInt8] = []
        while let end = head(in: &buffer, connection) {
            let text = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeFirst(end)
            let lines = text.components(separatedBy: "\r\n")
            let headers = lines.dropFirst().reduce(into: [String: String]()) { found, line in
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { found[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            var request = Request(connection: number, line: lines[0], headers: headers)
            let before = state.withLock { $0.requests.count }
            let answer = answer(request, before)
            if case .refusedUnread = answer {
            } else {
                guard let length = Int(headers["content-length"] ?? "0"), fill(&buffer, length, connection) else {
                    return
                }
                request.body = Array(buffer.prefix(length))
                buffer.removeFirst(length)
            }
            state.withLock { $0.requests.append(request) }
            switch answer {
            case .good(let status, let headers, let body):
                let hasLength = headers.keys.contains {
                    ["content-length", "transfer-encoding"].contains($0.lowercased())
                }
                var head = "HTTP/1.1 \(status) x\r\n"
                for (name, value) in headers { head += "\(name): \(value)\r\n" }
                if !hasLength { head += "Content-Length: \(body.count)\r\n" }
                guard send(Array("\(head)\r\n".utf8) + (request.verb == "HEAD" ? [] : body), connection) else { return }
            case .refusedUnread(let status, let body):
                // What has come of the body stays in the buffer, as the beginning of the next request.
                let head = "HTTP/1.1 \(status) x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                guard send(Array((head + body).utf8), connection) else { return }
            case .raw(let text):
                _ = send(Array(text.utf8), connection)
                return
            case .silence: while !state.withLock({ $0.isEnded }) { usleep(20_000) }
            case .hangUp: return
            }
        }
    }

    private func head(in buffer: inout [UInt8], _ connection: Int32) -> Int? {
        while true {
            if let found = buffer.indices.first(where: { buffer[$0...].starts(with: [13, 10, 13, 10]) }) {
                return found + 4
            }
            guard buffer.count < 1 << 16, fill(&buffer, buffer.count + 1, connection) else { return nil }
        }
    }

    private func fill(_ buffer: inout [UInt8], _ count: Int, _ connection: Int32) -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while buffer.count < count {
            let read = recv(connection, &piece, piece.count, 0)
            guard read > 0 else { return false }
            buffer += piece.prefix(read)
        }
        return true
    }

    private func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let sent = bytes[done...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            done += sent
        }
        return true
    }
}
