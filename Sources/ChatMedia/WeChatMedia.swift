public import ChatModel

// A picture of version 4, and what becomes of it:
//
//     0      07 08 'V' '1'|'2' 08 07     '1': a key that all have; '2': the account's
//     6      LE32 a                      bytes of the first part, before they were filled up to whole blocks
//     10     LE32 x                      bytes of the last part
//     14     01
//     15     first part                  ⌊a / 16⌋ · 16 + 16 bytes, AES-128-ECB, PKCS #7; a bytes are shown
//            middle                      as it is
//     -x     last part                   exclusive or with one byte
//
// Older pictures are as a whole an exclusive or with one byte. Of a sticker the first 1024 bytes are AES-128-ECB.

/// What the owner of an account knows about its pictures.
public struct WeChatImageKeys: Hashable, Sendable {
    /// The key of pictures of version 4, kind 2: 16 bytes.
    public var key: [UInt8]?
    /// The byte of the last part; nil: from the picture's own end, else 0x37.
    public var xor: UInt8?

    /// Keys; none of them is needed for older pictures.
    public init(key: [UInt8]? = nil, xor: UInt8? = nil) {
        self.key = key
        self.xor = xor
    }

    /// The byte of the last part, from the last two bytes of a thumbnail (`_t.dat`), which is a JPEG: FF D9.
    public static func xor(ofThumbnailEndingIn tail: [UInt8]) -> UInt8? {
        guard tail.count >= 2, tail[tail.count - 2] ^ 0xFF == tail[tail.count - 1] ^ 0xD9 else { return nil }
        return tail[tail.count - 1] ^ 0xD9
    }
}

/// What a file of WeChat shows, told from its first and last bytes.
public struct WeChatMedia: Hashable, Sendable {
    /// How its bytes come out; nil when the file is shown as it is.
    public var decoding: ContentDecoding?
    /// What is shown; nil when unknown.
    public var format: MediaFormat?
    /// Whether the account's key is needed and was not given, or is another one. The file stays as it is then.
    public var needsKey = false

    /// How many of the first bytes are needed.
    public static let headLength = 64
    /// How many of the last bytes are needed.
    public static let tailLength = 16
    /// The key of pictures of version 4, kind 1.
    public static let commonKey = Array("cfcd208495d565ef".utf8)
    private static let defaultXor: UInt8 = 0x37
    private static let stickerLength: Int64 = 1024
    private static let headerLength: Int64 = 15

    /// What a picture is: `image2/`, `.dat` files of any version, or a plain one.
    ///
    /// - Parameters:
    ///   - head: the first `headLength` bytes, fewer only of a shorter file.
    ///   - tail: the last `tailLength` bytes, fewer only of a shorter file.
    ///   - size: of the file.
    public static func picture(head: [UInt8], tail: [UInt8], size: Int64, keys: WeChatImageKeys) -> WeChatMedia {
        if let format = MediaFormat(head: head, size: size) { return WeChatMedia(format: format) }
        if isVersion4(head) {
            return version4(head, tail, size, keys) ?? WeChatMedia()
        }
        return oneByte(head, size) ?? WeChatMedia()
    }

    /// What a sticker is; `key` are the first 16 characters of the text that its database row has.
    public static func sticker(head: [UInt8], size: Int64, key: [UInt8]) -> WeChatMedia {
        if let format = MediaFormat(head: head, size: size) { return WeChatMedia(format: format) }
        let encrypted = min(size, stickerLength) / 16 * 16
        guard key.count == 16, encrypted > 0, head.count >= 16,
            let begin = AES128.decrypt(Array(head[..<16]), key: key), let format = MediaFormat(head: begin, size: size)
        else { return WeChatMedia() }
        let decoding = decoding([
            ContentDecoding.Piece(.aes(key: key), source: 0..<encrypted, shown: encrypted),
            ContentDecoding.Piece(.copy, source: encrypted..<size, shown: size - encrypted),
        ])
        return WeChatMedia(decoding: decoding, format: format)
    }

    /// The same as `picture` of something that can be read in parts. `read` gives the bytes of a range within `size`;
    /// fewer when the file has become shorter.
    public static func picture<Failure: Error>(
        size: Int64, keys: WeChatImageKeys, _ read: (Range<Int64>) throws(Failure) -> [UInt8]
    ) throws(Failure) -> WeChatMedia {
        let head = try read(0..<min(size, Int64(headLength)))
        // Nothing else is told by its end.
        let tail = isVersion4(head) ? try read(max(0, size - Int64(tailLength))..<size) : []
        return picture(head: head, tail: tail, size: size, keys: keys)
    }

