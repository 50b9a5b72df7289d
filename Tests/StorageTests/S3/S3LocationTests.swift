import Testing

@testable import Storage

@Suite struct S3LocationTests {
    @Test(arguments: [
        ("s3:https://host/bucket/a/b", "s3:https://host/bucket/a/b", "bucket", "a/b"),
        ("s3:host/bucket/a/", "s3:https://host/bucket/a", "bucket", "a"),
        ("s3://host/bucket//a", "s3:https://host/bucket/a", "bucket", "a"),
        ("s3:http://HOST:9000/bucket", "s3:http://host:9000/bucket", "bucket", ""),
        ("s3:http://[::1]:9000/bucket/", "s3:http://[::1]:9000/bucket", "bucket", ""),
        ("s3:s3.amazonaws.com/b/备份", "s3:https://s3.amazonaws.com/b/备份", "b", "备份"),
    ])
    func `restic's forms are read`(text: String, words: String, bucket: String, prefix: String) throws {
        let location = try S3Location(parsing: text)
        #expect(location.description == words && location.bucket == bucket && location.prefix == prefix)
        #expect(try S3Location(parsing: words) == location)
    }

    @Test(arguments: [
        ("", LocationFault.wrongScheme), ("rest:http://h/", .wrongScheme), ("s3:", .noHost), ("s3:/bucket", .noHost),
        ("s3:host", .noBucket), ("s3:host/", .noBucket), ("s3:host:0/b", .badPort), ("s3:host:x/b", .badPort),
        ("s3:host:65536/b", .badPort), ("s3:user:secret@host/b", .badPort), ("s3:user@host/b", .badText),
        ("s3:ho st/b", .badText), ("s3:host/b?x", .badText), ("s3:host/b/../c", .badText),
        ("s3:host/b/a\u{7}", .badText),
    ])
    func `anything else is refused`(text: String, fault: LocationFault) {
        #expect(throws: fault) { try S3Location(parsing: text) }
        #expect(!fault.description.contains("secret"))
    }

    @Test(arguments: [
        ("s3.eu-west-1.amazonaws.com", "eu-west-1"), ("s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3-eu-west-1.amazonaws.com", "eu-west-1"), ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("s3.amazonaws.com", nil), ("cos.ap-guangzhou.myqcloud.com", "ap-guangzhou"),
        ("oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"), ("oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"),
        ("s3.us-west-004.backblazeb2.com", "us-west-004"), ("s3.fr-par.scw.cloud", "fr-par"),
        ("minio.example.com", nil), ("localhost", nil), ("127.0.0.1", nil), ("s3.example.com", nil),
    ])
    func `a host's name says its region`(host: String, region: String?) {
        #expect(S3Endpoint.region(inHost: host) == region)
    }

    @Test(arguments: [
        ("s3:s3.amazonaws.com/bucket/k", S3Addressing.auto, "us-east-1", "https://bucket.s3.amazonaws.com/k"),
        ("s3:s3.amazonaws.com/bucket/k", .auto, "eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com/k"),
        ("s3:s3.amazonaws.com/bucket/k", .path, "us-east-1", "https://s3.amazonaws.com/bucket/k"),
        ("s3:s3.amazonaws.com/Old_Bucket/k", .auto, "us-east-1", "https://s3.amazonaws.com/Old_Bucket/k"),
        ("s3:s3.amazonaws.com/a.dotted/k", .auto, "us-east-1", "https://s3.amazonaws.com/a.dotted/k"),
        ("s3:cos.ap-x.myqcloud.com/b-1/k", .auto, "ap-x", "https://b-1.cos.ap-x.myqcloud.com/k"),
        ("s3:oss-cn-x.aliyuncs.com/b-1/k", .auto, "cn-x", "https://b-1.oss-cn-x.aliyuncs.com/k"),
        ("s3:http://minio:9000/bucket/k", .auto, "r", "http://minio:9000/bucket/k"),
        ("s3:http://minio:9000/bucket/k", .virtualHost, "r", "http://bucket.minio:9000/k"),
        ("s3:minio/bucket/a b/备+份", .auto, "r", "https://minio/bucket/a%20b/%E5%A4%87%2B%E4%BB%BD"),
    ])
    func `the bucket stands where the provider wants it`(
        text: String, addressing: S3Addressing, region: String, url: String
    ) throws {
        let location = try S3Location(parsing: text)
        let endpoint = S3Endpoint(location, addressing, region: region)
        #expect(endpoint.origin.text + endpoint.path(of: location.prefix) == url)
    }

    @Test func `only restic's own names are objects`() throws {
        let hex = Sample.name(1).digest?.hex ?? ""
        #expect(ObjectName(.data, under: "\(hex.prefix(2))/\(hex)") == Sample.name(1))
        #expect(ObjectName(.index, under: "\(hex)") == Sample.name(1, .index))
        for path in ["\(hex)", "00/\(hex)", "\(hex.prefix(2))/\(hex)x", "x/\(hex)", "", "\(hex.prefix(2))-\(hex)"] {
            #expect(ObjectName(.data, under: path[...]) == nil)
        }
        #expect(ObjectName(.index, under: "\(hex.uppercased())") == nil)
    }
}
