/// A repository in a bucket, as restic writes it: `s3:https://host/bucket/prefix`, `s3:host/bucket/prefix` (https),
/// `s3://host/bucket/prefix` (https) or `s3:http://host:port/bucket/prefix`.
public struct S3Location: Hashable, Sendable {
    let origin: HTTPOrigin
    /// The bucket's name.
    public let bucket: String
    /// The repository's place in the bucket, without slashes at its ends; empty for the bucket itself.
    public let prefix: String

    /// Reads a location; the path is taken as it is written, nothing in it is percent-decoded.
    public init(parsing text: String) throws(LocationFault) {
        guard text.hasPrefix("s3:") else { throw .wrongScheme }
        var rest = text.dropFirst(3)
        var isSecure = true
        for (scheme, secure) in [("https://", true), ("http://", false), ("//", true)] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            isSecure = secure
            break
        }
        let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        origin = try HTTPOrigin(isSecure: isSecure, authority: parts[0])
        guard parts.count > 1, !parts[1].isEmpty else { throw .noBucket }
        let name = parts[1]
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"?#%&\\\"<>".utf8.contains($0) }) else {
            throw .badText
        }
        bucket = String(name)
        let words = parts.count > 2 ? parts[2].split(separator: "/") : []
        guard words.allSatisfy({ $0 != "." && $0 != ".." && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }) else {
            throw .badText
        }
        prefix = words.joined(separator: "/")
    }

    /// As restic writes it.
    public var description: String { "s3:\(origin.text)/\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)") }

    /// The key of an object.
    func key(of name: ObjectName) -> String { key(under: name.path) }

    /// The key of a path under the prefix.
    func key(under path: String) -> String { prefix.isEmpty ? path : "\(prefix)/\(path)" }
}

extension S3Location: CustomStringConvertible {}

/// How the bucket is named in a request.
public enum S3Addressing: String, Sendable {
    /// In the host's name where the provider wants it so, else in the path.
    case auto
    /// `https://host/bucket/key`.
    case path
    /// `https://bucket.host/key`.
    case virtualHost = "virtual-host"
}

/// Where a bucket's requests go.
struct S3Endpoint: Hashable {
    let origin: HTTPOrigin
    let bucket: String
    let isVirtualHost: Bool

    /// Providers that want, or will want, the bucket in the host's name.
    private static let virtualHosts = ["amazonaws.com", "amazonaws.com.cn", "myqcloud.com", "aliyuncs.com"]

    init(_ location: S3Location, _ addressing: S3Addressing, region: String) {
        var origin = location.origin
        // The host without a region answers for one region only.
        if origin.host == "s3.amazonaws.com", region != "us-east-1" { origin.host = "s3.\(region).amazonaws.com" }
        let isKnown = Self.virtualHosts.contains { origin.host.hasSuffix(".\($0)") }
        // A dot in the bucket's name would make a host that the provider's certificate does not cover.
        let fits = Self.fitsHost(location.bucket) && !(origin.isSecure && location.bucket.contains("."))
        isVirtualHost =
            switch addressing {
            case .auto: isKnown && fits
            case .path: false
            case .virtualHost: true
            }
        if isVirtualHost { origin.host = "\(location.bucket).\(origin.host)" }
        self.origin = origin
        bucket = location.bucket
    }

    /// The encoded path of a key, or of the bucket for nil.
    func path(of key: String?) -> String {
        let bucketPath = isVirtualHost ? "" : "/\(PercentEncoding.encode(bucket))"
        guard let key else { return isVirtualHost ? "/" : bucketPath }
        return "\(bucketPath)/\(PercentEncoding.encode(key, keepsSlashes: true))"
    }

    /// The region that a host's name says; nil when it says none.
    static func region(inHost host: String) -> String? {
        let labels = host.split(separator: ".").map(String.init)
        guard labels.count >= 3 else { return nil }
        // s3.REGION.amazonaws.com, s3.dualstack.REGION.amazonaws.com, s3-REGION.amazonaws.com
        if host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") {
            if let old = labels.first(where: { $0.hasPrefix("s3-") }), old != "s3-accelerate" {
                return old == "s3-external-1" ? "us-east-1" : String(old.dropFirst(3))
            }
            let regions = labels.drop { $0 != "s3" }.dropFirst().filter { $0 != "dualstack" }
            return regions.first.flatMap { $0 == "amazonaws" ? nil : $0 }
        }
        // cos.REGION.myqcloud.com, oss-REGION.aliyuncs.com
        if host.hasSuffix(".myqcloud.com") { return labels.count >= 4 ? labels[labels.count - 3] : nil }
        if host.hasSuffix(".aliyuncs.com") {
            return labels.first { $0.hasPrefix("oss-") }.map {
                String($0.dropFirst(4)).replacing("-internal", with: "")
            }
        }
        // s3.REGION.provider.tld, as most others have it
        return labels.count >= 4 && labels[0] == "s3" && !labels.allSatisfy({ Int($0) != nil }) ? labels[1] : nil
    }

    private static func fitsHost(_ bucket: String) -> Bool {
        bucket.utf8.count >= 3 && bucket.utf8.count <= 63
            && bucket.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".")
            }
    }
}
