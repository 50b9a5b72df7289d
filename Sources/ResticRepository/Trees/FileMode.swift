/// Permissions and type as trees keep them: Go's `os.FileMode` bits, the same on every platform.
public struct FileMode: RawRepresentable, Hashable, Sendable {
    /// Go's bits: permissions in the lower nine, types and flags from the top.
    public var rawValue: UInt32

    /// Takes Go's bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// A directory.
    public static let directory = FileMode(rawValue: 1 << 31)
    /// A symbolic link.
    public static let symlink = FileMode(rawValue: 1 << 27)
    /// A device file.
    public static let device = FileMode(rawValue: 1 << 26)
    /// A named pipe.
    public static let fifo = FileMode(rawValue: 1 << 25)
    /// A socket.
    public static let socket = FileMode(rawValue: 1 << 24)
    /// Runs as its owner.
    public static let setUserID = FileMode(rawValue: 1 << 23)
    /// Runs as its group.
    public static let setGroupID = FileMode(rawValue: 1 << 22)
    /// With `device`: one of characters, not of blocks.
    public static let characterDevice = FileMode(rawValue: 1 << 21)
    /// Only owners remove entries.
    public static let sticky = FileMode(rawValue: 1 << 20)
    /// Of a type that Go does not know.
    public static let irregular = FileMode(rawValue: 1 << 19)

    /// Takes a `st_mode`.
    public init(unixMode mode: UInt32) {
        rawValue = mode & 0o777
        switch mode & 0o170000 {
        case 0o040000: formUnion(.directory)
        case 0o120000: formUnion(.symlink)
        case 0o060000: formUnion(.device)
        case 0o020000:
            formUnion(.device)
            formUnion(.characterDevice)
        case 0o010000: formUnion(.fifo)
        case 0o140000: formUnion(.socket)
        case 0o100000: break
        default: formUnion(.irregular)
        }
        if mode & 0o4000 != 0 { formUnion(.setUserID) }
        if mode & 0o2000 != 0 { formUnion(.setGroupID) }
        if mode & 0o1000 != 0 { formUnion(.sticky) }
    }

    /// Whether all bits of `other` are set.
    public func contains(_ other: FileMode) -> Bool { rawValue & other.rawValue == other.rawValue }

    /// Sets the bits of `other`.
    public mutating func formUnion(_ other: FileMode) { rawValue |= other.rawValue }

    /// Permission bits as `chmod` takes them, with set-uid, set-gid and sticky.
    public var unixPermissions: UInt32 {
        var bits = rawValue & 0o777
        if contains(.setUserID) { bits |= 0o4000 }
        if contains(.setGroupID) { bits |= 0o2000 }
        if contains(.sticky) { bits |= 0o1000 }
        return bits
    }
}
