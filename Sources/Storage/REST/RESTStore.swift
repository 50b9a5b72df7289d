import JSON

/// A repository behind restic's REST protocol (restic.readthedocs.io, "REST Backend"), versions 1 and 2. One attempt a
/// call.
///
///     POST   <path>/?create=true      makes the repository
///     GET    <path>/<kind>/           lists: [{"name", "size"}], or in version 1 names alone
///     HEAD, GET, POST, DELETE         <path>/config and <path>/<kind>/<name>
public final class RESTStore: ObjectStore {
    /// As restic writes it, without user and password.
    public let location: String
    private let place: RESTLocation
    private let door: HTTPDoor

    private static let secondVersion = "application/vnd.x.restic.rest.v2"
    /// The most bytes of a listing or of an object read whole.
    private static let wholeLimit = 1 << 30

    /// Speaks to nobody yet.
    public init(_ place: RESTLocation, door: HTTPDoor) {
        self.place = place
        self.door = door
        location = place.description
    }

    /// As many as there are connections.
    public var requestsInFlight: Int { door.settings.connections }

    /// See `ObjectStore`. One request; with version 1 of the protocol one more for each object.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        let answer = try send(
            .get, "\(kind.rawValue)/", .listing(kind), .list, headers: [("Accept", Self.secondVersion)],
            bodyLimit: Self.wholeLimit)
        guard answer.isGood else { throw fault(answer, .listing(kind), .list) }
        let entries: [(name: String, size: Int?)]
        do throws(JSONError) {
            entries = try RESTListing.parse(answer.body)
        } catch {
            throw unreadable(.listing(kind), .list, answer)
        }
        var found: [StoredObject] = []
        found.reserveCapacity(entries.count)
        for entry in entries {
            guard let digest = SHA256Digest(hex: entry.name) else { continue }
            let name = ObjectName(kind, digest)
            if let size = entry.size {
                found.append(StoredObject(name: name, size: size))
                continue
            }
            do throws(StorageError) {
                found.append(StoredObject(name: name, size: try size(of: name)))
            } catch {
                guard error.isNotFound else { throw error }  // removed meanwhile
            }
        }
        return found
    }

    /// See `ObjectStore`. One request.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        let answer = try send(.head, path(name), .object(name), .size)
        guard answer.isGood else { throw fault(answer, .object(name), .size) }
        guard let size = answer.contentLength, size >= 0 else { throw unreadable(.object(name), .size, answer) }
        return size
    }

    /// See `ObjectStore`. One request; two when the range reaches beyond the end.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        let request = try RangeRequest(name, range, location: location)
        if request.isEmpty { return try request.checkEnd(try size(of: name)) }
        let answer = try send(
            .get, path(name), .object(name), .read, headers: request.headers,
            bodyLimit: request.bodyLimit(whole: Self.wholeLimit))
        if let bytes = try request.bytes(in: answer) { return bytes }
        if answer.status == 416 { return try request.checkEnd(try size(of: name)) }
        throw fault(answer, .object(name), .read)
    }

    /// See `ObjectStore`. One request; two for what is not named by its content, as some servers would replace it.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        if name.digest == nil { try checkAbsent(name) }
        let answer = try send(
            .post, path(name), .object(name), .write, headers: [("Content-Type", "application/octet-stream")],
            body: bytes)
        if answer.isGood { return }
        // Append-only servers refuse to replace what another writer has stored since.
        if answer.status == 403 { try checkAbsent(name) }
        throw fault(answer, .object(name), .write)
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) {
        let answer = try send(.delete, path(name), .object(name), .remove)
        guard !answer.isGood else { return }
        let error = fault(answer, .object(name), .remove)
        guard case .notFound = error else { throw error }
    }

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) {
        let answer = try send(.post, "", .store, .create, query: "create=true", body: [])
        guard answer.isGood else { throw fault(answer, .store, .create) }
    }

    private func checkAbsent(_ name: ObjectName) throws(StorageError) {
        do throws(StorageError) {
            _ = try size(of: name)
        } catch {
            if case .notFound = error { return }
            throw error
        }
        throw .alreadyExists(.object(name), location: location)
    }

    /// The protocol has no folders below that of a kind.
    private func path(_ name: ObjectName) -> String {
        guard let kind = name.kind, let digest = name.digest else { return "config" }
        return "\(kind.rawValue)/\(digest.hex)"
    }

    private func send(
        _ verb: HTTPVerb, _ path: String, _ subject: StorageSubject, _ operation: StorageOperation, query: String = "",
        headers: [(name: String, value: String)] = [], body: [UInt8]? = nil, bodyLimit: Int = 1 << 20
    ) throws(StorageError) -> HTTPAnswer {
        var request = HTTPRequest(
            verb: verb, origin: place.origin, path: place.path + path, query: query, headers: headers, body: body,
            bodyLimit: bodyLimit)
        if let login = place.login { request.headers.append(("Authorization", login.header)) }
        do throws(HTTPFault) {
            return try door.answer(request)
        } catch {
            throw error.storageError(subject, operation, location)
        }
    }

    private func fault(
        _ answer: HTTPAnswer, _ subject: StorageSubject, _ operation: StorageOperation
    ) -> StorageError {
        switch answer.status {
        case 404, 410: .notFound(subject, location: location)
        case 401: .badCredentials(location: location)
        case 403, 405: .permissionDenied(subject, operation, location: location)
        case 429, 503:
            .busy(subject, operation, retryAfter: RetryAfter.duration(answer), location: location)
        case 507: .noSpace(subject, location: location)
        default: .answered(subject, operation, status: answer.status, code: "", location: location)
        }
    }

    private func unreadable(
        _ subject: StorageSubject, _ operation: StorageOperation, _ answer: HTTPAnswer
    ) -> StorageError {
        .answered(subject, operation, status: answer.status, code: "Unreadable", location: location)
    }
}

/// A listing in either version of the protocol; which one is seen from the elements.
enum RESTListing {
    static func parse(_ text: [UInt8]) throws(JSONError) -> [(name: String, size: Int?)] {
        try JSONReader.read(text) { (reader) throws(JSONError) in
            var entries: [(name: String, size: Int?)] = []
            if try reader.readNullIfPresent() { return entries }
            try reader.beginArray()
            while try reader.nextElement() {
                if try reader.peekKind() == .string {
                    entries.append((try reader.readString(), nil))
                    continue
                }
                var name = ""
                var size: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.readString()
                    case "size": size = Int(try reader.readInt64())
                    default: try reader.skipValue()
                    }
                }
                // Without a size it is asked for, as with the first version.
                entries.append((name, size.flatMap { $0 >= 0 ? $0 : nil }))
            }
            return entries
        }
    }
}
