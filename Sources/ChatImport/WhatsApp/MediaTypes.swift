/// Media types by a file name's extension.
enum MediaTypes {
    static func type(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return types[name[name.index(after: dot)...].lowercased()] ?? ""
    }

    private static let types = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif",
        "heic": "image/heic", "mp4": "video/mp4", "mov": "video/quicktime", "3gp": "video/3gpp", "opus": "audio/ogg",
        "ogg": "audio/ogg", "m4a": "audio/mp4", "mp3": "audio/mpeg", "aac": "audio/aac", "amr": "audio/amr",
        "wav": "audio/wav", "pdf": "application/pdf", "txt": "text/plain", "vcf": "text/vcard",
        "zip": "application/zip", "webm": "video/webm", "mkv": "video/x-matroska", "tgs": "application/x-tgsticker",
        "flac": "audio/flac", "heif": "image/heif", "vcard": "text/vcard",
    ]
}
