import ChatImport
import ChatModel
import Foundation
import SeededRandom
import Testing

struct WhatsAppExportTests {
    private func messages(_ text: String, name: String = "WhatsApp Chat - Anna.txt") throws -> [Message] {
        let folder = try TemporaryFolder()
        return try Import(try folder.write(name, text), .whatsapp).messages.map(\.0)
    }

    @Test(
        "every shape of date and time is read",
        arguments: [
            ("[٢٧‏/٣‏/٢٠٢٢، ٩:٤١:٣٥ م] A: x", "2022-03-27T21:41:35"),
            ("[3/27/2565 BE, 21:41:35] A: x", "2022-03-27T21:41:35"),
            ("[R4/3/27 21:41:35] A: x", "2022-03-27T21:41:35"),
            ("[27. 3. 2022 21:41:35] A: x", "2022-03-27T21:41:35"),
            ("[21:41:35, 27/3/22] A: x", "2022-03-27T21:41:35"),
            ("[2022/3/27 下午9:41:35] A: x", "2022-03-27T21:41:35"),
            ("27.03.22, 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27-03-2022 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27.3.2022 klo 21.41.35 - A: x", "2022-03-27T21:41:35"),
            ("27/03/2022, 9:41\u{202F}p. m. - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022, 12:05 am - A: x", "2022-03-27T00:05:00"),
            ("27/03/2022, 12:05\u{202F}p.m. - A: x", "2022-03-27T12:05:00"),
            ("[27/3/22, 9:41:35\u{202F}PM] A: x", "2022-03-27T21:41:35"),
            ("[27/3/22, 9:41:35\u{A0}p.\u{A0}m.] A: x", "2022-03-27T21:41:35"),
            ("[27/3/2565 21:41:35] A: x", "2022-03-27T21:41:35"),
            ("[۲۷/۳/۲۰۲۲،\u{200F} ۲۱:۴۱:۳۵] A: x", "2022-03-27T21:41:35"),
            ("२७/०३/२०२२, २१:४१ - A: x", "2022-03-27T21:41:00"),
            ("২৭/০৩/২০২২, ২১:৪১ - A: x", "2022-03-27T21:41:00"),
            ("２７/３/２０２２, ２１:４１ - A: x", "2022-03-27T21:41:00"),
            ("2022. 3. 27. 오후 9:41 - A: x", "2022-03-27T21:41:00"),
            ("22. 3. 27. 오전 9:41 - A: x", "2022-03-27T09:41:00"),
            ("2022. 03. 27. 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27. 03. 2022. 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27.3.22. 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27.03.22 г., 21:41 - A: x", "2022-03-27T21:41:00"),
            ("[27.03.22 г., 21:41:35] A: x", "2022-03-27T21:41:35"),
            ("27.03.2022 kl. 21.41 - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022 à 21:41 - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022 a las 9:41 P. M. - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022, 12:41 A.M. - A: x", "2022-03-27T00:41:00"),
            ("27.03.2022 ÖS 9:41 - A: x", "2022-03-27T21:41:00"),
            ("27.03.2022 9:41 ÖÖ - A: x", "2022-03-27T09:41:00"),
            ("27/3/22, 9:41 μ.μ. - A: x", "2022-03-27T21:41:00"),
            ("27/3/22, 9:41 π.μ. - A: x", "2022-03-27T09:41:00"),
            ("9:41 CH, 27/03/2022 - A: x", "2022-03-27T21:41:00"),
            ("9:41 SA, 27/03/2022 - A: x", "2022-03-27T09:41:00"),
            ("27/03/2022, 9:41 PTG - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022, 9:41 PG - A: x", "2022-03-27T09:41:00"),
            ("2022/03/27, 9:41 nm. - A: x", "2022-03-27T21:41:00"),
            ("2022/3/27 清晨5:05 - A: x", "2022-03-27T05:05:00"),
            ("2022/3/27 傍晚6:05 - A: x", "2022-03-27T18:05:00"),
            ("2022/3/27 中午11:59 - A: x", "2022-03-27T11:59:00"),
            ("2022/3/27 中午12:05 - A: x", "2022-03-27T12:05:00"),
            ("2022/3/27 中午1:05 - A: x", "2022-03-27T13:05:00"),
            ("2022/3/27 凌晨12:05 - A: x", "2022-03-27T00:05:00"),
            ("2022-03-27 13 h 31 - A: x", "2022-03-27T13:31:00"),
            ("[2022-03-27 13 h 31 min 05 s] A: x", "2022-03-27T13:31:05"),
            ("27/03/22 24:05 - A: x", "2022-03-27T00:05:00"),
            ("27/3/22, 21:41 น. - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022, 9:41 ከሰዓት - A: x", "2022-03-27T21:41:00"),
            ("27/03/2022, 9:41 ጥዋት - A: x", "2022-03-27T09:41:00"),
            ("27/03/2022, 9:41\u{2009}pm - A: x", "2022-03-27T21:41:00"),
        ])
    func shapes(line: String, time: String) throws {
        let found = try messages(line + "\n")
        #expect(found.map { $0.wallTime?.description } == [time])
        #expect(found.first?.text == "x")
        #expect(found.first?.sender == PersonID("whatsapp:A"))
    }

