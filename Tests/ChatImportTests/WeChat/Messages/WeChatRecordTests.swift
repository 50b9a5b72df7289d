import ChatModel
import Testing

@testable import ChatImport

struct WeChatRecordTests {
    typealias Samples = WeChatSamples

    @Test("a merged forward is a text of its items, with names, times and files")
    func forward() {
        let content = Samples.read(49, Samples.forwardOfAll)
        let at = "李雷 2021-09-04 15:03:"
        let lines = """
            [聊天记录] 群聊的聊天记录
              \(at) 早 & 安
                  第二行
              \(at) [图片]
              \(at) [语音]
              \(at) [视频]
              \(at) [链接] 新闻
                  http://example.com/?a=1&b=2
              \(at) [位置] 天安门
                  长安街
                  39.9, 116.3
              \(at) [文件] 表.xlsx
              \(at) [名片] 韩梅梅 (wxid_hanmm)
              \(at) [聊天记录] 二人的聊天记录
                韩梅梅 2021-09-04 15:03: 里面
                \(at) [表情]
              \(at) [小程序] 拼一单 (团购)
              \(at) [视频号] 小店: 开张
              \(at) [直播] 某台: 晚会
              \(at) [视频号名片] 小店
              \(at) [音乐] 夜曲
                  某某
              \(at) [表情]
              \(at) 新的东西
            """
        #expect(content.kind == .text)
        #expect(content.text == lines)
        #expect(
            content.media == [
                .init(.image, md5: Samples.md5, size: 100, storedName: "1.jpg", isForwarded: true),
                .init(.voice, storedName: "1", isForwarded: true),
                .init(.video, md5: Samples.md5, storedName: "1.mp4", isForwarded: true),
                .init(.file, name: "表.xlsx", size: 9, storedName: "1.xlsx", isForwarded: true),
                .init(.sticker, storedName: "1", isForwarded: true),
                .init(.sticker, md5: Samples.md5, storedName: "1", isForwarded: true),
            ])
    }

    @Test("a forward in a forward is called by what there is, and what leads elsewhere is no name of a copy")
    func nestedTitle() {
        let item = "<dataitem datatype=\"17\"><sourcename>丙</sourcename><datadesc>甲和乙的聊天记录\n甲: 早</datadesc></dataitem>"
        #expect(Samples.read(49, Samples.forward(item)).text == "[聊天记录] 群聊的聊天记录\n  丙: [聊天记录] 甲和乙的聊天记录")
        let names = ["../x", "a/b", "", "a.b", String(repeating: "a", count: 65)].map { name in
            "<dataitem datatype=\"2\" dataid=\"\(name)\"><datafmt>jpg</datafmt></dataitem>"
        }
        let media = Samples.read(49, Samples.forward(names.joined())).media
        #expect(media.count == 5 && media.allSatisfy { $0.storedName == nil })
        let format = "<dataitem datatype=\"2\" dataid=\"a\"><datafmt>../../x</datafmt></dataitem>"
        #expect(Samples.read(49, Samples.forward(format)).media.first?.storedName == "a")
    }

    @Test("a forward whose record is an element, is missing or breaks shows what there is")
    func forms() {
        let record = Samples.record("甲的聊天记录", Samples.item(1, "<datadesc>早</datadesc>"))
        let element = Samples.read(49, Samples.app(19, "<recorditem>\(record)</recorditem>"))
        #expect(element.text == "[聊天记录] 甲的聊天记录\n  李雷 2021-09-04 15:03: 早")
        let escaped = Samples.read(49, Samples.app(19, "<recorditem>\(Samples.escaped(record))</recorditem>"))
        #expect(escaped.text == element.text)
        let missing = Samples.read(49, Samples.app(19, "<title>甲的聊天记录</title><des>李雷: 早\n甲: 晚</des>"))
        #expect(missing == WeChatContent(.text, "[聊天记录] 甲的聊天记录\n  李雷: 早\n  甲: 晚"))
        let end = record.firstRange(of: "</dataitem>")?.lowerBound ?? record.endIndex
        let broken = "<title>甲的聊天记录</title><recorditem><![CDATA[\(record[..<end])]]></recorditem>"
        #expect(Samples.read(49, Samples.app(19, broken)).text == element.text)
    }

    @Test("forwards in forwards are read up to a depth, and what lies deeper is told")
    func depth() {
        func nested(_ depth: Int) -> String {
            var items = Samples.item(1, "<datadesc>底</datadesc>")
            for level in 0..<depth {
                items = Samples.item(17, "<recordxml>\(Samples.record("第\(level)层", items))</recordxml>")
            }
            return Samples.read(49, Samples.forward(items)).text
        }
        #expect(nested(7).hasSuffix("\n" + String(repeating: "  ", count: 8) + "李雷 2021-09-04 15:03: 底"))
        #expect(nested(8).hasSuffix("[聊天记录] 第0层\n" + String(repeating: "  ", count: 9) + "…"))
        #expect(nested(60).utf8.count < 4096)
    }

    @Test("a note is its parts, without the page that has them all")
    func note() {
        let content = Samples.read(49, Samples.note)
        let media = WeChatContent.Media(.image, md5: Samples.md5, storedName: "1", isForwarded: true)
        #expect(content == WeChatContent(.text, "[笔记]\n牛奶\n鸡蛋\n[图片]", media: [media]))
        #expect(Samples.read(49, Samples.app(24, "<title>购物单</title><des>牛奶</des>")).text == "[笔记]\n购物单\n牛奶")
    }

    @Test("a favourite is its link and its parts")
    func favourite() {
        let record = Samples.record("收藏", Samples.item(4, "<fullmd5>\(Samples.md5)</fullmd5>", sender: nil))
        let inside = "<title>收藏</title><recorditem><![CDATA[\(record)]]></recorditem>"
        let media = WeChatContent.Media(.video, md5: Samples.md5, storedName: "1", isForwarded: true)
        #expect(Samples.read(49, Samples.app(40, inside)) == WeChatContent(.link, "收藏\n[视频]", media: [media]))
    }

    @Test("a forward of very many items stays within bounds")
    func many() {
        let items = String(repeating: Samples.item(1, "<datadesc>好好好好</datadesc>"), count: 30_000)
        let content = Samples.read(49, Samples.forward(items))
        #expect(content.text.utf8.count <= WeChatText.longest + 3 && content.text.hasSuffix("…"))
    }
}
