/// Pictures and videos of an account of WeChat on Android by the MD5 of their contents, for those inside merged forwards.
struct AndroidMediaDigests {
    /// Messages that have a picture, by the first 8 bytes of its MD5 (`ImgInfo2.origImgMD5`).
    private(set) var pictures = Table<Int64>()
    /// Names of videos, by the first 8 bytes of their MD5 (`videoinfo2.videomd5`).
    private(set) var videos = Table<String>()

    /// Values by MD5.
    struct Table<Value> {
        fileprivate var values: [UInt64: Value] = [:]

        /// The value of an MD5 of 32 hexadecimal digits.
        subscript(md5: String) -> Value? { LookupTable.key(md5: md5).flatMap { values[$0] } }
    }

    /// Reads the tables as far as they can be read. Cost: reads both once; up to 64 bytes a picture or video in memory.
    init(_ tables: AndroidTables) {
        tables.eachRow(of: "ImgInfo2", ["origImgMD5", "msglocalid"]) { row in
            if let key = LookupTable.key(md5: ForeignRow(row)) { pictures.values[key] = row.int64(1) }
            return pictures.values.count < LookupTable.most
        }
        tables.eachRow(of: "videoinfo2", ["videomd5", "filename"]) { row in
            if let key = LookupTable.key(md5: ForeignRow(row)), let name = ForeignRow(row).name(1) {
                videos.values[key] = name
            }
            return videos.values.count < LookupTable.most
        }
    }
}
