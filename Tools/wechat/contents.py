"""What a message of every type holds: the XML that all of WeChat's platforms share, and what a person sees of it.

A maker fills one Message in. `contains` lists what must be readable wherever the message is shown.
"""

from bisect import bisect
from itertools import accumulate

from . import words
from .people import md5_hex


class Message:
    """One row of the history. `content` has no group prefix; `bytes` where it is not valid UTF-8."""
    __slots__ = ("chat", "number", "id", "time", "sender", "own", "type", "sub", "content", "kind", "text", "contains",
                 "media", "reply", "android", "pc3", "display", "transcript", "revoked", "earlier", "quoted", "records",
                 "position", "local", "light", "new", "fate", "maker")

    def __init__(self, chat, number, identifier, time, sender, own):
        self.chat, self.number, self.id, self.time, self.sender, self.own = chat, number, identifier, time, sender, own
        self.type, self.sub, self.content, self.kind, self.text = 1, 0, "", "text", None
        self.contains, self.media, self.reply = [], None, None
        self.android = None  # Android's own type number, where it has one
        self.pc3 = None  # PC 3.x's (Type, SubType), where it is not (type, sub)
        self.display = ""  # PC 3.x's DisplayContent
        self.transcript = ""
        self.revoked = None  # "text", "wire" or "notice" for a message that was taken back; `content` is the line
        self.earlier = None
        self.quoted = None
        self.records = []
        self.position = 0  # in the whole history
        self.local = 0  # its row in the shape being written
        self.light = None  # what later messages keep of it
        self.new = False  # only stage 2 has it
        self.fate = None  # what stage 2 does to it: "deleted", or the form in which it is recalled
        self.maker = None

    def take_back(self):
        """What stage 2 makes of a message whose fate is to be recalled."""
        self.earlier = self.text
        self.maker.recall(self, self.fate)

    @property
    def prefixed(self):
        """Whether a row in a group begins with its sender."""
        return self.chat.is_group and not self.own and self.sender is not None


_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#x0A;", "\r": "&#x0D;",
                          "\t": "&#x09;", "\0": ""})


def attribute(text):
    return str(text).translate(_ESCAPES)


