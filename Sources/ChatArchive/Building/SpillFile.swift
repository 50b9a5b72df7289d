import Glibc
import ResticRepository

/// A temporary file without a name, for what does not fit in memory; sealed with a key that dies with the process.
final class SpillFile {
    /// Where a piece lies.
    struct Extent {
        let offset: Int
        let length: Int
    }

    private let descriptor: Int32
    private let cipher: BoxCipher
    private var end = 0

    init() throws(ArchiveError) {
        cipher = try Archive.read { () throws(RepositoryError) in try BoxCipher(try BoxKey.random()) }
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/chatark-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw .temporaryFile(errno: errno) }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Seals a piece and writes it at the end.
    func append(_ bytes: [UInt8]) throws(ArchiveError) -> Extent {
        let sealed: [UInt8]
        do throws(RepositoryError) {
            sealed = try bytes.withUnsafeBufferPointer { (bytes) throws(RepositoryError) in
                try cipher.seal(UnsafeRawBufferPointer(bytes))
            }
        } catch { throw .repository(error) }
        var done = 0
        while done < sealed.count {
            let count = sealed.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(end + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .temporaryFile(errno: errno) }
            done += count
        }
        defer { end += sealed.count }
        return Extent(offset: end, length: sealed.count)
    }

    /// Reads a piece back.
    func read(_ extent: Extent) throws(ArchiveError) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: extent.length)
        var done = 0
        while done < sealed.count {
            let count = sealed.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(extent.offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .temporaryFile(errno: count == 0 ? EIO : errno) }
            done += count
        }
        do throws(Damage) {
            return try sealed.withUnsafeBufferPointer { (sealed) throws(Damage) in
                try cipher.open(UnsafeRawBufferPointer(sealed))
            }
        } catch { throw .temporaryFile(errno: EIO) }
    }
}
