import Glibc
import ResticRepository
import Synchronization

/// A temporary file without a name, for what does not fit in memory; sealed with a key that dies with the process.
final class SpillFile: Sendable {
    /// Where a piece lies.
    struct Extent {
        let offset: Int
        let length: Int
    }

    private let descriptor: Int32
    private let state: Mutex<State>

    private struct State {
        /// One thread at a time uses it.
        let cipher: BoxCipher
        var end = 0
    }

    init() throws(ArchiveError) {
        do throws(RepositoryError) {
            state = Mutex(State(cipher: try BoxCipher(try BoxKey.random())))
        } catch { throw .repository(error) }
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
        try state.withLock { (state) throws(ArchiveError) in
            let sealed: [UInt8]
            do throws(RepositoryError) {
                sealed = try bytes.withUnsafeBufferPointer { (bytes) throws(RepositoryError) in
                    try state.cipher.seal(UnsafeRawBufferPointer(bytes))
                }
            } catch { throw .repository(error) }
            var done = 0
            while done < sealed.count {
                let count = sealed.withUnsafeBytes {
                    pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(state.end + done))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .temporaryFile(errno: errno) }
                done += count
            }
            defer { state.end += sealed.count }
            return Extent(offset: state.end, length: sealed.count)
        }
    }

    /// Reads a piece back.
    func read(_ extent: Extent) throws(ArchiveError) -> [UInt8] {
        var box = [UInt8](repeating: 0, count: extent.length)
        var done = 0
        while done < box.count {
            let count = box.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(extent.offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .temporaryFile(errno: count == 0 ? EIO : errno) }
            done += count
        }
        let sealed = box
        return try state.withLock { (state) throws(ArchiveError) in
            do throws(Damage) {
                return try sealed.withUnsafeBufferPointer { (sealed) throws(Damage) in
                    try state.cipher.open(UnsafeRawBufferPointer(sealed))
                }
            } catch { throw .temporaryFile(errno: EIO) }
        }
    }
}
