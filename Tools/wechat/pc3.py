"""WeChat 3.x on a PC: WeChat Files/<own id>.

    WeChat Files/<own id>/Msg/MicroMsg.db, Misc.db, HardLinkImage.db, HardLinkVideo.db, HardLinkFile.db
                          Msg/Multi/MSG0.db, MSG1.db        two shards by time, a few rows in both
                          Msg/Multi/MediaMSG0.db            voice
                          FileStorage/MsgAttach/<md5 of the talker>/Image|Thumb/<yyyy-MM>/<hash>[_t].dat   XOR
                          FileStorage/Video/<yyyy-MM>/…     FileStorage/File/<yyyy-MM>/<name>
"""

import os
import struct
from random import Random

from . import expected, protobuf, words
from .compression import lz4_block
from .database import Database
from .files import Files
from .history import END, MIDDLE, START, digest, stamp
from .markup import with_transcript
from .shape import Shape

MESSAGES = """
CREATE TABLE MSG (localId INTEGER PRIMARY KEY AUTOINCREMENT, TalkerId INT DEFAULT 0, MsgSvrID INT, Type INT,
 SubType INT,
 IsSender INT, CreateTime INT, Sequence INT DEFAULT 0, StatusEx INT DEFAULT 0, FlagEx INT, Status INT, MsgServerSeq INT,
 MsgSequence INT, StrTalker TEXT, StrContent TEXT, DisplayContent TEXT, Reserved0 INT DEFAULT 0,
 Reserved1 INT DEFAULT 0,
 Reserved2 INT DEFAULT 0, Reserved3 INT DEFAULT 0, Reserved4 TEXT, Reserved5 TEXT, Reserved6 TEXT, CompressContent BLOB,
 BytesExtra BLOB, BytesTrans BLOB);
CREATE TABLE Name2ID (UsrName TEXT PRIMARY KEY);
CREATE TABLE DBInfo (tableIndex INTEGER PRIMARY KEY, tableVersion INTEGER, tableDesc TEXT)
"""
CONTACTS = """
CREATE TABLE Contact (UserName TEXT PRIMARY KEY, Alias TEXT, EncryptUserName TEXT, DelFlag INTEGER DEFAULT 0,
 Type INTEGER DEFAULT 0,
 VerifyFlag INTEGER DEFAULT 0, Reserved1 INTEGER DEFAULT 0, Reserved2 INTEGER DEFAULT 0, Reserved3 TEXT, Reserved4 TEXT,
 Remark TEXT, NickName TEXT, LabelIDList TEXT, DomainList TEXT, ChatRoomType INT, PYInitial TEXT, QuanPin TEXT,
 RemarkPYInitial TEXT, RemarkQuanPin TEXT, BigHeadImgUrl TEXT, SmallHeadImgUrl TEXT, HeadImgMd5 TEXT,
 ChatRoomNotify INTEGER,
 Reserved5 INTEGER, Reserved6 TEXT, Reserved7 TEXT, ExtraBuf BLOB);
CREATE TABLE ContactHeadImgUrl (usrName TEXT PRIMARY KEY, smallHeadImgUrl TEXT, bigHeadImgUrl TEXT, headImgMd5 TEXT);
CREATE TABLE ContactLabel (LabelId INTEGER PRIMARY KEY, LabelName TEXT);
CREATE TABLE ChatRoom (ChatRoomName TEXT PRIMARY KEY, UserNameList TEXT, DisplayNameList TEXT,
 ChatRoomFlag INT DEFAULT 0,
 Owner INTEGER DEFAULT 0, IsShowName INTEGER DEFAULT 0, SelfDisplayName TEXT, Reserved1 INTEGER DEFAULT 0,
 Reserved2 TEXT,
 Reserved3 INTEGER, Reserved4 TEXT, Reserved5 INTEGER, Reserved6 TEXT, RoomData BLOB, Reserved7 INTEGER,
 Reserved8 TEXT);
CREATE TABLE ChatRoomInfo (ChatRoomName TEXT PRIMARY KEY, Announcement TEXT, InfoVersion INTEGER,
 AnnouncementEditor TEXT,
 AnnouncementPublishTime INTEGER, ChatRoomStatus INTEGER, Reserved1 INTEGER, Reserved2 TEXT);
CREATE TABLE Session (strUsrName TEXT PRIMARY KEY, nOrder INT DEFAULT 0, nUnReadCount INTEGER DEFAULT 0, parentRef TEXT,
 Reserved0 INTEGER, Reserved1 TEXT, strNickName TEXT, nStatus INTEGER, nIsSend INTEGER, strContent TEXT,
 nMsgType INTEGER,
 nMsgLocalID INTEGER, nMsgStatus INTEGER, nTime INTEGER, editContent TEXT, othersAtMe INT)
"""
HARD_LINKS = """
CREATE TABLE HardLink{0}Attribute (Md5Hash INTEGER, Md5 BLOB PRIMARY KEY, DirID1 INTEGER, DirID2 INTEGER, FileName TEXT,
 ModifyTime INTEGER, Reserved0 INTEGER, Reserved1 TEXT);
CREATE TABLE HardLink{0}ID (DirId INTEGER PRIMARY KEY, Dir TEXT)
"""
OVERLAP = MIDDLE - (END - START) // 200
REVOKED = (1, 5, 6, 33, 36, 57)


