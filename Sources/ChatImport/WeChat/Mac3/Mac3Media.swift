import ChatModel

/// Finds the files of messages of WeChat 3 on a Mac: `hldata.db` knows where a file lies by its MD5.
///
///     HlinkMediaRecord.mediaMd5 → inodeNumber → HlinkMediaDetail.relativePath, fileName
///     → Message/MessageTemp/<relativePath>/<fileName>
final class Mac3Media {
    private static let path = "Message/hldata.db"

    private let databases: AccountDatabases
    private let files: AccountFiles
    private let pictures: AccountPictures
    private var tables: (records: LookupTable, details: LookupTable)?
    private var isOpened = false

    init(_ databases: AccountDatabases, _ pictures: AccountPictures) {
        self.databases = databases
        self.pictures = pictures
        files = databases.files
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        guard media.kind != .sticker, media.kind != .voice, let path = files.first(try linked(media)) else {
            return AccountAttachments.missing(media)
        }
        return media.kind == .image
            ? pictures.attachment(path, media, isThumbnail: false) : AccountAttachments.plain(path, media)
    }

    /// Where a file may lie.
    private func linked(_ media: WeChatContent.Media) throws -> [String] {
        guard let key = media.md5.flatMap(LookupTable.key(md5:)), let tables = try opened() else { return [] }
        var numbers: [Int64] = []
        try tables.records.rows(key, ["inodeNumber"]) { row in
            numbers.append(row.number(0))
            return numbers.count < 16
        }
        var paths: [String] = []
        for number in numbers {
            try tables.details.rows(UInt64(bitPattern: number), ["relativePath", "fileName"]) { row in
                if let folder = row.name(0), let name = row.name(1) {
                    let names = folder.split(separator: "/") + [Substring(name)]
                    paths.append("Message/MessageTemp/" + names.joined(separator: "/"))
                }
                return paths.count < 16
            }
        }
        return paths
    }

    private func opened() throws -> (records: LookupTable, details: LookupTable)? {
        if isOpened { return tables }
        isOpened = true
        guard let database = databases.openIfThere(Self.path),
            let records = try LookupTable(
                databases, database, at: Self.path, table: "HlinkMediaRecord", column: "mediaMd5",
                key: { LookupTable.key(md5: $0) }),
            let details = try LookupTable(
                databases, database, at: Self.path, table: "HlinkMediaDetail", column: "inodeNumber",
                key: LookupTable.key(number:))
        else { return nil }
        tables = (records, details)
        return tables
    }
}
