"""WeChat on Android: MicroMsg/<h>/EnMicroMsg.db with its account folder, and MicroMsg/Download.

    MicroMsg/<md5("mm" + uin)>/EnMicroMsg.db
                              image2/ab/cd/…  voice2/ab/cd/msg_….amr  video/….mp4 ….jpg  emoji/<group>/<md5>
                              avatar/ab/cd/user_….png
    MicroMsg/Download/<file's own name>
"""

import os
from random import Random

from . import crypto, expected, protobuf, words
from .database import Database
from .files import Files
from .history import digest, stamp
from .markup import prefixed, revoke_xml
from .people import md5_hex
from .shape import Shape

SCHEMA = """
CREATE TABLE message (msgId INTEGER PRIMARY KEY, msgSvrId INTEGER, type INT, status INT, isSend INT,
 isShowTimer INTEGER,
 createTime INTEGER, talker TEXT, content TEXT, imgPath TEXT, reserved TEXT, lvbuffer BLOB, transContent TEXT,
 transBrandWording TEXT, talkerId INTEGER, bizClientMsgId TEXT, bizChatId INTEGER DEFAULT -1, bizChatUserId TEXT,
 msgSeq INTEGER, flag INT, solitaireFoldInfo BLOB, historyId TEXT);
CREATE TABLE rcontact (username TEXT PRIMARY KEY DEFAULT '', alias TEXT, conRemark TEXT, nickname TEXT, pyInitial TEXT,
 quanPin TEXT, showHead INTEGER, type INTEGER DEFAULT 0, verifyFlag INTEGER DEFAULT 0, encryptUsername TEXT,
 chatroomFlag INTEGER, deleteFlag INTEGER DEFAULT 0, contactLabelIds TEXT, lvbuff BLOB, createTime LONG DEFAULT 0);
CREATE TABLE chatroom (chatroomname TEXT PRIMARY KEY DEFAULT '', addtime LONG, memberlist TEXT, displayname TEXT,
 chatroomnick TEXT, roomflag INTEGER, roomowner TEXT, roomdata BLOB, isShowname INTEGER, selfDisplayName TEXT,
 modifytime LONG, chatroomnotice TEXT, chatroomnoticeEditor TEXT, chatroomnoticePublishTime LONG,
 memberCount INTEGER DEFAULT -1);
CREATE TABLE rconversation (username TEXT PRIMARY KEY DEFAULT '', msgCount INTEGER, unReadCount INTEGER, status INTEGER,
 isSend INTEGER, conversationTime LONG, content TEXT, msgType TEXT, digest TEXT, digestUser TEXT, parentRef TEXT,
 atCount INTEGER);
CREATE TABLE userinfo (id INTEGER PRIMARY KEY, type INT, value TEXT);
CREATE TABLE userinfo2 (sid TEXT PRIMARY KEY, type INT, value TEXT);
CREATE TABLE img_flag (username VARCHAR(40) PRIMARY KEY, imgflag INT, lastupdatetime INT, reserved1 TEXT,
 reserved2 TEXT,
 reserved3 INT, reserved4 INT, updateflag INT);
CREATE TABLE ImgInfo2 (id INTEGER PRIMARY KEY, msgSvrId LONG, offset INT, totalLen INT, bigImgPath TEXT,
 thumbImgPath TEXT,
 createtime INT, msglocalid INT, status INT, nettimes INT, reserved1 INT, reserved2 INT, reserved3 TEXT, reserved4 TEXT,
 hashdthumb INT DEFAULT 0, iscomplete INT DEFAULT 1, origImgMD5 TEXT, midImgPath TEXT, hevcPath TEXT, msgTalker TEXT);
CREATE TABLE voiceinfo (FileName TEXT PRIMARY KEY, User TEXT, MsgId INT, NetOffset INT, FileNowSize INT, TotalLen INT,
 Status INT, CreateTime INT, LastModifyTime INT, ClientId TEXT, VoiceLength INT, MsgLocalId INT, Human TEXT,
 MsgTalker TEXT);
CREATE TABLE VoiceTransText (msgId LONG PRIMARY KEY, cmsgId TEXT, content TEXT DEFAULT '');
CREATE TABLE videoinfo2 (filename TEXT PRIMARY KEY, clientid TEXT, msgsvrid INT, netoffset INT, filenowsize INT,
 totallen INT,
 thumblen INT, status INT, createtime LONG, lastmodifytime LONG, videolength INT, msglocalid INT, user TEXT, human TEXT,
 videomd5 TEXT, origin_file_name TEXT, video_path TEXT, msg_talker TEXT);
CREATE TABLE EmojiInfo (md5 TEXT PRIMARY KEY COLLATE NOCASE, svrid TEXT, catalog INTEGER, type INTEGER, size INTEGER,
 state INTEGER, name TEXT, content TEXT, groupId TEXT DEFAULT '', cdnUrl TEXT, encrypturl TEXT, aeskey TEXT,
 width INTEGER,
 height INTEGER, attachedText TEXT, meanings TEXT, custom_meaning TEXT);
CREATE TABLE EmojiInfoDesc (md5_lang TEXT PRIMARY KEY COLLATE NOCASE, md5 TEXT COLLATE NOCASE, lang TEXT COLLATE NOCASE,
 desc TEXT, groupId TEXT DEFAULT '', click_flag INTEGER, download_flag INTEGER);
CREATE TABLE appattach (appId TEXT, sdkVer LONG, mediaSvrId TEXT, mediaId TEXT, clientAppDataId TEXT, type LONG,
 totalLen LONG,
 offset LONG, status LONG, isUpload INTEGER, createTime LONG, lastModifyTime LONG, fileFullPath TEXT, fullXml TEXT,
 msgInfoId LONG, msgInfoTalker TEXT);
CREATE TABLE AppMessage (msgId LONG PRIMARY KEY DEFAULT 0, xml TEXT, appId TEXT, title TEXT, description TEXT,
 source TEXT,
 type INTEGER, msgSvrId LONG, msgTalker TEXT);
CREATE TABLE MsgQuote (msgId LONG, msgSvrId LONG, quotedMsgId LONG, quotedMsgSvrId LONG, status INTEGER,
 quotedMsgTalker TEXT);
CREATE TABLE FileMsgInfo (msgSvrId LONG PRIMARY KEY, overwriteNewMsgId LONG, cgi TEXT, aeskey TEXT, filePath TEXT);
CREATE TABLE ContactLabel (labelID INTEGER PRIMARY KEY, labelName TEXT, labelPYFull TEXT, labelPYShort TEXT,
 createTime LONG,
 isTemporary INTEGER);
CREATE TABLE DeletedConversationInfo (userName TEXT PRIMARY KEY, lastSeq LONG, reserved1 INT, reserved2 LONG,
 reserved3 TEXT);
CREATE TABLE GetSysCmdMsgInfo (originSvrId LONG PRIMARY KEY, newMsgId LONG, fromUserName TEXT, createTime LONG,
 content TEXT);
CREATE TABLE BackupMoveTime (deviceId TEXT, sessionName TEXT, moveTime BLOB)
"""
INDEXES = """
CREATE INDEX messageSvrIdIndex ON message (msgSvrId);
CREATE INDEX messageCreateTimeIndex ON message (createTime);
CREATE INDEX messageCreateTaklerTimeIndex ON message (talker, createTime);
CREATE INDEX messageTalkerSvrIdIndex ON message (talker, msgSvrId);
CREATE INDEX messageTalkerTypeIndex ON message (talker, type)
"""
KEY_ROW = md5_hex("the sticker key of a made-up account")
DOWNLOAD = "/storage/emulated/0/Android/data/com.tencent.mm/MicroMsg/Download/"


