/// The bytes of a database that lies in no file as SQLite would read it: decrypted or put together while they are read.
/// It is used by one connection.
public final class VirtualFile {
    /// How many bytes there are.
    public let size: Int64
    /// What the last failed read threw; SQLite itself only says that reading failed.
    public private(set) var failure: (any Error)?
    private let source: (UnsafeMutableRawBufferPointer, Int64) throws -> Void

    /// - Parameter read: fills the whole buffer with the bytes from an offset; all of them are below `size`.
    public init(size: Int64, read: @escaping (UnsafeMutableRawBufferPointer, Int64) throws -> Void) {
        self.size = max(0, size)
        source = read
    }

    enum Outcome { case complete, short, failed }

    /// Fills a buffer; what lies behind the end is zeros.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Outcome {
        let there = Int(clamping: min(Int64(buffer.count), max(0, size - max(0, offset))))
        guard offset >= 0 else { return .failed }
        do {
            if there > 0 { try source(UnsafeMutableRawBufferPointer(rebasing: buffer[..<there]), offset) }
        } catch {
            failure = error
            return .failed
        }
        guard there < buffer.count else { return .complete }
        buffer[there...].initializeMemory(as: UInt8.self, repeating: 0)
        return .short
    }
}
