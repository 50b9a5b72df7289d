"""App messages: links, files, quotes, transfers, merged forwards, and the other subtypes of type 49."""

from . import words
from .markup import appmsg, attribute, cdata, element, snippet


class AppMessages:
    """The part of a Maker that makes them."""

    def app(self, m, sub, kind, contains, title="", des="", url="", extra="", android=None, **more):
        m.type, m.sub, m.kind, m.contains, m.android = 49, sub, kind, [c for c in contains if c], android
        m.content = appmsg(sub, title, des, url, extra, m.sender, **more)

    def share_text(self, m):
        title = self.sentence()
        self.app(m, 1, "text", [snippet(title)], title, "made up")

    def link(self, m):
        sub = self.pick(5, 5, 5, 5, 2, 4)
        title, des, url = self.sentence(), self.sentence(), self.url()
        extra = "<sourcedisplayname>每日新闻 Daily</sourcedisplayname><thumburl>https://example.com/t.jpg</thumburl>"
        android = 16777265 if self.rng.random() < 0.1 else None
        self.app(m, sub, "link", [snippet(title), snippet(des), url], title, des, url, extra, android)

    def music(self, m):
        sub, title, url = self.pick(3, 76, 92), self.sentence(), self.url()
        self.app(m, sub, "link", [snippet(title), "某歌手", url], title, "某歌手", url, dataurl="https://example.com/a.mp3",
                 android=1040187441 if sub == 3 else None)

    def other(self, m):
        """Subtypes that are shown by their title."""
        sub = self.pick(7, 9, 10, 13, 15, 16, 40, 100001)
        title = f"{'商品' if sub in (10, 13) else '分享'} {self.rng.randrange(10**6)} {snippet(self.sentence())}"
        self.app(m, sub, "link", [title], title, "made up", self.url())

    def unknown_app(self, m):
        title = f"来自未来 {self.rng.randrange(10**6)}"
        self.app(m, 777, "unknown", [], title, "made up", "")

    def user_gif(self, m):
        _, item, _, _ = self.stickers[self.rng.randrange(len(self.stickers))]
        self.app(m, 8, "sticker", [], "", "", "", f"<appattach><totallen>{item.size}</totallen><emoticonmd5>{item.md5}"
                 f"</emoticonmd5><fileext>pic</fileext></appattach>")
        m.media = item

    def file(self, m):
        m.media = item = self.studio.make(self.rng, "file", "missing" if self.rng.random() < 0.05 else None)
        sub = 74 if item.state == "missing" and self.rng.random() < 0.3 else 6
        self.app(m, sub, "file", [], item.name, "", "",
                 f"<appattach><totallen>{item.size}</totallen><fileext>{item.extension}"
                 f"</fileext><attachid>@cdn_{words.hexadecimal(self.rng, 40)}_1</attachid><cdnattachurl>"
                 f"30{words.hexadecimal(self.rng, 40)}"
                 f"</cdnattachurl><aeskey>{words.hexadecimal(self.rng, 32)}</aeskey><encryver>0</encryver>"
                 f"<overwrite_newmsgid>{m.id}</overwrite_newmsgid></appattach><md5>{item.md5}</md5>",
                 1090519089 if self.rng.random() < 0.4 else None)

    def live_location(self, m):
        self.app(m, 17, "location", [], "我发起了位置共享", android=-1879048186)

    def mini_program(self, m):
        title, source = self.sentence(), self.rng.choice(("点餐助手", "City Bus", "健康打卡"))
        self.app(m, self.pick(33, 36), "link", [snippet(title), source], title, "", self.url(),
                 f"<sourcedisplayname>{source}</sourcedisplayname><weappinfo><username>"
                 f"gh_{words.hexadecimal(self.rng, 12)}@app"
                 f"</username><appid>wx{words.hexadecimal(self.rng, 16)}</appid><pagepath>"
                 f"{cdata('pages/index.html')}</pagepath></weappinfo>")

    def channels(self, m):
        sub, name, desc = self.pick(50, 51, 63, 88), "视频号 " + words.nickname(self.rng), self.sentence()
        if sub == 50:
            extra = (f"<findernamecard><username>v2_{words.hexadecimal(self.rng, 20)}@finder</username>"
                     f"<nickname>{cdata(name)}</nickname></findernamecard>")
            extra += f"<finderFeed><nickname>{cdata(name)}</nickname><desc>{cdata('')}</desc></finderFeed>"
        elif sub == 51:
            extra = (f"<finderFeed><objectId>{self.rng.getrandbits(62)}</objectId><nickname>{cdata(name)}</nickname>"
                     f"<desc>{cdata(desc)}</desc>"
                     f"<mediaCount>1</mediaCount><mediaList><media><mediaType>4</mediaType><url>"
                     f"{cdata(self.url())}</url></media></mediaList></finderFeed>")
        else:
            extra = (f"<finderLive><finderLiveID>1</finderLiveID><nickname>{cdata(name)}</nickname>"
                     f"<desc>{cdata(desc)}</desc></finderLive>")
        self.app(m, sub, "link", [snippet(name), snippet(desc) if sub != 50 else ""], "当前版本不支持展示该内容，请升级至最新版本。", "",
                 "https://example.com/update", extra)

    def chain(self, m):
        title = "#接龙\n周六爬山\n\n1. " + "\n2. ".join(words.chinese_name(self.rng) for _ in range(3))
        self.app(m, 53, "text", [line for line in title.split("\n") if line], title)

    def quote(self, m):
        earlier = [r for r in self.chat.recent if r.type in (1, 3, 34, 43, 49) and isinstance(r.content, str) and r.id]
        if not earlier:
            return self.plain(m)
        old = self.rng.choice(earlier)
        reply = self.sentence()
        m.quoted, m.reply = old, old.id
        content = old.content
        contains = [snippet(reply)]
        if old.type == 1:
            contains.append(snippet(old.text))
        shown = self.name(old.sender)
        self.app(m, 57, "text", contains, reply, "", "", f"<refermsg><type>{old.type}</type><svrid>{old.id}</svrid>"
                 f"<fromusr>{self.chat.id}</fromusr><chatusr>{old.sender}</chatusr><displayname>"
                 f"{element(shown)}</displayname>"
                 f"<content>{element(content)}</content><msgsource>{element('<msgsource></msgsource>')}</msgsource>"
                 f"<createtime>{old.time // 1000}</createtime></refermsg>", 822083633 if self.rng.random() < 0.7
                 else None)

    def pat(self, m):
        one, other = (m.sender or self.account.me.username), self.member()
        template = f'"${{{one}}}" 拍了拍 "${{{other}}}"'
        if self.rng.random() < 0.5:
            extra = (f"<patMsg><chatUser>{self.chat.id}</chatUser><records><recordNum>1</recordNum><record><fromUser>"
                     f"{one}</fromUser>"
                     f"<pattedUser>{other}</pattedUser><templete>{cdata(template)}</templete><createTime>"
                     f"{m.time // 1000}</createTime>"
                     f"<svrId>{m.id}</svrId><readStatus>0</readStatus></record></records></patMsg>")
        else:
            extra = (f"<patinfo><fromusername>{one}</fromusername><chatusername>{self.chat.id}</chatusername>"
                     f"<pattedusername>{other}</pattedusername><patsuffix>{cdata('')}</patsuffix><template>"
                     f"{cdata(template)}</template></patinfo>")
        nicknames = self.chat.group.group_nicknames if self.chat.is_group else {}
        shown = [snippet(self.name(who)) for who in (one, other) if who != self.account.me.username
                 and who not in nicknames]
        self.app(m, 62, "system", ["拍了拍"] + shown, "拍了拍", extra=extra, android=922746929)

    def announcement(self, m):
        text = words.paragraph(self.rng, 2)
        body = f"<announcement>{cdata('')}</announcement><textannouncement>{cdata(text)}</textannouncement>"
        self.app(m, 87, "system", [snippet(text)], "群公告", "", "", body)

    def transfer(self, m):
        state = self.pick(1, 3, 4, 5, 7)
        amount, memo = f"￥{self.rng.randrange(1, 500000) / 100:.2f}", self.rng.choice(("", "房租", "AA dinner", "生日快乐🎂"))
        begin = m.time // 1000
        extra = (f"<wcpayinfo><paysubtype>{state}</paysubtype><feedesc>{cdata(amount)}</feedesc>"
                 f"<transcationid>{cdata(f'5301000{self.rng.getrandbits(50)}')}</transcationid>"
                 f"<transferid>{cdata(f'1000050001{self.rng.getrandbits(40)}')}</transferid><invalidtime>"
                 f"{begin + 86400}</invalidtime>"
                 f"<begintransfertime>{begin}</begintransfertime><effectivedate>1</effectivedate><pay_memo>"
                 f"{cdata(memo)}</pay_memo>"
                 f"<receiver_username>"
                 f"{cdata(self.account.me.username if not m.own else self.member())}</receiver_username>"
                 f"<payer_username>{cdata(m.sender)}</payer_username></wcpayinfo>")
        self.app(m, 2000, "text", [amount, memo], "微信转账", f"收到转账{amount[1:]}元。如需收钱，请点此升级至最新版本", "", extra, 419430449)

    def red_packet(self, m):
        wish = self.rng.choice(("恭喜发财，大吉大利", "Happy New Year", "生日快乐")) + f" {self.rng.randrange(10**4)}"
        sub = self.pick(2001, 2001, 2003)
        extra = (f"<wcpayinfo><templateid>1</templateid><url>{cdata(self.url())}</url><iconurl></iconurl>"
                 f"<receivertitle>{cdata(wish)}"
                 f"</receivertitle><sendertitle>{cdata(wish)}</sendertitle><scenetext>{cdata('微信红包')}</scenetext>"
                 f"<senderdes>{cdata('查看红包')}</senderdes><receiverdes>{cdata('领取红包')}</receiverdes>"
                 f"<nativeurl>{cdata('wxpay://c2cbizmessagehandler/hongbao/made-up')}</nativeurl><sceneid>"
                 f"1002</sceneid></wcpayinfo>")
        self.app(m, sub, "text", [wish], "微信红包", "我给你发了一个红包，赶紧去拆!", "", extra, 436207665)

    def forward(self, m):
        shown, records = [], []
        title = f"{self.name(self.member()).strip()}的聊天记录"
        body = self.record_info(title, self.rng.randrange(2, 6), 2, shown, records)
        self.app(m, 19, "text", [snippet(title)] + shown, title, "聊天记录", "https://example.com/support",
                 f"<recorditem>{cdata(body)}</recorditem>")
        m.records = records

    def record_info(self, title, count, depth, shown, records):
        """A <recordinfo>; what can be read in it goes to `shown`, its media that the account has to `records`."""
        items = []
        for number in range(count):
            who = self.somebody()
            when = f"2021-0{number % 9 + 1}-03 12:{number:02d}"
            head = f"<sourcename>{element(who.nickname)}</sourcename><sourcetime>{when}</sourcetime>"
            head += (f"<srcMsgCreateTime>{1609459200 + number * 60}</srcMsgCreateTime>"
                     f"<fromnewmsgid>{self.rng.getrandbits(62)}</fromnewmsgid>")
            kind = self.rng.choice((1, 1, 1, 2, 2, 2, 4, 5, 6, 8, 8, 16, 19, 22, 32, 37)) if number else 1
            text = snippet(self.sentence())
            attributes = f'dataid="{words.hexadecimal(self.rng, 32)}"'
            if kind == 1:
                head += f"<datadesc>{element(text)}</datadesc>"
                shown.append(text)
            elif kind in (2, 4, 8):
                item = self.chat.kept.get({2: "picture", 4: "video", 8: "file"}[kind])
                full = item.md5 if item else words.hexadecimal(self.rng, 32)
                name = item.name if item else "设计稿 v2.pdf"
                if kind == 8:
                    shown.append(name)
                if item:
                    records.append({"kind": item.kind, "sha256": item.sha256, "size": item.size, "md5": full})
                head += (f"<datatitle>{element(name if kind == 8 else '')}</datatitle><datafmt>"
                         f"{item.extension if item else 'jpg'}</datafmt>"
                         f"<datasize>{item.size if item else 4321}</datasize><fullmd5>{full}</fullmd5><thumbfullmd5>"
                         f"{words.hexadecimal(self.rng, 32)}</thumbfullmd5>")
            elif kind == 37:
                item = self.stickers[self.rng.randrange(len(self.stickers))][1]
                head += f"<datasize>{item.size}</datasize><fullmd5>{item.md5}</fullmd5>"
                if item.data:
                    records.append({"kind": item.kind, "sha256": item.sha256, "size": item.size, "md5": item.md5})
            elif kind == 6:
                x, y, label, name = self.rng.choice(words.PLACES)
                head += (f"<locitem><label>{element(label)}</label><poiname>{element(name)}</poiname></locitem>"
                         f'<location lat="{x}" lng="{y}" label="{attribute(label)}" poiname="{attribute(name)}" />')
                shown.append(name)
            else:
                head += f"<datatitle>{element(text)}</datatitle><link>{element(self.url())}</link>"
                if kind in (5, 19, 32):
                    shown.append(text)
            items.append(f'<dataitem datatype="{kind}" {attributes}>{head}</dataitem>')
        if depth > 1:
            inner = "里面的聊天记录"
            nested = self.record_info(inner, 3, depth - 1, shown, records)
            shown.append(inner)
            items.append(f'<dataitem datatype="17" dataid="{words.hexadecimal(self.rng, 32)}"><sourcename>'
                         f'林小满</sourcename>'
                         f"<sourcetime>2021-05-01 08:00</sourcetime><datatitle>{inner}</datatitle><recordxml>"
                         f"{nested}</recordxml></dataitem>")
        return (f"<recordinfo><info>聊天记录</info><desc>聊天记录</desc><title>{element(title)}</title>"
                f'<datalist count="{len(items)}">{"".join(items)}</datalist></recordinfo>')

    def note(self, m):
        text = words.paragraph(self.rng, 3)
        body = (f'<recordinfo><noteinfo><noteauthor>me</noteauthor></noteinfo><title></title><desc>'
                f'{element(snippet(text))}</desc>'
                f'<datalist count="2"><dataitem datatype="8" dataid="{words.hexadecimal(self.rng, 32)}" '
                f'htmlid="WeNoteHtmlFile">'
                f"<datafmt>.htm</datafmt><datatitle>WeNoteHtmlFile</datatitle></dataitem>"
                f'<dataitem datatype="1" dataid="{words.hexadecimal(self.rng, 32)}"><datadesc>'
                f'{element(text)}</datadesc></dataitem></datalist></recordinfo>')
        self.app(m, 24, "text", [snippet(text)], "笔记", snippet(text), "https://example.com/note",
                 f"<recorditem>{cdata(body)}</recorditem>")
