import Glibc
import Storage
import Synchronization

/// A directory of segments, so that opening a repository again reads only index files that are new.
///
/// Everything in it can be made again from the repository, so nothing that goes wrong here is more than slow: a segment
/// that cannot be used is passed over or removed, one that cannot be written is kept in memory. Several processes may use one
/// directory at once: segments never change, appear whole and are named by their content, and a mapped one stays readable
/// when another process has removed it.
///
/// New index files become a small segment beside the others; segments are merged when they are many.
final class LocalIndex: Sendable {
    private let directory: String
    private let cipher: IndexCipher
    private let lastFault = Mutex<SystemError?>(nil)

    init(directory: String, _ master: BoxKey) throws(RepositoryError) {
        self.directory = directory
        cipher = try IndexCipher(master)
    }

    /// The last thing that the local file system refused.
    var fault: SystemError? { lastFault.withLock { $0 } }

    // MARK: Choosing

    /// Segments that together speak of wanted index files only, each of them once: those that are mapped, and those that
    /// other processes left. What a segment says of other index files is dropped from it.
    func select(_ mapped: [IndexSegment], _ wanted: Set<IndexID>) -> [IndexSegment] {
        var candidates = mapped
        let known = Set(mapped.map(\.name))
        for name in segmentNames() where !known.contains(name) {
            do throws(SystemError) {
                if let segment = try IndexSegment.open(path: path(name), name: name, cipher) {
                    candidates.append(segment)
                } else {
                    remove(name)
                }
            } catch {
                // Another process may have merged it meanwhile.
                if error.code != ENOENT { note(error) }
            }
        }
        candidates.sort { ($0.files.count, $0.name) > ($1.files.count, $1.name) }
        var uncovered = wanted
        var chosen: [IndexSegment] = []
        for segment in candidates {
            let useful = uncovered.intersection(segment.files)
            guard !useful.isEmpty else {
                remove(segment.name)
                continue
            }
            guard let kept = useful.count == segment.files.count ? segment : reduced(segment, to: useful) else {
                continue
            }
            chosen.append(kept)
            uncovered.subtract(kept.files)
        }
        return chosen
    }

    /// What a segment says of some of its index files; the old one goes, unless there is no room for the new one.
    private func reduced(_ segment: IndexSegment, to files: Set<IndexID>) -> IndexSegment? {
        guard segment.isSound else {
            remove(segment.name)
            return nil
        }
        do throws(SystemError) {
            let reduced = try IndexMerge.write([segment], keeping: files, in: directory, cipher)
            remove(segment.name)
            return reduced
        } catch {
            note(error)
            return nil
        }
    }

    // MARK: Writing

    /// Writes a segment; nil when the file system refuses, so that the entries have to stay in memory.
    func write(_ run: IndexRun) -> IndexSegment? {
        do throws(SystemError) {
            try makeDirectory()
            return try run.write(in: directory, cipher)
        } catch {
            note(error)
            return nil
        }
    }

    /// Merges segments when they are many. One that turns out to be damaged is left out.
    func compact(_ segments: [IndexSegment]) -> [IndexSegment] {
        let ascending = segments.sorted { ($0.count, $0.name) < ($1.count, $1.name) }
        let merged = IndexMerge.prefixToMerge(ascending.map(\.count))
        guard merged > 1 else { return segments }
        var sound: [IndexSegment] = []
        for segment in ascending.prefix(merged) {
            if segment.isSound { sound.append(segment) } else { remove(segment.name) }
        }
        do throws(SystemError) {
            let segment = try IndexMerge.write(sound, keeping: Set(sound.flatMap(\.files)), in: directory, cipher)
            for old in sound where old.name != segment.name { remove(old.name) }
            return [segment] + ascending.dropFirst(merged)
        } catch {
            note(error)
            return sound + ascending.dropFirst(merged)
        }
    }

    /// Removes a segment's file; it stays readable where it is mapped.
    func remove(_ name: String) {
        if unlink(path(name)) != 0, errno != ENOENT { note(SystemError(.write, errno)) }
    }

    // MARK: Files

    /// An unfinished file of this age has no builder any more, in seconds.
    private static let oldAge = 86_400

    private func segmentNames() -> [String] {
        do throws(SystemError) {
            let opened = try Descriptor.open(path: directory, O_RDONLY | O_DIRECTORY)
            let names = try opened.names()
            for name in names where name.starts(with: IndexSegmentWriter.unfinishedPrefix.utf8) {
                if let age = try age(of: name, in: opened), age > Self.oldAge {
                    remove(String(decoding: name, as: UTF8.self))
                }
            }
            return names.map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasSuffix(IndexSegment.suffix) }
        } catch {
            if error.code != ENOENT { note(error) }
            return []
        }
    }

    /// Seconds since an entry was written; nil when it has gone.
    private func age(of name: [UInt8], in directory: borrowing Descriptor) throws(SystemError) -> Int? {
        do throws(SystemError) {
            return time(nil) - Int(try directory.status(of: name).st_mtim.tv_sec)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    private func makeDirectory() throws(SystemError) {
        guard mkdir(directory, 0o700) != 0, errno != EEXIST else { return }
        guard errno == ENOENT else { throw SystemError(.create, errno) }
        var end = directory.startIndex
        while let slash = directory[end...].dropFirst().firstIndex(of: "/") {
            end = slash
            guard mkdir(String(directory[..<slash]), 0o700) == 0 || errno == EEXIST || errno == EROFS else {
                throw SystemError(.create, errno)
            }
        }
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw SystemError(.create, errno) }
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    private func note(_ fault: SystemError) { lastFault.withLock { $0 = fault } }
}
