import ChatArchive
import Glibc
import ResticRepository

/// A folder of a copy: made with its first file, so that what was not chosen leaves not even a name, and of the time of its
/// newest one.
final class TargetFolder {
    private let parent: TargetFolder?
    private let directory: TargetDirectory
    private let target: String
    private var newest: FileAttributes.Time?

    /// The folder that everything is written into.
    init(path: String) {
        parent = nil
        target = path
        directory = TargetDirectory(path: path)
    }

    /// A folder in another one, by one component.
    init(_ name: [UInt8], in parent: TargetFolder) {
        self.parent = parent
        target = parent.target
        directory = TargetDirectory(name, in: parent.directory)
    }

    /// Its components below the folder that everything is written into.
    var path: [[UInt8]] { directory.path }

    /// The open folder, made if need be. Valid for as long as this is.
    func descriptor() throws -> Int32 {
        guard let parent else {
            do throws(SystemError) { return try directory.descriptor() } catch {
                throw CommandError.cannotWrite(target, FileFault(errno: error.code))
            }
        }
        // That the target cannot be made is told as such.
        if !directory.isOpen { _ = try parent.descriptor() }
        return try directory.descriptor()
    }

    /// Notes the time of a file that was written into it.
    func note(_ time: FileAttributes.Time) {
        if newest.map({ ($0.seconds, $0.nanoseconds) < (time.seconds, time.nanoseconds) }) ?? true { newest = time }
        parent?.note(time)
    }

    /// Gives it the time of the newest file in it, when there is any.
    func setTime() throws {
        if directory.isOpen, let newest { Self.setTime(try descriptor(), newest) }
    }

    /// Gives an open file or folder a time.
    static func setTime(_ descriptor: Int32, _ moment: FileAttributes.Time) {
        let time = timespec(tv_sec: Int(moment.seconds), tv_nsec: Int(moment.nanoseconds))
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress) }
    }
}
