import Synchronization

/// One request to a bucket, before it has a host and a signature.
struct S3Call {
    var verb: HTTPVerb
    /// Nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?
    var bodyLimit = 16 << 20
    /// For objects, so that buckets with locks take them.
    var hasChecksum = false
}

/// Signs requests to one bucket and sends them; finds the bucket's region and keeps the credentials fresh.
final class S3Client: Sendable {
    let location: S3Location
    private let options: S3Options
    private let credentials: S3CredentialProvider
    let door: HTTPDoor
    private let region: Mutex<String>

    init(_ location: S3Location, _ options: S3Options, _ door: HTTPDoor) {
        self.location = location
        self.options = options
        self.door = door
        credentials = S3CredentialProvider(options.credentials, location: location.description)
        region = Mutex(
            options.region ?? S3Endpoint.region(inHost: location.origin.host) ?? options.defaultRegion ?? "us-east-1")
    }

    /// The answer, whatever it is, of a request signed for the right region with credentials that have not ended.
    func answer(
        _ call: S3Call, _ subject: StorageSubject, _ operation: StorageOperation
    ) throws(StorageError) -> HTTPAnswer {
        let used = region.withLock { $0 }
        let answer = try send(call, subject, operation)
        guard [301, 307, 400, 401, 403].contains(answer.status) else { return answer }
        let error = S3ErrorBody(parsing: answer.body)
        if let found = try otherRegion(than: used, answer, error, subject, operation) {
            region.withLock { $0 = found }
            return try send(call, subject, operation)
        }
        if ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(error.code),
            credentials.dropFetched()
        {
            return try send(call, subject, operation)
        }
        return answer
    }

    /// Sends without waiting for the answer; the caller knows that region and credentials are right.
    func start(_ call: S3Call) throws(StorageError) -> HTTPDoor.Pending {
        door.start(try signed(call))
    }

    /// What an answer that is not good means.
    func fault(_ answer: HTTPAnswer, _ subject: StorageSubject, _ operation: StorageOperation) -> StorageError {
        let error = S3ErrorBody(parsing: answer.body)
        let place = location.description
        switch (answer.status, error.code) {
        case (_, "NoSuchBucket"): return .noBucket(location: place)
        case (404, "NoSuchKey"), (404, ""), (404, "NotFound"): return .notFound(subject, location: place)
        case (412, _): return .alreadyExists(subject, location: place)
        case (401, _), (_, "InvalidAccessKeyId"), (_, "SignatureDoesNotMatch"), (_, "ExpiredToken"),
            (_, "InvalidToken"), (_, "AuthorizationHeaderMalformed"), (_, "TokenRefreshRequired"),
            (_, "InvalidSecurity"):
            return .badCredentials(location: place)
        case (507, _), (_, "QuotaExceeded"): return .noSpace(subject, location: place)
        case (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"), (_, "IncompleteBody"):
            return .damaged(subject, location: place)
        case (429, _), (503, _), (_, "SlowDown"), (_, "RequestTimeout"), (_, "RequestLimitExceeded"), (_, "Throttling"),
            (_, "OperationAborted"), (_, "ConditionalRequestConflict"):
            return .busy(subject, operation, retryAfter: RetryAfter.duration(answer), location: place)
        case (403, ""), (403, "AccessDenied"), (403, "Forbidden"), (403, "AllAccessDisabled"), (403, "UserSuspended"),
            (405, _):
            return .permissionDenied(subject, operation, location: place)
        default:
            return .answered(subject, operation, status: answer.status, code: error.code, location: place)
        }
    }

    /// The region that requests are signed for now.
    var currentRegion: String { region.withLock { $0 } }

    private func send(
        _ call: S3Call, _ subject: StorageSubject, _ operation: StorageOperation
    ) throws(StorageError) -> HTTPAnswer {
        let request = try signed(call)
        do throws(HTTPFault) {
            return try door.answer(request)
        } catch {
            throw error.storageError(subject, operation, location.description)
        }
    }

    private func signed(_ call: S3Call) throws(StorageError) -> HTTPRequest {
        let region = currentRegion
        let endpoint = S3Endpoint(location, options.addressing, region: region)
        let query = call.query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        let request = HTTPRequest(
            verb: call.verb, origin: endpoint.origin, path: endpoint.path(of: call.key),
            query: query.joined(separator: "&"),
            headers: call.headers, body: call.body, bodyLimit: call.bodyLimit)
        return S3Signature(credentials: try credentials.current(), region: region, time: HTTPDate.now)
            .signed(request, hasChecksum: call.hasChecksum)
    }

    // MARK: Regions

    /// Where the bucket is, when the answer says that it is elsewhere and the user has not said where.
    private func otherRegion(
        than used: String, _ answer: HTTPAnswer, _ error: S3ErrorBody, _ subject: StorageSubject,
        _ operation: StorageOperation
    ) throws(StorageError) -> String? {
        guard options.region == nil else { return nil }
        var found = answer.header("x-amz-bucket-region").flatMap(S3ErrorBody.region) ?? error.region
        if found == nil, answer.status == 301 || answer.status == 307 {
            found = try askedRegion(subject, operation)
        }
        return found == used ? nil : found
    }

    /// GetBucketLocation, where nothing is the oldest region and `EU` the second oldest.
    private func askedRegion(
        _ subject: StorageSubject, _ operation: StorageOperation
    ) throws(StorageError) -> String? {
        let answer = try send(S3Call(verb: .get, query: [("location", "")]), subject, operation)
        guard answer.isGood else { return S3ErrorBody(parsing: answer.body).region }
        guard let text = try? XMLFields.text(at: ["LocationConstraint"], in: answer.body) else { return nil }
        switch text {
        case "": return "us-east-1"
        case "EU": return "eu-west-1"
        default: return S3ErrorBody.region(text)
        }
    }
}
