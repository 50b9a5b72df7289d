import ChatImport
import ChatModel
import Testing

/// What was typed, and what WhatsApp wrote itself.
struct WhatsAppBodyTests {
    private func messages(_ lines: String..., name: String = "WhatsApp Chat - Anna.txt") throws -> [Message] {
        let folder = try TemporaryFolder()
        let text = lines.map { $0 + "\n" }.joined()
        return try Import(try folder.write(name, text), .whatsapp).messages.map(\.0)
    }

    // MARK: What an export left out

    @Test(
        "what is typed in angle brackets is text",
        arguments: ["<grin>", "<br>", "<b>bold</b>", "<div class=\"x\">\nmore\n</div>", "<3>", "<media>", "<omitted>"])
    func brackets(text: String) throws {
        // Said again and again, it is still what somebody typed.
        let line = "1/2/22, 10:00 - A: \(text)"
        let found = try messages(line, line, line, line)
        #expect(found.map(\.text) == Array(repeating: text, count: 4))
        #expect(found.allSatisfy { $0.kind == .text && $0.attachments.isEmpty })
    }

    @Test(
        "Android's words for media that an export left out are known in many languages",
        arguments: [
            "Media omitted", "Medien ausgeschlossen", "Medien ausgelassen", "Médias omis", "Multimedia omitido",
            "Archivo omitido", "Mídia oculta", "Arquivo de mídia oculto", "Media omessi", "Media weggelaten",
            "Média vynechány", "Без медиафайлов", "Медіа пропущено", "Pominięto multimedia", "Medya dahil edilmedi",
            "メディアなし", "미디어 파일 제외됨", "省略多媒体文件", "忽略多媒體檔", "मीडिया के बिना", "تم استبعاد الوسائط", "המדיה לא נכללה",
            "Media tidak disertakan", "Bỏ qua tệp phương tiện", "ไฟล์สื่อถูกลบ", "image omitted",
        ])
    func omitted(words: String) throws {
        let found = try messages("1/2/22, 10:00 - A: <\(words)>", "caption")
        #expect(found.map(\.text) == ["caption"])
        #expect(found.first?.attachments.count == 1)
        if case .missing? = found.first?.attachments.first?.content { return }
        Issue.record("\(words)")
    }

    @Test("what stands before an iPhone's attachment is its caption, or a document's own name")
    func captions() throws {
        let found = try messages(
            "\u{200E}[27/03/2022, 21:41:40] E: caption here \u{200E}<attached: 00000036-PHOTO-2022-03-27-21-41-40.jpg>",
            "more",
            "[27/03/2022, 21:41:41] E: Some file.pdf • \u{200E}2 pages \u{200E}<attached: 00000037-Some file.pdf>",
            "[27/03/2022, 21:41:42] E: PHOTO-1.jpg \u{200E}<attached: 00000038-PHOTO-1.jpg>",
            "[27/03/2022, 21:41:43] E: \u{200E}<attached: 00000039-VIDEO-2022-03-27-21-41-43.mp4>",
            "[27/03/2022, 21:41:44] E: look \u{200E}image omitted",
            "[27/03/2022, 21:41:45] E: Some file.pdf • \u{200E}2 pages \u{200E}document omitted")
        #expect(found.map(\.text) == ["caption here\nmore", "", "", "", "look", ""])
        #expect(found.map(\.kind) == [.image, .file, .image, .video, .image, .file])
        #expect(
            found.map { $0.attachments.first?.name } == [
                "00000036-PHOTO-2022-03-27-21-41-40.jpg", "Some file.pdf", "PHOTO-1.jpg",
                "00000039-VIDEO-2022-03-27-21-41-43.mp4", "", "Some file.pdf",
            ])
    }

    // MARK: Marks that nobody sees

    /// Right-to-left text, a copied phone number, a mention, a byte order mark.
    static let marked = [
        "\u{200F}שלום", "\u{200F}مرحبا", "\u{202A}+49 170 1234567\u{202C}", "\u{2068}Bob\u{2069} hi", "\u{FEFF}x",
    ]

    @Test("a message that begins with an invisible mark is its sender's text", arguments: marked)
    func typedMarks(text: String) throws {
        let found =
            try messages("[1/2/22, 10:00:00] Anna: \(text)", "[1/2/22, 10:01:00] Ben: \(text)")
            + messages("1/2/22, 10:00 - Anna: \(text)", "1/2/22, 10:01 - Ben: \(text)")
        #expect(found.map(\.kind) == [.text, .text, .text, .text])
        #expect(found.map(\.text) == [text, text, text, text])
        #expect(found.map { $0.sender?.text } == ["whatsapp:Anna", "whatsapp:Ben", "whatsapp:Anna", "whatsapp:Ben"])
    }

    @Test("U+200E is no sign of the platform in Android's exports")
    func androidMark() throws {
        let found = try messages("1/2/22, 10:00 - Anna: \u{200E}hello")
        #expect(found.map(\.kind) == [.text])
        #expect(found.first?.sender == PersonID("whatsapp:Anna"))
    }

    @Test("an iPhone's line of the platform's own keeps the name before it, unless it is known to be about nobody")
    func platformsLine() throws {
        let found = try messages(
            "[1/2/22, 10:00:00] Anna: \u{200E}Messages and calls are end-to-end encrypted. No one outside can read them.",
            "[1/2/22, 10:01:00] Anna: \u{200E}You turned on something that is new.",
            "[1/2/22, 10:02:00] Anna: \u{200F}تغيّر رمز أمانك المُستخدَم مع Elon. \u{200F}انقر هنا لمعرفة المزيد.",
            "[1/2/22, 10:03:00] Anna: hi")
        #expect(found.map(\.kind) == [.system, .system, .system, .text])
        let anna = PersonID("whatsapp:Anna")
        #expect(found.map(\.sender) == [nil, anna, nil, anna])
        #expect(found[1].text == "You turned on something that is new.")
    }

    @Test("a group that an iPhone names as the sender of its notices is nobody", arguments: ["\u{200E}", "\u{200F}"])
    func groupsName(mark: String) throws {
        let folder = try TemporaryFolder()
        let text = """
            [1/2/22, 10:00:00] Trip: \(mark)Ben created this group
            [1/2/22, 10:01:00] Ben: hi
            [1/2/22, 10:02:00] Carl: hi

            """
        let found = try Import(try folder.write("WhatsApp Chat - Trip/_chat.txt", text), .whatsapp)
        #expect(found.messages.map(\.0.kind) == [.system, .text, .text])
        #expect(found.first?.sender == nil)
        #expect(found.first?.text == "Ben created this group")
        #expect(found.people.values.map(\.name).sorted() == ["Ben", "Carl"])
    }
}