    /// The same as `sticker` of something that can be read in parts.
    public static func sticker<Failure: Error>(
        size: Int64, key: [UInt8], _ read: (Range<Int64>) throws(Failure) -> [UInt8]
    ) throws(Failure) -> WeChatMedia {
        sticker(head: try read(0..<min(size, Int64(headLength))), size: size, key: key)
    }

    // MARK: The kinds

    private static func isVersion4(_ head: [UInt8]) -> Bool {
        head.count >= Int(headerLength) && head.starts(with: [0x07, 0x08, 0x56]) && head[4] == 0x08 && head[5] == 0x07
    }

    /// Only when all bytes that a format begins with agree on one byte.
    private static func oneByte(_ head: [UInt8], _ size: Int64) -> WeChatMedia? {
        guard let first = head.first else { return nil }
        for magic in [0xFF, 0x89, 0x47, 0x49, 0x4D, 0x42, 0x52, 0x77] as [UInt8] {
            let byte = first ^ magic
            guard let format = MediaFormat(head: head.prefix(MediaFormat.headLength).map { $0 ^ byte }, size: size),
                isPicture(format)
            else { continue }
            let piece = ContentDecoding.Piece(.xor(byte), source: 0..<size, shown: size)
            return WeChatMedia(decoding: decoding([piece]), format: format)
        }
        return nil
    }

    private static func version4(
        _ head: [UInt8], _ tail: [UInt8], _ size: Int64, _ keys: WeChatImageKeys
    ) -> WeChatMedia? {
        let key: [UInt8]
        switch head[3] {
        case UInt8(ascii: "1"): key = commonKey
        case UInt8(ascii: "2"):
            guard let own = keys.key, own.count == 16 else { return WeChatMedia(needsKey: true) }
            key = own
        default: return nil
        }
        let (first, last) = (number(head[6..<10]), number(head[10..<14]))
        let encrypted = first / 16 * 16 + 16
        let middle = headerLength + encrypted
        guard middle <= size, last <= size - middle, head.count >= Int(headerLength) + 16 else { return nil }
        let shownSize = size - middle + first
        guard let begin = AES128.decrypt(Array(head[Int(headerLength)..<Int(headerLength) + 16]), key: key),
            let format = MediaFormat(head: begin.prefix(Int(min(first, 16))), size: shownSize)
        else { return head[3] == UInt8(ascii: "2") ? WeChatMedia(needsKey: true) : nil }
        let byte = keys.xor ?? Self.xor(of: tail.suffix(Int(min(last, 16))), format) ?? defaultXor
        let decoding = decoding([
            ContentDecoding.Piece(.aes(key: key), source: headerLength..<middle, shown: first),
            ContentDecoding.Piece(.copy, source: middle..<size - last, shown: size - last - middle),
            ContentDecoding.Piece(.xor(byte), source: size - last..<size, shown: last),
        ])
        return WeChatMedia(decoding: decoding, format: format)
    }

    /// The byte that makes the end of a picture what it must be; nil when the end does not tell.
    private static func xor(of tail: ArraySlice<UInt8>, _ format: MediaFormat) -> UInt8? {
        let end: [UInt8]
        switch format {
        case .jpeg: end = [0xFF, 0xD9]
        case .png: end = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
        case .gif: end = [0x00, 0x3B]
        default: return nil
        }
        guard tail.count >= end.count, let last = tail.last, let wanted = end.last else { return nil }
        let byte = last ^ wanted
        return tail.suffix(end.count).map { $0 ^ byte } == end ? byte : nil
    }

    // MARK: Parts

    private static func isPicture(_ format: MediaFormat) -> Bool {
        switch format {
        case .jpeg, .png, .gif, .webp, .tiff, .bmp, .wxgf: true
        case .amr, .silk, .mp4: false
        }
    }

    private static func decoding(_ pieces: [ContentDecoding.Piece?]) -> ContentDecoding? {
        ContentDecoding(pieces.compactMap { $0 }.filter { !$0.source.isEmpty })
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
