import ArgumentParser
import Glibc
import Storage

/// Where what was fetched is kept, and how much of it.
struct CacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to keep what was fetched (or CHATARK_CACHE_DIR; default: ~/.cache/chatark).", valueName: "folder"),
        completion: .directory)
    var cacheDir: String?

    @Option(
        help: ArgumentHelp(
            "The most to keep, for example 2G (default: 10G or a tenth of the free disk).", valueName: "size"))
    var cacheSize: String?

    /// The folder's absolute path.
    var folder: String {
        let given = cacheDir ?? Environment.process["CACHE_DIR"]
        if let given { return given.hasPrefix("/") ? given : RepositoryLocation.currentDirectory + "/" + given }
        let variables = Environment.process.all
        if let base = variables["XDG_CACHE_HOME"], base.hasPrefix("/") { return base + "/chatark" }
        return (variables["HOME"] ?? "/var/tmp") + "/.cache/chatark"
    }

    /// The cache of chunks.
    func chunks() throws(CommandError) -> ChunkCache {
        let limit = try cacheSize.map { (text) throws(CommandError) in try ByteSize.parse(text) }
        return ChunkCache(path: folder + "/chunks", limit: limit) { Output.note("chatark: \($0)") }
    }

    /// What is kept of one repository beside its chunks.
    func files(of location: RepositoryLocation) -> RepositoryFiles {
        RepositoryFiles(
            path: "\(folder)/repositories/\(SHA256Digest(hashing: Array(location.words.utf8)).hex.prefix(32))")
    }
}

/// What is kept of one repository on this machine, so that opening it again asks less.
struct RepositoryFiles {
    let path: String

    /// The folder of its index.
    var index: String { path + "/index" }

    /// The key file that was opened last: 64 hexadecimal digits, which say nothing of the key itself.
    var lastKey: String? {
        guard let bytes = try? SmallFile.read(path + "/key") else { return nil }
        return String(decoding: SmallFile.firstLine(bytes), as: UTF8.self)
    }

    /// Notes the key file that was opened. Without the note, opening asks which keys there are.
    func noteKey(_ key: String) {
        guard key != lastKey else { return }
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/" + part
            mkdir(prefix, 0o700)
        }
        let file = open(path + "/key", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = write(file, key, key.utf8.count)
    }
}
