/// What a server answers. The bytes come from outside: whatever they are, reading them ends in a value or in
/// `.malformed`.
///
///     uint32 length of what follows | byte type | uint32 id | the fields of the type
///     VERSION 2   uint32 version in place of the id, then pairs of string name, string data
///     STATUS 101  uint32 code, string message, string language (old servers leave out the strings)
///     HANDLE 102  string handle              DATA 103   string data
///     NAME 104    uint32 count, each: string name, string as `ls -l` shows it, attributes
///     ATTRS 105   attributes                 EXTENDED_REPLY 201   fields of the request's own
///     attributes  uint32 flags; 1: uint64 size; 2: uint32 uid, uint32 gid; 4: uint32 permissions;
///                 8: uint32 atime, uint32 mtime; 0x80000000: uint32 count, pairs of strings
enum SFTPReply: Hashable, Sendable {
    case status(SFTPStatus)
    case handle(SFTPHandle)
    case data(ArraySlice<UInt8>)
    case names([SFTPName])
    case attributes(SFTPAttributes)
    case extended(ArraySlice<UInt8>)

    /// Reads a packet without its length.
    static func decode(_ packet: [UInt8]) throws(SFTPFault) -> (id: UInt32, reply: SFTPReply) {
        var fields = SFTPFields(packet[...])
        let type = try fields.byte()
        let id = try fields.number()
        let reply: SFTPReply
        switch type {
        case 101: return (id, .status(SFTPStatus(rawValue: try fields.number())))
        case 102:
            let bytes = try fields.string()
            guard bytes.count <= 256 else { throw .malformed }
            reply = .handle(SFTPHandle(bytes: Array(bytes)))
        case 103: reply = .data(try fields.string())
        case 104:
            let count = Int(try fields.number())
            // Each takes at least three lengths.
            guard count <= fields.left / 12 else { throw .malformed }
            var names: [SFTPName] = []
            names.reserveCapacity(count)
            for _ in 0..<count {
                let name = try fields.string()
                _ = try fields.string()
                names.append(SFTPName(bytes: name, attributes: try fields.attributes()))
            }
            reply = .names(names)
        case 105: reply = .attributes(try fields.attributes())
        case 201: return (id, .extended(fields.rest))
        default: throw .malformed
        }
        guard fields.left == 0 else { throw .malformed }
        return (id, reply)
    }
}

/// How a request ended; servers may have codes of their own.
struct SFTPStatus: Hashable, Sendable {
    let rawValue: UInt32

    static let ok = SFTPStatus(rawValue: 0)
    static let endOfFile = SFTPStatus(rawValue: 1)
    static let noSuchFile = SFTPStatus(rawValue: 2)
    static let permissionDenied = SFTPStatus(rawValue: 3)
    static let failure = SFTPStatus(rawValue: 4)
    static let noConnection = SFTPStatus(rawValue: 6)
    static let connectionLost = SFTPStatus(rawValue: 7)
    static let unsupported = SFTPStatus(rawValue: 8)
}

/// An entry of a folder.
struct SFTPName: Hashable, Sendable {
    let bytes: ArraySlice<UInt8>
    let attributes: SFTPAttributes
}

/// What a server says of a file; any of it may be missing.
struct SFTPAttributes: Hashable, Sendable {
    var size: Int?
    var permissions: UInt32?

    /// Nil when the server does not say.
    var isRegular: Bool? { permissions.map { $0 & 0o170000 == 0o100000 } }
    var isLink: Bool { permissions.map { $0 & 0o170000 == 0o120000 } ?? false }
}

/// What a server can beyond version 3, and how much at a time.
struct SFTPFeatures: Hashable, Sendable {
    static let posixRename = "posix-rename@openssh.com"
    static let fsync = "fsync@openssh.com"
    static let statvfs = "statvfs@openssh.com"
    static let limits = "limits@openssh.com"

    /// The names of its extensions, of those that are known here.
    var extensions: Set<String> = []
    /// Bytes in one READ or WRITE: what every server takes (the draft's 32,768), or what it says, within reason.
    var readPiece = 32768
    var writePiece = 32768
    /// Files and folders open at a time.
    var handles = 64

