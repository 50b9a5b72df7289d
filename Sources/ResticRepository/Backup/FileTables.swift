/// Which content the files of which directory have: of large directories, flat and small.
///
/// Who looks files up one by one, in the order of messages, would else parse a directory of thousands of them for each.
struct FileTables {
    /// What is known of a name in a directory.
    enum Found: Equatable {
        /// The directory is not known, or this file's content is too long to be remembered.
        case unknown
        /// There is no file of that name.
        case absent
        case file(blobs: [BlobID], size: UInt64)
    }

    private struct File {
        let name: Int
        let first: Int
        /// Nil when the blobs are not remembered.
        let count: Int?
        let size: UInt64
    }

    /// The files of one directory, by a number made of their name that nobody outside can foresee.
    private struct Table {
        var files: [File] = []
        var blobs: [BlobID] = []
    }

    private let limit: Int
    private var tables: [TreeID: Table] = [:]
    private var count = 0

    /// A file of more chunks is looked up in its tree.
    private static let mostBlobs = 1024

    /// - Parameter limit: files and chunks that are remembered at the most, some 32 bytes each; then all are forgotten.
    init(limit: Int = 1 << 21) { self.limit = limit }

    /// The file of a directory.
    func find(_ name: [UInt8], in directory: TreeID) -> Found {
        guard let table = tables[directory] else { return .unknown }
        let number = name.hashValue
        var (low, high) = (0, table.files.count)
        while low < high {
            let middle = (low + high) / 2
            if table.files[middle].name < number { low = middle + 1 } else { high = middle }
        }
        guard low < table.files.count, table.files[low].name == number else { return .absent }
        let file = table.files[low]
        guard let count = file.count else { return .unknown }
        return .file(blobs: Array(table.blobs[file.first..<file.first + count]), size: file.size)
    }

    /// Remembers a directory, unless two names make one number.
    mutating func insert(_ tree: Tree, for id: TreeID) {
        guard tables[id] == nil else { return }
        var table = Table()
        for node in tree.nodes where node.kind == .file {
            let blobs = node.content ?? []
            let isShort = blobs.count <= Self.mostBlobs
            table.files.append(
                File(
                    name: node.name.hashValue, first: table.blobs.count, count: isShort ? blobs.count : nil,
                    size: node.size))
            if isShort { table.blobs += blobs }
        }
        table.files.sort { $0.name < $1.name }
        guard zip(table.files, table.files.dropFirst()).allSatisfy({ $0.name != $1.name }) else { return }
        let cost = table.files.count + table.blobs.count
        guard cost <= limit else { return }
        if count + cost > limit {
            tables = [:]
            count = 0
        }
        count += cost
        tables[id] = table
    }
}