class PC3(Shape):
    """Writes one account below DIR."""

    seconds, nicknames = True, True
    forwarded = ("picture", "video", "file")

    def __init__(self, history, folder, base, keys):
        self.history, self.account, self.base, self.keys = history, history.account, base, keys
        self.me = self.account.me.username
        self.folder = f"WeChat Files/{self.me}"
        self.files = Files(folder)
        self.options = options = history.options
        self.shards = [self._open("Multi/MSG0.db", MESSAGES), self._open("Multi/MSG1.db", MESSAGES, options.wal)]
        self.voices = self._open("Multi/MediaMSG0.db",
                                 "CREATE TABLE Media (Key TEXT, Reserved0 INT, Buf BLOB, Reserved1 INT, "
                                 "Reserved2 TEXT);\nCREATE TABLE Name2ID (UsrName TEXT PRIMARY KEY)")
        self.links = {kind: self._open(f"HardLink{kind}.db", HARD_LINKS.format(kind))
                      for kind in ("Image", "Video", "File")}
        self.directories = {kind: {} for kind in self.links}
        self.linked = set()
        self.talkers, self.locals = [{}, {}], [0, 0]
        self.sequence = {}
        self.taken = set()
        byte = keys.byte("pc3-image-xor")
        self.mask = bytes(value ^ byte for value in range(256))

    def _open(self, name, schema, tail=False):
        recipe = self.keys.pc3(name) if self.options.encrypted else None
        return Database(os.path.join(self.files.root, self.folder, "Msg", name), 4096, schema, tail, tail, recipe)

    def write(self, seen):
        self._contacts()
        self.go(seen)
        for number, shard in enumerate(self.shards):
            shard.insert("DBInfo", (1, (START, MIDDLE)[number] * 1000, "Start Time"))
            for name, row in self.talkers[number].items():
                shard.main.execute("INSERT INTO Name2ID (rowid, UsrName) VALUES (?, ?)", (row, name))
        for kind, names in self.directories.items():
            for name, number in names.items():
                self.links[kind].insert(f"HardLink{kind}ID", (number, name))
        for database in [*self.shards, self.voices, *self.links.values()]:
            database.finish()
        expected.write_people(self.base, self.account, self.avatars)

    # People

    def _contacts(self):
        account, me = self.account, self.account.me
        db = self._open("MicroMsg.db", CONTACTS)
        misc = self._open("Misc.db",
                          "CREATE TABLE ContactHeadImg1 (usrName TEXT PRIMARY KEY, createTime INTEGER, smallHeadBuf "
                          "BLOB, "
                          "m_headImgMD5 TEXT)")
        self.avatars = {}
        labels = {name: number for number, name in enumerate(account.labels, 1)}
        for name, number in labels.items():
            db.insert("ContactLabel", (number, name))
        entries = [(p, 3 if p.friend else 4, 24 if p.official else 0, ",".join(str(labels[name]) for name in p.labels),
                    _extra(p))
                   for p in account.people.values() if p.known]
        for entry in entries + [(g, 2, 0, "", None) for g in account.groups]:
            who, kind, verify, label, extra = entry
            url = f"https://example.com/head/{who.username}/" if who.avatar else ""
            db.insert("Contact",
                      (who.username, getattr(who, "alias", ""), "", 0, kind, verify, int(kind in (2, 3)), 0, "", "",
                       who.remark,
                                  who.nickname, label, "", 0, "", "", "", "", url and url + "0", url and url + "132",
                                  "", 0, 0, "", "", extra))
            if who.avatar:
                data = self.history.avatar(who.avatar)
                misc.insert("ContactHeadImg1", (who.username, 1600000000, data, ""))
                db.insert("ContactHeadImgUrl", (who.username, url + "132", url + "0", ""))
                self.avatars[who.username] = digest(data)
        for group in account.groups:
            names = [group.group_nicknames.get(who, "") for who in group.members]
            db.insert("ChatRoom", (group.username, "\a".join(group.members), "\a".join(names), 0, 0, 1,
                                   group.group_nicknames.get(me.username, ""), 0, group.owner, 0, "", 0, "",
                                   protobuf.room_data(account, group), 0, ""))
            if group.announcement:
                db.insert("ChatRoomInfo",
                          (group.username, group.announcement, 1, group.announcement_editor, group.announcement_time, 0,
                           0, ""))
        for chat in self.history.chats():
            db.insert("Session", (chat.id, 0, 0, "", 0, "", account.title(chat), 0, 0, "", 1, 0, 0, 1700000000, "", 0))
        db.finish()
        misc.finish()

    # Messages

    def _settle(self):
        for shard in self.shards:
            shard.settle()

    def _homes(self, m):
        """The shards that have a message: WeChat keeps some in both."""
        if m.time >= MIDDLE * 1000:
            return (1,)
        return (0, 1) if m.time >= OVERLAP * 1000 and m.id else (0,)

    def _drop(self, m, late):
        for shard, local in m.local.items():
            self.shards[shard].later("MSG", "localId", local, None, late and shard == 1)

    def _message(self, m, late, again):
        row = self._row(m, again)
        if not again:
            m.local = {}
        for shard in self._homes(m):
            names = self.talkers[shard]
            talker = names.setdefault(m.chat.id, len(names) + 1)
            if not again:
                self.locals[shard] += 1
                m.local[shard] = self.locals[shard]
            whole = (m.local[shard], talker) + row
            if again:
                self.shards[shard].later("MSG", "localId", m.local[shard], whole, late)
            elif isinstance(whole[14], bytes):
                self.shards[shard].insert_invalid("MSG", whole, 14, late)
            else:
                self.shards[shard].insert("MSG", whole, late)
        return [expected.of_media(m.media, True)] if m.media and m.media.kind == "sticker" else None

    def _row(self, m, again):
        seconds = m.time // 1000
        last, n = self.sequence.get(m.chat.id, (0, 0))
        n = (n if again else n + 1) if last == seconds else 0
        self.sequence[m.chat.id] = (seconds, n)
        kind, sub = m.pc3 or (m.type, m.sub)
        content, packed = m.content, None
        if m.revoked:
            kind, sub = 10000, REVOKED[m.id % len(REVOKED)]
        elif kind == 49:
            content, packed = "", lz4_block(content.encode() + b"\0")
        elif kind == 34:
            content = with_transcript(m)
        extra = [(1, [(1, 16), (2, 0)])]
        if m.chat.is_group and m.sender and not m.own:
            extra.append((3, [(1, 1), (2, m.sender)]))
        extra.append((3, [(1, 7), (2, "<msgsource><silence>0</silence></msgsource>")]))
        if m.media and not m.revoked:
            extra += [(3, [(1, number), (2, f"{self.me}\\{path}")])
                      for number, path in getattr(self, "_" + m.media.kind)(m, seconds)]
        return (m.id, kind, sub, int(m.own), seconds, seconds * 1000 + n, 0, 0, 2, m.position, m.position, m.chat.id,
                content, m.display,
                0, 2, 0, 0, None, None, None, packed, protobuf.encode(extra), None)

    def _directory(self, kind, name):
        names = self.directories[kind]
        return names.setdefault(name, len(names) + 1)

    def _link(self, kind, item, name, first, second, seconds):
        if item.md5 not in self.linked:
            self.linked.add(item.md5)
            raw = bytes.fromhex(item.md5)
            self.links[kind].insert(f"HardLink{kind}Attribute", (struct.unpack("<i", raw[:4])[0], raw,
                                    self._directory(kind, first) if first else 0, self._directory(kind, second), name,
                                    seconds, 0, ""))

    def _picture(self, m, seconds):
        item, month = m.media, stamp(m, "%Y-%m")
        name = words.hexadecimal(Random(m.id), 32)
        places = {part: f"FileStorage/MsgAttach/{m.chat.hash}/{part}/{month}/{name}{tail}.dat"
                  for part, tail in (("Image", ""), ("Thumb", "_t"))}
        if item.data:
            self.files.write(f"{self.folder}/{places['Image']}", item.data.translate(self.mask), seconds)
            self._link("Image", item, name + ".dat", m.chat.hash, month, seconds)
        if item.thumb:
            self.files.write(f"{self.folder}/{places['Thumb']}", item.thumb.translate(self.mask), seconds)
        paths = [(3, places["Thumb"].replace("/", "\\"))]
        if not item.data or m.number % 3:  # every third is found through HardLinkImage.db only
            paths.append((4, places["Image"].replace("/", "\\")))
        return paths

    def _video(self, m, seconds):
        item, month = m.media, stamp(m, "%Y-%m")
        name = words.hexadecimal(Random(m.id), 32)
        place = f"FileStorage/Video/{month}/{name}"
        if item.data:
            self.files.write(f"{self.folder}/{place}.mp4", item.data, seconds)
            self._link("Video", item, name + ".mp4", "", month, seconds)
        if item.thumb:
            self.files.write(f"{self.folder}/{place}.jpg", item.thumb, seconds)
        place = place.replace("/", "\\")
        return [(3, place + ".jpg")] + ([(4, place + ".mp4")] if not item.data or m.number % 3 else [])

    def _voice(self, m, seconds):
        if m.media.data:
            self.voices.insert("Media", (str(m.id), m.id, m.media.data, 0, ""))
        return []

    def _sticker(self, m, seconds):
        return []

    def _file(self, m, seconds):
        item, month = m.media, stamp(m, "%Y-%m")
        if not item.data:
            return []
        name = free_name(self.taken, month, item.name)
        self.files.write(f"{self.folder}/FileStorage/File/{month}/{name}", item.data, seconds)
        self._link("File", item, name, "", month, seconds)
        return [(4, f"FileStorage\\File\\{month}\\{name}")] if m.number % 3 else []


def free_name(taken, month, name):
    """A file's own name, or name(1), name(2) … when the month has it already."""
    stem, dot, end = name.rpartition(".")
    trial, number = name, 0
    while (month, trial) in taken:
        number += 1
        trial = f"{stem}({number}).{end}" if dot else f"{name}({number})"
    taken.add((month, trial))
    return trial


def _extra(person):
    """ExtraBuf: id (4), kind (1), then an int32 or a length and UTF-16."""
    def text(identifier, value):
        raw = value.encode("utf-16-le")
        return bytes.fromhex(identifier) + b"\x18" + struct.pack("<I", len(raw)) + raw
    country, province, city = person.region
    return (bytes.fromhex("74752C06") + b"\x04" + struct.pack("<i", person.sex) + text("46CF10C4", person.signature)
            + text("A4D9024A", country) + text("E2EAA8D1", province) + text("1D025BBF", city)
            + text("759378AD", person.phone))
