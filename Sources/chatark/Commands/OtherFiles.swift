import Glibc
import ResticRepository

/// What lies in the target of a copy beside it.
enum OtherFiles {
    /// Whether a folder is there and has something in it.
    static func exist(in folder: String) -> Bool {
        guard let directory = opendir(folder) else { return false }
        defer { closedir(directory) }
        return nextName(in: directory) != nil
    }

    /// Paths below an open folder of what is no folder and none of `known`. No link is followed.
    static func paths(below folder: Int32, except known: Set<[UInt8]>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        add(folder, [], known, to: &found)
        return found
    }

    private static func add(_ folder: Int32, _ path: [UInt8], _ known: Set<[UInt8]>, to found: inout [[UInt8]]) {
        // A stream owns its descriptor, so it gets one of its own.
        let own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0, let directory = fdopendir(own) else { return }
        defer { closedir(directory) }
        while let name = nextName(in: directory) {
            let entry = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            guard !known.contains(entry) else { continue }
            do throws(SystemError) {
                let inner = try Descriptor.open(name, in: own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                add(inner.raw, entry, known, to: &found)
            } catch {
                found.append(entry)
            }
        }
    }

    /// The next name but `.` and `..`; nil at the end.
    private static func nextName(in directory: OpaquePointer) -> [UInt8]? {
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { return name }
        }
        return nil
    }
}
