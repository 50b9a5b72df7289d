import Glibc

/// A database as it was at one moment: the file with the committed pages of the log beside it, decrypted while they are
/// read, in memory only.
///
/// It holds while nobody writes to the file or starts the log anew. New frames at the end of the log do no harm: they
/// belong to a later moment.
final class DatabaseSnapshot {
    /// What there was beside the file.
    enum Log: Hashable {
        /// No log, or one without a byte.
        case absent
        /// Its frames were counted, and the committed ones are read.
        case read(WriteAheadLog.Counts)
        /// Its header is no log's, or is damaged, so that SQLite would not read it either; or its pages are of another
        /// size. Frames that may be in it, by its length.
        case unreadable(frames: Int)
    }

    let pages: PageSource
    let pageSize: Int
    /// Bytes of the whole database.
    let size: Int64
    /// Bytes of the file and of its log.
    let storedSize: Int64
    /// Whether the file is encrypted.
    let isEncrypted: Bool
    /// Whether it is a database with a write-ahead log: without one beside it, either it was closed properly or the log
    /// was forgotten.
    let usesLog: Bool
    let log: Log

    /// What belongs to a database, by the paths.
    struct Files {
        let database: String
        let log: String
        let journal: String
    }

    private let path: String
    private let state: FileState

    /// How often a database that is being written to is looked at, and the pause between, in microseconds.
    static let attempts = 5
    static let pause: UInt32 = 60_000

    /// Opens a database at a moment when nobody writes to it.
    ///
    /// - Parameters:
    ///   - keys: what may open it, if it is encrypted.
    ///   - parameters: how it may be encrypted; tried in this order.
    static func open(
        _ files: Files, keys: [DatabaseKey], parameters: [CipherParameters]
    ) throws(DatabaseFault) -> DatabaseSnapshot {
        for attempt in 0..<attempts {
            if attempt > 0 { usleep(pause) }
            var fault: DatabaseFault?
            do throws(DatabaseFault) {
                let snapshot = try DatabaseSnapshot(files, keys: keys, parameters: parameters)
                if snapshot.stillHolds() { return snapshot }
            } catch {
                fault = error
            }
            if let fault, fault != .changedMeanwhile { throw fault }
        }
        throw .keepsChanging(attempts: attempts)
    }

    private init(_ files: Files, keys: [DatabaseKey], parameters: [CipherParameters]) throws(DatabaseFault) {
        path = files.database
        let file = try Self.file(path)
        guard let file else { throw .unreadable(errno: ENOENT) }
        state = try Self.state(of: file)
        // The clock of files ticks every few milliseconds: a second change within the same tick would go unseen.
        guard !state.isRecent else { throw .changedMeanwhile }
        guard state.size > 0 else { throw .empty }
        if let journal = try Self.file(files.journal),
            try journal.bytes(Self.journalMagic.count, at: 0) == Self.journalMagic
        {
            throw .unfinishedTransaction
        }
        let first = try Self.open(file, keys: keys, parameters: parameters)
        pageSize = first.header.pageSize
        isEncrypted = first.cipher != nil

        var frames: (file: SourceFile, content: WriteAheadLog)?
        var logSize = 0
        if let logFile = try Self.file(files.log) {
            logSize = try Self.state(of: logFile).size
            if let content = try WriteAheadLog(logFile, length: logSize), content.pageSize == pageSize {
                frames = (logFile, content)
            }
        }
        let possible = (logSize - WriteAheadLog.headerCount) / (WriteAheadLog.frameHeaderCount + pageSize)
        log =
            frames.map { .read($0.content.counts) } ?? (logSize == 0 ? .absent : .unreadable(frames: max(0, possible)))

        pages = PageSource(file, log: frames, cipher: first.cipher, pageSize: pageSize)
        guard let header = DatabaseHeader(try pages.page(1)), header.pageSize == pageSize else { throw .notADatabase }
        usesLog = first.header.usesLog
        // Some programs write a wrong number into their log: the larger one holds, as what is not there is found
        // missing when it is read, and not before.
        let inLog = frames.flatMap { $0.content.frames.isEmpty ? nil : $0.content.pageCount }
        let promised = [inLog, header.pageCount].compactMap { $0 }.max().map { Int64($0) }
        size = (promised ?? Int64((state.size + pageSize - 1) / pageSize)) * Int64(pageSize)
        storedSize = Int64(state.size) + Int64(logSize)
    }

    /// Whether the file and the beginning of the log are still what they were.
    func stillHolds() -> Bool {
        guard (try? FileState(path: path)) == state else { return false }
        guard let log = pages.log, let logFile = pages.logFile else { return true }
        return (try? logFile.bytes(WriteAheadLog.headerCount, at: 0)) == log.header
    }

    /// What a rollback journal begins with as long as its transaction is not finished.
    private static let journalMagic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]

    /// The header of a file, with what decrypts it if it is encrypted.
    private static func open(
        _ file: SourceFile, keys: [DatabaseKey], parameters: [CipherParameters]
    ) throws(DatabaseFault) -> (header: DatabaseHeader, cipher: PageCipher?) {
        guard let head = try file.bytes(DatabaseHeader.count, at: 0) else { throw .notADatabase }
        if head.starts(with: DatabaseHeader.magic) {
            guard let header = head.withUnsafeBytes({ DatabaseHeader($0) }) else { throw .notADatabase }
            return (header, nil)
        }
        guard !keys.isEmpty else { throw .keyNeeded }
        let salt = Array(head[..<PageCipher.saltCount])
        for key in keys {
            // Programs that save the key of each file save the derived one.
            let candidates = parameters + (key.kind == .passphrase ? [] : parameters.map(\.withoutDerivation))
            for (index, candidate) in candidates.enumerated() where !candidates[..<index].contains(candidate) {
                let page = UnsafeMutableRawBufferPointer.allocate(byteCount: candidate.pageSize, alignment: 16)
                defer { page.deallocate() }
                guard try file.fill(page, at: 0), let cipher = try PageCipher(candidate, key, salt: salt) else {
                    continue
                }
                do throws(DatabaseFault) {
                    try cipher.decrypt(page, number: 1)
                } catch {
                    guard error == .damagedPage(1) else { throw error }
                    continue
                }
                // SQLCipher 4 leaves the reserve of its own settings in the header when told to use older ones.
                if let header = DatabaseHeader(UnsafeRawBufferPointer(page)), header.pageSize == candidate.pageSize,
                    header.reserve >= candidate.reserve
                {
                    return (header, cipher)
                }
            }
        }
        throw .wrongKey(keysTried: keys.count)
    }

    /// A file, nil when there is none.
    private static func file(_ path: String) throws(DatabaseFault) -> SourceFile? {
        do throws(SystemFault) {
            return try SourceFile(path: path)
        } catch {
            guard error.errno == ENOENT else { throw .unreadable(errno: error.errno) }
            return nil
        }
    }

    private static func state(of file: SourceFile) throws(DatabaseFault) -> FileState {
        do throws(SystemFault) {
            return try file.state()
        } catch {
            throw .unreadable(errno: error.errno)
        }
    }
}

extension FileState {
    /// Whether the file was written so short a time ago that another change may have the same time.
    var isRecent: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let age = (now.tv_sec - seconds) * 1_000_000_000 + now.tv_nsec - nanoseconds
        return (0..<50_000_000).contains(age)
    }
}