    @Test("lines that look like heads of an unknown form are told, and other lines that begin with numbers are not")
    func unknownHeads() throws {
        let folder = try TemporaryFolder()
        let lines = [
            "27/03/2022, 13:34 - A: one", "27.03.2022 von 13:30 - 15:00 Uhr: Essen", "192.168.1.1",
            "1. Milch - 2: Brot",
            "28/03/2022 kvart 13:34 - B: lost", "[28/03/2022 kvart 13:34:05] B: lost",
            "13:35 kvart 28/03/2022 - B: lost",
            "28/03/2022, 13:36 - B: two",
        ]
        let found = try Import(
            try folder.write("WhatsApp Chat - A.txt", lines.joined(separator: "\n") + "\n"), .whatsapp)
        #expect(found.messages.map(\.0.text) == [lines[1...6].reduce("one") { $0 + "\n" + $1 }, "two"])
        #expect(found.notes.contains(.unknownHeads(path: "WhatsApp Chat - A.txt", count: 3, firstLine: 5)))
    }

    @Test("times of the hour that a clock shows twice stay in the order of the messages")
    func clockPutBack() throws {
        let folder = try TemporaryFolder()
        let zone = try #require(Zone(named: "Europe/London"))
        let times = ["00:59", "01:20", "01:50", "01:10", "01:40", "02:05", "01:55"]
        let text = times.map { "31/10/2021, \($0) - A: \($0)\n" }.joined() + "01/11/2021, 10:00 - A: x\n"
        let found = try Import(try folder.write("WhatsApp Chat - A.txt", text), .whatsapp, zone: zone)
        let start = Int64(1_635_638_400_000)
        let minutes = found.messages.dropLast().map { ($0.0.time.milliseconds - start) / 60_000 }
        // What is out of order later than the hour is what it says.
        #expect(minutes == [-1, 20, 50, 70, 100, 125, 115])
        #expect(found.messages.map(\.0.wallTime?.minute).prefix(4) == [59, 20, 50, 10])
    }

    @Test(
        "a colon in the name of a group makes nobody of what stands before it",
        arguments: [
            "Eve created group “Team: Alpha”", "Eve changed the subject from “Team: Alpha” to “Team: Beta”",
            "Eve hat die Gruppe „Team: Alpha“ erstellt.", "Eve a créé le groupe «Team: Alpha»", "伊娃建立了群組「Team: Alpha」",
        ])
    func groupNames(line: String) throws {
        let found = try messages("1/2/22, 10:00 - \(line)\n1/2/22, 10:01 - Anna „Anni“ M.: hi\n")
        #expect(found.map(\.sender) == [nil, PersonID("whatsapp:Anna „Anni“ M.")])
        #expect(found.map(\.kind) == [.system, .text])
        #expect(found.first?.text == line)
    }