def element(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#x0D;")


def cdata(text):
    return "<![CDATA[" + str(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def snippet(text):
    """The part of a text that every way of showing it keeps: its longest line, without what may be trimmed."""
    lines = [line.strip() for line in text.replace("\r", "\n").replace("\t", "\n").split("\n")]
    return max(lines, key=len)[:60].strip()


def prefixed(sender, content):
    """A row of a group: the sender's id, a colon, a line feed."""
    return sender.encode() + b":\n" + content if isinstance(content, bytes) else f"{sender}:\n{content}"


def revoke_xml(m, local):
    """How a recall travels."""
    return (f'<sysmsg type="revokemsg"><revokemsg><session>{m.chat.id}</session><oldmsgid>{local}</oldmsgid><msgid>{local}</msgid>'
            f"<newmsgid>{m.id}</newmsgid><replacemsg><![CDATA[{m.content}]]></replacemsg></revokemsg></sysmsg>")


def with_transcript(m):
    """A voice's XML with WeChat's own transcription in it."""
    if not m.transcript:
        return m.content
    return m.content.replace("</msg>", f'<voicetrans transtext="{attribute(m.transcript)}" istransend="1" /></msg>')


def appmsg(sub, title="", des="", url="", extra="", sender="", name="", dataurl=""):
    app = f"<appinfo><version>1</version><appname>{element(name)}</appname></appinfo>" if name else ""
    return (f'<?xml version="1.0"?>\n<msg><appmsg appid="" sdkver="0"><title>{element(title)}</title><des>{element(des)}</des>'
            f"<action>view</action><type>{sub}</type><showtype>0</showtype><url>{element(url)}</url>"
            f"<dataurl>{element(dataurl)}</dataurl>{extra}</appmsg><fromusername>{attribute(sender or '')}</fromusername>"
            f"<scene>0</scene>{app}</msg>")


class Maker:
    """Makes the contents of one conversation's messages, in order."""

    def __init__(self, account, studio, stickers, chat, rng):
        self.account, self.studio, self.stickers, self.chat, self.rng = account, studio, stickers, chat, rng
        menu = OFFICIAL if chat.person and chat.person.official else SERVICE.get(chat.id) or COMMON
        makers = [(name, weight) for name, weight in menu if chat.is_group or name not in GROUPS_ONLY]
        self.names = [getattr(self, name) for name, _ in makers]
        self.weights = list(accumulate(weight for _, weight in makers))

        self.picked = {}
        self.due = []  # what every busy conversation holds at least once, from its twentieth message on
        if menu is COMMON:
            self.due = [getattr(self, name) for name, _ in makers for _ in range(VARIANTS.get(name, 1))]
            self.due.reverse()

    def fill(self, message, busy=False):
        """Gives the message its contents. `kind` becomes None when it is nothing that a person sees."""
        maker = self.names[bisect(self.weights, self.rng.random() * self.weights[-1])]
        if busy and self.due and message.number >= 20:
            maker = self.due.pop()
        maker(message)
        return message

    def pick(self, *options):
        """One of the options: at first each in its turn, then by chance."""
        turn = self.picked.get(options, 0)
        self.picked[options] = turn + 1
        return options[turn] if turn < len(options) else options[self.rng.randrange(len(options))]

    def name(self, username):
        return self.account.name(username, self.chat.group)

    def sentence(self):
        return words.sentence(self.rng)

    def url(self):
        return f"https://example.com/s/{words.identifier(self.rng, 12)}?id={self.rng.randrange(10**6)}&from=chat"

    def somebody(self):
        """A contact who is known."""
        people = [p for p in self.account.people.values() if p.known and p.nickname and not p.official]
        return people[self.rng.randrange(len(people))]

    def member(self):
        return self.rng.choice(self.chat.group.members) if self.chat.is_group else self.chat.id

    # Plain types

    def plain(self, m):
        m.text = m.content = self.sentence()

    def long(self, m):
        m.text = m.content = words.paragraph(self.rng, self.rng.randrange(5, 60))

    def invalid(self, m):
        raw = self.rng.choice((b"\xff ", b"caf\xe9 ", b"\xed\xa0\x80", b"\xc3")) + self.sentence().encode()
        raw = "前 ".encode() + raw + self.rng.choice((b"", b"\xe4\xbd"))
        m.content, m.text = raw, raw.decode("utf-8", "replace")

    def picture(self, m):
        m.type, m.kind = 3, "image"
        m.media = self.studio.make(self.rng, "picture")
        hd = m.media.size if m.media.state == "hd" else 0
        m.content = (f'<?xml version="1.0"?>\n<msg>\n\t<img aeskey="{words.hexadecimal(self.rng, 32)}" encryver="1" '
                     f'cdnthumbaeskey="" cdnthumburl="30{words.hexadecimal(self.rng, 60)}" cdnthumblength="3210" '
                     f'cdnthumbheight="90" cdnthumbwidth="120" cdnmidheight="0" cdnmidwidth="0" cdnhdheight="0" '
                     f'cdnhdwidth="0" cdnmidimgurl="30{words.hexadecimal(self.rng, 60)}" length="{m.media.size}" '
                     f'hdlength="{hd}" md5="{m.media.md5}" />\n</msg>')

    def voice(self, m):
        m.type, m.kind = 34, "voice"
        m.media = self.studio.make(self.rng, "voice")
        if self.rng.random() < 0.25:
            m.transcript = words.sentence(self.rng).strip()
            m.contains = [snippet(m.transcript)]
        m.content = (f'<msg><voicemsg endflag="1" cancelflag="0" forwardflag="0" voiceformat="4" '
                     f'voicelength="{m.media.milliseconds}" length="{m.media.size}" bufid="0" '
                     f'clientmsgid="{words.hexadecimal(self.rng, 32)}" fromusername="{attribute(m.sender)}" /></msg>')

    def video(self, m):
        m.type, m.kind = 43, "video"
        m.media = self.studio.make(self.rng, "video")
        m.content = (f'<msg><videomsg aeskey="{words.hexadecimal(self.rng, 32)}" cdnthumbaeskey="" '
                     f'cdnvideourl="30{words.hexadecimal(self.rng, 60)}" cdnthumburl="" length="{m.media.size}" '
                     f'playlength="{m.media.milliseconds // 1000}" cdnthumblength="4321" cdnthumbwidth="96" '
                     f'cdnthumbheight="72" fromusername="{attribute(m.sender)}" md5="{m.media.md5}" newmd5="" '
                     f'rawmd5="" isplaceholder="0" /></msg>')

    def sight(self, m):
        self.video(m)
        m.type = 62

    def sticker(self, m):
        number, item, group, meaning = self.stickers[self.rng.randrange(len(self.stickers))]
        m.type, m.kind, m.media = 47, "sticker", item
        if number % 9 == 0:
            m.android = 0x100031
        m.content = (f'<msg><emoji fromusername="{attribute(m.sender)}" tousername="{attribute(self.chat.id)}" type="2" '
                     f'idbuffer="media:0_0" md5="{item.md5}" len="{item.size}" productid="{group}" androidmd5="{item.md5}" '
                     f'androidlen="{item.size}" cdnurl="http://example.com/stodownload?m={item.md5}" '
                     f'encrypturl="http://example.com/stodownload?e={item.md5}" aeskey="{md5_hex(item.md5)}" '
                     f'width="240" height="240" desc="{attribute(meaning)}"></emoji></msg>')

    def location(self, m):
        x, y, label, name = self.rng.choice(words.PLACES)
        m.type, m.kind, m.contains = 48, "location", [name, label]
        m.content = (f'<?xml version="1.0"?>\n<msg>\n\t<location x="{x}" y="{y}" scale="16" label="{attribute(label)}" '
                     f'maptype="0" poiname="{attribute(name)}" poiid="" cityname="" adcode="330106" />\n</msg>')

    def card(self, m):
        who = self.somebody()
        m.type, m.kind, m.contains = 42, "contact", [snippet(who.nickname)]
        m.content = (f'<?xml version="1.0"?>\n<msg bigheadimgurl="" smallheadimgurl="" username="{who.username}" '
                     f'nickname="{attribute(who.nickname)}" fullpy="" shortpy="" alias="{who.alias}" imagestatus="3" '
                     f'scene="17" province="浙江" city="杭州" sign="" sex="{who.sex}" certflag="0" certinfo="" '
                     f'brandIconUrl="" brandHomeUrl="" brandSubscriptConfigUrl="" brandFlags="0" regionCode="CN" />')

    def wecom_card(self, m):
        self.card(m)
        m.type = 66
        m.content = m.content.replace('username="', 'openimappid="3552365301" openimdesc="某公司" username="', 1)

    def call(self, m):
        minutes, seconds = self.rng.randrange(0, 90), self.rng.randrange(60)
        line = self.pick("", "已取消", "对方已拒绝", "对方无应答", "忙线未接听") or f"通话时长 {minutes:02d}:{seconds:02d}"
        m.type, m.kind, m.contains, m.display = 50, "call", [line], line
        room = self.rng.randrange(2)
        m.content = (f'<voipmsg type="VoIPBubbleMsg"><VoIPBubbleMsg><msg>{cdata(line)}</msg><room_type>{room}</room_type>'
                     f"<red_dot>false</red_dot><roomid>{self.rng.getrandbits(60)}</roomid><roomkey>0</roomkey>"
                     f"<inviteid>{self.rng.getrandbits(30)}</inviteid><msg_type>100</msg_type>"
                     f"<timestamp>{m.time}</timestamp><identity>{cdata('0')}</identity><duration>0</duration>"
                     f"</VoIPBubbleMsg></voipmsg>")

    def call_notice(self, m):
        m.type, m.kind = self.pick(52, 53), "call"
        m.content = (f"<voipinvitemsg><roomid>{self.rng.getrandbits(60)}</roomid><key>0</key><status>4</status>"
                     f"<invitetype>{self.rng.randrange(2)}</invitetype></voipinvitemsg>")

    def group_call(self, m):
        self.system_row(m, 64, self.pick("发起了语音通话", "语音通话已经结束"))

    def wecom(self, m):
        who = self.somebody()
        m.type, m.kind, m.contains = 65, "system", []
        m.content = (f'<msg fromusername="{who.username}" fromnickname="{attribute(who.nickname)}" '
                     f'content="{attribute("我是 " + who.nickname)}" openimappid="3552365301" />')

    def request(self, m):
        who, words_said = self.somebody(), self.sentence()
        m.type, m.kind, m.contains = self.pick(37, 37, 37, 40), "system", [snippet(who.nickname)]
        if m.type == 37:
            m.contains.append(snippet(words_said))
        m.content = (f'<msg fromusername="{who.username}" encryptusername="v1_{words.hexadecimal(self.rng, 32)}@stranger" '
                     f'fromnickname="{attribute(who.nickname)}" content="{attribute(words_said if m.type == 37 else "")}" '
                     f'fullpy="" shortpy="" imagestatus="3" scene="30" country="CN" province="" city="" sign="" '
                     f'percard="0" sex="{who.sex}" alias="{who.alias}" weibo="" ticket="v2_made_up@stranger" />')

    def mail(self, m):
        subject = snippet(self.sentence())
        m.type, m.kind, m.contains = 35, "text", [subject]
        m.content = (f'<msg><pushmail><content><subject>{cdata(subject)}</subject><digest>{cdata("made up")}</digest>'
                     f"<sender>{cdata('Somebody')}</sender><fromlist><item><addr>{cdata('nobody@example.com')}</addr>"
                     f"<name>{cdata('Nobody')}</name></item></fromlist><date>{cdata('2021-01-01')}</date>"
                     f"<waplink>{cdata('https://example.com/mail')}</waplink></content></pushmail></msg>")

    def noise(self, m):
        m.type, m.kind = 51, None
        m.content = (f'<msg><op id="2"><username>{self.chat.id}</username><name>lastMessage</name>'
                     f'<arg>{{"messageSvrId":"{self.rng.getrandbits(62)}","MsgCreateTime":"{m.time // 1000}"}}</arg></op></msg>')

    def unknown(self, m):
        m.type, m.kind = 12345678, "unknown"
        m.content = f"<odd><level>{self.rng.randrange(9)}</level><thing>未来的消息</thing></odd>"

    # System lines

    def system_row(self, m, kind, text, contains=None):
        m.type, m.kind, m.content, m.sender, m.own = kind, "system", text, None, False
        m.contains = contains if contains is not None else [snippet(text)]

    def system(self, m):
        who = self.name(self.member())
        line = self.rng.choice((f'你已添加了{who}，现在可以开始聊天了。', "以上是打招呼的内容", f'"{who}"通过扫描二维码加入群聊',
                                "消息已发出，但被对方拒收了。", f'"{who}"修改群名为“{self.sentence()}”', "Red packet claimed"))
        self.system_row(m, 10000, line)
        if self.rng.random() < 0.5:
            m.id = 0

    def notice(self, m):
        self.system_row(m, 9999, "Your account was signed in on a computer. 你的微信在电脑上登录。")

    def template(self, m):
        inviter, first, second = self.name(self.member()), self.somebody().nickname, self.somebody().nickname
        def link(name, people, separator=""):
            members = "".join(f"<member><username>{cdata('wxid_x')}</username><nickname>{cdata(p)}</nickname></member>" for p in people)
            return (f'<link name="{name}" type="link_profile"><memberlist>{members}</memberlist>{separator}</link>')
        shown = f'"{inviter}"邀请"{first}、{second}"加入了群聊'
        xml = ('<sysmsg type="sysmsgtemplate"><sysmsgtemplate><content_template type="tmpl_type_profile"><plain>'
               f'{cdata("")}</plain><template>{cdata(chr(34) + "$username$" + chr(34) + "邀请" + chr(34) + "$names$" + chr(34) + "加入了群聊")}'
               f'</template><link_list>{link("username", [inviter])}'
               f'{link("names", [first, second], "<separator>" + cdata("、") + "</separator>")}'
               "</link_list></content_template></sysmsgtemplate></sysmsg>")
        self.system_row(m, self.pick(10000, 10002), xml, [snippet(shown)] if "\n" not in shown and "\t" not in shown else [])

    def template_title(self, m):
        xml = ('<sysmsg type="sysmsgtemplate"><sysmsgtemplate><content_template type="tmpl_type_wxapp"><plain></plain>'
               f'<template>{cdata("你可以 $open$ 看看群公告")}</template><link_list><link name="open" type="link_jump">'
               f"<title>{cdata('点这里')}</title><url>{cdata('weixin://made-up')}</url></link></link_list>"
               "</content_template></sysmsgtemplate></sysmsg>")
        self.system_row(m, self.pick(10000, 10002), xml, ["你可以 点这里 看看群公告"])

    def removed(self, m):
        line = f'你将"{self.somebody().nickname.strip()}"移出了群聊'
        xml = (f'<sysmsg type="delchatroommember"><delchatroommember><plain>{cdata(line)}</plain>'
               f"<text>{cdata('')}</text><link><scene>invite</scene></link></delchatroommember></sysmsg>")
        self.system_row(m, self.pick(10000, 10002), xml, [snippet(line)])

    def pat_row(self, m):
        one, other = self.member(), self.account.me.username
        xml = (f'<sysmsg type="pat"><pat><fromusername>{one}</fromusername><chatusername>{self.chat.id}</chatusername>'
               f"<pattedusername>{other}</pattedusername><patsuffix>{cdata('的肩膀')}</patsuffix><patsuffixversion>1</patsuffixversion>"
               f'<template>{cdata(chr(34) + "${" + one + "}" + chr(34) + " 拍了拍我的肩膀")}</template></pat></sysmsg>')
        self.system_row(m, self.pick(10000, 10002), xml, ["拍了拍我的肩膀"])
        m.pc3 = (10000, 4)

    def invited(self, m):
        self.system_row(m, 10000, f'"{self.name(self.member())}"邀请你加入了群聊')
        m.pc3 = (10000, 8000)

    def recall(self, m, form=None):
        """The row of a message that was taken back: the same id, a new type."""
        who = "你" if m.own else f'"{self.name(m.sender).strip()}" '
        line = f"{who}撤回了一条消息"
        m.type, m.kind, m.content, m.text, m.media, m.reply = 10000, "deleted", line, None, None, None
        m.sub, m.android, m.pc3, m.display, m.transcript, m.quoted, m.records = 0, None, None, "", "", None, []
        m.contains, m.revoked = [snippet(line)], form or self.pick("text", "text", "wire", "notice")
        if not m.own and self.chat.is_group:
            m.sender = None

    # App messages

    def app(self, m, sub, kind, contains, title="", des="", url="", extra="", android=None, **more):
        m.type, m.sub, m.kind, m.contains, m.android = 49, sub, kind, [c for c in contains if c], android
        m.content = appmsg(sub, title, des, url, extra, m.sender, **more)

    def share_text(self, m):
        title = self.sentence()
        self.app(m, 1, "text", [snippet(title)], title, "made up")

    def link(self, m):
        sub = self.pick(5, 5, 5, 5, 2, 4)
        title, des, url = self.sentence(), self.sentence(), self.url()
        extra = f"<sourcedisplayname>{element('每日新闻 Daily')}</sourcedisplayname><thumburl>https://example.com/t.jpg</thumburl>"
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
        self.app(m, sub, "file", [], item.name, "", "", f"<appattach><totallen>{item.size}</totallen><fileext>{item.extension}"
                 f"</fileext><attachid>@cdn_{words.hexadecimal(self.rng, 40)}_1</attachid><cdnattachurl>30{words.hexadecimal(self.rng, 40)}"
                 f"</cdnattachurl><aeskey>{words.hexadecimal(self.rng, 32)}</aeskey><encryver>0</encryver>"
                 f"<overwrite_newmsgid>{m.id}</overwrite_newmsgid></appattach><md5>{item.md5}</md5>",
                 1090519089 if self.rng.random() < 0.4 else None)

    def live_location(self, m):
        self.app(m, 17, "location", [], "我发起了位置共享", android=-1879048186)

    def mini_program(self, m):
        title, source = self.sentence(), self.rng.choice(("点餐助手", "City Bus", "健康打卡"))
        self.app(m, self.pick(33, 36), "link", [snippet(title), source], title, "", self.url(),
                 f"<sourcedisplayname>{source}</sourcedisplayname><weappinfo><username>gh_{words.hexadecimal(self.rng, 12)}@app"
                 f"</username><appid>wx{words.hexadecimal(self.rng, 16)}</appid><pagepath>{cdata('pages/index.html')}</pagepath></weappinfo>")

    def channels(self, m):
        sub, name, desc = self.pick(50, 51, 63, 88), "视频号 " + words.nickname(self.rng), self.sentence()
        if sub == 50:
            extra = f"<findernamecard><username>v2_{words.hexadecimal(self.rng, 20)}@finder</username><nickname>{cdata(name)}</nickname></findernamecard>"
            extra += f"<finderFeed><nickname>{cdata(name)}</nickname><desc>{cdata('')}</desc></finderFeed>"
        elif sub == 51:
            extra = (f"<finderFeed><objectId>{self.rng.getrandbits(62)}</objectId><nickname>{cdata(name)}</nickname><desc>{cdata(desc)}</desc>"
                     f"<mediaCount>1</mediaCount><mediaList><media><mediaType>4</mediaType><url>{cdata(self.url())}</url></media></mediaList></finderFeed>")
        else:
            extra = f"<finderLive><finderLiveID>1</finderLiveID><nickname>{cdata(name)}</nickname><desc>{cdata(desc)}</desc></finderLive>"
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
                 f"<fromusr>{self.chat.id}</fromusr><chatusr>{old.sender}</chatusr><displayname>{element(shown)}</displayname>"
                 f"<content>{element(content)}</content><msgsource>{element('<msgsource></msgsource>')}</msgsource>"
                 f"<createtime>{old.time // 1000}</createtime></refermsg>", 822083633 if self.rng.random() < 0.7 else None)

    def pat(self, m):
        one, other = (m.sender or self.account.me.username), self.member()
        template = f'"${{{one}}}" 拍了拍 "${{{other}}}"'
        if self.rng.random() < 0.5:
            extra = (f"<patMsg><chatUser>{self.chat.id}</chatUser><records><recordNum>1</recordNum><record><fromUser>{one}</fromUser>"
                     f"<pattedUser>{other}</pattedUser><templete>{cdata(template)}</templete><createTime>{m.time // 1000}</createTime>"
                     f"<svrId>{m.id}</svrId><readStatus>0</readStatus></record></records></patMsg>")
        else:
            extra = (f"<patinfo><fromusername>{one}</fromusername><chatusername>{self.chat.id}</chatusername>"
                     f"<pattedusername>{other}</pattedusername><patsuffix>{cdata('')}</patsuffix><template>{cdata(template)}</template></patinfo>")
        nicknames = self.chat.group.group_nicknames if self.chat.is_group else {}
        shown = [snippet(self.name(who)) for who in (one, other) if who != self.account.me.username and who not in nicknames]
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
                 f"<transferid>{cdata(f'1000050001{self.rng.getrandbits(40)}')}</transferid><invalidtime>{begin + 86400}</invalidtime>"
                 f"<begintransfertime>{begin}</begintransfertime><effectivedate>1</effectivedate><pay_memo>{cdata(memo)}</pay_memo>"
                 f"<receiver_username>{cdata(self.account.me.username if not m.own else self.member())}</receiver_username>"
                 f"<payer_username>{cdata(m.sender)}</payer_username></wcpayinfo>")
        self.app(m, 2000, "text", [amount, memo], "微信转账", f"收到转账{amount[1:]}元。如需收钱，请点此升级至最新版本", "", extra, 419430449)

    def red_packet(self, m):
        wish = self.rng.choice(("恭喜发财，大吉大利", "Happy New Year", "生日快乐")) + f" {self.rng.randrange(10**4)}"
        sub = self.pick(2001, 2001, 2003)
        extra = (f"<wcpayinfo><templateid>1</templateid><url>{cdata(self.url())}</url><iconurl></iconurl><receivertitle>{cdata(wish)}"
                 f"</receivertitle><sendertitle>{cdata(wish)}</sendertitle><scenetext>{cdata('微信红包')}</scenetext>"
                 f"<senderdes>{cdata('查看红包')}</senderdes><receiverdes>{cdata('领取红包')}</receiverdes>"
                 f"<nativeurl>{cdata('wxpay://c2cbizmessagehandler/hongbao/made-up')}</nativeurl><sceneid>1002</sceneid></wcpayinfo>")
        self.app(m, sub, "text", [wish], "微信红包", "我给你发了一个红包，赶紧去拆!", "", extra, 436207665)

    def forward(self, m):
        shown, records = [], []
        title = f"{self.name(self.member()).strip()}的聊天记录"
        body = self.record_info(title, self.rng.randrange(2, 6), 2, shown, records)
        self.app(m, 19, "text", [snippet(title)] + shown, title, "聊天记录", "https://example.com/support",
                 f"<recorditem>{cdata(body)}</recorditem>")
        m.records = records

    def record_info(self, title, count, depth, shown, records):
        """A <recordinfo>; what can be read in it goes to `shown`, the md5s of its media to `records`."""
        items = []
        for number in range(count):
            who = self.somebody()
            when = f"2021-0{number % 9 + 1}-03 12:{number:02d}"
            head = f"<sourcename>{element(who.nickname)}</sourcename><sourcetime>{when}</sourcetime>"
            head += f"<srcMsgCreateTime>{1609459200 + number * 60}</srcMsgCreateTime><fromnewmsgid>{self.rng.getrandbits(62)}</fromnewmsgid>"
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
                    records.append({"sha256": item.sha256, "size": item.size, "md5": full})
                head += (f"<datatitle>{element(name if kind == 8 else '')}</datatitle><datafmt>{item.extension if item else 'jpg'}</datafmt>"
                         f"<datasize>{item.size if item else 4321}</datasize><fullmd5>{full}</fullmd5><thumbfullmd5>{words.hexadecimal(self.rng, 32)}</thumbfullmd5>")
            elif kind == 6:
                x, y, label, name = self.rng.choice(words.PLACES)
                head += f'<locitem><label>{element(label)}</label><poiname>{element(name)}</poiname></locitem><location lat="{x}" lng="{y}" label="{attribute(label)}" poiname="{attribute(name)}" />'
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
            items.append(f'<dataitem datatype="17" dataid="{words.hexadecimal(self.rng, 32)}"><sourcename>林小满</sourcename>'
                         f"<sourcetime>2021-05-01 08:00</sourcetime><datatitle>{inner}</datatitle><recordxml>{nested}</recordxml></dataitem>")
        return (f"<recordinfo><info>聊天记录</info><desc>聊天记录</desc><title>{element(title)}</title>"
                f'<datalist count="{len(items)}">{"".join(items)}</datalist></recordinfo>')

    def note(self, m):
        text = words.paragraph(self.rng, 3)
        body = (f'<recordinfo><noteinfo><noteauthor>me</noteauthor></noteinfo><title></title><desc>{element(snippet(text))}</desc>'
                f'<datalist count="2"><dataitem datatype="8" dataid="{words.hexadecimal(self.rng, 32)}" htmlid="WeNoteHtmlFile">'
                f"<datafmt>.htm</datafmt><datatitle>WeNoteHtmlFile</datatitle></dataitem>"
                f'<dataitem datatype="1" dataid="{words.hexadecimal(self.rng, 32)}"><datadesc>{element(text)}</datadesc></dataitem></datalist></recordinfo>')
        self.app(m, 24, "text", [snippet(text)], "笔记", snippet(text), "https://example.com/note", f"<recorditem>{cdata(body)}</recorditem>")


