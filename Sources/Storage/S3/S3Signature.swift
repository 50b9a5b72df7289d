/// Signs requests as AWS's Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request").
///
///     canonical request = verb \n path \n sorted query \n "name:value\n" for each sorted header \n names \n payload
/// hash
///     string to sign    = AWS4-HMAC-SHA256 \n 20150830T123600Z \n 20150830/region/service/aws4_request \n hash of the
/// above
///     key               = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, day), region), service), "aws4_request")
struct S3Signature {
    let credentials: S3Credentials
    let region: String
    var service = "s3"
    /// Seconds since 1970.
    let time: Int

    /// The header that proves the request; it covers every header that is there, `Host` and the date among them.
    func authorization(for request: HTTPRequest, payloadHash: String) -> String {
        let (headers, names) = canonicalHeaders(of: request)
        let canonical = [
            request.verb.rawValue, request.path, canonicalQuery(of: request), headers, names, payloadHash,
        ].joined(separator: "\n")
        let day = String(HTTPDate.basic(time).prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let toSign = [
            "AWS4-HMAC-SHA256", HTTPDate.basic(time), scope, SigningHash.hex(SigningHash.sha256(Array(canonical.utf8))),
        ].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secret)".utf8)
        for part in [day, region, service, "aws4_request"] { key = SigningHash.hmac(key: key, Array(part.utf8)) }
        let signature = SigningHash.hex(SigningHash.hmac(key: key, Array(toSign.utf8)))
        return
            "AWS4-HMAC-SHA256 Credential=\(credentials.keyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// The request with its date, session token, payload hash and signature; on request also with the checksum that
    /// buckets
    /// with object locks ask for.
    func signed(_ request: HTTPRequest, hasChecksum: Bool = false) -> HTTPRequest {
        var request = request
        let digest = SigningHash.sha256(request.body ?? [])
        let hash = SigningHash.hex(digest)
        if hasChecksum { request.headers.append(("x-amz-checksum-sha256", Base64.encode(digest))) }
        request.headers += [
            ("host", request.origin.authority), ("x-amz-content-sha256", hash), ("x-amz-date", HTTPDate.basic(time)),
        ]
        if let token = credentials.token { request.headers.append(("x-amz-security-token", token)) }
        request.headers.append(("Authorization", authorization(for: request, payloadHash: hash)))
        return request
    }

    private func canonicalQuery(of request: HTTPRequest) -> String {
        let pairs = request.query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
        }
        // Encoded text is ASCII, so the order of strings is that of bytes.
        return pairs.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { "\($0.name)=\($0.value)" }
            .joined(separator: "&")
    }

    private func canonicalHeaders(of request: HTTPRequest) -> (lines: String, names: String) {
        var values: [String: [String]] = [:]
        for (name, value) in request.headers {
            values[name.lowercased(), default: []].append(value.split { " \t".contains($0) }.joined(separator: " "))
        }
        let names = values.keys.sorted()
        let lines = names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }.joined()
        return (lines, names.joined(separator: ";"))
    }
}
