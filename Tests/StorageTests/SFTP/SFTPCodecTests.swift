import SeededRandom
import Testing

@testable import Storage

@Suite struct SFTPCodecTests {
    private static let handle = SFTPHandle(bytes: [0xaa, 0xbb])

    /// Requests and their bytes, written by hand from the draft.
    static let requests: [(SFTPRequest, [UInt8])] = [
        (
            .open("/a", [.write, .create, .exclusive]),
            [0, 0, 0, 23, 3, 0, 0, 1, 2, 0, 0, 0, 2, 0x2f, 0x61, 0, 0, 0, 42, 0, 0, 0, 4, 0, 0, 1, 0x80]
        ),
        (.close(handle), [0, 0, 0, 11, 4, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb]),
        (
            .read(handle, offset: 0x1_0000_0002, count: 32768),
            [0, 0, 0, 23, 5, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x80, 0]
        ),
        (
            .write(handle, offset: 3, [7, 8, 9]),
            [0, 0, 0, 26, 6, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 7, 8, 9]
        ),
        (.attributesOfHandle(handle), [0, 0, 0, 11, 8, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb]),
        (.openFolder("b"), [0, 0, 0, 10, 11, 0, 0, 1, 2, 0, 0, 0, 1, 0x62]),
        (.readFolder(handle), [0, 0, 0, 11, 12, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb]),
        (.remove("b"), [0, 0, 0, 10, 13, 0, 0, 1, 2, 0, 0, 0, 1, 0x62]),
        (.makeFolder("b"), [0, 0, 0, 18, 14, 0, 0, 1, 2, 0, 0, 0, 1, 0x62, 0, 0, 0, 4, 0, 0, 1, 0xc0]),
        (.attributes("b"), [0, 0, 0, 10, 17, 0, 0, 1, 2, 0, 0, 0, 1, 0x62]),
        (.rename("b", "c"), [0, 0, 0, 15, 18, 0, 0, 1, 2, 0, 0, 0, 1, 0x62, 0, 0, 0, 1, 0x63]),
        (
            .sync(handle),
            [0, 0, 0, 32, 200, 0, 0, 1, 2, 0, 0, 0, 17] + Array("fsync@openssh.com".utf8)
                + [0, 0, 0, 2, 0xaa, 0xbb]
        ),
        (.limits, [0, 0, 0, 27, 200, 0, 0, 1, 2, 0, 0, 0, 18] + Array("limits@openssh.com".utf8)),
        (
            .replace("b", "c"),
            [0, 0, 0, 43, 200, 0, 0, 1, 2, 0, 0, 0, 24] + Array("posix-rename@openssh.com".utf8)
                + [0, 0, 0, 1, 0x62, 0, 0, 0, 1, 0x63]
        ),
    ]