# How often each kind comes, in parts of the sum.
COMMON = (
    ("plain", 6800), ("long", 60), ("invalid", 12), ("picture", 900), ("voice", 450), ("video", 80), ("sight", 15),
    ("sticker", 350), ("location", 25), ("card", 20), ("wecom_card", 4), ("call", 40), ("call_notice", 8), ("group_call", 6),
    ("wecom", 4), ("noise", 20), ("unknown", 6), ("system", 60), ("notice", 5), ("template", 30), ("template_title", 6),
    ("removed", 12), ("pat_row", 12), ("invited", 8), ("recall", 40), ("share_text", 8), ("link", 140), ("music", 20),
    ("other", 24), ("unknown_app", 6), ("user_gif", 8), ("file", 120), ("live_location", 6), ("mini_program", 40),
    ("channels", 30), ("chain", 12), ("quote", 220), ("pat", 20), ("announcement", 8), ("transfer", 40), ("red_packet", 40),
    ("forward", 30), ("note", 10),
)
# Kinds that come in several forms: how many must be seen.
VARIANTS = {"link": 6, "music": 3, "other": 8, "transfer": 5, "channels": 4, "recall": 4, "mini_program": 2, "red_packet": 3,
            "call": 5, "call_notice": 2, "group_call": 2, "template": 4, "template_title": 2, "system": 5, "picture": 8,
            "voice": 4, "video": 3, "sticker": 6, "file": 5, "quote": 6, "pat": 2, "forward": 3, "invalid": 3}
GROUPS_ONLY = {"template", "removed", "invited", "group_call", "chain", "announcement"}
OFFICIAL = (("plain", 20), ("link", 70), ("picture", 10))
SERVICE = {
    "filehelper": (("plain", 50), ("file", 30), ("picture", 30), ("link", 20), ("forward", 5)),
    "medianote": (("plain", 30), ("voice", 40)),
    "weixin": (("plain", 30), ("notice", 20), ("link", 20)),
    "fmessage": (("request", 1),),
    "qqmail": (("mail", 1),),
}
