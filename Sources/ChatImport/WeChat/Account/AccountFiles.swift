import ChatModel
import Foundation

/// The files of one account: looked for by paths below its folder, told by paths below the source's root.
struct AccountFiles {
    /// The source's root, without a slash at its end.
    let root: String
    /// The account's folder below the root; empty for the root itself.
    let folder: String

    /// The path below the root of something below the account's folder.
    func path(_ below: String) -> String {
        if folder.isEmpty { return below }
        return below.isEmpty ? folder : folder + "/" + below
    }

    /// Where the system finds something below the account's folder.
    func whole(_ below: String) -> String {
        let path = path(below)
        return path.isEmpty ? root : root + "/" + path
    }

    /// A name in a folder; an empty folder is the one that paths begin at.
    static func below(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    /// The name of the account's folder; of the one around it when only the folder of the databases, `inner`, was given.
    func name(inner: String) -> String {
        var names = (folder.isEmpty ? root : folder).split(separator: "/")
        if names.count > 1, names.last.map(String.init) == inner { names.removeLast() }
        return names.last.map(String.init) ?? ""
    }

    /// The path below the root of a regular file, nil when there is none. `below` may be anything that a database says.
    func file(_ below: String) -> String? {
        guard case .file(let path) = SourceMedia(root: root, folder: folder).content(of: below) else { return nil }
        return path
    }

    /// The first of some files that is there, by its path below the root.
    func first(_ candidates: [String]) -> String? {
        for candidate in candidates { if let path = file(candidate) { return path } }
        return nil
    }

    /// The size in bytes of a file that was found; nil when it went away.
    func size(_ path: String) -> Int64? {
        var status = stat()
        guard lstat(root + "/" + path, &status) == 0 else { return nil }
        return Int64(status.st_size)
    }

    /// The names in a folder, in order; none when it is not there.
    func names(_ below: String) throws(ImportError) -> [String] {
        let whole = whole(below)
        guard SourceFolder.isFolder(whole) || below.isEmpty else { return [] }
        return try SourceFolder.names(in: whole, whole)
    }

    /// Whether there is a folder.
    func hasFolder(_ below: String) -> Bool { SourceFolder.isFolder(whole(below)) }

    /// The months, as `2021-09`, that a moment may lie in on the clock of the computer that had the account; that of
    /// China first. None for a moment that no calendar has.
    static func months(of time: Timestamp) -> [String] {
        guard Timestamp.plausible.contains(time) else { return [] }
        var months: [Month] = []
        for hours in [8, -12, 14] as [Int64] {
            let month = Month(of: CivilTime(secondsSince1970: time.seconds + hours * 3600))
            if !months.contains(month) { months.append(month) }
        }
        return months.map(\.description)
    }
}
