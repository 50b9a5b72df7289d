import CSQLite
import Glibc
import Synchronization

/// A SQLite file system of `VirtualFile`s: read-only, without locks, journals, shared memory or temporary files.
///
/// SQLite opens a file by its name. Names are made up and each opens one file, from when it is lent until it is returned.
enum VirtualFileSystem {
    static let name = "chatark-virtual"

    /// A file on its way to the connection that opens it; only that connection's thread uses it.
    private struct Borrowed: @unchecked Sendable {
        let file: Unmanaged<VirtualFile>
    }

    private struct Lent {
        var files: [String: Borrowed] = [:]
        var count = 0
    }

    private static let lent = Mutex(Lent())

    /// Makes up a name to open a file by. The file must outlive what is opened.
    static func lend(_ file: VirtualFile) -> String {
        let borrowed = Borrowed(file: .passUnretained(file))
        return lent.withLock { lent in
            lent.count += 1
            let name = "/virtual/\(lent.count)"
            lent.files[name] = borrowed
            return name
        }
    }

    /// Forgets a name.
    static func takeBack(_ name: String) { lent.withLock { $0.files[name] = nil } }

    /// Registers the file system, once in a process; what SQLite answered.
    static let registration: Int32 = {
        let system = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        guard let standard = sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
        // Time, sleep and randomness are the standard system's own.
        system.initialize(to: standard.pointee)
        system.pointee.iVersion = 2
        system.pointee.pNext = nil
        system.pointee.szOsFile = Int32(MemoryLayout<OpenFile>.size)
        system.pointee.mxPathname = 512
        system.pointee.zName = UnsafePointer(strdup(name))
        system.pointee.xOpen = { _, path, file, flags, outFlags in open(path, file, flags, outFlags) }
        system.pointee.xDelete = { _, _, _ in SQLITE_READONLY }
        system.pointee.xAccess = { _, _, _, result in
            result?.pointee = 0
            return SQLITE_OK
        }
        system.pointee.xFullPathname = { _, path, room, result in
            guard let path, let result, strlen(path) < Int(room) else { return SQLITE_CANTOPEN }
            strcpy(result, path)
            return SQLITE_OK
        }
        system.pointee.xDlOpen = { _, _ in nil }
        system.pointee.xDlError = { _, room, text in if room > 0 { text?.pointee = 0 } }
        system.pointee.xDlSym = { _, _, _ in nil }
        system.pointee.xDlClose = { _, _ in }
        system.pointee.xGetLastError = { _, _, _ in 0 }
        return sqlite3_vfs_register(system, 0)
    }()

    /// What SQLite allocates for an open file: its own part first.
    private struct OpenFile {
        var base: sqlite3_file
        var file: Unmanaged<VirtualFile>
    }

    private static func open(
        _ path: UnsafePointer<CChar>?, _ target: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        target?.pointee.pMethods = nil
        // No name means a temporary file, and there are none here.
        guard let path, let target, flags & SQLITE_OPEN_MAIN_DB != 0, flags & SQLITE_OPEN_READONLY != 0 else {
            return SQLITE_CANTOPEN
        }
        let name = String(cString: path)
        guard let borrowed = lent.withLock({ $0.files[name] }) else { return SQLITE_CANTOPEN }
        UnsafeMutableRawPointer(target).assumingMemoryBound(to: OpenFile.self)
            .initialize(to: OpenFile(base: sqlite3_file(pMethods: methods), file: borrowed.file))
        outFlags?.pointee = flags
        return SQLITE_OK
    }

    private static func virtualFile(_ file: UnsafeMutablePointer<sqlite3_file>) -> VirtualFile {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self).pointee.file.takeUnretainedValue()
    }

    /// What SQLite calls on an open file. Never changed, never freed.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        methods.pointee.iVersion = 1
        methods.pointee.xClose = { _ in SQLITE_OK }
        methods.pointee.xRead = { file, target, count, offset in
            guard let file, let target, count >= 0 else { return SQLITE_IOERR }
            let buffer = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
            return switch virtualFile(file).read(into: buffer, at: offset) {
            case .complete: SQLITE_OK
            case .short: SQLITE_IOERR | 2 << 8
            case .failed: SQLITE_IOERR | 1 << 8
            }
        }
        methods.pointee.xWrite = { _, _, _, _ in SQLITE_READONLY }
        methods.pointee.xTruncate = { _, _ in SQLITE_READONLY }
        methods.pointee.xSync = { _, _ in SQLITE_OK }
        methods.pointee.xFileSize = { file, size in
            guard let file else { return SQLITE_IOERR }
            size?.pointee = virtualFile(file).size
            return SQLITE_OK
        }
        methods.pointee.xLock = { _, _ in SQLITE_OK }
        methods.pointee.xUnlock = { _, _ in SQLITE_OK }
        methods.pointee.xCheckReservedLock = { _, result in
            result?.pointee = 0
            return SQLITE_OK
        }
        methods.pointee.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        methods.pointee.xSectorSize = { _ in 4096 }
        methods.pointee.xDeviceCharacteristics = { _ in SQLITE_IOCAP_IMMUTABLE }
        return UnsafePointer(methods)
    }()
}
