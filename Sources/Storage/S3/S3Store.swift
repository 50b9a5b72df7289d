import Glibc
import Synchronization

/// How a bucket is spoken to.
public struct S3Options: Sendable {
    /// Nil finds it: in the host's name, in the environment, or by asking.
    public var region: String?
    /// How the bucket is named.
    public var addressing: S3Addressing = .auto
    /// For what is stored, as `STANDARD_IA`; nil for the bucket's own. Classes that must be thawed are for packs only.
    public var storageClass: String?
    /// Where credentials come from.
    public var credentials: S3CredentialSource
    /// The region to begin with when nothing else says one.
    var defaultRegion: String?

    /// Credentials given by hand.
    public init(credentials: S3Credentials) { self.credentials = .fixed(credentials) }

    /// Credentials and region as AWS's own programs find them: the environment, the files in `~/.aws` with
    /// AWS_PROFILE, and
    /// the machine's metadata service.
    public init(environment: [String: String]) {
        credentials = .found(environment)
        let profile = AWSProfile(environment: environment)
        defaultRegion =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            ?? profile.region
        defaultRegion = defaultRegion.flatMap(S3ErrorBody.region)
    }
}

/// A repository in a bucket of any store that speaks S3. One attempt a call, but for a wrong region or ended
/// credentials.
///
/// An object is never replaced: writes carry `If-None-Match: *`, and until the server has shown that it heeds it (some
/// refuse it, some ignore it) each is preceded by a look.
public final class S3Store: ObjectStore {
    /// As restic writes it.
    public let location: String
    let client: S3Client
    private let place: S3Location
    private let options: S3Options
    let conditions: Mutex<Conditions>

    /// What the server does with `If-None-Match: *`.
    enum Conditions { case unknown, heeded, refused }

    /// Bytes above which an object is sent in parts.
    package static let multipartThreshold = 16 << 20
    /// The most bytes of an object read whole.
    private static let wholeLimit = 1 << 30

    /// Speaks to nobody yet.
    public init(_ place: S3Location, _ options: S3Options, door: HTTPDoor) {
        self.place = place
        self.options = options
        location = place.description
        client = S3Client(place, options, door)
        conditions = Mutex(place.origin.host.hasSuffix(".amazonaws.com") ? .heeded : .unknown)
    }

    /// As many as there are connections.
    public var requestsInFlight: Int { client.door.settings.connections }

    // MARK: Reading