    private static let known: Set<String> = [posixRename, fsync, statvfs, limits]
    private static let largestPiece = 128 << 10

    /// Reads a VERSION packet without its length.
    static func decode(_ packet: [UInt8]) throws(SFTPFault) -> SFTPFeatures {
        var fields = SFTPFields(packet[...])
        guard try fields.byte() == 2, try fields.number() == 3 else { throw .malformed }
        var features = SFTPFeatures()
        while fields.left > 0 {
            let name = String(decoding: try fields.string(), as: UTF8.self)
            _ = try fields.string()
            if known.contains(name) { features.extensions.insert(name) }
        }
        return features
    }

    /// Takes what limits@openssh.com answered: uint64 packet, read, write, handles; 0 where there is none.
    mutating func take(limits: ArraySlice<UInt8>) throws(SFTPFault) {
        var fields = SFTPFields(limits)
        _ = try fields.longNumber()
        let read = try fields.longNumber()
        let write = try fields.longNumber()
        let open = try fields.longNumber()
        if read > 0 { readPiece = Int(clamping: min(read, UInt64(Self.largestPiece))) }
        if write > 0 { writePiece = Int(clamping: min(write, UInt64(Self.largestPiece))) }
        if open > 0 { handles = Int(clamping: min(max(open / 2, 1), 128)) }
    }
}

/// How much room a server's disk has: the reply to statvfs@openssh.com is eleven uint64, the second the size of a block
/// and the fifth the blocks that are free to the user.
struct SFTPSpace {
    let free: UInt64

    init(_ reply: ArraySlice<UInt8>) throws(SFTPFault) {
        var fields = SFTPFields(reply)
        var numbers: [UInt64] = []
        for _ in 0..<11 { numbers.append(try fields.longNumber()) }
        let (free, isTooMuch) = numbers[1].multipliedReportingOverflow(by: numbers[4])
        self.free = isTooMuch ? .max : free
    }
}

/// The packets in what a connection delivers, however it is cut.
struct SFTPFrames {
    /// OpenSSH's own limit.
    static let longest = 256 << 10

    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: some Collection<UInt8>) {
        if start > 0, start == bytes.count || start > Self.longest {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes += more
    }

    /// The next packet without its length, when it is there whole.
    mutating func next() throws(SFTPFault) -> [UInt8]? {
        guard bytes.count - start >= 4 else { return nil }
        let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard length >= 1, length <= Self.longest else { throw .malformed }
        guard bytes.count - start - 4 >= length else { return nil }
        defer { start += 4 + length }
        return Array(bytes[start + 4..<start + 4 + length])
    }
}

/// Reads fields one after another.
private struct SFTPFields {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var left: Int { rest.count }

    mutating func byte() throws(SFTPFault) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .malformed }
        return byte
    }

    mutating func number() throws(SFTPFault) -> UInt32 {
        guard rest.count >= 4 else { throw .malformed }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func longNumber() throws(SFTPFault) -> UInt64 {
        let high = try number()
        return UInt64(high) << 32 | UInt64(try number())
    }

    mutating func string() throws(SFTPFault) -> ArraySlice<UInt8> {
        let count = Int(try number())
        guard count <= rest.count else { throw .malformed }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func attributes() throws(SFTPFault) -> SFTPAttributes {
        let flags = try number()
        var found = SFTPAttributes()
        guard flags & ~0x8000_000f == 0 else { throw .malformed }
        if flags & 1 != 0 {
            guard let size = Int(exactly: try longNumber()) else { throw .malformed }
            found.size = size
        }
        if flags & 2 != 0 { _ = try longNumber() }
        if flags & 4 != 0 { found.permissions = try number() }
        if flags & 8 != 0 { _ = try longNumber() }
        if flags & 0x8000_0000 != 0 {
            let count = Int(try number())
            guard count <= left / 8 else { throw .malformed }
            for _ in 0..<2 * count { _ = try string() }
        }
        return found
    }
}