    @Test func `requests are the draft's bytes`() {
        for (request, bytes) in Self.requests { #expect(request.packet(0x102) == bytes) }
    }

    /// Replies without their lengths.
    static let replies: [([UInt8], SFTPReply)] = [
        ([101, 0, 0, 1, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0x78, 0, 0, 0, 0], .status(.noSuchFile)),
        ([102, 0, 0, 1, 2, 0, 0, 0, 2, 0xaa, 0xbb], .handle(handle)),
        ([103, 0, 0, 1, 2, 0, 0, 0, 3, 7, 8, 9], .data([7, 8, 9])),
        (
            [104, 0, 0, 1, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0x62, 0, 0, 0, 2, 0x2d, 0x62]
                + [0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x81, 0xa4]
                + [0, 0, 0, 1, 0x63, 0, 0, 0, 0, 0, 0, 0, 0],
            .names([
                SFTPName(bytes: [0x62], attributes: SFTPAttributes(size: 512, permissions: 0o100644)),
                SFTPName(bytes: [0x63], attributes: SFTPAttributes()),
            ])
        ),
        (
            [105, 0, 0, 1, 2, 0x80, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 3, 0xe8, 0, 0, 3, 0xe8]
                + [0, 0, 0x41, 0xed, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 0, 0, 0],
            .attributes(SFTPAttributes(size: 9, permissions: 0o40755))
        ),
        ([201, 0, 0, 1, 2, 1, 2, 3], .extended([1, 2, 3])),
    ]

    @Test func `replies are read as the draft has them`() throws {
        for (bytes, reply) in Self.replies {
            let (id, decoded) = try SFTPReply.decode(bytes)
            #expect(id == 0x102 && decoded == reply)
        }
    }

    @Test func `a reply that ends early is refused at every byte`() {
        for (bytes, _) in Self.replies {
            for count in 0..<bytes.count {
                // Old servers give only the code of a status; what follows an extension's reply is its own.
                if bytes[0] == 101 && count >= 9 || bytes[0] == 201 && count >= 5 { continue }
                #expect(throws: SFTPFault.malformed) { try SFTPReply.decode(Array(bytes[..<count])) }
            }
        }
    }

    @Test func `a reply that goes on is refused`() {
        for (bytes, _) in Self.replies where bytes[0] != 101 && bytes[0] != 201 {
            #expect(throws: SFTPFault.malformed) { try SFTPReply.decode(bytes + [0]) }
        }
    }

    @Test func `every flipped bit of a reply is read or refused, and never more than there is`() {
        for (bytes, _) in Self.replies {
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << (bit % 8)
                if case .names(let names)? = try? SFTPReply.decode(changed).reply { #expect(names.count <= 2) }
            }
        }
    }

    @Test func `random packets are read or refused`() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Bool.random(using: &random) ? 0 : UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty { bytes[0] = [2, 101, 102, 103, 104, 105, 201].randomElement(using: &random) ?? 101 }
            _ = try? SFTPReply.decode(bytes)
            _ = try? SFTPFeatures.decode(bytes)
            var features = SFTPFeatures()
            _ = try? features.take(limits: bytes[...])
            #expect((1...(128 << 10)).contains(features.readPiece) && (1...128).contains(features.handles))
            _ = try? SFTPSpace(bytes[...])
        }
    }

    @Test(
        arguments: [
            // A size beyond what can be counted, names without end, a handle that is too long, bits of other versions.
            [105, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [104, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff], [104, 0, 0, 0, 1, 0, 0, 0, 2] + Array(repeating: 0, count: 12),
            [102, 0, 0, 0, 1, 0, 0, 1, 1] + Array(repeating: 1, count: 257), [105, 0, 0, 0, 1, 0, 0, 0, 16],
            [105, 0, 0, 0, 1, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], [103, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1],
            [3, 0, 0, 0, 1], [],
        ] as [[UInt8]])
    func `what no honest server says is refused`(packet: [UInt8]) {
        #expect(throws: SFTPFault.malformed) { try SFTPReply.decode(packet) }
    }

    @Test func `the server's version and what it can are read`() throws {
        func text(_ word: String) -> [UInt8] { [0, 0, 0, UInt8(word.utf8.count)] + Array(word.utf8) }
        let known = text("fsync@openssh.com") + text("1")
        let packet = [2, 0, 0, 0, 3] + text("vendor-id") + text("any") + known
        var features = try SFTPFeatures.decode(packet)
        #expect(features.extensions == ["fsync@openssh.com"] && features.readPiece == 32768)
        for count in 0..<packet.count where ![5, packet.count - known.count].contains(count) {
            #expect(throws: SFTPFault.malformed) { try SFTPFeatures.decode(Array(packet[..<count])) }
        }
        #expect(throws: SFTPFault.malformed) { try SFTPFeatures.decode([2, 0, 0, 0, 2]) }
        #expect(throws: SFTPFault.malformed) { try SFTPFeatures.decode([101, 0, 0, 0, 3]) }
        let number: (UInt8) -> [UInt8] = { [0, 0, 0, 0, 0, 0, $0, 0] }
        try features.take(limits: (number(200) + number(1) + number(0) + number(4))[...])
        #expect(features.readPiece == 256 && features.writePiece == 32768 && features.handles == 128)
    }

    @Test func `packets are found however the bytes are cut`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let packets = (0..<300).map { _ in
            Sample.bytes(Int.random(in: 1...3000, using: &random), seed: random.next())
        }
        var stream: [UInt8] = []
        for packet in packets { stream += [0, 0, UInt8(packet.count >> 8), UInt8(packet.count & 255)] + packet }
        var rest = stream[...]
        var frames = SFTPFrames()
        var found: [[UInt8]] = []
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...7000, using: &random))
            frames.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            while let packet = try frames.next() { found.append(packet) }
        }
        #expect(found == packets)
    }

    @Test(arguments: [[0, 0, 0, 0], [0, 4, 0, 1], [0xff, 0xff, 0xff, 0xff]] as [[UInt8]])
    func `an impossible length is refused before its bytes are waited for`(length: [UInt8]) {
        var frames = SFTPFrames()
        frames.append(length)
        #expect(throws: SFTPFault.malformed) { try frames.next() }
    }

    @Test func `a program's words are shown without what a terminal would act on`() {
        let text =
            "first\nWarning: Permanently added 'h'.\r\n\u{1b}[31mssh: \u{202e}no\u{7} route\u{9b}\n@@@@\n"
            + "Permission denied (publickey).\r\n"
        let words = SFTPWords(Array(text.utf8))
        #expect(words.text == "[31mssh: no route Permission denied (publickey)." && words.isFinal)
        #expect(SFTPWords([]).text.isEmpty && !SFTPWords([]).isFinal)
        #expect(SFTPWords([0xff, 0xfe, 10]).text == "\u{fffd}\u{fffd}")
        #expect(SFTPWords(Array(repeating: 0x61, count: 4096)).text.utf8.count == 300)
    }
}
