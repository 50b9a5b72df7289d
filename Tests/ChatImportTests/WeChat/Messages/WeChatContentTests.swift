import ChatModel
import Testing

@testable import ChatImport

struct WeChatContentTests {
    typealias Samples = WeChatSamples

    // MARK: Text and who wrote it

    @Test("plain text is the text, with its smileys")
    func text() {
        let content = Samples.read(1, "你好 [微笑] /::) <b> &amp;\n第二行")
        #expect(content == WeChatContent(.text, "你好 [微笑] /::) <b> &amp;\n第二行"))
        #expect(content.raw(of: Samples.row(1, "你好 [微笑] /::) <b> &amp;\n第二行")) == nil)
    }

    @Test("the prefix of a group's row is its sender, and is split off once")
    func prefix() {
        let content = Samples.read(Samples.row(1, "wxid_lilei:\nPS:\n好", talker: Samples.group))
        #expect(content.sender == "wxid_lilei" && content.text == "PS:\n好")
        let openIM = Samples.read(Samples.row(1, "25984@openim:\n好", talker: "1@im.chatroom", isOwn: nil))
        #expect(openIM.sender == "25984@openim" && openIM.text == "好")
    }

    @Test("own rows, chats with one person and texts that only look alike have no prefix")
    func noPrefix() {
        let long = String(repeating: "a", count: 129)
        let texts = ["wxid_lilei:\n好", "a b:\n好", "<a>:\n好", ":\n好", "\(long):\n好", "a: \n好", "注意:\n好", ""]
        for (index, text) in texts.enumerated() {
            let own = Samples.read(Samples.row(1, text, talker: Samples.group, isOwn: true))
            #expect(own == WeChatContent(.text, text))
            let alone = Samples.read(Samples.row(1, text))
            #expect(alone == WeChatContent(.text, text))
            if index == 0 { continue }
            let group = Samples.read(Samples.row(1, text, talker: Samples.group))
            #expect(group == WeChatContent(.text, text))
        }
        let mine = Samples.row(1, texts[0], talker: Samples.group, isOwn: nil, sender: Samples.owner)
        #expect(Samples.read(mine).sender == nil)
    }

    @Test("where the shape tells the sender, only a user name is taken for a prefix")
    func knownSender() {
        func read(_ text: String) -> WeChatContent {
            Samples.read(Samples.row(1, text, talker: Samples.group, sender: "wxid_gone"))
        }
        #expect(read("PS:\n好") == WeChatContent(.text, "PS:\n好"))
        #expect(read("wxid_gone:\n好") == WeChatContent(.text, "好", sender: "wxid_gone"))
        #expect(read("wxid_lilei:\n好") == WeChatContent(.text, "好", sender: "wxid_lilei"))
    }

    @Test("bytes that are no UTF-8 are repaired, in the text and before it")
    func repaired() {
        var row = Samples.row(1, "", talker: Samples.group)
        row.content = Array("wxid_lilei:\n".utf8) + [0xE5, 0xBC] + Array("好".utf8) + [0xFF]
        #expect(Samples.read(row) == WeChatContent(.text, "\u{FFFD}好\u{FFFD}", sender: "wxid_lilei"))
        row.content = [0xFF, 0x3A, 0x0A, 0x41]
        #expect(Samples.read(row) == WeChatContent(.text, "\u{FFFD}:\nA"))
    }

    @Test("a text beyond all bounds is cut at a character")
    func long() {
        let text = String(repeating: "好", count: 400_000)
        let content = Samples.read(1, text)
        #expect(content.text.hasSuffix("好…") && content.text.utf8.count <= WeChatText.longest + 3)
    }

    // MARK: Media

