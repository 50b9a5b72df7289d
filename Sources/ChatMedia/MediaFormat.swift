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
        func has(_ bytes: [UInt8], at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: bytes) }
        func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }
        if has([0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if has("GIF8") {
            self = .gif
        } else if has("RIFF"), has("WEBP", at: 8) {
            self = .webp
        } else if has([0x49, 0x49, 0x2A, 0x00]) || has([0x4D, 0x4D, 0x00, 0x2A]) {
            self = .tiff
        } else if has("wxgf") {
            self = .wxgf
        } else if has("#!AMR") {
            self = .amr
        } else if has("#!SILK_V3") || has([0x02] + Array("#!SILK_V3".utf8)) {
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
