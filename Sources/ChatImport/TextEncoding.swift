/// How a text's bytes are to be read, as the byte order mark before it tells.
enum TextEncoding: Equatable {
    case utf8
    case utf16(isBigEndian: Bool)

    /// UTF-8 when there is no mark.
    init(head: some Collection<UInt8>) {
        switch Array(head.prefix(2)) {
        case [0xFF, 0xFE]: self = .utf16(isBigEndian: false)
        case [0xFE, 0xFF]: self = .utf16(isBigEndian: true)
        default: self = .utf8
        }
    }

    /// A text that is in memory.
    func text(of bytes: some Collection<UInt8>) -> String {
        guard case .utf16(let isBigEndian) = self else { return String(decoding: bytes, as: UTF8.self) }
        let bytes = Array(bytes)
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// A source of the same text in UTF-8, and the mark with it. It fills buffers of at least 16 bytes.
    func utf8(_ source: @escaping LineReader.Source) -> LineReader.Source {
        guard case .utf16(let isBigEndian) = self else { return source }
        var reader = UTF16Reader(isBigEndian: isBigEndian, source: source)
        return { (buffer, _) in try reader.read(into: buffer) }
    }
}

/// Turns UTF-16 into UTF-8 while it is read. A surrogate without its other half, and a byte without its, become U+FFFD.
private struct UTF16Reader {
    let isBigEndian: Bool
    let source: LineReader.Source
    private var position = 0
    /// A byte whose other half comes next.
    private var odd: UInt8?
    /// The first half of a pair.
    private var high: UInt16?

    init(isBigEndian: Bool, source: @escaping LineReader.Source) {
        self.isBigEndian = isBigEndian
        self.source = source
    }

    /// Fills the buffer and returns how many bytes there are, 0 at the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        // Two bytes become at most three; a byte and a surrogate that were kept, at most six more.
        let capacity = (buffer.count - 6) / 3 * 2
        return try withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 2) { bytes in
            var output = Output(buffer: buffer)
            while output.count == 0 {
                let count = try source(bytes, position)
                position += count
                for byte in bytes[..<count] { take(byte, &output) }
                guard count == 0 else { continue }
                if high != nil || odd != nil { output.append("\u{FFFD}") }
                (high, odd) = (nil, nil)
                break
            }
            return output.count
        }
    }

    private mutating func take(_ byte: UInt8, _ output: inout Output) {
        guard let first = odd else {
            odd = byte
            return
        }
        odd = nil
        let unit = isBigEndian ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
        if let lead = high {
            high = nil
            if UTF16.isTrailSurrogate(unit) {
                let value = 0x10000 + (UInt32(lead & 0x3FF) << 10 | UInt32(unit & 0x3FF))
                return output.append(Unicode.Scalar(value) ?? "\u{FFFD}")
            }
            output.append("\u{FFFD}")
        }
        if UTF16.isLeadSurrogate(unit) {
            high = unit
        } else {
            output.append(Unicode.Scalar(unit) ?? "\u{FFFD}")
        }
    }

    private struct Output {
        let buffer: UnsafeMutableRawBufferPointer
        var count = 0

        mutating func append(_ scalar: Unicode.Scalar) {
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                buffer[count] = byte
                count += 1
            }
        }
    }
}
