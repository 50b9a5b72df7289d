import ChatModel

@testable import ChatImport

/// Rows as the programs write them, made up.
enum WeChatSamples {
    static let group = "24680@chatroom"
    static let owner = "wxid_owner"
    static let md5 = "0123456789abcdef0123456789abcdef"

    /// Who is known.
    static func name(_ username: String) -> String? {
        ["wxid_lilei": "李雷", "wxid_hanmm": "韩梅梅", owner: "王小明"][username]
    }

    static func row(
        _ type: Int32, _ content: String, subtype: Int32 = 0, talker: String = "wxid_lilei", isOwn: Bool? = false,
        sender: String? = nil, note: String? = nil
    ) -> WeChatRow {
        WeChatRow(
            talker: talker, serverID: 7, localID: 1, type: type, subtype: subtype, time: Timestamp(milliseconds: 0),
            isOwn: isOwn, sender: sender, content: Array(content.utf8), note: note)
    }

    static func read(_ row: WeChatRow) -> WeChatContent { WeChatContent(of: row, owner: owner, name: name) }

    static func read(_ type: Int32, _ content: String, subtype: Int32 = 0, note: String? = nil) -> WeChatContent {
        read(row(type, content, subtype: subtype, note: note))
    }

    /// An app message with the elements that most of them have, and most of those empty.
    static func app(_ type: Int, _ inside: String, program: String = "") -> String {
        """
        <?xml version="1.0"?>
        <msg>
            <appmsg appid="" sdkver="0">
                <action>view</action>
                <type>\(type)</type>
                <showtype>0</showtype>
                <content />
                <contentattr>0</contentattr>
                <lowurl />
                \(inside)
                <extinfo />
                <thumburl />
            </appmsg>
            <fromusername>wxid_lilei</fromusername>
            <scene>0</scene>
            <appinfo><version>1</version><appname>\(program)</appname></appinfo>
            <commenturl />
        </msg>\0
        """
    }

