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
}
