import ChatImport
import ChatModel
import Testing

/// What cannot be read beside exports that can.
struct ExportsBesideOthersTests {
    private let folder: TemporaryFolder
    private let message = #"{"id":1,"type":"message","date_unixtime":"5","from":"A","from_id":"user1","text":"x"}"#
    private let line = "27/03/2022, 13:00 - A: x\n"
    private let torn = "PK\u{3}\u{4}torn"

    init() throws { folder = try TemporaryFolder() }

    private func chat(_ id: Int, end: String = "]}") -> String {
        #"{"name":"A","type":"personal_chat","id":\#(id),"messages":[\#(message)\#(end)"#
    }

    /// The words of the notes that tell of loss.
    private func losses(_ found: Import) -> [String] { found.notes.filter(\.tellsOfLoss).map(\.description) }

    @Test("a Telegram export that is cut off is told, its first rows are kept, and the others are read")
    func cutOff() throws {
        try folder.write("a/result.json", chat(1, end: #",{"id":2,"ty"#))
        try folder.write("b/result.json", chat(2))
        let found = try Import(folder.path, .telegram)
        #expect(found.messages.map(\.1.text) == ["telegram:user1", "telegram:user2"])
        #expect(losses(found).count == 1 && losses(found)[0].contains("'a/result.json' is damaged at line 1"))
        #expect(throws: ImportError.self) { try Import(folder.path + "/a", .telegram) }
        try folder.write("b/result.json", chat(2, end: ","))
        #expect(throws: ImportError.self) { try Import(folder.path, .telegram) }
    }

    @Test("a damaged export of one program does not keep that of another one from being read")
    func otherProgram() throws {
        try folder.write("a/result.json", chat(1, end: ","))
        try folder.write("WhatsApp Chat with A.txt", line)
        try folder.write("A's notes.txt", line)
        var texts: [String] = []
        var notes: [ImportNote] = []
        let options = ImportOptions(assumedZone: .utc)
        try readSource(at: folder.path, as: [.telegram, .whatsapp], options: options) { event in
            if case .message(let message, _) = event { texts.append(message.text) }
            if case .note(let note) = event { notes.append(note) }
        }
        #expect(texts == ["x", "x"])
        #expect(notes.filter(\.tellsOfLoss).count == 1)
        #expect(notes.filter { $0 == .exportsPassedOver(paths: ["A's notes.txt"]) }.count == 1)
    }

    @Test(
        "a .zip that is cut off is told, and the chats beside it are read",
        arguments: ["WhatsApp Chat - U.zip", "u.zip"])
    func tornZip(name: String) throws {
        try folder.write(name, torn)
        try folder.write("result.json", chat(1))
        #expect(try recognise(folder.path) == .telegram)
        let found = try Import(folder.path, .telegram)
        #expect(found.messages.count == 1)
        #expect(losses(found).count == 1 && losses(found)[0].contains("'\(folder.path)/\(name)' is damaged"))
        let alone = try TemporaryFolder()
        try alone.write(name, torn)
        #expect(throws: ImportError.self) { try recognise(alone.path) }
    }

    @Test("a chat that has WhatsApp's name and no head that is known is told, as a text and in a .zip")
    func unknownHeads() throws {
        try folder.write("WhatsApp Chat with A.txt", line)
        try folder.write("WhatsApp Chat with B.txt", "27/03/2022 kvart 13:00 - B: x\n")
        try folder.write("notes.txt", "milk\n")
        try folder.write("与会者.txt", "A, B\n")
        let script = """
            import zipfile
            zipfile.ZipFile('WhatsApp Chat - C.zip', 'w').write('WhatsApp Chat with B.txt', '_chat.txt')
            """
        try folder.python(script)
        let found = try Import(folder.path, .whatsapp)
        #expect(found.messages.count == 1)
        #expect(losses(found).count == 2)
        #expect(losses(found)[0].contains("C.zip") && losses(found)[1].contains("with B.txt"))
    }

    @Test("one of several chats in a .zip that breaks off does not keep the others from being read")
    func brokenEntry() throws {
        try folder.write("a.txt", line + String(repeating: "y\n", count: 200_000))
        let script = """
            import zipfile
            z = zipfile.ZipFile('x.zip', 'w', zipfile.ZIP_DEFLATED)
            z.write('a.txt', 'WhatsApp Chat with A.txt')
            z.writestr('WhatsApp Chat with B.txt', '27/03/2022, 13:00 - B: whole\\n')
            end = z.getinfo('WhatsApp Chat with A.txt').compress_size
            z.close()
            data = bytearray(open('x.zip', 'rb').read())
            for i in range(end - 20, end): data[i] = 0xFF
            open('x.zip', 'wb').write(data)
            """
        try folder.python(script)
        let found = try Import(folder.path + "/x.zip", .whatsapp)
        #expect(found.messages.contains { $0.0.text == "whole" })
        #expect(losses(found).count == 1)
    }

    @Test("what is in a form that is not read is told as no loss: HTML beside another JSON, a compressed file")
    func leftOut() throws {
        try folder.write("a/result.json", chat(1))
        // Both forms of one export.
        try folder.write("a/messages.html", "<!DOCTYPE html>\n<html><head><title>Exported Data</title>")
        #expect(try Import(folder.path, .telegram).notes.isEmpty)
        try folder.write("b/messages.html", "<!DOCTYPE html>\n<html><head><title>Exported Data</title>")
        try folder.write("h.jsonl.gz", "\u{1F}\u{8B}")
        let notes = try Import(folder.path, .telegram).notes
        #expect(notes.count == 2 && notes.allSatisfy { $0.isWarning && !$0.tellsOfLoss }, "\(notes)")
        #expect("\(notes[0])".contains("h.jsonl.gz") && "\(notes[1])".contains("b/messages.html"))
    }
}