    /// A text in an encoding with its byte order mark.
    private static func encoded(_ text: String, _ encoding: String.Encoding) -> [UInt8] {
        let mark: [UInt8] =
            switch encoding {
            case .utf16LittleEndian: [0xFF, 0xFE]
            case .utf16BigEndian: [0xFE, 0xFF]
            default: [0xEF, 0xBB, 0xBF]
            }
        return mark + [UInt8](text.data(using: encoding) ?? Data())
    }

    @Test(
        "a text in UTF-8 or UTF-16 with a byte order mark is recognised and read, alone and in a .zip",
        arguments: [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian])
    func encodings(encoding: String.Encoding) throws {
        let folder = try TemporaryFolder()
        // Longer than every buffer on the way, with pairs of surrogates across all their ends.
        let long = String(repeating: "é😀", count: 100_000) + "上"
        let text = "[27/3/22, 9:41:35\u{202F}PM] Zoë 😀: \(long)\r\n[27/3/22, 9:42:00\u{202F}PM] B: x\ny\r\n"
        try folder.write("WhatsApp Chat - A/_chat.txt", Self.encoded(text, encoding))
        try folder.python(
            "import zipfile\nzipfile.ZipFile('a.zip', 'w', 8).write('WhatsApp Chat - A/_chat.txt', '_chat.txt')")
        for source in ["WhatsApp Chat - A/_chat.txt", "WhatsApp Chat - A", "a.zip"] {
            let path = folder.path + "/" + source
            #expect(try recognise(path) == .whatsapp)
            let found = try Import(path, .whatsapp)
            #expect(found.messages.map(\.0.text) == [long, "x\ny"])
            #expect(found.first?.sender == PersonID("whatsapp:Zoë 😀"))
            #expect(found.first?.wallTime?.description == "2022-03-27T21:41:35")
            #expect(found.skipped.isEmpty)
        }
    }

    @Test("halves of UTF-16 that are alone become U+FFFD, and the rest is read")
    func brokenUTF16() throws {
        let folder = try TemporaryFolder()
        var bytes = Self.encoded("1/2/22, 10:00 - A: ", .utf16LittleEndian)
        // A first half without its second, a second without its first, a first at the end, and half a unit.
        bytes += [0x3D, 0xD8, 0x61, 0x00, 0x00, 0xDE, 0x62, 0x00, 0x3D, 0xD8, 0x63]
        let found = try Import(try folder.write("WhatsApp Chat - A.txt", bytes), .whatsapp)
        #expect(found.messages.map(\.0.text) == ["\u{FFFD}a\u{FFFD}b\u{FFFD}"])
    }

    @Test("the order of day and month is found over the whole file")
    func dateOrder() throws {
        let monthFirst = try messages("[1/2/22, 10:00:00] A: x\n[1/13/22, 10:00:00] A: y\n")
        #expect(monthFirst.first?.wallTime?.description == "2022-01-02T10:00:00")
        let byTime = try messages("[3/1/22, 10:00:00] A: x\n[4/1/22, 10:00:00] A: y\n[1/2/22, 10:00:00] A: z\n")
        #expect(byTime.map { $0.wallTime?.month } == [1, 1, 2])
        // A day above 12 in the last line decides over the first.
        let late = (0..<5000).map { "1/2/22, 10:00 - A: \($0)\n" }.joined() + "1/13/22, 10:00 - A: y\n"
        #expect(try messages(late).first?.wallTime?.description == "2022-01-02T10:00:00")
    }

    @Test("lines that follow belong to the message, blank ones too")
    func multiLine() throws {
        let found = try messages("1/2/22, 10:00 - A: one\n\ntwo: three\n1/2/22, 10:01 - A:\nfour\n")
        #expect(found.map(\.text) == ["one\n\ntwo: three", "\nfour"])
    }

    @Test("a missing colon makes a line of the platform's own, a name in marks is read without them")
    func systemAndMarks() throws {
        let found = try messages("1/2/22, 10:00 - A joined\n1/2/22, 10:01 - \u{202A}+40 521\u{202C}: hi\n")
        #expect(found.map(\.kind) == [.system, .text])
        #expect(found.map(\.sender) == [nil, PersonID("whatsapp:+40 521")])
    }

