import ChatModel
import Testing

@testable import ChatImport

struct WeChatQuoteTests {
    typealias Samples = WeChatSamples

    static func block(_ type: Int, _ content: String) -> String {
        let text = Samples.read(49, Samples.quote(type, content, answer: "好")).text
        return text.hasPrefix("好\n") ? String(text.dropFirst(2)) : text
    }

    @Test("a quote is the answer, then what is quoted, and names the quoted message")
    func quote() {
        let content = Samples.read(49, Samples.quote(1, "几点?\n在 <哪> & 谁"))
        let text = "好的 <收到>\n> 韩梅梅: 几点?\n> 在 <哪> & 谁"
        #expect(content == WeChatContent(.text, text, repliesTo: 8_129_834_761_239_847_123))
        #expect(Samples.read(822_083_633, Samples.quote(1, "几点?")).repliesTo == 8_129_834_761_239_847_123)
    }

    @Test("the quoted sender is the known name, else the name of then, else the user name")
    func author() {
        func read(_ inside: String) -> String {
            Samples.read(49, Samples.app(57, "<title>好</title><refermsg><type>1</type>\(inside)</refermsg>")).text
        }
        let content = "<content>几点?</content>"
        #expect(read("<fromusr>wxid_lilei</fromusr><displayname>雷</displayname>" + content) == "好\n> 李雷: 几点?")
        #expect(read("<chatusr>wxid_gone</chatusr><displayname>那人</displayname>" + content) == "好\n> 那人: 几点?")
        #expect(read("<fromusr>1@chatroom</fromusr><chatusr>wxid_gone</chatusr>" + content) == "好\n> wxid_gone: 几点?")
        #expect(read("<fromusr>1@chatroom</fromusr>" + content) == "好\n> 几点?")
        #expect(read("<chatusr>wxid_lilei</chatusr>") == "好\n> 李雷")
        #expect(read("") == "好")
        #expect(Samples.read(49, Samples.app(57, "<title>好</title>")) == WeChatContent(.text, "好"))
    }

    @Test(
        "what is quoted and no text has its word in brackets",
        arguments: [
            (3, Samples.image, "[图片]"), (34, Samples.voice, "[语音] 晚上一起吃饭吗 & 喝茶"), (43, Samples.video, "[视频]"),
            (47, Samples.sticker, "[表情]"), (48, Samples.location, "[位置] 天安门"),
            (42, Samples.card, "[名片] 韩梅梅 <3 (hanmeimei)"), (50, Samples.call, "[通话] 语音通话 通话时长 05:21"),
            (35, Samples.mail, "[邮件] 账单\n> bank@example.com\n> 本月 < 100 元"), (10000, Samples.opened, "你领取了李雷的红包"),
            (3, "", "[图片]"), (777, "<a/>", ""),
        ])
    func kinds(type: Int, content: String, words: String) {
        #expect(Self.block(type, content) == (words.isEmpty ? "> 韩梅梅" : "> 韩梅梅: " + words))
    }

    @Test(
        "a quoted app message is a word in brackets and its first line",
        arguments: [
            (Samples.link, "[链接] 三十年 & 三十个人"), (Samples.file, "[文件] 合同 & 附件.pdf"), (Samples.music, "[音乐] 夜曲"),
            (Samples.miniProgram, "[小程序] 拼一单"), (Samples.channels, "[视频号] 小店"), (Samples.live, "[直播] 某台"),
            (Samples.transfer, "[转账] ￥88.00 已收款"), (Samples.redPacket, "[红包] 恭喜发财，大吉大利"),
            (Samples.forwardOfAll, "[聊天记录] 群聊的聊天记录"), (Samples.note, "[笔记]"), (Samples.gif, "[表情]"),
            (Samples.quote(1, "再前面", answer: "前面"), "前面"), (Samples.pat, "\"李雷\" 拍了拍 \"wxid_gone\" 的肩膀"),
        ])
    func apps(content: String, words: String) {
        #expect(Self.block(49, content) == "> 韩梅梅: " + words)
    }

    @Test("a prefix that a quoted row kept is no part of it")
    func prefix() {
        #expect(Self.block(49, "wxid_hanmm:\n" + Samples.link) == "> 韩梅梅: [链接] 三十年 & 三十个人")
        #expect(Self.block(1, "PS:\n<好>") == "> 韩梅梅: PS:\n> <好>")
    }

    @Test("quotes in quotes end, and long ones are cut")
    func bounds() {
        var text = "起点"
        for _ in 0..<12 { text = Samples.quote(49, text, answer: "答") }
        #expect(Samples.read(49, text).text == "答\n> 韩梅梅: 答")
        let long = Self.block(1, String(repeating: "好", count: 20_000))
        #expect(long.utf8.count < WeChatQuote.longest + 100 && long.hasSuffix("…"))
    }
}
