import Glibc

/// Why a small file could not be read.
struct FileFault: Error, Equatable {
    let errno: Int32
    var words: String { String(cString: strerror(errno)) }
}

/// Files that hold a line or two: passwords, places.
enum SmallFile {
    private static let limit = 1 << 20

    /// The whole content.
    static func read(_ path: String) throws(FileFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(errno: errno) }
        defer { close(descriptor) }
        return try read(descriptor)
    }

    /// Everything up to the end of a file, pipe or terminal.
    static func read(_ descriptor: Int32) throws(FileFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault(errno: errno) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
        throw FileFault(errno: EFBIG)
    }

    /// Up to the first line end, without a byte order mark, as restic reads password files.
    static func firstLine(_ bytes: [UInt8]) -> [UInt8] {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = bytes[start...].prefix { $0 != 0x0A }
        while line.last == 0x0D { line.removeLast() }
        return Array(line)
    }
}

extension [UInt8] {
    /// Overwrites what was secret.
    mutating func wipe() {
        withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
        }
    }
}
