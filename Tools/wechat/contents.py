"""What a message of every type holds, and what a person sees of it.

A maker fills one Message in. `contains` lists what must be readable wherever the message is shown.
"""

from bisect import bisect
from itertools import accumulate

from . import words
from .apps import AppMessages
from .markup import attribute, cdata, snippet
from .people import md5_hex


class Maker(AppMessages):
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
        m.content = (f'<msg><emoji fromusername="{attribute(m.sender)}" tousername="{attribute(self.chat.id)}" '
                     f'type="2" '
                     f'idbuffer="media:0_0" md5="{item.md5}" len="{item.size}" productid="{group}" '
                     f'androidmd5="{item.md5}" '
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
        m.content = (f'<voipmsg type="VoIPBubbleMsg"><VoIPBubbleMsg><msg>{cdata(line)}</msg><room_type>'
                     f'{room}</room_type>'
                     f"<red_dot>false</red_dot><roomid>{self.rng.getrandbits(60)}</roomid><roomkey>0</roomkey>"
                     f"<inviteid>{self.rng.getrandbits(30)}</inviteid><msg_type>100</msg_type>"
                     f"<timestamp>{m.time}</timestamp><identity>{cdata('0')}</identity><duration>0</duration>"
                     f"</VoIPBubbleMsg></voipmsg>")

    def call_notice(self, m):
        m.type, m.kind = self.pick(52, 53), "call"
        seconds = m.number * 37 % 5000
        minutes = f"{seconds // 60:02}" if seconds < 3600 else f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
        m.contains = [f"通话时长 {minutes}:{seconds % 60:02}"] if seconds else []
        # Phones store several elements beside each other.
        m.content = (f"<voipinvitemsg><roomid>{self.rng.getrandbits(60)}</roomid><key>0</key><status>4</status>"
                     f"<invitetype>{self.rng.randrange(2)}</invitetype></voipinvitemsg><voipextinfo><recvtime>0</recvtime>"
                     f"</voipextinfo><voiplocalinfo><wordingtype>4</wordingtype><duration>{seconds}</duration>"
                     f"</voiplocalinfo>")

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
        m.content = (f'<msg fromusername="{who.username}" '
                     f'encryptusername="v1_{words.hexadecimal(self.rng, 32)}@stranger" '
                     f'fromnickname="{attribute(who.nickname)}" '
                     f'content="{attribute(words_said if m.type == 37 else "")}" '
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
                     f'<arg>{{"messageSvrId":"{self.rng.getrandbits(62)}","MsgCreateTime":"{m.time // 1000}"}}</arg>'
                     f'</op></msg>')

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
            members = "".join(f"<member><username>{cdata('wxid_x')}</username><nickname>{cdata(p)}</nickname></member>"
                              for p in people)
            return (f'<link name="{name}" type="link_profile"><memberlist>{members}</memberlist>{separator}</link>')
        shown = f'"{inviter}"邀请"{first}、{second}"加入了群聊'
        xml = ('<sysmsg type="sysmsgtemplate"><sysmsgtemplate><content_template type="tmpl_type_profile"><plain>'
               f'{cdata("")}</plain><template>'
               f'{cdata(chr(34) + "$username$" + chr(34) + "邀请" + chr(34) + "$names$" + chr(34) + "加入了群聊")}'
               f'</template><link_list>{link("username", [inviter])}'
               f'{link("names", [first, second], "<separator>" + cdata("、") + "</separator>")}'
               "</link_list></content_template></sysmsgtemplate></sysmsg>")
        self.system_row(m, self.pick(10000, 10002), xml, [snippet(shown)] if "\n" not in shown and "\t" not in shown
                        else [])

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
               f"<pattedusername>{other}</pattedusername><patsuffix>{cdata('的肩膀')}</patsuffix><patsuffixversion>"
               f"1</patsuffixversion>"
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


# How often each kind comes, in parts of the sum.
COMMON = (
    ("plain", 6800), ("long", 60), ("invalid", 12), ("picture", 900), ("voice", 450), ("video", 80), ("sight", 15),
    ("sticker", 350), ("location", 25), ("card", 20), ("wecom_card", 4), ("call", 40), ("call_notice", 8),
    ("group_call", 6),
    ("wecom", 4), ("noise", 20), ("unknown", 6), ("system", 60), ("notice", 5), ("template", 30), ("template_title", 6),
    ("removed", 12), ("pat_row", 12), ("invited", 8), ("recall", 40), ("share_text", 8), ("link", 140), ("music", 20),
    ("other", 24), ("unknown_app", 6), ("user_gif", 8), ("file", 120), ("live_location", 6), ("mini_program", 40),
    ("channels", 30), ("chain", 12), ("quote", 220), ("pat", 20), ("announcement", 8), ("transfer", 40),
    ("red_packet", 40),
    ("forward", 30), ("note", 10),
)
# Kinds that come in several forms: how many must be seen.
VARIANTS = {"link": 6, "music": 3, "other": 8, "transfer": 5, "channels": 4, "recall": 4, "mini_program": 2,
            "red_packet": 3,
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
