/// The pages of a database at one moment, decrypted: from the log where it has a committed version, else from the file.
/// The last page that was asked for is kept, and while pages are asked for one after the other, as the rows of a table are,
/// some of the file's next ones as they are stored. One thread at a time uses it.
final class PageSource {
    let file: SourceFile
    let logFile: SourceFile?
    let log: WriteAheadLog?
    private let cipher: PageCipher?
    private let pageSize: Int
    /// The head of a frame, and a page.
    private let buffer: UnsafeMutableRawBufferPointer
    private var keptPage: UInt32 = 0
    /// Pages of the file that follow each other, not decrypted; the first one's number, and how many there are.
    private let ahead: UnsafeMutableRawBufferPointer
    private var (firstAhead, countAhead) = (UInt32(0), 0)
    /// The page of the file that was asked for last.
    private var lastOfFile: UInt32 = 0

    /// Bytes that are read at a time from pages that follow each other.
    private static let aheadSize = 1 << 16

    init(_ file: SourceFile, log: (file: SourceFile, content: WriteAheadLog)?, cipher: PageCipher?, pageSize: Int) {
        self.file = file
        self.logFile = log?.file
        self.log = log?.content
        self.cipher = cipher
        self.pageSize = pageSize
        buffer = .allocate(byteCount: WriteAheadLog.frameHeaderCount + pageSize, alignment: 16)
        ahead = .allocate(byteCount: max(Self.aheadSize, pageSize), alignment: 16)
    }

    deinit {
        buffer.deallocate()
        ahead.deallocate()
    }

    /// Fills a buffer from an offset in the database.
    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DatabaseFault) {
        var done = 0
        while done < target.count {
            let position = offset + Int64(done)
            guard let number = UInt32(exactly: position / Int64(pageSize) + 1) else { throw .missingPage(.max) }
            let inside = Int(position % Int64(pageSize))
            let count = min(target.count - done, pageSize - inside)
            let page = try self.page(number)
            UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: page[inside..<inside + count]))
            done += count
        }
    }

    /// A page, counted from 1; valid until the next is asked for. In page 1 the database is one with a rollback journal,
    /// so that SQLite asks for no log.
    func page(_ number: UInt32) throws(DatabaseFault) -> UnsafeRawBufferPointer {
        let page = UnsafeMutableRawBufferPointer(rebasing: buffer[WriteAheadLog.frameHeaderCount...])
        guard number != keptPage else { return UnsafeRawBufferPointer(page) }
        keptPage = 0
        if let log, let logFile, let frame = log.frames[number] {
            guard try logFile.fill(buffer, at: log.offset(ofFrame: frame)),
                log.isHead(UnsafeRawBufferPointer(buffer), ofPage: number)
            else { throw .changedMeanwhile }
        } else {
            guard number > 0, try fill(page, number) else { throw .missingPage(number) }
        }
        try cipher?.decrypt(page, number: number)
        if number == 1 {
            page[18] = 1
            page[19] = 1
        }
        keptPage = number
        return UnsafeRawBufferPointer(page)
    }

    /// Fills a page from the file; false when it ends before.
    private func fill(_ page: UnsafeMutableRawBufferPointer, _ number: UInt32) throws(DatabaseFault) -> Bool {
        // SQLite asks for the first page where it wants to see whether the file has changed.
        if number == 1 { countAhead = 0 }
        let follows = number == lastOfFile &+ 1
        lastOfFile = number
        if number < firstAhead || Int(number - firstAhead) >= countAhead {
            let offset = Int(number - 1) * pageSize
            guard follows else { return try file.fill(page, at: offset) }
            countAhead = 0
            let count: Int
            do throws(SystemFault) {
                count = try file.read(into: ahead, at: offset)
            } catch {
                // One of them cannot be read: each by itself.
                return try file.fill(page, at: offset)
            }
            firstAhead = number
            countAhead = count / pageSize
            // The end of the file, or a short read.
            guard countAhead > 0 else { return try file.fill(page, at: offset) }
        }
        let start = Int(number - firstAhead) * pageSize
        page.copyMemory(from: UnsafeRawBufferPointer(rebasing: ahead[start..<start + pageSize]))
        return true
    }
}
