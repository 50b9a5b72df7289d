import ChatImport
import ChatModel
import Foundation
import Testing

struct TelegramExportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func importing(_ text: String, zone: Zone = .utc) throws -> Import {
        try Import(try folder.write("result.json", text), .telegram, zone: zone)
    }

    private func chat(_ messages: String, type: String = "personal_chat", id: String = "42") -> String {
        #"{"name":"张伟","type":"\#(type)","id":\#(id),"messages":[\#(messages)]}"#
    }

    @Test func `an account's export gives the owner, contacts and all chats, left ones too`() throws {
        let found = try importing(
            """
            {"about":"x","personal_information":{"user_id":1,"first_name":"我","last_name":"","phone_number":"+86 1","username":"@me"},
             "contacts":{"about":"","list":[{"user_id":42,"first_name":"张","last_name":"伟","phone_number":"0086 2"},
               {"user_id":0,"first_name":"Li","last_name":"Lei","phone_number":"0086 3"},{"user_id":{"a":1}},7]},
             "chats":{"about":"","list":[\(chat(#"{"id":1,"type":"message","date_unixtime":"5","from":"张伟","from_id":"user42","text":"hi"}"#))]},
             "left_chats":{"list":[\(chat("", type: "private_supergroup", id: "7"))]}}
            """)
        #expect(found.people[PersonID("telegram:user1")]?.isSelf == true)
        #expect(found.people[PersonID("telegram:user1")]?.handles == ["@me"])
        #expect(found.people[PersonID("telegram:user42")]?.name == "张伟")
        #expect(found.people[PersonID("telegram:user42")]?.phones == ["0086 2"])
        #expect(found.people[PersonID("telegram:name:0086 3")]?.name == "Li Lei")
        #expect(found.conversations.map(\.id.text) == ["telegram:user42", "telegram:channel7"])
        #expect(found.messages.count == 1)
    }

    @Test func `a chat has the same identifier alone and in an account's export, old and new`() throws {
        let alone = try importing(chat("", type: "private_channel", id: "10036995664"))
        let together = try importing(#"{"chats":{"list":[\#(chat("", type: "public_channel", id: "1447061072"))]}}"#)
        #expect(alone.conversations.map(\.id) == [ConversationID("telegram:channel1447061072")])
        #expect(together.conversations.map(\.id) == alone.conversations.map(\.id))
    }

    @Test func `what has no text and is not known is no text, and is counted`() throws {
        let rest = #""type":"message","date_unixtime":"5","from":"A","from_id":"user1","text":"#
        let found = try importing(
            chat(
                [
                    #"{"id":1,\#(rest)"","invoice_information":{"title":"T","amount":100}}"#,
                    #"{"id":2,\#(rest)"","todo_list":{"items":[]}}"#, #"{"id":3,\#(rest)"","todo_list":{"items":[]}}"#,
                    #"{"id":4,\#(rest)"","reactions":[{"type":"emoji","count":1}]}"#,
                    #"{"id":5,\#(rest)"words","giveaway_information":{"quantity":1}}"#,
                ].joined(separator: ",")))
        #expect(found.messages.map(\.0.kind) == [.unknown, .unknown, .unknown, .text, .text])
        #expect(found.messages.prefix(4).allSatisfy { $0.0.raw != nil })
        #expect(found.notes == [.unknownMessageTypes(["invoice_information": 1, "todo_list": 2])])
    }

    @Test func `a user, a group and a channel of one number are three chats`() throws {
        let ids = try ["personal_chat", "private_group", "private_supergroup"].map {
            try importing(chat("", type: $0)).conversations.first?.id
        }
        #expect(Set(ids).count == 3)
    }

    @Test func `messages that stand before the chat's identifier are its messages`() throws {
        let found = try importing(
            #"{"messages":[{"id":1,"type":"message","date_unixtime":"5","from":"A","text":"x"}],"type":"personal_chat","id":9}"#
        )
        #expect(found.messages.map(\.1) == [ConversationID("telegram:user9")])
    }

    @Test func `a date with seconds since 1970 has no assumed zone, one without has`() throws {
        let zone = try #require(Zone(named: "Asia/Shanghai"))
        let found = try importing(
            chat(
                #"{"id":1,"type":"message","date":"2021-09-04T15:03:55","date_unixtime":"1630739035","text":""},{"id":2,"type":"message","date":"2021-09-04T15:03:55","text":"","edited":"1970-01-01T08:00:00"},{"id":3,"type":"message","text":"no date"},{"id":4,"type":"message","date_unixtime":"9223372036854775807","text":""},5"#
            ), zone: zone)
        #expect(found.message("1")?.wallTime == nil)
        #expect(found.message("2")?.wallTime == CivilTime("2021-09-04T15:03:55"))
        #expect(found.message("1")?.time == found.message("2")?.time)
        #expect(found.message("2")?.edited == nil)
        #expect(found.skipped.map(\.reason) == [.noTime, .noTime, .notARecord])
        #expect(found.notes == [.zoneAssumed(paths: ["result.json"], zone: "Asia/Shanghai")])
    }

    @Test func `a deleted account still is somebody`() throws {
        let found = try importing(
            chat(
                #"{"id":1,"type":"message","date_unixtime":"5","from":null,"from_id":"user7","forwarded_from":null,"text":"x"}"#
            ))
        #expect(found.people[PersonID("telegram:user7")]?.name == "Deleted Account")
        #expect(found.first?.sender == PersonID("telegram:user7"))
        #expect(found.first?.forwardedFrom == "Deleted Account")
    }

    @Test func `links keep their addresses, emphasis keeps the raw text`() throws {
        let found = try importing(
            chat(
                #"{"id":1,"type":"message","date_unixtime":"5","text":["see ",{"type":"text_link","text":"this","href":"https://example.org/a"}]},{"id":2,"type":"message","date_unixtime":"6","text":[{"type":"bold","text":"B"}],"text_entities":[{"type":"bold","text":"B"}]},{"id":3,"type":"message","date_unixtime":"6","text_entities":[{"type":"plain","text":"p"}]}"#
            ))
        #expect(found.message("1")?.text == "see this (https://example.org/a)")
        #expect(found.message("1")?.raw == nil)
        #expect(found.message("2")?.text == "B")
        #expect(found.message("2")?.raw != nil)
        #expect(found.message("3")?.text == "p")
    }

    @Test func `control characters written as hexadecimal escapes are read, and the raw text is strict`() throws {
        let found = try importing(
            chat(
                ##"{"id":1,"type":"message","date_unixtime":"5","text":"a\x1Fb","reactions":[{"type":"emoji","count":2,"emoji":"\x01"}]}"##
            ))
        #expect(found.first?.text == "a\u{1F}b")
        let raw = try #require(found.first?.raw)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(raw)) }
    }

    @Test func `media are found beside the export, and nowhere else`() throws {
        try folder.write("photos/p.jpg", "jpg")
        try folder.write("files/合同.pdf", "pdf")
        let found = try importing(
            chat(
                #"{"id":1,"type":"message","date_unixtime":"5","photo":"photos/p.jpg","text":""},{"id":2,"type":"message","date_unixtime":"5","file":"files/合同.pdf","mime_type":"application/pdf","text":""},{"id":3,"type":"message","date_unixtime":"5","file":"../../etc/passwd","text":""},{"id":4,"type":"message","date_unixtime":"5","file":"/etc/passwd","text":""},{"id":5,"type":"message","date_unixtime":"5","photo":"(File not included. Change data exporting settings to download.)","text":""},{"id":6,"type":"message","date_unixtime":"5","file":"files","text":""}"#
            ))
        let contents = found.messages.compactMap { $0.0.attachments.first?.content }
        #expect(contents.count == 6)
        #expect(contents[0] == .file(path: "photos/p.jpg"))
        #expect(contents[1] == .file(path: "files/合同.pdf"))
        #expect(found.message("2")?.attachments.first?.name == "合同.pdf")
        #expect(contents[2] == .missing(reason: "the source names a file outside its folder"))
        #expect(contents[3] == contents[2])
        #expect(contents[4] == .missing(reason: "the export was made without this kind of file"))
        #expect(contents[5] == .missing(reason: "what the source names is not a file"))
    }

    @Test(arguments: [
        ("create_group", "Ann created the group “T” with Bo, a deleted account"),
        ("pin_message", "Ann pinned a message"),
        ("send_payment", "Ann sent a payment of 1999 in the smallest unit of EUR"),
        ("set_messages_ttl", "Ann set messages not to disappear"),
        ("phone_call", "Ann called, 61 seconds (hangup)"), ("gift_premium", "Ann: gift premium “T”"),
    ])
    func `service messages are told in words and keep their raw text`(action: String, words: String) throws {
        let found = try importing(
            chat(
                #"{"id":1,"type":"service","date_unixtime":"5","actor":"Ann","actor_id":"user3","action":"\#(action)","title":"T","members":["Bo",null],"amount":1999,"currency":"EUR","period":0,"duration_seconds":61,"discard_reason":"hangup","text":""}"#
            ))
        #expect(found.first?.text == words)
        #expect(found.first?.kind == (action == "phone_call" ? .call : .system))
        #expect(found.first?.raw != nil)
        #expect(found.first?.sender == PersonID("telegram:user3"))
    }

    @Test func `places, contacts and unsupported messages become messages`() throws {
        let found = try importing(
            chat(
                #"{"id":1,"type":"message","date_unixtime":"5","location_information":{"latitude":52.5,"longitude":13.4},"place_name":"Café","text":""},{"id":2,"type":"message","date_unixtime":"5","contact_information":{"first_name":"Li","last_name":"Lei","phone_number":"123"},"text":""},{"id":3,"type":"unsupported","date_unixtime":"5","text":"new thing"}"#
            ))
        #expect(found.messages.map(\.0.kind) == [.location, .contact, .unknown])
        #expect(found.messages.map(\.0.text) == ["Café\n52.5, 13.4", "Li Lei, 123", "new thing"])
        #expect(found.messages.allSatisfy { $0.0.raw != nil })
    }

    @Test func `a post's signature, a bot, votes and an answer to another chat are told in words`() throws {
        let rest = #""type":"message","date_unixtime":"5","from":"A","from_id":"user1""#
        let found = try importing(
            chat(
                [
                    #"{"id":1,\#(rest),"text":"signed","author":"Hans"}"#,
                    #"{"id":2,\#(rest),"text":"","via_bot":"@gif"}"#,
                    #"{"id":3,\#(rest),"text":"","poll":{"question":"Where?","total_voters":3,"answers":[{"text":"Rome","voters":2},{"text":"Oslo","voters":1},{"text":"Bern","voters":0}]}}"#,
                    #"{"id":4,\#(rest),"text":"yes","reply_to_message_id":77,"reply_to_peer_id":"channel99"}"#,
                    #"{"id":5,\#(rest),"text":"no","reply_to_message_id":1}"#,
                ].joined(separator: ",")))
        #expect(
            found.messages.map(\.0.text) == [
                "signed\n(signed by Hans)", "(via @gif)", "Where?\n- Rome (2 votes)\n- Oslo (1 vote)\n- Bern",
                "yes\n(in reply to message 77 of another chat, channel99)", "no",
            ])
        #expect(found.messages.map(\.0.replyTo) == [nil, nil, nil, nil, MessageID("1")])
    }

    @Test func `a file without a name has the type that the export, else its path, tells`() throws {
        let rest = #""type":"message","date_unixtime":"5","text":"""#
        let found = try importing(
            chat(
                [
                    #"{"id":1,\#(rest),"file":"stickers/s.tgs","media_type":"sticker"}"#,
                    #"{"id":2,\#(rest),"file":"video_files/v.MOV","media_type":"video_file"}"#,
                    #"{"id":3,\#(rest),"file":"stickers/s.webm","media_type":"sticker","mime_type":"video/webm"}"#,
                ].joined(separator: ",")))
        #expect(
            found.messages.flatMap(\.0.attachments).map(\.mediaType) == [
                "application/x-tgsticker", "video/quicktime", "video/webm",
            ])
    }

    @Test func `any value in the place of any field neither traps nor loses the row`() throws {
        let keys = [
            "id", "type", "date", "date_unixtime", "edited", "from", "from_id", "text", "text_entities", "file",
            "photo",
            "poll", "members", "contact_information", "location_information", "reply_to_message_id", "media_type",
            "actor",
        ]
        let values = [
            "null", "true", "-1", "1e999", "\"\"", "\"\\ud800\"", "[]", "{}", "[null,[1],{\"text\":{}}]",
            #"{"question":[],"answers":[[],{"text":[{}]}]}"#,
            String(repeating: "[", count: 400) + String(repeating: "]", count: 400),
        ]
        for key in keys {
            for value in values {
                let found = try importing(chat(#"{"date":"2021-09-04T15:03:55","\#(key)":\#(value)}"#))
                #expect(found.messages.count + found.skipped.count == 1, "\(key) \(value)")
            }
        }
        for key in ["name", "type", "id", "messages", "chats", "contacts", "personal_information"] {
            for value in values {
                do {
                    _ = try importing(#"{"type":"personal_chat","id":1,"\#(key)":\#(value),"messages":[]}"#)
                } catch is ImportError {}
            }
        }
    }

    @Test func `nesting without end is refused`() throws {
        let deep = String(repeating: "[", count: 200_000)
        #expect(throws: ImportError.self) { try importing(chat(deep)) }
        #expect(throws: ImportError.self) { try importing(chat(#"{"id":1,"text":\#(deep)"#)) }
    }

    @Test func `a record of a gigabyte is skipped and the next one is read`() throws {
        let file = folder.path + "/result.json"
        let begin = #"{"name":"A","type":"personal_chat","id":42,"messages":[{"id":1,"text":""#
        let end = #""},{"id":2,"type":"message","date_unixtime":"5","text":"after"}]}"#
        _ = FileManager.default.createFile(atPath: file, contents: Data(begin.utf8))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        // A hole: a gigabyte of zero bytes that takes no space.
        try handle.seek(toOffset: 1 << 30)
        try handle.write(contentsOf: Data(end.utf8))
        try handle.close()
        let found = try Import(file, .telegram)
        #expect(found.skipped.map(\.reason) == [.tooLong])
        #expect(found.skipped.first?.offset == begin.utf8.count - #"{"id":1,"text":""#.utf8.count)
        #expect(found.message("2")?.text == "after")
    }

    @Test func `what is behind the export's end is an error`() throws {
        #expect(throws: ImportError.self) { try importing(chat("") + "x") }
    }
}
