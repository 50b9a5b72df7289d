import ChatModel
import Testing

@testable import ChatImport

struct WeChatSystemLineTests {
    typealias Samples = WeChatSamples

    @Test("a line of words is the line, without the tags of its links", arguments: [9999, 10000] as [Int32])
    func words(type: Int32) {
        #expect(Samples.read(type, Samples.opened) == WeChatContent(.system, "你领取了李雷的红包"))
        #expect(Samples.read(type, "李雷修改群名为“<3 <abc> a<b”") == WeChatContent(.system, "李雷修改群名为“<3 <abc> a<b”"))
        #expect(Samples.read(type, "你已添加了李雷，<a href=\"weixin://x\">现在</a>可以聊天了。").text == "你已添加了李雷，现在可以聊天了。")
        #expect(Samples.read(type, "") == WeChatContent(.system))
    }

    @Test("a line has no sender and no prefix, but XML from the wire has one before it")
    func prefix() {
        let line = Samples.read(Samples.row(10000, "通知:\n开会", talker: Samples.group))
        #expect(line == WeChatContent(.system, "通知:\n开会"))
        let revoked = Samples.read(Samples.row(10002, "\(Samples.group):\n" + Samples.revoked, talker: Samples.group))
        #expect(revoked == WeChatContent(.deleted, "\"李雷\" 撤回了一条消息"))
    }

    @Test("a recalled message is what is left of it, in every form")
    func recalled() {
        let line = WeChatContent(.deleted, "\"李雷\" 撤回了一条消息")
        #expect(Samples.read(10002, Samples.revoked) == line)
        let stored = "<revokemsg><content>\"李雷\" 撤回了一条消息</content><revoketime>0</revoketime></revokemsg>"
        #expect(Samples.read(10000, stored) == line)
        #expect(Samples.read(10000, "<?xml version=\"1.0\"?>\n<sysmsg type=\"revokemsg\">\(stored)</sysmsg>") == line)
        #expect(Samples.read(10000, "\"李雷\" 撤回了一条消息") == line)
        #expect(Samples.read(268_445_456, "\"李雷\" 撤回了一条消息") == line)
        #expect(Samples.read(10000, "You recalled a message").kind == .deleted)
        let words = "<revokemsg>你撤回了一条消息</revokemsg>"
        #expect(Samples.read(10000, words) == WeChatContent(.deleted, "你撤回了一条消息"))
    }

    @Test("a line that is kept as JSON is its words", arguments: [64, 9999, 10000] as [Int32])
    func json(type: Int32) {
        let line = #"{"invite":1,"nested":{"msgContent":"no"},"msgContent":"语音通话已经结束"}"#
        #expect(Samples.read(type, line) == WeChatContent(.system, "语音通话已经结束"))
        for other in [#"{"msgContent":1}"#, #"{"a":"b"}"#, #"{"msgContent":"x"#, "{"] {
            #expect(Samples.read(type, other) == WeChatContent(.system, other))
        }
    }

    @Test("a tip of a group's tools has the names of people")
    func roomTools() {
        let tip = """
            <sysmsg type="roomtoolstips"><todo><op>0</op><username><![CDATA[x]]></username>\
            <title><![CDATA[待办标题]]></title><template><![CDATA["${wxid_lilei}" 设置了群待办]]></template></todo></sysmsg>
            """
        #expect(Samples.read(10002, tip) == WeChatContent(.system, "\"李雷\" 设置了群待办"))
    }

    @Test("PC's subtypes tell a recalled message", arguments: [1, 5, 6, 33, 36, 57] as [Int32])
    func subtypes(subtype: Int32) {
        #expect(Samples.read(10000, "不见了", subtype: subtype) == WeChatContent(.deleted, "不见了"))
    }

    @Test("what its author recalled, to edit it, is kept")
    func edited() {
        let text = """
            <sysmsg type="editrevokecontent"><editrevokecontent><text><![CDATA[你撤回了一条消息]]></text><link>\
            <scene>editrevokecontent</scene><text>重新编辑</text><revokecontent><![CDATA[写错了 <b>]]></revokecontent></link>\
            </editrevokecontent></sysmsg>
            """
        #expect(Samples.read(10000, text) == WeChatContent(.deleted, "你撤回了一条消息\n写错了 <b>"))
    }

