import ChatModel
import Testing

@testable import ChatImport

struct WeChatAppMessageTests {
    typealias Samples = WeChatSamples

    static func app(_ type: Int, _ inside: String) -> WeChatContent { Samples.read(49, Samples.app(type, inside)) }

    // MARK: Links

    @Test("a link is title, description, address and source, each on a line")
    func link() {
        let text = "三十年 & 三十个人\n一篇 <长> 文\nhttp://mp.weixin.qq.com/s?__biz=MzA&mid=2&idx=1#rd\n晚报"
        #expect(Samples.read(49, Samples.link) == WeChatContent(.link, text))
    }

    @Test("the articles of an official account are all named")
    func articles() {
        let items = ["一", "二"].map { "<item><title>第\($0)篇</title><url>http://example.com/\($0)</url><digest/></item>" }
        let inside = """
            <title>第一篇</title><des>摘要</des><url>http://example.com/一</url><mmreader><category count="2">\
            <name>晚报</name>\(items.joined())</category></mmreader><sourcedisplayname>晚报</sourcedisplayname>
            """
        let text = "第一篇\n摘要\nhttp://example.com/一\n第二篇\nhttp://example.com/二\n晚报"
        #expect(Samples.read(285_212_721, Samples.app(5, inside)) == WeChatContent(.link, text))
    }

    @Test("what a link does not have makes no line, nor does what it has twice")
    func sparseLink() {
        #expect(Self.app(5, "<title>a</title><des>a</des><url/>") == WeChatContent(.link, "a"))
        #expect(Self.app(5, "") == WeChatContent(.link))
        #expect(Self.app(4, "<title/><url> http://example.com </url>").text == "http://example.com")
    }

    @Test(
        "links of all sorts are links", arguments: [3, 4, 5, 7, 9, 10, 13, 15, 16, 76, 92, 100_001])
    func links(type: Int) {
        #expect(Self.app(type, "<title>a</title><des>b</des>") == WeChatContent(.link, "a\nb"))
    }

    @Test("music has the program that it comes from")
    func music() {
        #expect(Samples.read(49, Samples.music) == WeChatContent(.link, "夜曲\n某某\nhttps://example.com/song\nQQ音乐"))
    }

    @Test("a shared picture has its file when there is one")
    func picture() {
        #expect(Self.app(2, "<title>a</title>") == WeChatContent(.link, "a"))
        let attachment = "<appattach><totallen>9</totallen><attachid>@x</attachid></appattach><md5>\(Samples.md5)</md5>"
        let media = WeChatContent.Media(.image, md5: Samples.md5, size: 9)
        #expect(Self.app(2, "<title>a</title>" + attachment) == WeChatContent(.link, "a", media: [media]))
    }

    @Test("a mini program is its title and its name, without the page about old programs")
    func miniProgram() {
        #expect(Samples.read(49, Samples.miniProgram) == WeChatContent(.link, "拼一单\n团购"))
        #expect(Self.app(36, "<title>a</title>").kind == .link)
    }

    @Test("Channels and live are who and what, without the line about old programs")
    func channels() {
        #expect(Samples.read(49, Samples.channels) == WeChatContent(.link, "小店\n今天\n开张 #开心"))
        #expect(Samples.read(49, Samples.live) == WeChatContent(.link, "某台\n晚会"))
        let card = """
            <title>当前版本不支持</title><findernamecard><nickname>小店</nickname><auth_job>厨师</auth_job></findernamecard>
            """
        #expect(Self.app(50, card) == WeChatContent(.link, "小店\n厨师"))
        #expect(Self.app(88, "<title>直播</title>") == WeChatContent(.link, "直播"))
    }

    // MARK: Words and files

    @Test("shared words and a chain of a group are text", arguments: [1, 53])
    func words(type: Int) {
        let inside = "<title>#接龙\n1. 李雷\n2. 韩梅梅</title><des />"
        #expect(Self.app(type, inside) == WeChatContent(.text, "#接龙\n1. 李雷\n2. 韩梅梅"))
    }

    @Test("a file has its name, size and MD5, also while it is sent")
    func file() {
        let name = "合同 & 附件.pdf"
        let media = WeChatContent.Media(.file, md5: Samples.md5, name: name, size: 1_048_577)
        #expect(Samples.read(49, Samples.file) == WeChatContent(.file, name, media: [media]))
        #expect(Samples.read(1_090_519_089, Samples.file) == WeChatContent(.file, name, media: [media]))
        let sending = Self.app(74, "<title>a.txt</title>")
        #expect(sending == WeChatContent(.file, "a.txt", media: [.init(.file, name: "a.txt")]))
    }

    @Test("a sticker of one's own is a sticker")
    func gif() {
        let media = WeChatContent.Media(.sticker, md5: Samples.md5, size: 4096, key: "a1")
        #expect(Samples.read(49, Samples.gif) == WeChatContent(.sticker, media: [media]))
    }