    @Test(
        "one chat has one identity, however its file came to be called",
        arguments: [
            "WhatsApp Chat - Anna.txt", "WhatsApp Chat with Anna.txt", "WhatsApp Chat with Anna (1).txt",
            "Chat WhatsApp con Anna.txt", "WhatsApp Chat - Anna/_chat.txt", "WhatsApp Chat - Anna (2)/_chat.txt",
        ])
    func names(file: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(file, "1/2/22, 10:00 - A: x\n")
        #expect(try Import(path, .whatsapp).conversations.first?.id == ConversationID("whatsapp:Anna"))
    }

    @Test(
        "a number in a chat's own name is kept; only that of a repeated download goes",
        arguments: [
            ("Trip (2023)", "Trip (2023)"), ("Trip (100)", "Trip (100)"), ("Trip (0)", "Trip (0)"),
            ("Trip (07)", "Trip (07)"), ("Trip (+1)", "Trip (+1)"), ("Trip (١)", "Trip (١)"), ("Trip (99)", "Trip"),
            ("Trip (2023) (1)", "Trip (2023)"), ("Trip(1)", "Trip"),
        ])
    func numbers(name: String, title: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("WhatsApp Chat with \(name).txt", "1/2/22, 10:00 - A: x\n")
        #expect(try Import(path, .whatsapp).conversations.first?.title == title)
    }

    @Test("text before the first message is counted, and a text without any is refused")
    func notAChat() throws {
        let folder = try TemporaryFolder()
        let found = try Import(try folder.write("a.txt", "junk\n1/2/22, 10:00 - A: x\n"), .whatsapp)
        #expect(found.skipped.map(\.reason) == [.beforeFirstMessage])
        let path = try folder.write("b.txt", "no message\nat all\n")
        #expect(throws: ImportError.self) { try Import(path, .whatsapp) }
        #expect(try recognise(path) == nil)
    }

    @Test("a line of a gigabyte takes neither its memory nor the rest of the chat")
    func hugeLine() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("WhatsApp Chat - A.txt", "1/2/22, 10:00 - A: x\n")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 1 << 30)
        try file.seekToEnd()
        try file.write(contentsOf: Data("\n1/2/22, 10:01 - A: y\n".utf8))
        try file.close()
        let found = try Import(path, .whatsapp)
        #expect(found.messages.map(\.0.text) == ["x", "y"])
        #expect(found.skipped.map(\.reason) == [.tooLong])
    }

    @Test("random bytes and truncated archives throw or give messages, and never trap")
    func hostile() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let start = Array("1/2/22, 10:00 - A: x\n[1/2/22, 10:00:00] B: \u{200E}<attached: ../../etc/passwd>\n".utf8)
        for _ in 0..<300 {
            var bytes = start + start
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let path = try folder.write("WhatsApp Chat - A.txt", bytes)
            let found = try? Import(path, .whatsapp)
            for attachment in found?.messages.flatMap(\.0.attachments) ?? [] {
                guard case .missing = attachment.content else {
                    Issue.record("a file outside was found: \(attachment)")
                    continue
                }
            }
        }
        let zip: [UInt8] = [0x50, 0x4B, 0x03, 0x04] + (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
        for count in stride(from: 4, to: zip.count, by: 7) {
            let path = try folder.write("a.zip", Array(zip[..<count]))
            #expect(throws: ImportError.self) { try Import(path, .whatsapp) }
        }
    }

    @Test("a .zip that unpacks to an impossible size gives a missing file, not the bytes")
    func zipBomb() throws {
        let folder = try TemporaryFolder()
        try folder.write("_chat.txt", "[1/2/22, 10:00:00] A: \u{200E}<attached: bomb.jpg>\n")
        let script = """
            import zipfile
            z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED)
            z.write('_chat.txt')
            with z.open('bomb.jpg', 'w', force_zip64=True) as f:
                for _ in range(300): f.write(bytes(1 << 20))
            z.close()
            """
        try folder.python(script)
        let found = try Import(folder.path + "/a.zip", .whatsapp)
        guard case .missing? = found.first?.attachments.first?.content else {
            Issue.record("the bomb was taken")
            return
        }
    }
}