class Android(Shape):
    """Writes one account below DIR."""

    seconds, nicknames = False, True
    forwarded = ("picture", "video", "sticker")

    def __init__(self, history, folder, base, keys):
        self.history, self.account, self.base = history, history.account, base
        options = history.options
        self.folder = f"MicroMsg/{md5_hex(f'mm{self.account.uin}')}"
        self.files = Files(folder)
        recipe = keys.android() if options.encrypted else None
        self.db = Database(os.path.join(folder, self.folder, "EnMicroMsg.db"), 1024, SCHEMA, options.wal, options.wal,
                           recipe)
        self.db.schema(INDEXES.strip(), indexes=True)  # before the rows, so that pages are as full as a phone's are
        self.images = 0
        self.lasts, self.talkers = {}, {}
        self.downloads = {}

    def write(self, seen):
        self._contacts()
        self._stickers()
        self.go(seen)
        self._sessions()
        self.db.finish()
        expected.write_people(self.base, self.account, self.avatars)

    # People

    def _contacts(self):
        account, db = self.account, self.db
        self.avatars = {}
        me = account.me
        for row in ((1, 1, "1"), (2, 3, me.username), (4, 3, me.nickname), (42, 3, me.alias), (6, 3, me.phone),
                    (5, 3, "")):
            db.insert("userinfo", row)
        db.insert("userinfo2", ("USERINFO_LAST_LOGIN_USERNAME_STRING", 3, me.username))
        label_ids = {name: number for number, name in enumerate(account.labels, 1)}
        for name, number in label_ids.items():
            db.insert("ContactLabel", (number, name, "", "", 1500000000000, 0))
        people = [p for p in account.people.values() if p.known]
        for row, person in enumerate(people, 1):
            self.talkers[person.username] = row
            kind = 3 if person.friend else 4
            labels = ",".join(str(label_ids[name]) for name in person.labels)
            db.insert("rcontact", (person.username, person.alias, person.remark, person.nickname, "", "", 0, kind,
                                   24 if person.official else 0, "", 0, 0, labels, None, 0))
            self._avatar(person.username, person.avatar)
        for row, group in enumerate(account.groups, len(people) + 1):
            self.talkers[group.username] = row
            db.insert("rcontact",
                      (group.username, "", group.remark, group.nickname, "", "", 0, 2, 0, "", 0, 0, "", None, 0))
            names = "、".join(account.name(who, group) for who in group.members if who != me.username)
            db.insert("chatroom", (group.username, 0, ";".join(group.members), names, "", 0, group.owner,
                                   protobuf.room_data(account, group), 1, group.group_nicknames.get(me.username, ""), 0,
                                   group.announcement, group.announcement_editor, group.announcement_time,
                                   len(group.members)))
            self._avatar(group.username, group.avatar)
        if self.history.gone:
            db.insert("DeletedConversationInfo", (self.history.gone, 0, 0, 1709300000000, ""))

    def _avatar(self, username, number):
        if not number:
            return
        name = md5_hex(username)
        place = f"{self.folder}/avatar/{name[:2]}/{name[2:4]}/user_"
        small = self.history.avatar(number)
        self.files.write(f"{place}{name}.png", small)
        self.avatars[username] = digest(small)
        if number % 2:
            large = self.history.avatar(number, True)
            self.files.write(f"{place}hd_{name}.png", large)
            self.avatars[username] = digest(large)
        self.db.insert("img_flag",
                       (username, 3, 0, f"https://example.com/hd/{name}/0", f"https://example.com/hd/{name}/132", 0, 0,
                        0))

    def _stickers(self):
        self.db.insert("EmojiInfo", (KEY_ROW, "", 153, 0, 0, 0, "", "", "", "", "", "", 0, 0, "", "", ""))
        for number, item, group, meaning in self.history.stickers:
            self.db.insert("EmojiInfo", (item.md5, "", 17 if group else 81, 2, item.size, 0, "", "", group,
                                         f"http://example.com/stodownload?m={item.md5}",
                                         f"http://example.com/stodownload?e={item.md5}",
                                         md5_hex(item.md5), 240, 240, "", meaning if number % 2 else "", ""))
            if meaning and number % 2 == 0:
                self.db.insert("EmojiInfoDesc", (item.md5 + "zh_cn", item.md5, "zh_cn", meaning, group, 0, 0))
            if item.data:
                data = item.data
                if number % 5:  # one in five lies there as it is
                    data = crypto.aes_ecb(KEY_ROW[:16].encode(), data[:1024]) + data[1024:]
                place = f"{group}/{item.md5}" if group else item.md5
                self.files.write(f"{self.folder}/emoji/{place}", data)

    # Messages

    def _settle(self):
        self._sessions()
        if self.history.gone:
            self.db.later("rconversation", "username", self.history.gone)
        self.db.settle()

    def _drop(self, m, late):
        self.db.later("message", "msgId", m.local, None, late)

    def _message(self, m, late, again):
        chat, content = m.chat, m.content
        m.local = m.position + 1
        if m.light:
            m.light.local = m.local
        kind = m.android if m.android is not None else m.type
        path = None
        if m.revoked == "wire":
            kind, content = 10002, revoke_xml(m, m.local)
        elif m.revoked == "notice":
            kind = 268445456
        if m.revoked:
            note = (m.id, m.id, chat.id, m.time, "")
            if again:
                self.db.later("GetSysCmdMsgInfo", "originSvrId", m.id, note, late)
            else:
                self.db.insert("GetSysCmdMsgInfo", note, late)
        elif m.media:
            path = getattr(self, "_" + m.media.kind)(m, late)
        if m.type == 49:
            self._app(m, content, late)
        if m.prefixed:
            content = prefixed(m.sender, content)
        status = 2 if m.own else 4 if m.sender else 3
        server = m.id or (None if m.number % 2 else 0)
        self.lasts[chat.id] = (m.time, m.local, m.type, m.own)
        row = (m.local, server, kind, status, int(m.own), 1, m.time, chat.id, content, path, None, None, None, None,
               self.talkers.get(chat.id, 0), None, -1, None, m.position, 0, None, None)
        if again:
            self.db.later("message", "msgId", m.local, row, late)
        elif isinstance(content, bytes):
            self.db.insert_invalid("message", row, 8, late)
        else:
            self.db.insert("message", row, late)

    def _app(self, m, content, late):
        self.db.insert("AppMessage", (m.local, "", "", "", "", "", m.sub, m.id, m.chat.id), late)
        if m.quoted:
            self.db.insert("MsgQuote", (m.local, m.id, m.quoted.local, m.quoted.id, 0, m.chat.id), late)

    def _picture(self, m, late):
        item, seconds = m.media, m.time // 1000
        rng = Random(m.id)
        name, thumb = words.hexadecimal(rng, 32), words.hexadecimal(rng, 32)
        big = name + (".jpg" if m.number % 2 else "")
        self.images += 1
        first, second = self.images, 0
        complete = item.state in ("original", "hd")
        shown = big if complete else f"SERVERID://{m.id}"
        if item.state == "hd":
            self.images += 1
            second = self.images
            better = words.hexadecimal(rng, 32) + ".jpg"
            self._image(better, item.data, seconds)
            self._image(big, item.middle, seconds)
            self.db.insert("ImgInfo2",
                           (second, m.id, item.size, item.size, better, "", seconds, m.local, 0, 0, 0, 0, "", "", 0, 1,
                                        item.md5, "", "", m.chat.id), late)
        elif item.data:
            self._image(big, item.data, seconds)
        size = len(item.middle) or item.size
        self.db.insert("ImgInfo2",
                       (first, m.id, size if complete else 0, size, shown, f"THUMBNAIL_DIRPATH://th_{thumb}", seconds,
                                    m.local, 0, 0, second, 0, "", "", 0, int(complete), item.md5 if not second else "",
                                    "", "",
                                    m.chat.id), late)
        if item.thumb:
            self.files.write(f"{self.folder}/image2/{thumb[:2]}/{thumb[2:4]}/th_{thumb}", item.thumb, seconds)
        return f"THUMBNAIL_DIRPATH://th_{thumb}"

    def _image(self, name, data, seconds):
        self.files.write(f"{self.folder}/image2/{name[:2]}/{name[2:4]}/{name}", data, seconds)

    def _voice(self, m, late):
        item = m.media
        name = f"{m.local % 100:02d}{stamp(m, '%H%M%S%d%m%y')}{words.hexadecimal(Random(m.id), 10)}{m.local}"
        h = md5_hex(name)
        if item.data:
            self.files.write(f"{self.folder}/voice2/{h[:2]}/{h[2:4]}/msg_{name}.amr", item.data, m.time // 1000)
        self.db.insert("voiceinfo",
                       (name, m.chat.id, m.id, 0, len(item.data), item.size, 99 if item.data else 5, m.time // 1000,
                                     m.time // 1000, "", item.milliseconds, m.local, m.sender or "", m.chat.id), late)
        if m.transcript:
            self.db.insert("VoiceTransText", (m.local, "", m.transcript), late)
        return name

    def _video(self, m, late):
        item = m.media
        name = f"{stamp(m, '%y%m%d%H%M%S')}{m.local}"
        if item.data:
            self.files.write(f"{self.folder}/video/{name}.mp4", item.data, m.time // 1000)
        if item.thumb:
            self.files.write(f"{self.folder}/video/{name}.jpg", item.thumb, m.time // 1000)
        self.db.insert("videoinfo2",
                       (name, "", m.id, 0, len(item.data), item.size, len(item.thumb), 199 if item.data else 111,
                                      m.time // 1000, m.time // 1000, item.milliseconds // 1000, m.local, m.chat.id,
                                      m.sender or "",
                                      item.md5, "", "", m.chat.id), late)
        return name

    def _sticker(self, m, late):
        return m.media.md5 if m.type == 47 else None

    def _file(self, m, late):
        item = m.media
        name = item.name
        if name in self.downloads:
            self.downloads[name] += 1
            stem, dot, end = name.rpartition(".")
            name = f"{stem}({self.downloads[name]}).{end}" if dot else f"{name}({self.downloads[name]})"
        else:
            self.downloads[name] = 0
        if item.data:
            self.files.write(f"MicroMsg/Download/{name}", item.data, m.time // 1000)
        self.db.insert("appattach",
                       ("", 0, str(m.id), "", "", 6, item.size, len(item.data), 199 if item.data else 101, int(m.own),
                                     m.time, m.time, DOWNLOAD + name if item.data or m.number % 2 else "", "", m.local,
                                     m.chat.id), late)
        return None

    def _sessions(self):
        """The conversation list: of stage 1, then again of those that have new messages."""
        for chat, (time, _, kind, own) in self.lasts.items():
            self.db.later("rconversation", "username", chat,
                          (chat, 0, 0, 0, int(own), time, "", str(kind), "", "", "", 0))
        self.lasts = {}
        self.db.settle()