    static let image = """
        <?xml version="1.0"?>
        <msg>
            <img aeskey="1f" encryver="1" cdnthumbaeskey="1f" cdnthumburl="3057" cdnthumblength="3781" cdnthumbheight="120" \
        cdnmidheight="0" cdnhdheight="0" cdnmidimgurl="3057" length="48223" md5="\(md5.uppercased())" hdlength="1048576" />
            <platform_signature />
        </msg>
        """
    static let voice = """
        <msg><voicemsg endflag="1" length="5312" voicelength="3200" clientmsgid="a" fromusername="wxid_lilei" \
        voiceformat="4" forwardflag="0" /><voicetrans istrans="1" transtext="晚上一起吃饭吗 &amp; 喝茶" /></msg>
        """
    static let video = """
        <msg><videomsg aeskey="2f" cdnvideourl="3057" length="2097152" playlength="11" fromusername="wxid_lilei" \
        md5="\(md5)" newmd5="ffffffffffffffffffffffffffffffff" isplaceholder="0" rawmd5="" /></msg>
        """
    static let sticker = """
        <msg><emoji fromusername="wxid_lilei" tousername="wxid_owner" type="2" androidmd5="x" md5="\(md5)" len="20481" \
        productid="" cdnurl="http://example.com/a?m=1&amp;n=2" aeskey="abcdef" width="240" height="240" /><gameext type="0" \
        content="0" /></msg>
        """
    static let location = """
        <msg><location x="39.908823" y="116.397470" scale="16" label="北京市东城区长安街" maptype="0" poiname="天安门" \
        poiid="" fromusername="wxid_lilei" /></msg>
        """
    static let card = """
        <?xml version="1.0"?><msg bigheadimgurl="http://example.com/0" username="wxid_hanmm" nickname="韩梅梅 &lt;3" \
        shortpy="" alias="hanmeimei" imagestatus="3" scene="17" province="北京" city="" sign="" sex="2" certflag="0" />
        """
    static let mail = """
        <msg><pushmail><content><subject><![CDATA[账单]]></subject><sender>bank@example.com</sender>\
        <digest><![CDATA[本月 < 100 元]]></digest><date>2021</date></content></pushmail></msg>
        """
    static let request = """
        <msg fromusername="wxid_new" encryptusername="v3_x" fromnickname="小红" content="我是小红" shortpy="XH" alias="" />
        """
    static let call = """
        <voipmsg type="VoIPBubbleMsg"><VoIPBubbleMsg><msg><![CDATA[通话时长 05:21]]></msg>
        <room_type>1</room_type><red_dot>false</red_dot><roomid>1</roomid><duration>0</duration></VoIPBubbleMsg></voipmsg>
        """
    static let link = app(
        5,
        """
        <title>三十年 &amp; 三十个人</title><des><![CDATA[一篇 <长> 文]]></des>
        <url>http://mp.weixin.qq.com/s?__biz=MzA&mid=2&amp;idx=1#rd</url><sourcedisplayname>晚报</sourcedisplayname>
        """)
    static let music = app(
        76,
        """
        <title>夜曲</title><des>某某</des><url>https://example.com/song</url><dataurl>http://example.com/a.mp3</dataurl>
        """, program: "QQ音乐")
    static let file = app(
        6,
        """
        <title>合同 &amp; 附件.pdf</title><des /><appattach><totallen>1048577</totallen><attachid>@cdn_1</attachid>\
        <fileext>pdf</fileext><cdnattachurl>3057</cdnattachurl></appattach><md5>\(md5)</md5>
        """)
    static let gif = app(
        8,
        """
        <title /><appattach><totallen>4096</totallen><emoticonmd5>\(md5)</emoticonmd5><aeskey>a1</aeskey></appattach>
        """)
    static let miniProgram = app(
        33,
        """
        <title>拼一单</title><des /><url>https://mp.weixin.qq.com/mp/waerrpage?appid=wx1</url>\
        <sourcedisplayname>团购</sourcedisplayname><weappinfo><pagepath><![CDATA[a.html]]></pagepath></weappinfo>
        """)
    static let channels = app(
        51,
        """
        <title>当前版本不支持展示该内容，请升级至最新版本。</title><url>https://support.weixin.qq.com/</url><finderFeed>\
        <nickname>小店</nickname><desc>今天
        开张 #开心</desc><mediaList><media><url>http://example.com</url></media></mediaList></finderFeed>
        """)
    static let live = app(
        63,
        """
        <title>当前版本不支持展示该内容</title><finderFeed><nickname /></finderFeed><finderLive>\
        <nickname><![CDATA[某台]]></nickname><desc><![CDATA[晚会]]></desc></finderLive>
        """)
    static let transfer = app(
        2000,
        """
        <title><![CDATA[微信转账]]></title><des><![CDATA[收到转账88.00元]]></des><wcpayinfo><paysubtype>3</paysubtype>\
        <feedesc><![CDATA[￥88.00]]></feedesc><transcationid><![CDATA[1]]></transcationid><pay_memo><![CDATA[饭钱]]></pay_memo>\
        </wcpayinfo>
        """)
    static let redPacket = app(
        2001,
        """
        <title><![CDATA[微信红包]]></title><des><![CDATA[我给你发了一个红包，赶紧去拆!]]></des><wcpayinfo>\
        <scenetext><![CDATA[微信红包]]></scenetext><sendertitle><![CDATA[恭喜发财，大吉大利]]></sendertitle>\
        <receivertitle><![CDATA[恭喜发财，大吉大利]]></receivertitle></wcpayinfo>
        """)
    static let pat = app(
        62,
        """
        <title>"李雷" 拍了拍我</title><patMsg><chatUser>24680@chatroom</chatUser><records><recordNum>1</recordNum><record>\
        <fromUser>wxid_lilei</fromUser><pattedUser>wxid_gone</pattedUser>\
        <templete><![CDATA["${wxid_lilei}" 拍了拍 "${wxid_gone}" 的肩膀]]></templete><svrId>9</svrId></record></records></patMsg>
        """)

    /// A quote of a row of a type.
    static func quote(_ type: Int, _ content: String, answer: String = "好的 &lt;收到&gt;") -> String {
        app(
            57,
            """
            <title>\(answer)</title><refermsg><type>\(type)</type><svrid>8129834761239847123</svrid>\
            <fromusr>\(group)</fromusr><chatusr>wxid_hanmm</chatusr><displayname>梅梅</displayname>\
            <content>\(escaped(content))</content><createtime>1630000000</createtime></refermsg>
            """)
    }