    @Test("a template is filled with names and words; what cannot be done any more is not shown")
    func template() {
        #expect(Samples.read(10000, Samples.template) == WeChatContent(.system, "\"雷哥\"邀请\"甲, 韩梅梅\"加入了群聊 $5"))
        let plain = Samples.template.replacing("<plain><![CDATA[]]>", with: "<plain>直说")
            .replacing(#/<template>.*<\/template>/#, with: "<template/>")
        #expect(Samples.read(570_425_393, plain) == WeChatContent(.system, "直说"))
        let kept = """
            <sysmsg type='x'><x><template>$a$ 和 $b$</template><link_list><link name='b'><title>乙</title></link></link_list>\
            </x></sysmsg>
            """
        #expect(Samples.read(10000, kept).text == "$a$ 和 乙")
        let members = ["wxid_lilei", "u"].map { "<member><username>\($0)</username><nickname/></member>" }.joined()
        let joined = kept.replacing("<title>乙</title>", with: "<memberlist>\(members)</memberlist>")
        #expect(Samples.read(10000, joined).text == "$a$ 和 李雷、u")
        let spaced = joined.replacing("<nickname/>", with: "<nickname>甲 </nickname>")
        #expect(Samples.read(10000, spaced).text == "$a$ 和 甲 、甲")
    }

    @Test("who left a group is its plain line")
    func left() {
        let text = """
            <sysmsg type="delchatroommember"><delchatroommember><plain><![CDATA[你将"甲"移出了群聊]]></plain>\
            <text><![CDATA[别的]]></text></delchatroommember></sysmsg>
            """
        #expect(Samples.read(10000, text, subtype: 8000) == WeChatContent(.system, "你将\"甲\"移出了群聊"))
    }

    @Test("a pat names people, in every form")
    func pat() {
        #expect(Samples.read(10000, Samples.sysPat, subtype: 4) == WeChatContent(.system, "\"李雷\" 拍了拍 \"韩梅梅\""))
        #expect(Samples.read(10002, Samples.sysPat).text == "\"李雷\" 拍了拍 \"韩梅梅\"")
        #expect(Samples.read(49, Samples.pat) == WeChatContent(.system, "\"李雷\" 拍了拍 \"wxid_gone\" 的肩膀"))
        #expect(Samples.read(922_746_929, Samples.pat).kind == .system)
        #expect(Samples.read(922_746_929, "\"李雷\" 拍了拍我") == WeChatContent(.system, "\"李雷\" 拍了拍我"))
        let inside = "<title>x</title><patinfo><template>\"${wxid_lilei}\" 拍了拍我</template></patinfo>"
        #expect(Samples.read(49, Samples.app(62, inside)).text == "\"李雷\" 拍了拍我")
        #expect(Samples.read(49, Samples.app(62, "<title>\"甲\" 拍了拍我</title>")).text == "\"甲\" 拍了拍我")
    }

    @Test("a line about money is its words, and a signal when it has none")
    func money() {
        func read(_ inside: String) -> WeChatContent {
            Samples.read(10002, "<sysmsg type='paymsg'><paymsg>\(inside)</paymsg></sysmsg>")
        }
        let words = "<appmsgcontent>%E4%BD%A0%E5%A5%BD%3Ca%20href%3D%22x%22%3E!%3C%2Fa%3E 5%</appmsgcontent>"
        #expect(read(words) == WeChatContent(.system, "你好! 5%"))
        #expect(read("<PayMsgType>9</PayMsgType>").isNoise)
    }

    @Test("a form that is not known is its words, else unknown")
    func unknown() {
        let words = "<sysmsg type='newtips'><newtips><content>有新的</content></newtips></sysmsg>"
        #expect(Samples.read(10002, words) == WeChatContent(.system, "有新的"))
        let none = "<sysmsg type='newtips'><newtips><id>3</id></newtips></sysmsg>"
        #expect(Samples.read(10002, none) == WeChatContent(.unknown, isUnknown: true))
    }

    @Test("a notice of a call in a group is its words")
    func notice() {
        #expect(Samples.read(64, "李雷发起了语音通话") == WeChatContent(.system, "李雷发起了语音通话"))
        #expect(Samples.read(64, "<multivoip><content>语音通话已经结束</content></multivoip>").text == "语音通话已经结束")
    }
}