    /// See `ObjectStore`. One request for each 1,000 objects.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        let folder = place.key(under: "\(kind.rawValue)/")
        var found: [StoredObject] = []
        var continuation: String?
        repeat {
            var query = [("list-type", "2"), ("max-keys", "1000"), ("prefix", folder)]
            if let continuation { query.append(("continuation-token", continuation)) }
            let answer = try client.answer(S3Call(verb: .get, query: query), .listing(kind), .list)
            guard answer.isGood else { throw client.fault(answer, .listing(kind), .list) }
            guard let page = try? S3ListPage(parsing: answer.body),
                page.continuation != continuation || continuation == nil
            else { throw unreadable(.listing(kind), .list, answer) }
            for entry in page.entries {
                guard entry.key.hasPrefix(folder), let name = ObjectName(kind, under: entry.key.dropFirst(folder.count))
                else { continue }
                guard let size = entry.size, size >= 0 else { throw unreadable(.listing(kind), .list, answer) }
                found.append(StoredObject(name: name, size: size))
            }
            continuation = page.continuation
        } while continuation != nil
        return found
    }

    /// See `ObjectStore`. One request.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        let answer = try client.answer(S3Call(verb: .head, key: place.key(of: name)), .object(name), .size)
        guard answer.isGood else { throw client.fault(answer, .object(name), .size) }
        guard let size = answer.contentLength, size >= 0 else { throw unreadable(.object(name), .size, answer) }
        return size
    }

    /// See `ObjectStore`. One request; two when the range reaches beyond the end.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        let request = try RangeRequest(name, range, location: location)
        if request.isEmpty { return try request.checkEnd(try size(of: name)) }
        let call = S3Call(
            verb: .get, key: place.key(of: name), headers: request.headers,
            bodyLimit: request.bodyLimit(whole: Self.wholeLimit))
        let answer = try client.answer(call, .object(name), .read)
        if let bytes = try request.bytes(in: answer) { return bytes }
        if answer.status == 416 { return try request.checkEnd(try size(of: name)) }
        throw client.fault(answer, .object(name), .read)
    }

    // MARK: Writing

    /// See `ObjectStore`. One request; two for what is not named by its content, until the server is known to heed
    /// conditions. In parts above 16 MiB.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        if bytes.count > Self.multipartThreshold { return try writeInParts(name, bytes) }
        let known = conditions.withLock { $0 }
        if name.digest == nil, known != .heeded { try checkAbsent(name, mayBeHidden: known == .unknown) }
        var call = S3Call(
            verb: .put, key: place.key(of: name), headers: headers(for: name), body: bytes, hasChecksum: true)
        if known != .refused { call.headers.append(("If-None-Match", "*")) }
        var answer = try client.answer(call, .object(name), .write)
        if known != .refused, Self.refusesConditions(answer, client) {
            conditions.withLock { $0 = .refused }
            if name.digest == nil { try checkAbsent(name, mayBeHidden: false) }
            call.headers.removeLast()
            answer = try client.answer(call, .object(name), .write)
        }
        try checkWritten(answer, name)
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) {
        let answer = try client.answer(S3Call(verb: .delete, key: place.key(of: name)), .object(name), .remove)
        guard !answer.isGood else { return }
        let error = client.fault(answer, .object(name), .remove)
        guard case .notFound = error else { throw error }
    }

    /// Makes the bucket when there is none.
    public func createLayout() throws(StorageError) {
        let answer = try client.answer(S3Call(verb: .head), .store, .create)
        // Refused: it is there, but not to be looked at as a whole.
        if answer.isGood || answer.status == 403 { return }
        guard answer.status == 404 else { throw client.fault(answer, .store, .create) }
        var call = S3Call(verb: .put)
        let region = client.currentRegion
        if place.origin.host.hasSuffix(".amazonaws.com"), region != "us-east-1" {
            call.body = Array(
                ("<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                    + "<LocationConstraint>\(region)</LocationConstraint></CreateBucketConfiguration>").utf8)
        } else {
            call.body = []
        }
        let made = try client.answer(call, .store, .create)
        let isThere = made.status == 409 && S3ErrorBody(parsing: made.body).code == "BucketAlreadyOwnedByYou"
        guard made.isGood || isThere else { throw client.fault(made, .store, .create) }
    }

    // MARK: Parts shared with uploads in parts

    func headers(for name: ObjectName) -> [(name: String, value: String)] {
        var headers = [("Content-Type", "application/octet-stream")]
        if let storageClass = options.storageClass {
            let mustBeThawed = ["GLACIER", "DEEP_ARCHIVE"].contains(storageClass)
            if !mustBeThawed || name.kind == .data { headers.append(("x-amz-storage-class", storageClass)) }
        }
        return headers
    }

    func key(of name: ObjectName) -> String { place.key(of: name) }

    /// Throws `.alreadyExists` when the object is there. `mayBeHidden`: a server that does not let us look may be
    /// written to.
    func checkAbsent(_ name: ObjectName, mayBeHidden: Bool) throws(StorageError) {
        do throws(StorageError) {
            _ = try size(of: name)
        } catch {
            switch error {
            case .notFound: return
            case .permissionDenied where mayBeHidden: return
            default: throw error
            }
        }
        throw .alreadyExists(.object(name), location: location)
    }

    func checkWritten(_ answer: HTTPAnswer, _ name: ObjectName) throws(StorageError) {
        if answer.status == 412 { conditions.withLock { $0 = .heeded } }
        guard answer.isGood else { throw client.fault(answer, .object(name), .write) }
    }

    /// Whether the answer says that the server knows no conditions for writes.
    static func refusesConditions(_ answer: HTTPAnswer, _ client: S3Client) -> Bool {
        answer.status == 501 || answer.status == 400 && S3ErrorBody(parsing: answer.body).code == "NotImplemented"
    }

    func unreadable(
        _ subject: StorageSubject, _ operation: StorageOperation, _ answer: HTTPAnswer
    ) -> StorageError {
        .answered(subject, operation, status: answer.status, code: "Unreadable", location: location)
    }
}

extension ObjectName {
    /// Reads the path of an object under the folder of its kind; nil for foreign names.
    init?(_ kind: ObjectKind, under path: Substring) {
        let hex = kind == .data ? path.dropFirst(3) : path
        guard let digest = SHA256Digest(hex: String(hex)) else { return nil }
        self.init(kind, digest)
        guard self.path.utf8.count == kind.rawValue.utf8.count + 1 + path.utf8.count, self.path.hasSuffix(path) else {
            return nil
        }
    }
}
