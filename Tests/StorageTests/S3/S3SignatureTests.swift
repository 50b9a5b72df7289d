import Testing

@testable import Storage

/// AWS's published examples: the Signature Version 4 test suite, and "Authenticating Requests" of S3's API reference.
@Suite struct S3SignatureTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let request: HTTPRequest
        let signature: String
        var testDescription: String { name }

        init(
            _ name: String, _ verb: HTTPVerb = .get, _ path: String = "/", query: String = "",
            headers: [(String, String)] = [], body: String = "", signature: String
        ) {
            self.name = name
            self.signature = signature
            request = HTTPRequest(
                verb: verb, origin: HTTPOrigin(isSecure: true, host: "example.amazonaws.com"), path: path, query: query,
                headers: [("Host", "example.amazonaws.com")] + headers + [("X-Amz-Date", "20150830T123600Z")],
                body: Array(body.utf8), bodyLimit: 0)
        }
    }

    static let suite = [
        Example("get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Example("post-vanilla", .post, signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Example(
            "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Example(
            "get-vanilla-empty-query-key", query: "Param1=value1",
            signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        Example(
            "get-utf8", .get, "/%E1%88%B4",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Example(
            "get-header-value-trim", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Example(
            "post-header-key-sort", .post, headers: [("My-Header1", "value1")],
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        Example(
            "post-x-www-form-urlencoded", .post, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: "Param1=value1", signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ]

    @Test("the published suite's signatures come out", arguments: suite)
    func publishedSuite(example: Example) {
        let signature = S3Signature(
            credentials: S3Credentials(keyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service", time: 1_440_938_160)
        let hash = SigningHash.hex(SigningHash.sha256(example.request.body ?? []))
        let header = signature.authorization(for: example.request, payloadHash: hash)
        #expect(header.hasSuffix("Signature=\(example.signature)"))
        #expect(
            header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, Signed"))
    }

    static let examplesOfS3 = [
        (
            HTTPVerb.get, "/test.txt", "", [("Range", "bytes=0-9")], "",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        (
            .put, "/test%24file.text", "",
            [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        (.get, "/", "lifecycle", [], "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            .get, "/", "max-keys=2&prefix=J", [], "",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ]

    @Test("the examples of S3's reference come out", arguments: examplesOfS3)
    func referenceExamples(
        verb: HTTPVerb, path: String, query: String, headers: [(String, String)], body: String, signature: String
    ) {
        let request = HTTPRequest(
            verb: verb, origin: HTTPOrigin(isSecure: true, host: "examplebucket.s3.amazonaws.com"), path: path,
            query: query, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8), bodyLimit: 0)
        let signed = S3Signature(
            credentials: S3Credentials(
                keyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", time: 1_369_353_600
        ).signed(request)
        let header = HTTPAnswer(status: 200, headers: signed.headers).header("authorization")
        #expect(header?.hasSuffix("Signature=\(signature)") == true)
    }

    @Test func `a query is sorted by name before value`() {
        let request = HTTPRequest(
            verb: .get, origin: HTTPOrigin(isSecure: true, host: "h"), path: "/", query: "a-b=1&a=2&a=1", bodyLimit: 0)
        var sorted = request
        sorted.query = "a=1&a=2&a-b=1"
        let signature = S3Signature(credentials: S3Credentials(keyID: "k", secret: "s"), region: "r", time: 0)
        #expect(
            signature.authorization(for: request, payloadHash: "")
                == signature.authorization(for: sorted, payloadHash: ""))
    }

    @Test func `a session's token is sent and signed`() {
        let request = HTTPRequest(
            verb: .get, origin: HTTPOrigin(isSecure: true, host: "h"), path: "/", bodyLimit: 0)
        let signed = S3Signature(
            credentials: S3Credentials(keyID: "k", secret: "s", token: "t"), region: "r", time: 0
        ).signed(request)
        let answer = HTTPAnswer(status: 200, headers: signed.headers)
        #expect(answer.header("X-Amz-Security-Token") == "t")
        #expect(answer.header("Authorization")?.contains("x-amz-security-token") == true)
    }

    @Test func `neither credentials nor signed requests say anything about themselves`() {
        let credentials = S3Credentials(keyID: "key-id", secret: "very-secret", token: "token")
        let request = HTTPRequest(verb: .get, origin: HTTPOrigin(isSecure: true, host: "h"), path: "/", bodyLimit: 0)
        let signed = S3Signature(credentials: credentials, region: "r", time: 0).signed(request)
        var options = S3Options(credentials: credentials)
        options.region = "r"
        for value in [credentials, signed, options, S3CredentialSource.fixed(credentials)] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in [dumped, "\(value)", String(reflecting: value)] {
                for secret in ["key-id", "very-secret", "token", "Signature="] { #expect(!text.contains(secret)) }
            }
        }
    }
}
