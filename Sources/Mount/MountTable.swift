import Glibc

/// The mounts of this process's namespace, as /proc/self/mountinfo lists them (proc(5)).
///
///     36 35 98:0 /root /mount/point rw,noatime master:1 - fuse.chatark source rw,user_id=0
///     id parent device root path    options    fields…  - type         source options
struct MountTable {
    struct Entry: Equatable {
        /// "major:minor", which names the mount under /sys/class/bdi too.
        let device: String
        let path: String
        let type: String
    }

    let entries: [Entry]

    init(parsing text: [UInt8]) {
        entries = text.split(separator: UInt8(ascii: "\n")).compactMap(Self.entry)
    }

    /// The present table; empty when /proc is not there.
    static func current() -> MountTable {
        MountTable(parsing: contents(ofSystemFile: "/proc/self/mountinfo"))
    }

    /// The mount that is seen at a path: the last one made there.
    func top(at path: String) -> Entry? {
        entries.last { $0.path == path }
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
        let fields = line.split(separator: UInt8(ascii: " "))
        guard fields.count > 8, let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
            dash + 1 < fields.count
        else { return nil }
        return Entry(
            device: unescaped(fields[2]), path: unescaped(fields[4]), type: unescaped(fields[dash + 1]))
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(field.count)
        var index = field.startIndex
        while index < field.endIndex {
            let digits = field[index...].dropFirst().prefix(3)
            if field[index] == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) })
            {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 &- 0x30) })
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The content of a file under /proc or /sys, whose sizes are not known beforehand; empty when it cannot be read.
func contents(ofSystemFile path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &piece, piece.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return result }
        result += piece[..<count]
    }
}
