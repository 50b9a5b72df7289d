import ChatImport
import ChatModel
import Testing

/// Chats that came together in one folder or one .zip.
struct WhatsAppSeveralChatsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes files into `x/` and into `x.zip`, in their order.
    private func write(_ files: [(name: String, text: String)]) throws {
        for file in files { try folder.write("x/" + file.name, file.text) }
        let names = files.map { "'\($0.name)'" }.joined(separator: ", ")
        try folder.python(
            "import zipfile\nz = zipfile.ZipFile('x.zip', 'w')\nfor n in [\(names)]: z.write('x/' + n, n)\nz.close()")
    }

    private func texts(_ found: Import) -> [String: [String]] {
        Dictionary(grouping: found.messages, by: { $0.1.text }).mapValues { $0.map(\.0.text) }
    }

    private let minute = "1/2/22, 10:0"
    private let photo = "IMG-20220201-WA0001.jpg"

    @Test("several chats of one .zip, or of one folder, are read as one each, and its media are all of theirs")
    func several() throws {
        try write([
            ("WhatsApp Chat with Alice.txt", "\(minute)0 - Alice: a\n\(minute)1 - Alice: \(photo) (file attached)\n"),
            ("WhatsApp Chat with Bob.txt", "\(minute)0 - Bob: b\n\(minute)2 - Bob: \(photo) (file attached)\n"),
            (photo, "x"),
        ])
        for (source, content) in [
            ("x", Attachment.Content.file(path: photo)), ("x.zip", .entry(container: "x.zip", name: photo)),
        ] {
            let path = folder.path + "/" + source
            #expect(try recognise(path) == .whatsapp)
            let found = try Import(path, .whatsapp)
            #expect(texts(found) == ["whatsapp:Alice": ["a", ""], "whatsapp:Bob": ["b", ""]])
            #expect(found.conversations.map(\.title) == ["Alice", "Bob"])
            #expect(found.messages.flatMap(\.0.attachments).map(\.content) == [content, content])
            #expect(found.exports.count == 2, "each is an export of its own")
        }
    }

    @Test("a text that looks like a chat is none beside one that is named as WhatsApp names it")
    func sentText() throws {
        try write([
            ("Notes of Alice.txt", "1/2/22, 09:00 - Carol: copied\n"),
            ("WhatsApp Chat with Alice.txt", "1/2/22, 10:00 - Alice: Notes of Alice.txt (file attached)\n"),
        ])
        for source in ["x", "x.zip"] {
            let found = try Import(folder.path + "/" + source, .whatsapp)
            #expect(found.messages.map(\.1) == [ConversationID("whatsapp:Alice")])
            #expect(found.first?.attachments.map(\.name) == ["Notes of Alice.txt"])
            if case .missing? = found.first?.attachments.first?.content { Issue.record("the text was not found") }
        }
        #expect(try Import(folder.path + "/x/Notes of Alice.txt", .whatsapp).messages.count == 1, "named itself")
    }

    @Test("a chat under another name is read where none has WhatsApp's name, and only one of them")
    func otherName() throws {
        try write([("list.txt", "milk\n"), ("old chat.txt", "1/2/22, 10:00 - A: x\n")])
        let found = try Import(folder.path + "/x.zip", .whatsapp)
        #expect(found.messages.map(\.1) == [ConversationID("whatsapp:old chat")])
    }

    @Test("chats of one name in several folders of a .zip are named by their folders, and have the media beside them")
    func folders() throws {
        try write([
            ("WhatsApp Chat - Alice/_chat.txt", "[1/2/22, 10:00:00] Alice: \u{200E}<attached: 1-PHOTO.jpg>\n"),
            ("WhatsApp Chat - Alice/1-PHOTO.jpg", "a"),
            ("WhatsApp Chat - Bob/_chat.txt", "[1/2/22, 10:00:00] Bob: \u{200E}<attached: 1-PHOTO.jpg>\n"),
            ("WhatsApp Chat - Bob/1-PHOTO.jpg", "b"),
        ])
        let found = try Import(folder.path + "/x.zip", .whatsapp)
        #expect(found.conversations.map(\.title) == ["Alice", "Bob"])
        #expect(
            found.messages.flatMap(\.0.attachments).map(\.content)
                == ["Alice", "Bob"].map { .entry(container: "x.zip", name: "WhatsApp Chat - \($0)/1-PHOTO.jpg") })
    }
}
