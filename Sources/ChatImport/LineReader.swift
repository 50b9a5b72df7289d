import Foundation

/// Cuts a file into lines, in memory bounded by the longest line that is accepted.
struct LineReader: ~Copyable {
    /// A line, without its end.
    struct Line {
        /// From 1.
        let number: Int
        /// Where it begins, in bytes from the file's start.
        let offset: Int
        /// The bytes, valid until the next line; nil when they are more than the limit.
        let bytes: UnsafeRawBufferPointer?
    }

    /// Fills a buffer from a position and returns how many bytes there were, 0 at the end; positions follow each other.
    typealias Source = (UnsafeMutableRawBufferPointer, _ position: Int) throws -> Int

    private let source: Source
    private let limit: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Bytes of the file before the buffer's first.
    private var dropped = 0
    private var number = 0
    private var isAtEnd = false

    init(_ file: SourceFile, limit: Int) {
        self.init(limit: limit) { (buffer, position) in try file.read(into: buffer, at: position) }
    }

    init(limit: Int, source: @escaping Source) {
        self.source = source
        self.limit = limit
        buffer = .allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next line, or nil at the end of the file. The last one may lack its newline.
    mutating func next() throws -> Line? {
        var searched = 0
        var isTooLong = false
        let offset = dropped + start
        while true {
            if let newline = newline(from: start + searched) {
                return line(from: offset, to: newline, isTooLong, next: newline + 1)
            }
            if isAtEnd {
                guard start < end || isTooLong else { return nil }
                return line(from: offset, to: end, isTooLong, next: end)
            }
            if end - start > limit {
                isTooLong = true
                start = end
            }
            searched = end - start
            try fill()
        }
    }

    private func newline(from index: Int) -> Int? {
        guard index < end, let base = buffer.baseAddress, let found = memchr(base + index, 0x0A, end - index) else {
            return nil
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private mutating func line(from offset: Int, to lineEnd: Int, _ isTooLong: Bool, next: Int) -> Line {
        number += 1
        let isTooLong = isTooLong || lineEnd - start > limit
        var count = lineEnd - start
        if count > 0, buffer[lineEnd - 1] == 0x0D { count -= 1 }
        let bytes = isTooLong ? nil : UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)])
        start = next
        return Line(number: number, offset: offset, bytes: bytes)
    }

    private mutating func fill() throws {
        let kept = end - start
        var target = buffer
        if kept > buffer.count / 2 { target = .allocate(byteCount: buffer.count * 2, alignment: 16) }
        if kept > 0 {
            UnsafeMutableRawBufferPointer(rebasing: target[..<kept]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        }
        if target.baseAddress != buffer.baseAddress {
            buffer.deallocate()
            buffer = target
        }
        dropped += start
        start = 0
        end = kept
        let count = try source(UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]), dropped + kept)
        end += count
        if count == 0 { isAtEnd = true }
    }
}