    /// Text as characters of XML.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    static func item(_ type: Int, _ inside: String, sender: String? = "李雷") -> String {
        let head = sender.map { "<sourcename>\($0)</sourcename><sourcetime>2021-09-04 15:03</sourcetime>" } ?? ""
        return "<dataitem datatype=\"\(type)\" dataid=\"1\">\(head)\(inside)</dataitem>"
    }

    static func record(_ title: String, _ items: String) -> String {
        "<recordinfo><title>\(title)</title><desc>李雷: 早</desc><datalist count=\"1\">\(items)</datalist></recordinfo>"
    }

    /// A merged forward, as its record lies in the text of an element.
    static func forward(_ items: String) -> String {
        app(
            19,
            """
            <title>群聊的聊天记录</title><des>李雷: 早</des>\
            <recorditem><![CDATA[\(record("群聊的聊天记录", items))]]></recorditem>
            """)
    }

    static let forwardOfAll = forward(
        [
            item(1, "<datadesc>早 &amp; 安\n第二行</datadesc>"),
            item(2, "<fullmd5>\(md5)</fullmd5><datasize>100</datasize><datafmt>jpg</datafmt>"),
            item(3, "<duration>3000</duration>"),
            item(4, "<fullmd5>\(md5)</fullmd5><datafmt>mp4</datafmt>"),
            item(5, "<datatitle>新闻</datatitle><link>http://example.com/?a=1&amp;b=2</link>"),
            item(6, "<location><label>长安街</label><lat>39.9</lat><lng>116.3</lng><poiname>天安门</poiname></location>"),
            item(8, "<datatitle>表.xlsx</datatitle><datafmt>xlsx</datafmt><datasize>9</datasize>"),
            item(16, "<datadesc>&lt;msg username=\"wxid_hanmm\" nickname=\"韩梅梅\"/&gt;</datadesc>"),
            item(
                17,
                "<datatitle>二人的聊天记录</datatitle><recordxml>"
                    + record("二人的聊天记录", item(1, "<datadesc>里面</datadesc>", sender: "韩梅梅") + item(37, ""))
                    + "</recordxml>"),
            item(
                19,
                "<datatitle>拼一单</datatitle><appbranditem><sourcedisplayname>团购</sourcedisplayname></appbranditem>"),
            item(22, "<finderFeed><nickname>小店</nickname><desc>开张</desc></finderFeed>"),
            item(23, "<finderLive><nickname>某台</nickname><desc>晚会</desc></finderLive>"),
            item(26, "<finderShareNameCard><nickname>小店</nickname></finderShareNameCard>"),
            item(32, "<datatitle>夜曲</datatitle><datadesc>某某</datadesc>"),
            item(37, "<emojiitem><md5>\(md5)</md5></emojiitem>"),
            item(99, "<datatitle>新的东西</datatitle>"),
        ].joined())

    static let note = app(
        24,
        """
        <title>购物单</title><des>牛奶</des><recorditem><![CDATA[\
        \(record("购物单",
            item(8, "<datatitle>WeNote_1.htm</datatitle><datafmt>.htm</datafmt>", sender: nil)
                + item(1, "<datadesc>牛奶\n鸡蛋</datadesc>", sender: nil)
                + item(2, "<fullmd5>\(md5)</fullmd5>", sender: nil)))]]></recorditem>
        """)
    static let announcement = app(
        87, "<title>群公告</title><textannouncement><![CDATA[周六 10 点\n集合]]></textannouncement>")

    static let revoked = """
        <sysmsg type="revokemsg"><revokemsg><session>wxid_lilei</session><oldmsgid>1</oldmsgid><newmsgid>2</newmsgid>\
        <replacemsg><![CDATA["李雷" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>
        """
    static let template = """
        <sysmsg type="sysmsgtemplate"><sysmsgtemplate><content_template type="tmpl_type_profile"><plain><![CDATA[]]></plain>\
        <template><![CDATA["$username$"邀请"$names$"加入了群聊 $5 $revoke$]]></template><link_list>\
        <link name="username" type="link_profile"><memberlist><member><username><![CDATA[wxid_lilei]]></username>\
        <nickname><![CDATA[雷哥]]></nickname></member></memberlist></link>\
        <link name="names" type="link_profile"><memberlist><member><username>a</username><nickname>甲</nickname></member>\
        <member><username>wxid_hanmm</username><nickname/></member></memberlist><separator><![CDATA[, ]]></separator></link>\
        <link name="revoke" hidden="1"><title><![CDATA[撤销]]></title></link></link_list></content_template>\
        </sysmsgtemplate></sysmsg>
        """
    static let sysPat = """
        <sysmsg type="pat"><pat><fromusername>wxid_lilei</fromusername><chatusername>24680@chatroom</chatusername>\
        <pattedusername>wxid_hanmm</pattedusername><template><![CDATA["${wxid_lilei}" 拍了拍 "${wxid_hanmm}"]]></template></pat>\
        </sysmsg>
        """
    static let opened = """
        <img src="SystemMessages_HongbaoIcon.png"/>  你领取了李雷的<_wc_custom_link_ color="#FD9931" \
        href="weixin://weixinhongbao/opendetail?id=1">红包</_wc_custom_link_>
        """

    /// Every sample with its type.
    static let all: [(Int32, String)] = [
        (1, "你好[微笑]"), (3, image), (34, voice), (43, video), (47, sticker), (48, location), (42, card), (35, mail),
        (37, request), (50, call), (49, link), (49, music), (49, file), (49, gif), (49, miniProgram), (49, channels),
        (49, live), (49, transfer), (49, redPacket), (49, pat), (49, quote(1, "几点?")), (49, quote(49, link)),
        (49, forwardOfAll), (49, note), (49, announcement), (10002, revoked), (10000, template), (10000, sysPat),
        (10000, opened), (66, card), (64, "<x><text>y</text></x>"), (65, card), (9999, "注意"), (12345, "<a>b</a>"),
    ]
}
