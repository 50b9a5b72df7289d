import CZip
import Foundation

/// A .zip, read entry by entry through libzip. Nothing is written to disk; names lead nowhere.
final class ZipArchive {
    /// A file in the archive.
    struct Entry {
        let index: UInt64
        /// In UTF-8, as stored or guessed; separated by `/`.
        let name: String
        /// Bytes when unpacked, as the archive says.
        let size: UInt64
        let packedSize: UInt64

        /// Whether it unpacks to more than any honest file: much, from almost nothing.
        var isBomb: Bool { size > 64 << 20 && size / 1000 > packedSize }

        /// The last component.
        var fileName: String { name.split(separator: "/").last.map(String.init) ?? name }
    }

    /// Most entries that are looked at.
    static let entryLimit = 1_000_000

    let path: String
    private let archive: OpaquePointer
    let entries: [Entry]

    /// Opens an archive and reads its directory.
    init(path: String) throws(ImportError) {
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
            guard code != ZIP_ER_OPEN, code != ZIP_ER_NOENT else { throw .unreadable(path: path, errno: errno) }
            throw .damagedZip(path: path, code: Int(code))
        }
        self.path = path
        self.archive = archive
        var entries: [Entry] = []
        let count = min(Int(zip_get_num_entries(archive, 0)), Self.entryLimit)
        for index in 0..<UInt64(max(0, count)) {
            var status = zip_stat_t()
            guard zip_stat_index(archive, index, UInt32(ZIP_FL_ENC_GUESS), &status) == 0, let name = status.name else {
                continue
            }
            let text = String(cString: name)
            guard !text.hasSuffix("/") else { continue }
            entries.append(Entry(index: index, name: text, size: status.size, packedSize: status.comp_size))
        }
        self.entries = entries
    }

    deinit { zip_discard(archive) }

    /// The entry with a name.
    func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    /// Passes an entry's content on in pieces; throws when it is damaged, encrypted, or longer than the archive says.
    func read(_ entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let stream = try stream(entry)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            while true {
                let count = try stream.read(into: buffer)
                if count == 0 { return }
                try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// An entry's content from its beginning.
    func stream(_ entry: Entry) throws(ImportError) -> Stream {
        guard let file = zip_fopen_index(archive, entry.index, 0) else {
            throw .damagedZip(path: path, code: Int(zip_error_code_zip(zip_get_error(archive))))
        }
        return Stream(file, path: path)
    }

    /// The content of an entry, once, forwards.
    final class Stream {
        private let file: OpaquePointer
        private let path: String

        init(_ file: OpaquePointer, path: String) {
            self.file = file
            self.path = path
        }

        deinit { zip_fclose(file) }

        /// The next bytes, 0 at the end.
        func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
            let count = zip_fread(file, buffer.baseAddress, UInt64(buffer.count))
            guard count >= 0 else {
                throw .damagedZip(path: path, code: Int(zip_error_code_zip(zip_file_get_error(file))))
            }
            return Int(count)
        }
    }
}

/// Passes the content of a container's entry on, piece by piece; false when it has no such entry.
///
/// - Parameter container: the path of a .zip. Throws `ImportError`, or `stopped` with what `body` threw.
public func readEntry(
    container: String, name: String, _ body: (UnsafeRawBufferPointer) throws -> Void
) throws(ImportError) -> Bool {
    let archive = try ZipArchive(path: container)
    guard let entry = archive.entry(named: name) else { return false }
    do {
        try archive.read(entry, body)
    } catch let error as ImportError {
        throw error
    } catch {
        throw .stopped(error)
    }
    return true
}
