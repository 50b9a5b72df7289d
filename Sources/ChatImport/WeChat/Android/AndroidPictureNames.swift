/// The names of pictures by the message that they belong to, in the order of the rows that say them: the better version of a
/// picture comes after the usual one. All names lie in one buffer, as large accounts have hundreds of thousands.
struct AndroidPictureNames {
    private struct Entry {
        let message: Int64
        let start: Int
        let count: UInt16
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// Reads the table of pictures as far as it can be read.
    init(_ tables: AndroidTables) {
        tables.eachRow(of: "ImgInfo2", ["msglocalid", "midImgPath", "bigImgPath"]) { row in
            for column in [1, 2] {
                row.withBytes(column) { name in
                    guard Self.isName(name) else { return }
                    entries.append(Entry(message: row.int64(0), start: bytes.count, count: UInt16(name.count)))
                    bytes.append(contentsOf: name)
                }
            }
            return true
        }
        // Rows nearly always ascend; those of one message stay as they came.
        if !zip(entries, entries.dropFirst()).allSatisfy({ $0.message <= $1.message }) {
            entries.sort { ($0.message, $0.start) < ($1.message, $1.start) }
        }
    }

    /// The names of the pictures of a message, better ones last.
    subscript(message: Int64) -> [String] {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].message < message { low = middle + 1 } else { high = middle }
        }
        return entries[low...].prefix { $0.message == message }.map {
            String(decoding: bytes[$0.start..<$0.start + Int($0.count)], as: UTF8.self)
        }
    }

    /// Not `SERVERID://…`, which says that there is none, and nothing that leads elsewhere.
    private static func isName(_ name: UnsafeRawBufferPointer) -> Bool {
        (5...255).contains(name.count) && !name.contains(UInt8(ascii: "/")) && !name.contains(0)
    }
}
