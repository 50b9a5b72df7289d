import Foundation
import JSON

/// A file of a source, read with `pread` from any position; never mapped, so that a file that shrinks meanwhile is a
/// short read and not a signal.
final class SourceFile {
    let path: String
    /// Bytes that it had when it was opened.
    let count: Int
    private let descriptor: Int32

    /// Opens a regular file, or throws its errno.
    ///
    /// - Parameter isNamedByOthers: whether a foreign path names it, so that it must be no link and no device.
    init(path: String, isNamedByOthers: Bool = false) throws(SystemFault) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (isNamedByOthers ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else { throw SystemFault(errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFault(errno: errno) }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR { throw SystemFault(errno: EISDIR) }
        if isNamedByOthers, kind != S_IFREG { throw SystemFault(errno: EINVAL) }
        count = Int(status.st_size)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Fills the buffer from a position and returns how many bytes there were, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(SystemFault) -> Int {
        guard buffer.count > 0 else { return 0 }
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemFault(errno: errno) }
        }
    }

    /// Which file it is and how it is at this moment.
    func state() throws(SystemFault) -> FileState {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFault(errno: errno) }
        return FileState(status)
    }

    /// The file's first bytes, at most `length`.
    func prefix(_ length: Int) throws(SystemFault) -> [UInt8] {
        try bytes(0..<length)
    }

    /// The bytes of a range, fewer where the file ends.
    func bytes(_ range: Range<Int>) throws(SystemFault) -> [UInt8] {
        var fault: SystemFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            let buffer = UnsafeMutableRawBufferPointer(buffer)
            while count < range.count {
                do throws(SystemFault) {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<range.count])
                    let more = try read(into: rest, at: range.lowerBound + count)
                    guard more > 0 else { return }
                    count += more
                } catch {
                    fault = error
                    return
                }
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// A JSON reader of the text that begins at a position; its offsets count from there.
    func jsonReader(at start: Int, maximumValueLength: Int) -> JSONReader {
        var position = start
        return JSONReader(maximumValueLength: maximumValueLength, acceptsHexEscapes: true) {
            (buffer) throws(JSONError) in
            do throws(SystemFault) {
                let count = try self.read(into: buffer, at: position)
                position += count
                return count
            } catch {
                throw JSONError(.sourceFailed(errno: error.errno), at: position)
            }
        }
    }

    /// The line and the column (in bytes), both from 1, of a position, for people. Cost: reads the file up to there.
    func lineAndColumn(of position: Int) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        var done = 0
        withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 1) { buffer in
            while done < position, let count = try? read(into: buffer, at: done), count > 0 {
                for index in 0..<min(count, position - done) where buffer[index] == 0x0A {
                    line += 1
                    lineStart = done + index + 1
                }
                done += count
            }
        }
        return (line, max(1, position - lineStart + 1))
    }
}

/// Which file something is, and what changes when it is written.
struct FileState: Hashable {
    let device: UInt
    let number: UInt
    let size: Int
    /// When it was written last: seconds and nanoseconds since 1970.
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// The state of the file at a path.
    init(path: String) throws(SystemFault) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemFault(errno: errno) }
        self.init(status)
    }
}

/// What the system answered instead of doing what it was asked.
struct SystemFault: Error {
    let errno: Int32
}