    @Test("an announcement is a line of the platform, with who made it, and its files")
    func announcement() {
        let row = Samples.row(49, "wxid_lilei:\n" + Samples.announcement, talker: Samples.group)
        #expect(Samples.read(row).sender == "wxid_lilei")
        #expect(Samples.read(49, Samples.announcement) == WeChatContent(.system, "[群公告]\n周六 10 点\n集合"))
        let words = Samples.item(1, "<datadesc>明天</datadesc>", sender: nil)
        let record = Samples.record("群公告", words + Samples.item(2, "", sender: nil))
        let content = Self.app(87, "<recorditem><![CDATA[\(record)]]></recorditem>")
        #expect(
            content
                == WeChatContent(.system, "[群公告]\n明天\n[图片]", media: [.init(.image, storedName: "1", isForwarded: true)])
        )
    }

    // MARK: Money

    @Test(
        "a transfer is its amount, what became of it, and its memo",
        arguments: [
            ("1", "￥88.00 发起转账"), ("3", "￥88.00 已收款"), ("4", "￥88.00 已退还"), ("5", "￥88.00 已收款"),
            ("7", "￥88.00 发起转账 (延时到账)"), ("99", "￥88.00"),
        ])
    func transfer(state: String, words: String) {
        let text = Samples.transfer.replacing("<paysubtype>3<", with: "<paysubtype>\(state)<")
        #expect(Samples.read(49, text) == WeChatContent(.text, "[转账] \(words)\n饭钱"))
        #expect(Samples.read(419_430_449, text) == WeChatContent(.text, "[转账] \(words)\n饭钱"))
    }

    @Test("a transfer without details is its description")
    func sparseTransfer() {
        #expect(Self.app(2000, "<des>收到转账88.00元</des>").text == "[转账] 收到转账88.00元")
        #expect(Self.app(2000, "") == WeChatContent(.text, "[转账]"))
    }

    @Test("a red packet is its greeting, as whoever sees it reads it")
    func redPacket() {
        #expect(Samples.read(49, Samples.redPacket) == WeChatContent(.text, "[红包] 恭喜发财，大吉大利"))
        let text = Samples.app(
            2001, "<wcpayinfo><sendertitle>给他</sendertitle><receivertitle>给你</receivertitle></wcpayinfo>")
        #expect(Samples.read(Samples.row(436_207_665, text, isOwn: true)).text == "[红包] 给他")
        #expect(Samples.read(Samples.row(436_207_665, text, isOwn: false)).text == "[红包] 给你")
        #expect(Self.app(2003, "<title>封面</title>").text == "[红包封面] 封面")
        #expect(Self.app(2001, "<wcpayinfo><scenetext>群收款</scenetext></wcpayinfo>").text == "[群收款]")
    }

    // MARK: Where the subtype is

    @Test("the XML tells the subtype, then the shape, then Android's number")
    func subtype() {
        #expect(Samples.read(49, Samples.link, subtype: 57).kind == .link)
        let untold = "<msg><appmsg><title>a.txt</title></appmsg></msg>"
        #expect(Samples.read(49, untold, subtype: 6).kind == .file)
        #expect(Samples.read(1_090_519_089, untold).kind == .file)
        #expect(Samples.read(16_777_265, untold) == WeChatContent(.unknown, "a.txt", isUnknown: true))
        #expect(Samples.read(49, "<appmsg><type>5</type><title>a</title></appmsg>") == WeChatContent(.link, "a"))
    }

    @Test("XML that breaks keeps its kind and what stands before")
    func damaged() {
        let end = Samples.file.firstRange(of: "<des")?.lowerBound ?? Samples.file.startIndex
        let content = Samples.read(49, String(Samples.file[..<end]))
        #expect(content.kind == .file && content.text == "合同 & 附件.pdf" && content.isDamaged)
        #expect(Samples.read(49, "<", subtype: 6) == WeChatContent(.file, media: [.init(.file)], isDamaged: true))
        #expect(Samples.read(49, "只有字", subtype: 5) == WeChatContent(.link, "只有字"))
        #expect(Samples.read(3, "<msg><img md5='\(Samples.md5)' x='").kind == .image)
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><msg><appmsg><title>&b;</title></appmsg></msg>"
        #expect(Samples.read(49, bomb, subtype: 5) == WeChatContent(.link, isDamaged: true))
    }

    @Test("what its text does not hold is kept as raw content")
    func raw() throws {
        let row = Samples.row(49, Samples.link)
        let raw = try #require(Samples.read(row).raw(of: row))
        #expect(String(decoding: raw, as: UTF8.self).hasPrefix("{\"type\":49,\"subtype\":0,\"content\":\"<?xml"))
        let line = Samples.row(10000, "你已添加了李雷")
        #expect(Samples.read(line).raw(of: line) == nil)
    }
}