    @Test("a picture has its MD5 and the size of the original")
    func image() {
        let content = Samples.read(Samples.row(3, "wxid_hanmm:\n" + Samples.image, talker: Samples.group))
        #expect(
            content
                == WeChatContent(
                    .image, sender: "wxid_hanmm", media: [.init(.image, md5: Samples.md5, size: 1_048_576)]))
        #expect(content.raw(of: Samples.row(3, Samples.image)) == nil)
    }

    @Test("a voice has its transcription, the shape's own first")
    func voice() {
        let media = [WeChatContent.Media(.voice, size: 5312)]
        #expect(Samples.read(34, Samples.voice) == WeChatContent(.voice, "晚上一起吃饭吗 & 喝茶", media: media))
        #expect(Samples.read(34, Samples.voice, note: "吃饭") == WeChatContent(.voice, "吃饭", media: media))
    }

    @Test("Android's voice and video without XML have a sender and no text")
    func android() {
        let voice = Samples.read(Samples.row(34, "wxid_hanmm:3920:1\n", talker: Samples.group))
        #expect(voice == WeChatContent(.voice, sender: "wxid_hanmm", media: [.init(.voice)]))
        let video = Samples.read(Samples.row(43, "wxid_hanmm:11:0\n", talker: Samples.group))
        #expect(video == WeChatContent(.video, sender: "wxid_hanmm", media: [.init(.video)]))
        let sticker = Samples.read(47, "wxid_hanmm:1630000000000:0:0:\(Samples.md5)::0\n")
        #expect(sticker == WeChatContent(.sticker, media: [.init(.sticker, md5: Samples.md5)]))
    }

    @Test("videos and short videos have their MD5 and size", arguments: [43, 62] as [Int32])
    func video(type: Int32) {
        let media = WeChatContent.Media(.video, md5: Samples.md5, size: 2_097_152)
        #expect(Samples.read(type, Samples.video) == WeChatContent(.video, media: [media]))
    }

    @Test("a sticker has its MD5, size and key")
    func sticker() {
        let media = WeChatContent.Media(.sticker, md5: Samples.md5, size: 20481, key: "abcdef")
        #expect(Samples.read(47, Samples.sticker) == WeChatContent(.sticker, media: [media]))
        #expect(Samples.read(47, Samples.sticker, note: "[强]").text == "[强]")
        let custom = WeChatContent.Media(.sticker, md5: Samples.md5, size: 4096, key: "a1")
        let described = Samples.sticker.replacing("productid=\"\"", with: "desc=\"哈哈\"")
        #expect(Samples.read(1_048_625, described) == WeChatContent(.sticker, "哈哈", media: [media]))
        #expect(Samples.read(1_048_625, Samples.gif) == WeChatContent(.sticker, media: [custom]))
    }

    @Test("a place has its name, address and coordinates")
    func location() {
        let content = Samples.read(48, Samples.location)
        #expect(content == WeChatContent(.location, "天安门\n北京市东城区长安街\n39.908823, 116.397470"))
        #expect(Samples.read(48, "<msg><location x='1' y='2' poiname='[位置]'/></msg>").text == "1, 2")
        #expect(Samples.read(-1_879_048_186, "我发起了位置共享") == WeChatContent(.location, "我发起了位置共享"))
        let live = Samples.app(17, "<title><![CDATA[我发起了位置共享]]></title>")
        #expect(Samples.read(49, live) == WeChatContent(.location, "我发起了位置共享"))
        #expect(Samples.read(-1_879_048_186, live) == WeChatContent(.location, "我发起了位置共享"))
    }

    // MARK: People

    @Test("a card has the name and the number", arguments: [42, 65, 66] as [Int32])
    func card(type: Int32) {
        #expect(Samples.read(type, Samples.card) == WeChatContent(.contact, "韩梅梅 <3 (hanmeimei)"))
    }

    @Test("a card without a number has the name, and one of a company its name too")
    func cards() {
        let ticket = "<msg username='v3_0203abc@stranger' nickname='小红' alias=''/>"
        #expect(Samples.read(42, ticket).text == "小红")
        let account = "<msg username='gh_12' nickname='晚报'/>"
        #expect(Samples.read(42, account).text == "晚报 (gh_12)")
        let company = "<msg username='2598@openim' nickname='小张' openimdesc='某公司'/>"
        #expect(Samples.read(66, company).text == "小张 (2598@openim)\n某公司")
    }

    @Test("a friend request is a line with what was said")
    func request() {
        #expect(Samples.read(37, Samples.request) == WeChatContent(.system, "小红 请求添加你为朋友: 我是小红"))
        #expect(Samples.read(65, Samples.request) == WeChatContent(.system, "小红 请求添加你为朋友: 我是小红"))
        #expect(Samples.read(40, "<msg fromusername='wxid_new'/>").text == "wxid_new 可能是你的朋友")
    }

    @Test("a mail has its subject, sender and digest")
    func mail() {
        #expect(Samples.read(35, Samples.mail) == WeChatContent(.text, "[邮件] 账单\nbank@example.com\n本月 < 100 元"))
    }

    // MARK: Calls

    @Test("a call that is stored as several elements beside each other has its medium, its words or how long it was")
    func callOfSeveralElements() {
        func call(_ invitation: String, _ local: String) -> WeChatContent {
            Samples.read(
                50,
                "<voipinvitemsg><roomid>1</roomid><key>2</key><status>4</status>\(invitation)</voipinvitemsg>"
                    + "<voipextinfo><recvtime>0</recvtime></voipextinfo><voiplocalinfo>\(local)</voiplocalinfo>")
        }
        let old = call("<invitetype>1</invitetype>", "<wordingtype>4</wordingtype><duration>217</duration>")
        #expect(old == WeChatContent(.call, "语音通话 通话时长 03:37"))
        let new = call(
            "<invite_type>0</invite_type>", "<duration>0</duration><display_content>已取消</display_content>")
        #expect(new == WeChatContent(.call, "视频通话 已取消"))
        #expect(call("<invitetype>0</invitetype>", "<duration>3725</duration>").text == "视频通话 通话时长 01:02:05")
        #expect(call("<invitetype>1</invitetype>", "<duration>0</duration>").text == "语音通话")
        let image = Samples.read(3, Samples.image + "<commenturl></commenturl>")
        #expect(image.media.first?.md5 == Samples.md5 && !image.isDamaged)
        #expect(Samples.read(3, Samples.image + "<commenturl>").isDamaged)
    }

    @Test("what came into a group without a prefix is from whom its XML says")
    func senderInXML() {
        func sender(_ type: Int32, _ content: String, isOwn: Bool? = false, known: String? = nil) -> String? {
            Samples.read(Samples.row(type, content, talker: Samples.group, isOwn: isOwn, sender: known)).sender
        }
        for (type, content) in [
            (34, Samples.voice), (43, Samples.video), (47, Samples.sticker), (48, Samples.location), (49, Samples.link),
        ] as [(Int32, String)] {
            #expect(sender(type, content) == "wxid_lilei")
            #expect(sender(type, "wxid_hanmm:\n" + content) == "wxid_hanmm")
            #expect(sender(type, content, isOwn: true) == nil)
            #expect(sender(type, content, known: "wxid_x") == nil, "the shape has told it")
            #expect(Samples.read(Samples.row(type, content)).sender == nil)
        }
        #expect(sender(49, "<msg><appmsg><type>5</type></appmsg><fromusername>a b</fromusername></msg>") == nil)
        #expect(sender(43, "<msg><videomsg fromusername=\"\(Samples.group)\"/></msg>") == nil)
    }

    @Test(
        "a content that cannot be inflated is no text, and is counted and kept",
        arguments: [1, 3, 49, 10000, 99] as [Int32])
    func uninflated(type: Int32) {
        var row = Samples.row(type, "(\u{FFFD}/garbage", talker: Samples.group, sender: "wxid_lilei")
        row.isDamaged = true
        let content = Samples.read(row)
        #expect(content.text.isEmpty && content.isDamaged && !content.isUnknown && content.sender == nil)
        #expect(content.media.count == (type == 3 ? 1 : 0))
        #expect(content.raw(of: row) != nil)
    }

    @Test("a call has its medium and the words of the row")
    func call() {
        #expect(Samples.read(50, Samples.call) == WeChatContent(.call, "语音通话 通话时长 05:21"))
        #expect(Samples.read(50, Samples.call, note: "已取消").text == "语音通话 已取消")
        #expect(Samples.read(50, "通话时长 00:03") == WeChatContent(.call, "通话时长 00:03"))
        let invitation = "<voipinvitemsg><roomid>1</roomid><status>2</status><invitetype>0</invitetype></voipinvitemsg>"
        #expect(Samples.read(53, invitation) == WeChatContent(.call, "视频通话"))
        #expect(Samples.read(52, invitation) == WeChatContent(.call, "视频通话"))
        #expect(Samples.read(50, "<voipinvitemsg></voipinvitemsg>") == WeChatContent(.call))
        #expect(Samples.read(50, "voip_content_voice") == WeChatContent(.call, "语音通话"))
        #expect(Samples.read(50, "voip_content_video", note: "已取消") == WeChatContent(.call, "视频通话 已取消"))
    }

    @Test("signals between devices are noise")
    func noise() {
        #expect(Samples.read(51, "<msg><op id='2'/></msg>").isNoise)
        #expect(!Samples.read(52, "<voipinvitemsg/>").isNoise)
        #expect(Samples.read(10002, "<sysmsg type='secmsg'><secmsg><x/></secmsg></sysmsg>").isNoise)
    }

    // MARK: Unknown

    @Test("an unknown type is kept with what can be read, and its raw content")
    func unknown() throws {
        let plain = Samples.row(4242, "新的东西 1")
        #expect(Samples.read(plain) == WeChatContent(.unknown, "新的东西 1", isUnknown: true))
        #expect(
            Samples.read(plain).raw(of: plain).map { String(decoding: $0, as: UTF8.self) }
                == "{\"type\":4242,\"subtype\":0,\"content\":\"新的东西 1\"}")
        #expect(Samples.read(4242, "<a>b</a>") == WeChatContent(.unknown, isUnknown: true))
        #expect(Samples.read(4242, "") == WeChatContent(.unknown, isUnknown: true))
        let app = Samples.read(49, Samples.app(4242, "<title>新的</title><url>http://example.com</url>"))
        #expect(app == WeChatContent(.unknown, "新的\nhttp://example.com", isUnknown: true))
    }

    @Test("the raw content is bounded")
    func boundedRaw() {
        let row = Samples.row(4242, "<a>" + String(repeating: "好", count: 100_000) + "</a>")
        let raw = Samples.read(row).raw(of: row)
        #expect(raw.map { $0.count < PlatformRow.longestContent + 100 } == true)
    }
}
