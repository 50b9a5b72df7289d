import Foundation
import Testing

@testable import Storage

@Suite struct S3CredentialTests {
    private static let config = """
        # a comment
        [default]
        region = us-west-2
        [profile  work ]
        region=eu-central-1
        aws_access_key_id = from-config
        aws_secret_access_key = from-config
        s3 =
          aws_access_key_id = nested
        [other]
        region = nowhere
        """
    private static let credentials = """
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key = with=equals/and+plus
        [work]
        aws_access_key_id=AKWORK
        aws_secret_access_key=worksecret
        aws_session_token = worktoken
        [half]
        aws_access_key_id = only
        """

    @Test func `profiles are read as AWS's programs read them`() {
        func profile(_ name: String) -> AWSProfile {
            AWSProfile(name: name, config: Self.config, credentials: Self.credentials)
        }
        #expect(profile("default").region == "us-west-2")
        #expect(profile("default").credentials == S3Credentials(keyID: "AKDEFAULT", secret: "with=equals/and+plus"))
        #expect(profile("work").region == "eu-central-1")
        #expect(profile("work").credentials == S3Credentials(keyID: "AKWORK", secret: "worksecret", token: "worktoken"))
        #expect(profile("half").credentials == nil && profile("other").region == nil && profile("").credentials == nil)
    }

    @Test func `the environment wins over files, and files over the machine`() throws {
        let folder = try TemporaryFolder()
        try Data(Self.config.utf8).write(to: URL(fileURLWithPath: folder.path + "/config"))
        try Data(Self.credentials.utf8).write(to: URL(fileURLWithPath: folder.path + "/credentials"))
        var environment = [
            "AWS_CONFIG_FILE": folder.path + "/config", "AWS_SHARED_CREDENTIALS_FILE": folder.path + "/credentials",
            "AWS_PROFILE": "work", "AWS_EC2_METADATA_DISABLED": "true",
        ]
        func found() throws -> S3Credentials { try S3CredentialProvider(.found(environment), location: "x").current() }
        #expect(try found().keyID == "AKWORK")
        #expect(S3Options(environment: environment).defaultRegion == "eu-central-1")
        environment["AWS_ACCESS_KEY_ID"] = "AKENV"
        environment["AWS_SECRET_ACCESS_KEY"] = "envsecret"
        environment["AWS_SESSION_TOKEN"] = "envtoken"
        environment["AWS_REGION"] = "af-south-1"
        #expect(try found() == S3Credentials(keyID: "AKENV", secret: "envsecret", token: "envtoken"))
        #expect(S3Options(environment: environment).defaultRegion == "af-south-1")
        environment = ["HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true"]
        #expect(throws: StorageError.noCredentials(location: "x")) { try found() }
    }

    @Test func `a machine's role is asked for, kept, and asked for again before its keys end`() async throws {
        try await onThread {
            let server = try ScriptedServer { request, number in
                if request.verb == "PUT" {
                    return request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == nil
                        ? .good(400) : .good(200, [:], Array("session".utf8))
                }
                guard request.headers["x-aws-ec2-metadata-token"] == "session" else { return .good(401) }
                if request.target.hasSuffix("/security-credentials/") { return .good(200, [:], Array("role\n".utf8)) }
                // The first keys end too soon to be kept.
                let end = Date(timeIntervalSinceNow: number < 3 ? 200 : 3600).formatted(.iso8601)
                let text =
                    "{\"Code\": \"Success\", \"AccessKeyId\": \"AK\(number)\", \"SecretAccessKey\": \"s\", "
                    + "\"Token\": \"t\", \"Expiration\": \"\(end)\", \"Nested\": {\"a\": [1]}}"
                return .good(200, [:], Array(text.utf8))
            }
            defer { server.stop() }
            let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/", "HOME": "/nonexistent"]
            let provider = S3CredentialProvider(.found(environment), location: "x")
            #expect(try provider.current().keyID == "AK2")
            #expect(try provider.current().keyID == "AK5")
            #expect(try provider.current().keyID == "AK5")
            #expect(server.lines.count == 6)
            #expect(server.lines.last == "GET /latest/meta-data/iam/security-credentials/role")
        }
    }

    @Test func `a machine without the service has no credentials, and says so soon`() async throws {
        try await onThread {
            let server = try ScriptedServer { _, _ in .silence }
            defer { server.stop() }
            let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url, "HOME": "/nonexistent"]
            #expect(throws: StorageError.noCredentials(location: "x")) {
                try S3CredentialProvider(.found(environment), location: "x").current()
            }
        }
    }

    @Test(arguments: ["", "[]", "{}", "{\"AccessKeyId\": 1, \"SecretAccessKey\": \"s\"}", "{\"AccessKeyId\": \"a\""])
    func `keys that cannot be read are none`(text: String) {
        #expect(InstanceMetadata.parse(Array(text.utf8)) == nil)
    }
}
