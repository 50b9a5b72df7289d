/// What a media file is, by its first bytes.
public enum MediaFormat: String, Sendable, CaseIterable {
    case jpeg, png, gif, webp, tiff, bmp
    /// WeChat's own container of HEVC pictures.
    case wxgf
    case amr
    /// Skype's voice codec, with or without the byte 0x02 that WeChat puts in front.
    case silk
    case mp4

    /// How many of a file's first bytes tell its format.
    public static let headLength = 16

    /// The format of a file that begins with these bytes; nil when it is none of these.
    ///
    /// - Parameter size: of the whole file: a bitmap names it, as two letters alone say little.
    public init?(head: some Collection<UInt8>, size: Int64) {
        let head = Array(head.prefix(Self.headLength))
        func has(_ text: StaticString, at offset: Int = 0) -> Bool {
            let count = text.utf8CodeUnitCount
            guard head.count >= offset + count else { return false }
            return (0..<count).allSatisfy { head[offset + $0] == text.utf8Start[$0] }
        }
        /// The number is the bytes, from the first to the last.
        func has(bytes: UInt32) -> Bool {
            let count = (UInt32.bitWidth - bytes.leadingZeroBitCount + 7) / 8
            return head.count >= count && head[..<count].reduce(0) { $0 << 8 | UInt32($1) } == bytes
        }
        if has(bytes: 0xFF_D8FF) {
            self = .jpeg
        } else if has(bytes: 0x8950_4E47), has("\r\n\u{1A}\n", at: 4) {
            self = .png
        } else if has("GIF8") {
            self = .gif
        } else if has("RIFF"), has("WEBP", at: 8) {
            self = .webp
        } else if has(bytes: 0x4949_2A00) || has(bytes: 0x4D4D_002A) {
            self = .tiff
        } else if has("wxgf") {
            self = .wxgf
        } else if has("#!AMR") {
            self = .amr
        } else if has("#!SILK_V3") || has("\u{2}#!SILK_V3") {
            self = .silk
        } else if has("ftyp", at: 4) {
            self = .mp4
        } else if has("BM"), head.count >= 6, size > 0,
            Int64(head[2]) | Int64(head[3]) << 8 | Int64(head[4]) << 16 | Int64(head[5]) << 24 == size
        {
            self = .bmp
        } else {
            return nil
        }
    }

    /// The media type.
    public var mediaType: String {
        switch self {
        case .jpeg: "image/jpeg"
        case .png: "image/png"
        case .gif: "image/gif"
        case .webp: "image/webp"
        case .tiff: "image/tiff"
        case .bmp: "image/bmp"
        case .wxgf: "image/x-wxgf"
        case .amr: "audio/amr"
        case .silk: "audio/silk"
        case .mp4: "video/mp4"
        }
    }

    /// The extension of a file of this format, without a dot.
    public var fileExtension: String {
        switch self {
        case .jpeg: "jpg"
        case .tiff: "tif"
        default: rawValue
        }
    }
}
