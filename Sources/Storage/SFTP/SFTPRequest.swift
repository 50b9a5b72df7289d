/// What a client asks of a server, and its bytes.
///
/// Version 3 (draft-ietf-secsh-filexfer-02); all numbers big-endian, `string` is uint32 length and bytes:
///
///     uint32 length of what follows | byte type | uint32 id | the fields of the type
///     INIT 1      uint32 version in place of the id
///     OPEN 3      string path, uint32 flags, attributes      CLOSE 4    string handle
///     READ 5      string handle, uint64 offset, uint32 length
///     WRITE 6     string handle, uint64 offset, string data  FSTAT 8    string handle
///     OPENDIR 11  string path                                READDIR 12 string handle
///     REMOVE 13   string path                                MKDIR 14   string path, attributes
///     STAT 17     string path                                RENAME 18  string old path, string new path
///     EXTENDED 200  string name, its own fields
///     attributes: uint32 flags (4: permissions follow), uint32 permissions
enum SFTPRequest: Hashable, Sendable {
    case open(String, SFTPOpenFlags, permissions: UInt32 = 0o600)
    case close(SFTPHandle)
    case read(SFTPHandle, offset: Int, count: Int)
    case write(SFTPHandle, offset: Int, ArraySlice<UInt8>)
    case attributesOfHandle(SFTPHandle)
    case openFolder(String)
    case readFolder(SFTPHandle)
    case remove(String)
    case makeFolder(String, permissions: UInt32 = 0o700)
    case attributes(String)
    case rename(String, String)
    /// posix-rename@openssh.com: replaces what has the new name.
    case replace(String, String)
    /// fsync@openssh.com.
    case sync(SFTPHandle)
    /// statvfs@openssh.com.
    case space(String)
    /// limits@openssh.com.
    case limits

    /// The first packet of a session.
    static let initial: [UInt8] = [0, 0, 0, 5, 1, 0, 0, 0, 3]

    /// The packet, its length first.
    func packet(_ id: UInt32) -> [UInt8] {
        var packet = SFTPPacketWriter()
        switch self {
        case .open(let path, let flags, let permissions):
            packet.begin(3, id)
            packet.put(path)
            packet.put(flags.rawValue)
            packet.put(UInt32(4))
            packet.put(permissions)
        case .close(let handle): packet.put(4, id, handle)
        case .read(let handle, let offset, let count):
            packet.put(5, id, handle)
            packet.put(UInt64(clamping: offset))
            packet.put(UInt32(clamping: count))
        case .write(let handle, let offset, let bytes):
            packet.bytes.reserveCapacity(bytes.count + handle.bytes.count + 32)
            packet.put(6, id, handle)
            packet.put(UInt64(clamping: offset))
            packet.put(bytes)
        case .attributesOfHandle(let handle): packet.put(8, id, handle)
        case .openFolder(let path): packet.put(11, id, path)
        case .readFolder(let handle): packet.put(12, id, handle)
        case .remove(let path): packet.put(13, id, path)
        case .makeFolder(let path, let permissions):
            packet.put(14, id, path)
            packet.put(UInt32(4))
            packet.put(permissions)
        case .attributes(let path): packet.put(17, id, path)
        case .rename(let old, let new):
            packet.put(18, id, old)
            packet.put(new)
        case .replace(let old, let new):
            packet.put(200, id, SFTPFeatures.posixRename)
            packet.put(old)
            packet.put(new)
        case .sync(let handle):
            packet.put(200, id, SFTPFeatures.fsync)
            packet.put(handle.bytes[...])
        case .space(let path):
            packet.put(200, id, SFTPFeatures.statvfs)
            packet.put(path)
        case .limits: packet.put(200, id, SFTPFeatures.limits)
        }
        return packet.finish()
    }
}

/// What a file is opened for.
struct SFTPOpenFlags: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let read = SFTPOpenFlags(rawValue: 1)
    static let write = SFTPOpenFlags(rawValue: 2)
    static let create = SFTPOpenFlags(rawValue: 8)
    static let exclusive = SFTPOpenFlags(rawValue: 32)
}

/// What a server calls an open file or folder; at most 256 bytes.
struct SFTPHandle: Hashable, Sendable {
    let bytes: [UInt8]
}

/// Puts a packet together.
private struct SFTPPacketWriter {
    var bytes: [UInt8] = [0, 0, 0, 0]

    mutating func begin(_ type: UInt8, _ id: UInt32) {
        bytes.append(type)
        put(id)
    }

    mutating func put(_ type: UInt8, _ id: UInt32, _ handle: SFTPHandle) {
        begin(type, id)
        put(handle.bytes[...])
    }

    mutating func put(_ type: UInt8, _ id: UInt32, _ text: String) {
        begin(type, id)
        put(text)
    }

    mutating func put(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    mutating func put(_ number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    mutating func put(_ content: ArraySlice<UInt8>) {
        put(UInt32(clamping: content.count))
        bytes += content
    }

    mutating func put(_ text: String) {
        put(UInt32(clamping: text.utf8.count))
        bytes += text.utf8
    }

    mutating func finish() -> [UInt8] {
        let length = UInt32(clamping: bytes.count - 4)
        for place in 0..<4 { bytes[place] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * place)) }
        return bytes
    }
}
