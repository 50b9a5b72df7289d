import ChatModel
import Testing

@testable import ChatImport

struct SourceRecognitionTests {
    private let folder: TemporaryFolder
    private let chat =
        #"{"name":"A","type":"personal_chat","id":42,"messages":[{"id":1,"type":"message","date_unixtime":"5","photo":"photos/p.jpg","text":"x"}]}"#

    init() throws { folder = try TemporaryFolder() }

    @Test func `a folder of several exports is read export by export, with their own media`() throws {
        for name in ["ChatExport_2021-09-04", "ChatExport_2021-09-05"] {
            try folder.write(name + "/result.json", chat)
            try folder.write(name + "/photos/p.jpg", name)
        }
        #expect(try recognise(folder.path) == .telegram)
        let found = try Import(folder.path + "/", .telegram)
        #expect(found.exports == ["ChatExport_2021-09-04/result.json", "ChatExport_2021-09-05/result.json"])
        #expect(
            found.messages.compactMap { $0.0.attachments.first?.content } == [
                .file(path: "ChatExport_2021-09-04/photos/p.jpg"), .file(path: "ChatExport_2021-09-05/photos/p.jpg"),
            ])
        #expect(Set(found.messages.map(\.1)).count == 1)
    }

    @Test func `a backup that WeChat made for itself is told apart, and an account beside it is read`() throws {
        try folder.write("Backup/ChatPackage/1600000000000-1600000001000", "RMFH and what nobody else can read")
        #expect {
            try recognise(folder.path)
        } throws: { error in
            if case ImportError.weChatPackage(let path) = error { path.hasSuffix("/Backup/ChatPackage") } else { false }
        }
        try folder.write("MicroMsg/0123456789abcdef0123456789abcdef/EnMicroMsg.db", "x")
        #expect(try recognise(folder.path) == .wechat)
    }

    @Test func `what was sent in an account's chats is no export of its own`() throws {
        try folder.write("MicroMsg/Download/result.json", chat)
        try folder.write("MicroMsg/0123456789abcdef0123456789abcdef/EnMicroMsg.db", "x")
        #expect(try recognise(folder.path) == .wechat)
        #expect(try SourceFolder.find(at: folder.path, wanted: .wechat).others == [])
    }

    @Test func `what lies beside an account and looks like an export is told of`() throws {
        try folder.write("Export/result.json", chat)
        #expect(try SourceFolder.find(at: folder.path, wanted: .telegram).others == [])
        try folder.write("MicroMsg/0123456789abcdef0123456789abcdef/EnMicroMsg.db", "x")
        #expect(try SourceFolder.find(at: folder.path, wanted: .wechat).others == ["Export/result.json"])
        let chats = try TemporaryFolder()
        for name in ["WhatsApp Chat with Bob.txt", "Alice.txt"] {
            try chats.write(name, "27/03/2022, 13:32 - Bob: hello\n")
        }
        var told: [ImportNote] = []
        try readSource(at: chats.path, as: [.whatsapp], options: ImportOptions(assumedZone: .utc)) { event in
            if case .note(let note) = event { told.append(note) }
        }
        #expect(told.contains(.exportsPassedOver(paths: ["Alice.txt"])))
    }

    @Test func `interchange files are known by their name or their first line`() throws {
        try folder.write("a/chat.jsonl", "{\"time\":1,\"conversation\":\"c\"}\n")
        #expect(try recognise(folder.path) == .jsonl)
        let file = try folder.write("b.txt", "{\"conversation\":{\"id\":\"c\"}}\n{\"time\":1}\n")
        #expect(try recognise(file) == .jsonl)
    }

    @Test func `what is none is not recognised`() throws {
        try folder.write("package.json", #"{"name":"x","version":"1"}"#)
        try folder.write("discord.json", #"{"guild":{},"messages":[]}"#)
        #expect(try recognise(folder.path) == nil)
        #expect(throws: ImportError.self) { try Import(folder.path, .telegram) }
        #expect(throws: ImportError.self) { try recognise(folder.path + "/absent") }
    }

    @Test func `several formats in one folder must be told apart by the user`() throws {
        try folder.write("result.json", chat)
        try folder.write("chat.jsonl", "{\"time\":1,\"conversation\":\"c\"}\n")
        #expect {
            try recognise(folder.path)
        } throws: { error in
            if case .severalFormats(_, [.telegram, .jsonl])? = error as? ImportError { true } else { false }
        }
        #expect(try Import(folder.path, .telegram).messages.count == 1)
        #expect(try Import(folder.path, .jsonl).messages.count == 1)
    }

    private let brokenZip: [UInt8] = [0x50, 0x4B, 0x03, 0x04, 1, 2, 3]

    @Test func `what was sent in a Telegram chat is no export of its own`() throws {
        try folder.write("result.json", chat)
        try folder.write("files/broken.zip", brokenZip)
        try folder.write("files/_chat.txt", "[1/2/22, 10:00:00] A: x\n")
        try folder.write("files/result.json", chat)
        #expect(try recognise(folder.path) == .telegram)
        #expect(try Import(folder.path, .telegram).exports == ["result.json"])
    }

    @Test func `a .zip that cannot be read is a document beside a WhatsApp chat, unless it has a chat's name`() throws {
        try folder.write("_chat.txt", "[1/2/22, 10:00:00] A: \u{200E}<attached: report.zip>\n")
        try folder.write("report.zip", brokenZip)
        #expect(try Import(folder.path, .whatsapp).exports == ["_chat.txt"])
        #expect(exportFolder(ofFile: folder.path + "/_chat.txt", format: .whatsapp) == folder.path)
        try folder.write("WhatsApp Chat - B.zip", brokenZip)
        #expect(try recognise(folder.path) == .whatsapp)
        let found = try Import(folder.path, .whatsapp)
        #expect(found.exports == ["_chat.txt"])
        #expect(found.notes.filter(\.tellsOfLoss).map { "\($0)".contains("WhatsApp Chat - B.zip") } == [true])
        #expect(exportFolder(ofFile: folder.path + "/_chat.txt", format: .whatsapp) == nil)
    }

    @Test func `a file is not taken for its folder where another export lies, and a .zip never is`() throws {
        let text = "1/2/22, 10:00 - A: IMG-20220201-WA0001.jpg (file attached)\n"
        let file = try folder.write("WhatsApp Chat with A.txt", text)
        #expect(exportFolder(ofFile: file, format: .whatsapp) == nil, "nothing is beside it")
        try folder.write("IMG-20220201-WA0001.jpg", "x")
        #expect(exportFolder(ofFile: file, format: .whatsapp) == folder.path)
        #expect(exportFolder(ofFile: folder.path, format: .whatsapp) == nil)
        try folder.write("WhatsApp Chat with B.txt", text)
        #expect(exportFolder(ofFile: file, format: .whatsapp) == nil)
        let zip = try folder.write("photos/a.zip", brokenZip)
        #expect(exportFolder(ofFile: zip, format: .whatsapp) == nil)
    }

    @Test func `an HTML export of Telegram is answered with how to export again`() throws {
        try folder.write("ChatExport/messages.html", "<!DOCTYPE html>\n<html><head><title>Exported Data</title>")
        #expect {
            try recognise(folder.path)
        } throws: { error in
            guard case .telegramHTML? = error as? ImportError else { return false }
            return "\(error)".contains("Machine-readable JSON")
        }
    }
}
