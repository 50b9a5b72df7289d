import ChatModel
import Testing

@testable import ChatMedia

struct WeChatMediaTests {
    private func picture(_ file: [UInt8], _ keys: WeChatImageKeys = WeChatImageKeys()) -> WeChatMedia {
        WeChatMedia.picture(size: Int64(file.count), keys: keys) {
            Array(file[Int($0.lowerBound)..<Int($0.upperBound)])
        }
    }

    private func shown(_ media: WeChatMedia, _ file: [UInt8]) -> [UInt8]? {
        guard let decoding = media.decoding else { return file }
        return DecodedReader(decoding).read(0..<decoding.size) { Array(file[Int($0.lowerBound)..<Int($0.upperBound)]) }
    }

    private static let plain: [(MediaFormat, [UInt8])] = [
        (.jpeg, [0xFF, 0xD8, 0xFF, 0xE0]), (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        (.gif, Array("GIF89a".utf8)), (.webp, Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8)),
        (.tiff, [0x49, 0x49, 0x2A, 0]), (.tiff, [0x4D, 0x4D, 0, 0x2A]), (.wxgf, Array("wxgf\u{0C}".utf8)),
        (.bmp, [0x42, 0x4D, 232, 3, 0, 0]),
    ]

    @Test func `a picture under one byte is found for every byte and every format`() throws {
        var random = Sample.generator()
        for (format, head) in Self.plain {
            let original = head + Sample.bytes(1000 - head.count, &random)
            for byte in UInt8.min...UInt8.max {
                let file = original.map { $0 ^ byte }
                let media = picture(file)
                #expect(media.format == format)
                #expect((media.decoding == nil) == (byte == 0))
                if byte % 40 == 1 { #expect(shown(media, file) == original) }
            }
        }
    }

    @Test func `only when all bytes of a format's beginning agree it is one`() {
        for (_, head) in Self.plain {
            var head = head + [UInt8](repeating: 1, count: 1000 - head.count)
            head[3] ^= 1
            let media = picture(head.map { $0 ^ 0x5A })
            #expect(media.decoding == nil || head.starts(with: [0xFF, 0xD8, 0xFF]))
        }
        #expect(picture([]) == WeChatMedia())
        #expect(picture([0x12]) == WeChatMedia())
        #expect(picture(Array("some text that is no picture at all".utf8)) == WeChatMedia())
        #expect(picture([0x42, 0x4D, 1, 2, 3, 4, 5, 6].map { $0 ^ 9 }) == WeChatMedia(), "a bitmap's size must agree")
    }

    @Test(arguments: [(1, 2), (15, 2), (16, 16), (17, 0), (1024, 1024), (1029, 33), (5000, 0), (4000, 1000)])
    func `a picture of version 4 is shown as it was, whatever the length of its parts`(encrypted: Int, last: Int) throws
    {
        var random = Sample.generator()
        let own = Sample.bytes(16, &random)
        for (kind, key) in [("1" as Character, WeChatMedia.commonKey), ("2", own)] {
            let original = Sample.jpeg(5000, &random)
            let file = try Sample.version4(
                original, kind: kind, key: key, encrypted: encrypted, last: last, xor: 0x9C)
            let media = picture(file, WeChatImageKeys(key: own, xor: 0x9C))
            guard encrypted >= 3 else {
                #expect(media.decoding == nil, "too little of it tells what it is")
                continue
            }
            #expect(media.format == .jpeg)
            #expect(shown(media, file) == original)
            if last >= 2 { #expect(shown(picture(file, WeChatImageKeys(key: own)), file) == original) }
        }
    }

    @Test func `a picture of version 4 without its account's key stays as it is and says so`() throws {
        var random = Sample.generator()
        let key = Sample.bytes(16, &random)
        let file = try Sample.version4(
            Sample.jpeg(5000, &random), kind: "2", key: key, encrypted: 1024, last: 1024, xor: 0x37)
        #expect(picture(file) == WeChatMedia(needsKey: true))
        #expect(picture(file, WeChatImageKeys(key: Sample.bytes(16, &random))) == WeChatMedia(needsKey: true))
        #expect(picture(file, WeChatImageKeys(key: [1, 2, 3])) == WeChatMedia(needsKey: true))
    }

    @Test func `the byte at the end of a picture is 0x37 where nothing tells another`() throws {
        var random = Sample.generator()
        var original = Sample.jpeg(3000, &random)
        original[2998] = 0
        let file = try Sample.version4(
            original, kind: "1", key: WeChatMedia.commonKey, encrypted: 1024, last: 100, xor: 0x37)
        #expect(shown(picture(file), file) == original)
        #expect(WeChatImageKeys.xor(ofThumbnailEndingIn: [0xFF ^ 0x9C, 0xD9 ^ 0x9C]) == 0x9C)
        #expect(WeChatImageKeys.xor(ofThumbnailEndingIn: [0x01, 0x02]) == nil)
        #expect(WeChatImageKeys.xor(ofThumbnailEndingIn: [0x01]) == nil)
    }

    @Test func `a picture of version 4 that is cut off or says absurd lengths is not decoded`() throws {
        var random = Sample.generator()
        let file = try Sample.version4(
            Sample.jpeg(3000, &random), kind: "1", key: WeChatMedia.commonKey, encrypted: 1024, last: 100, xor: 0x37)
        for count in [0, 1, 6, 14, 15, 16, 30, 31, 500, 1054, 1150] {
            #expect(picture(Array(file.prefix(count))).decoding == nil, "\(count)")
        }
        for position in 6..<14 {
            var broken = file
            broken[position] = 0xFF
            if let decoding = picture(broken).decoding { #expect(decoding.sourceEnd <= Int64(file.count)) }
        }
    }

    @Test(arguments: [16, 17, 1000, 1024, 1025, 5000])
    func `a sticker with an encrypted head is shown as it was`(count: Int) throws {
        var random = Sample.generator()
        let key = Array("0123456789abcdef".utf8)
        let original = Array("GIF89a".utf8) + Sample.bytes(count - 6, &random)
        let head = min(count, 1024) / 16 * 16
        let file = try openssl(Array(original.prefix(head)), key: key, decrypt: false) + original.dropFirst(head)
        func sticker(_ key: [UInt8]) -> WeChatMedia {
            WeChatMedia.sticker(size: Int64(file.count), key: key) {
                Array(file[Int($0.lowerBound)..<Int($0.upperBound)])
            }
        }
        #expect(sticker(key).format == .gif)
        #expect(shown(sticker(key), file) == original)
        #expect(sticker(Array("fedcba9876543210".utf8)) == WeChatMedia())
        #expect(sticker([]) == WeChatMedia())
        #expect(
            WeChatMedia.sticker(head: Array(original.prefix(64)), size: 5000, key: key) == WeChatMedia(format: .gif))
    }

    @Test func `voices and videos are known by their beginning and have the right extension`() {
        func format(_ text: String) -> MediaFormat? { MediaFormat(head: Array(text.utf8), size: 100) }
        #expect(format("#!AMR\n")?.fileExtension == "amr")
        #expect(format("\u{2}#!SILK_V3")?.fileExtension == "silk")
        #expect(format("#!SILK_V3")?.mediaType == "audio/silk")
        #expect(format("\0\0\0\u{18}ftypisom")?.fileExtension == "mp4")
        #expect(format("wxgf")?.fileExtension == "wxgf")
        #expect(format("RIFF....WAVE") == nil)
        #expect(format("") == nil)
    }
}
