import CFallocate
import Glibc
import Synchronization

/// The files that hold the bytes: few and large, sparse where something was dropped.
///
///     <16 hex>.slab    entries one behind the other, each from a multiple of 4,096 bytes on
///
/// A process appends only to a slab that it has locked (flock), so that two never write to the same place; it makes one
/// or takes over one that another has left. Everybody reads all. Numbers are never used twice.
final class SlabFolder: Sendable {
    /// What the file systems give space in.
    static let block = 4096

    /// Where bytes lie.
    struct Place: Equatable, Sendable {
        let slab: Int64
        let offset: Int
    }

    /// An open file, closed when nobody uses it.
    private final class File: Sendable {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// The slab that this process appends to.
    private struct Tail {
        let number: Int64
        let file: File
        var end: Int
    }

    let path: String
    /// Where a slab ends.
    let slabSize: Int
    private let tail = Mutex<Tail?>(nil)
    private let readers = Mutex<[Int64: File]>([:])

    init(path: String, slabSize: Int) {
        self.path = path
        self.slabSize = slabSize
    }

    /// What bytes take on the disk.
    static func charge(_ count: Int) -> Int { (count + block - 1) / block * block }

    // MARK: Reading

    /// Fills a buffer; false when the slab is gone or ends early.
    func read(_ place: Place, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        guard place.offset >= 0, let file = reader(place.slab) else { return false }
        var done = 0
        while done < buffer.count {
            let count = pread(
                file.descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                off_t(place.offset + done))
            if count > 0 { done += count } else if count == 0 || errno != EINTR { return false }
        }
        return true
    }

    private func reader(_ slab: Int64) -> File? {
        readers.withLock { readers in
            if let file = readers[slab] { return file }
            let descriptor = open(name(slab), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            if readers.count >= 64 { readers.removeAll() }
            let file = File(descriptor)
            readers[slab] = file
            return file
        }
    }

    // MARK: Appending

    /// Appends pieces to one slab; the place of each, or an errno.
    ///
    /// - Parameter end: where the last entry of a slab ends, as far as the index knows; nil when it cannot say.
    func append(_ pieces: [ArraySlice<UInt8>], end: (Int64) -> Int?) -> Result<[Place], SlabFault> {
        tail.withLock { tail in
            let total = pieces.reduce(0) { $0 + Self.charge($1.count) }
            if let current = tail, current.end + total > slabSize || !isLinked(current.file) { tail = nil }
            if tail == nil { tail = takeOver(room: total, end) ?? make() }
            guard var current = tail else { return .failure(SlabFault(errno: errno)) }
            var places: [Place] = []
            for piece in pieces {
                let code = Self.write(piece, to: current.file.descriptor, at: current.end)
                guard code == 0 else {
                    ftruncate(current.file.descriptor, off_t(tail?.end ?? 0))
                    return .failure(SlabFault(errno: code))
                }
                places.append(Place(slab: current.number, offset: current.end))
                current.end += Self.charge(piece.count)
            }
            tail = current
            return .success(places)
        }
    }

    /// Leaves the slab that this process appends to, so that anyone may remove it or take it over.
    func leaveTail() { tail.withLock { $0 = nil } }

    private func make() -> Tail? {
        for _ in 0..<8 {
            let number = Int64.random(in: 1 ... .max)
            let descriptor = open(name(number), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return nil }
            let file = File(descriptor)
            // Without locks on this file system two processes could take the same slab: the checksums would tell.
            let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            // Between its birth and its lock another process may have found it empty and left.
            if !isTaken, isLinked(file) { return Tail(number: number, file: file, end: 0) }
        }
        errno = EWOULDBLOCK
        return nil
    }

    private func takeOver(room: Int, _ end: (Int64) -> Int?) -> Tail? {
        for number in numbers() {
            guard let file = lock(number), let end = end(number) else { continue }
            let start = Self.charge(end)
            // What lies behind was never indexed: its writer was killed.
            guard start + max(room, slabSize / 4) <= slabSize, ftruncate(file.descriptor, off_t(start)) == 0 else {
                continue
            }
            return Tail(number: number, file: file, end: start)
        }
        return nil
    }

    private func lock(_ number: Int64) -> File? {
        let descriptor = open(name(number), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = File(descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isLinked(file) else { return nil }
        return file
    }

    private func isLinked(_ file: File) -> Bool {
        var status = stat()
        return fstat(file.descriptor, &status) == 0 && status.st_nlink > 0
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to file: Int32, at offset: Int) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = pwrite(
                    file, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
                if count > 0 {
                    done += count
                } else if count == 0 {
                    return ENOSPC
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }

    // MARK: Giving back

    /// Gives the space of dropped entries back; false when the file system cannot.
    @discardableResult
    func punch(_ places: [(place: Place, count: Int)]) -> Bool {
        var isSupported = true
        for (slab, places) in Dictionary(grouping: places, by: \.place.slab) {
            let descriptor = open(name(slab), O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            for (place, count) in places where place.offset >= 0 && count > 0 {
                let code = chatark_punch_hole(descriptor, off_t(place.offset), off_t(Self.charge(count)))
                if code == EOPNOTSUPP { isSupported = false }
            }
        }
        return isSupported
    }

    /// Removes a slab that nobody appends to.
    func removeIfLeft(_ number: Int64) {
        guard let file = lock(number) else { return }
        withExtendedLifetime(file) { remove(number) }
    }

    /// Removes a slab; who appends to it goes on with another.
    func remove(_ number: Int64) {
        unlink(name(number))
        _ = readers.withLock { $0.removeValue(forKey: number) }
    }

    /// Forgets open files, so that the folder's present ones are used.
    func closeReaders() { readers.withLock { $0.removeAll() } }

    /// The slabs in the folder.
    func numbers() -> [Int64] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var numbers: [Int64] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.utf8.count == 21, name.hasSuffix(".slab"), let number = Int64(name.prefix(16), radix: 16) else {
                continue
            }
            numbers.append(number)
        }
        return numbers
    }

    private func name(_ number: Int64) -> String {
        let digits = String(number, radix: 16)
        return "\(path)/\(String(repeating: "0", count: max(0, 16 - digits.utf8.count)))\(digits).slab"
    }
}

/// Why bytes could not be appended.
struct SlabFault: Error {
    let errno: Int32
}
