import Glibc
import ResticRepository
import Storage

/// The digests of files as `sha256sum -c` reads them: a line a file.
final class DigestList {
    private var lines: [UInt8] = []
    /// The paths of its files; kept only when they are needed.
    private(set) var paths: Set<[UInt8]>?

    init(keepingPaths: Bool) { paths = keepingPaths ? [] : nil }

    /// Adds a file by its components.
    func add(_ digest: SHA256Digest, _ path: [[UInt8]]) {
        let name = Array(path.joined(separator: [UInt8(ascii: "/")]))
        paths?.insert(name)
        // What would end the line is escaped, and a backslash before the line says so.
        let isEscaped = name.contains { [0x0A, 0x0D, UInt8(ascii: "\\")].contains($0) }
        if isEscaped { lines.append(UInt8(ascii: "\\")) }
        lines.append(contentsOf: digest.hex.utf8)
        lines.append(contentsOf: "  ".utf8)
        for byte in name {
            switch byte {
            case 0x0A: lines.append(contentsOf: "\\n".utf8)
            case 0x0D: lines.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\\"): lines.append(contentsOf: "\\\\".utf8)
            default: lines.append(byte)
            }
        }
        lines.append(0x0A)
    }

    /// Writes the list into an open folder.
    func write(_ name: [UInt8], in directory: Int32) throws {
        let temporary = TemporaryName(in: directory)
        let file = try Descriptor.open(
            temporary.bytes, in: directory, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do {
            try lines.withUnsafeBytes { try file.write($0, at: 0) }
            try temporary.become(name)
        } catch {
            temporary.remove()
            throw error
        }
    }
}
