import Glibc
import ResticRepository
import Storage

/// A file of a copy while its content comes: one that is written, or one that was there already and is compared.
struct CopiedFile: ~Copyable {
    let descriptor: Descriptor
    private let isWritten: Bool
    private let verifies: Bool
    private var hash = SHA256()
    private var isEqual = true
    /// Bytes of the content so far.
    private(set) var count: UInt64 = 0

    /// A new file, its owner's alone.
    init(new name: [UInt8], in directory: Int32, verifies: Bool) throws(SystemError) {
        descriptor = try .open(name, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        isWritten = true
        self.verifies = verifies
    }

    /// A file that is there already; nil when there is none.
    init?(existing name: [UInt8], in directory: Int32) throws(SystemError) {
        let path = String(decoding: name, as: UTF8.self)
        guard faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        // A pipe must not make us wait.
        descriptor = try .open(name, in: directory, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        isWritten = false
        verifies = false
    }

    /// Takes the next bytes of the content.
    mutating func put(_ piece: [UInt8]) throws {
        if isWritten { try piece.withUnsafeBytes { try descriptor.write($0, at: count) } }
        if !isWritten {
            isEqual = try isEqual && isStored(piece)
        } else if verifies, try !isStored(piece) {
            throw FileFault(errno: EIO)
        }
        piece.withUnsafeBytes { hash.update($0) }
        count += UInt64(piece.count)
    }

    /// The digest of the content; once, at its end.
    mutating func digest() -> SHA256Digest { hash.finish() }

    /// Whether the file that was there has the content, and nothing behind it.
    func isSame() throws -> Bool {
        var byte: [UInt8] = [0]
        return try isEqual && byte.withUnsafeMutableBytes { try descriptor.read(at: count, into: $0) } == 0
    }

    private func isStored(_ piece: [UInt8]) throws -> Bool {
        var found = [UInt8](repeating: 0, count: piece.count)
        let read = try found.withUnsafeMutableBytes { try descriptor.read(at: count, into: $0) }
        return read == piece.count && found == piece
    }
}

/// A file that was to be kept is not what the backup has.
struct OtherContent: Error, CustomStringConvertible {
    var description: String {
        "lies here with another content than the backup has, and was left as it is. Leave '--keep-existing' out to replace it."
    }
}
