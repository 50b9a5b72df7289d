/// The pages of a database at one moment, decrypted: from the log where it has a committed version, else from the file.
/// The last page that was asked for is kept, and no other. One thread at a time uses it.
final class PageSource {
    let file: SourceFile
    let logFile: SourceFile?
    let log: WriteAheadLog?
    private let cipher: PageCipher?
    private let pageSize: Int
    /// The head of a frame, and a page.
    private let buffer: UnsafeMutableRawBufferPointer
    private var keptPage: UInt32 = 0

    init(_ file: SourceFile, log: (file: SourceFile, content: WriteAheadLog)?, cipher: PageCipher?, pageSize: Int) {
        self.file = file
        self.logFile = log?.file
        self.log = log?.content
        self.cipher = cipher
        self.pageSize = pageSize
        buffer = .allocate(byteCount: WriteAheadLog.frameHeaderCount + pageSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

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
            let offset = Int64(number - 1) * Int64(pageSize)
            guard number > 0, try file.fill(page, at: Int(offset)) else { throw .missingPage(number) }
        }
        try cipher?.decrypt(page, number: number)
        if number == 1 {
            page[18] = 1
            page[19] = 1
        }
        keptPage = number
        return UnsafeRawBufferPointer(page)
    }
}
