/// A named entry of a tree: a file, a directory or another thing of a file system, with its metadata.
public struct Node: Hashable, Sendable {
    /// What an entry is.
    public enum Kind: Hashable, Sendable {
        case file, directory, symlink, blockDevice, characterDevice, fifo, socket, irregular
        /// A type that this program does not know.
        case other(String)
    }

    /// An extended attribute.
    public struct ExtendedAttribute: Hashable, Sendable {
        /// With its namespace, for example `user.comment`.
        public var name: String
        /// The value; nil is written as `null`, as Go writes an absent one.
        public var value: [UInt8]?

        /// An attribute.
        public init(name: String, value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    /// The name's bytes as the file system has them, in any encoding. Of a stored tree it may be anything: see `hasSafeName`.
    public var name: [UInt8]
    /// What the entry is.
    public var kind: Kind
    /// Permissions and type.
    public var mode: FileMode
    /// When the content changed last (mtime).
    public var modified: GoTime
    /// When the content was read last (atime); restic stores mtime here unless asked otherwise.
    public var accessed: GoTime
    /// When the metadata changed last (ctime).
    public var changed: GoTime
    /// The owner's number.
    public var uid: UInt32
    /// The group's number.
    public var gid: UInt32
    /// Owner's name, "" when unknown.
    public var user = ""
    /// Group's name, "" when unknown.
    public var group = ""
    /// The number on the file system that it came from; 0 when unknown.
    public var inode: UInt64 = 0
    /// The file system's number (`st_dev`); files with the same one and the same inode are hard links.
    public var deviceID: UInt64 = 0
    /// Bytes of content.
    public var size: UInt64 = 0
    /// Hard links; 0 when unknown.
    public var links: UInt64 = 0
    /// Where a symbolic link points, any bytes.
    public var linkTarget: [UInt8] = []
    /// In the file system's order.
    public var extendedAttributes: [ExtendedAttribute] = []
    /// Attributes of other platforms, a JSON object as it was read.
    public var genericAttributes: [UInt8] = []
    /// The device that a device file stands for (`st_rdev`).
    public var device: UInt64 = 0
    /// A file's content, in order; nil for everything else.
    public var content: [BlobID]?
    /// A directory's tree.
    public var subtree: TreeID?
    /// What went wrong when the entry was read, "" when nothing did.
    public var error = ""

    /// Makes an entry; the remaining properties are set afterwards.
    public init(
        name: [UInt8], kind: Kind, mode: FileMode, modified: GoTime, accessed: GoTime? = nil, changed: GoTime? = nil,
        uid: UInt32 = 0, gid: UInt32 = 0
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.modified = modified
        self.accessed = accessed ?? modified
        self.changed = changed ?? modified
        self.uid = uid
        self.gid = gid
    }

    /// Whether the name can be created in a directory: not empty, not `.` or `..`, without `/` and NUL, at most 255 bytes.
    public var hasSafeName: Bool { Self.isSafe(name) }

    /// Whether a name can be created in a directory: not empty, not `.` or `..`, without `/` and NUL, at most 255 bytes.
    public static func isSafe(_ name: [UInt8]) -> Bool {
        guard !name.isEmpty, name.count <= 255 else { return false }
        guard !name.contains(0), !name.contains(UInt8(ascii: "/")) else { return false }
        return name != [UInt8(ascii: ".")] && name != [UInt8(ascii: "."), UInt8(ascii: ".")]
    }
}

extension Node.Kind {
    /// The spelling in a tree.
    public var text: String {
        switch self {
        case .file: "file"
        case .directory: "dir"
        case .symlink: "symlink"
        case .blockDevice: "dev"
        case .characterDevice: "chardev"
        case .fifo: "fifo"
        case .socket: "socket"
        case .irregular: "irregular"
        case .other(let text): text
        }
    }

    /// Takes the spelling in a tree.
    public init(text: String) {
        switch text {
        case "file": self = .file
        case "dir": self = .directory
        case "symlink": self = .symlink
        case "dev": self = .blockDevice
        case "chardev": self = .characterDevice
        case "fifo": self = .fifo
        case "socket": self = .socket
        case "irregular": self = .irregular
        default: self = .other(text)
        }
    }
}
