import ChatArchive
import Glibc
import ResticRepository

/// A folder that is made when its first file comes, so that what was not chosen leaves not even a name.
final class TargetFolder {
    private enum Place {
        case path(String)
        case entry([UInt8], of: TargetFolder)
    }

    private let place: Place
    private var opened: Int32 = -1
    private var newest: FileAttributes.Time?

    /// The folder that everything is written into.
    init(path: String) { place = .path(path) }

    /// A folder in another one, by one component.
    init(_ name: [UInt8], in parent: TargetFolder) { place = .entry(name, of: parent) }

    deinit { if opened >= 0 { close(opened) } }

    /// Its components below the folder that everything is written into.
    var path: [[UInt8]] {
        switch place {
        case .path: []
        case .entry(let name, let parent): parent.path + [name]
        }
    }

    /// Notes the time of a file that was written into it.
    func note(_ time: FileAttributes.Time) {
        if newest.map({ ($0.seconds, $0.nanoseconds) < (time.seconds, time.nanoseconds) }) ?? true { newest = time }
        if case .entry(_, let parent) = place { parent.note(time) }
    }

    /// Gives it the time of the newest file in it, when there is any.
    func setTime() {
        if opened >= 0, let newest { Self.setTime(opened, newest) }
    }

    /// Gives an open file or folder a time.
    static func setTime(_ descriptor: Int32, _ moment: FileAttributes.Time) {
        let time = timespec(tv_sec: Int(moment.seconds), tv_nsec: Int(moment.nanoseconds))
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress) }
    }

    /// The open folder, made if need be. Valid for as long as this is.
    func descriptor() throws -> Int32 {
        if opened >= 0 { return opened }
        switch place {
        case .path(let path):
            do throws(SystemError) { try Restorer.makeDirectories(path) } catch {
                throw CommandError.cannotWrite(path, FileFault(errno: error.code))
            }
            opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard opened >= 0 else { throw CommandError.cannotWrite(path, FileFault(errno: errno)) }
        case .entry(let name, let parent):
            let above = try parent.descriptor()
            let text = String(decoding: name, as: UTF8.self)
            mkdirat(above, text, 0o700)
            opened = openat(above, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard opened >= 0 else { throw FileFault(errno: errno) }
        }
        return opened
    }
}
