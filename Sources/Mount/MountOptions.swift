/// How a mount is made and served.
public struct MountOptions: Sendable {
    /// Lets users other than the one who mounts see the files.
    public var allowOther = false
    /// Covers a directory that has content.
    public var allowNonEmpty = false
    /// What `mount` and `df` show as the source; never with credentials.
    public var sourceName = "chatark"
    /// The repository's directory when it is a local one; a mount that overlaps it is refused.
    public var repositoryPath: String?
    /// What is backed up from this machine; a mount that overlaps one of them is refused.
    public var sourcePaths: [String] = []
    /// Shows extended attributes. Programs such as `ls -l` then ask for them file by file.
    public var extendedAttributes = false
    /// How long a request may wait for storage before it ends in EIO.
    public var deadline: Duration = .seconds(60)
    /// How many requests wait for storage at one time, as many as the kernel has under way in the background; the others wait for
    /// these, also when what they want is in the cache.
    public var workers = 64
    /// How often new snapshots are looked for; nil for only when asked.
    public var refreshInterval: Duration? = .seconds(30)
    /// Pushes the next small files into the kernel's page cache for a reader who reads files in listing order.
    public var readAheadAcrossFiles = true
    /// The kernel's read-ahead window in bytes. Only root can raise it above 128 KiB; others get what the kernel grants.
    public var readAheadWindow = 1 << 20
    /// Receives a line for what a user should know: failed reads with their reason, refreshes that failed. Called from any thread.
    public var log: @Sendable (String) -> Void = { _ in }

    /// The options of a mount that nobody has asked anything special of.
    public init() {}

    /// The mount options in libfuse's syntax.
    var arguments: String {
        var words = [
            "ro", "nosuid", "nodev", "noatime", "subtype=chatark", "fsname=" + Self.escaped(sourceName),
        ]
        // Alone, who mounts may read everything, whoever owned it where it was backed up: the kernel lets nobody else in.
        if allowOther { words += ["allow_other", "default_permissions"] }
        return words.joined(separator: ",")
    }

    /// Commas and backslashes escaped as libfuse's option parser wants them; control characters would break /proc/mounts for others.
    static func escaped(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case ",", "\\":
                result.unicodeScalars.append("\\")
                result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result.unicodeScalars.append("?")
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result.isEmpty ? "chatark" : result
    }
}
