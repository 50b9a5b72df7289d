import Foundation

/// Looks for the folders of accounts in a source.
enum AccountFolders {
    /// How deep an account may lie: a Mac's is six folders below the app's container.
    static let deepest = 6
    /// Folders that are looked into at the most; an account lies beside few others.
    static let most = 4000

    /// The folders below a root that are an account's, the root itself (as the empty path) first. What lies in an
    /// account is not looked at.
    static func find(at root: String, where isAccount: (String) throws(ImportError) -> Bool) throws(ImportError)
        -> [String]
    {
        guard SourceFolder.isFolder(root) || SourceFolder.isFolder(root + "/.") else { return [] }
        var found: [String] = []
        var waiting = [(path: "", depth: 0)]
        var next = 0
        while next < waiting.count, next < most {
            let (path, depth) = waiting[next]
            next += 1
            if try isAccount(path) {
                found.append(path)
                continue
            }
            guard depth < deepest else { continue }
            let whole = path.isEmpty ? root : root + "/" + path
            for name in try SourceFolder.names(in: whole, root) where SourceFolder.isFolder(whole + "/" + name) {
                waiting.append((path.isEmpty ? name : path + "/" + name, depth + 1))
            }
        }
        return found
    }
}

/// Numbered files such as `MSG0.db`, `MSG1.db`, in the order of their numbers.
struct ShardName {
    let prefix: String
    let suffix: String

    /// The names among these that are shards; a name without a number comes first.
    func sorted(_ names: [String]) -> [String] {
        names.compactMap { name in number(of: name).map { ($0, name) } }.sorted { $0 < $1 }.map(\.1)
    }

    private func number(of name: String) -> Int? {
        guard name.count >= prefix.count + suffix.count, name.hasPrefix(prefix), name.hasSuffix(suffix) else {
            return nil
        }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 4 else { return nil }
        return digits.isEmpty ? -1 : Int(digits)
    }
}
