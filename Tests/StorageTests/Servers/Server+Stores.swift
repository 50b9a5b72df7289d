import Foundation

@testable import Storage

extension Server {
    /// A store under a prefix of a bucket that is there.
    func s3Store(
        _ prefix: String = "some/place", bucket: String = "bucket-\(UInt32.random(in: 0 ... .max))",
        door: HTTPDoor? = nil, endpoint: String? = nil, change: (inout S3Options) -> Void = { _ in }
    ) throws -> S3Store {
        var options = S3Options(
            credentials: S3Credentials(keyID: self["AWS_ACCESS_KEY_ID"], secret: self["AWS_SECRET_ACCESS_KEY"]))
        change(&options)
        let door = try door ?? self.door()
        let bucketPlace = try S3Location(parsing: "s3:\(self["S3_ENDPOINT"])/\(bucket)")
        try S3Store(bucketPlace, options, door: door).createLayout()
        let place = try S3Location(parsing: "s3:\(endpoint ?? self["S3_ENDPOINT"])/\(bucket)/\(prefix)")
        return S3Store(place, options, door: door)
    }

    /// A store that may not be there, `bucket/prefix`, for whoever has these credentials.
    func s3Store(at place: String, _ credentials: S3Credentials) throws -> S3Store {
        S3Store(
            try S3Location(parsing: "s3:\(self["S3_ENDPOINT"])/\(place)"), S3Options(credentials: credentials),
            door: try door())
    }

    /// A way out that trusts the server's certificate when it has one.
    func door(_ change: (inout HTTPSettings) -> Void = { _ in }) throws -> HTTPDoor {
        var settings = HTTPSettings()
        settings.certificates = exports["S3_CERTIFICATES"] ?? exports["REST_CERTIFICATES"]
        change(&settings)
        return try HTTPDoor(settings)
    }
}

/// Names and bytes for tests.
enum Sample {
    static func name(_ number: UInt64, _ kind: ObjectKind = .data) -> ObjectName {
        let bytes = (0..<4).flatMap { word in
            withUnsafeBytes(of: (number &+ 1 &+ UInt64(word)) &* 0x9E37_79B9_7F4A_7C15) { Array($0) }
        }
        return ObjectName(kind, bytes.withUnsafeBytes { SHA256Digest(copying: $0) } ?? .zero)
    }

    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}
