"""WeChat 3.x on a Mac: com.tencent.xinWeChat/2.0b4.0.9/<md5 of the own id>.

    Message/msg_0.db, msg_1.db      a conversation lies in one of them: Chat_<md5>, and Chat_<md5>_dels for deleted rows
    Message/hldata.db               md5 of media -> Message/MessageTemp/<md5 of the talker>/Image|Video|File/…
    Contact/wccontact_new2.db       Group/group_new.db       Session/session_new.db

Members' names in their groups, voices, thumbnails and stickers are not in what is known of this shape, and not written.
"""

import os
from random import Random

from . import expected, words
from .database import Database
from .files import Files
from .markup import prefixed, revoke_xml
from .pc3 import free_name
from .people import md5_hex
from .shape import Shape

CONVERSATION = """
CREATE TABLE {0} (mesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, mesSvrID INTEGER, msgCreateTime INTEGER,
 msgContent TEXT,
 msgStatus INTEGER, msgImgStatus INTEGER, messageType INTEGER, mesDes INTEGER, msgSource TEXT, IntRes1 INTEGER,
 IntRes2 INTEGER,
 StrRes1 TEXT, StrRes2 TEXT, msgVoiceText TEXT, msgSeq INTEGER, CompressContent BLOB, ConBlob BLOB)
"""
CONTACT = """
CREATE TABLE {0} (m_nsUsrName TEXT PRIMARY KEY, m_uiConType INTEGER, nickname TEXT, m_nsFullPY TEXT, m_nsShortPY TEXT,
 m_nsRemark TEXT,
 m_nsRemarkPYFull TEXT, m_nsRemarkPYShort TEXT, m_uiCertificationFlag INTEGER, m_uiSex INTEGER, m_uiType INTEGER,
 m_nsAliasName TEXT,
 m_nsHeadImgUrl TEXT, m_nsHeadHDImgUrl TEXT, m_nsHeadImgMd5 TEXT, m_nsChatRoomMemList TEXT, m_nsChatRoomAdminList TEXT,
 m_uiChatRoomStatus INTEGER, m_nsChatRoomDesc TEXT, m_nsOwner TEXT, _packed_WCContactData BLOB)
"""
LINKS = """
CREATE TABLE HlinkMediaRecord (mediaMd5 TEXT, mediaSize INTEGER, inodeNumber INTEGER, modifyTime INTEGER);
CREATE TABLE HlinkMediaDetail (localId INTEGER PRIMARY KEY, inodeNumber INTEGER, relativePath TEXT, fileName TEXT)
"""


class Mac3(Shape):
    """Writes one account below DIR."""

    seconds, nicknames = True, False
    forwarded = ("picture", "video", "file")

    def __init__(self, history, folder, base, keys):
        self.history, self.account, self.base, self.keys = history, history.account, base, keys
        self.options = options = history.options
        self.folder = f"com.tencent.xinWeChat/2.0b4.0.9/{md5_hex(self.account.me.username)}"
        self.files = Files(folder)
        self.shards = [self._open(f"Message/msg_{number}.db", "", options.wal, options.wal and number == 0)
                       for number in (0, 1)]
        self.links = self._open("Message/hldata.db", LINKS)
        self.inode, self.linked, self.taken = 8_000_000, set(), set()
        self.locals, self.lasts = {}, {}

    def _open(self, name, schema, tail=False, stale=False):
        recipe = self.keys.mac3(name) if self.options.encrypted else None
        return Database(os.path.join(self.files.root, self.folder, name), 1024, schema, tail, stale, recipe)

    def write(self, seen):
        self._contacts()
        self.go(seen)
        for database in [*self.shards, self.links]:
            database.finish()
        sessions = self._open("Session/session_new.db",
                              "CREATE TABLE SessionAbstract (m_nsUserName TEXT PRIMARY KEY, m_uUnReadCount INTEGER, "
                              "m_bShowUnReadAsRedDot INTEGER, m_bMarkUnread INTEGER, m_uLastTime INTEGER, strRes1 "
                              "TEXT, strRes2 TEXT)")
        for chat, seconds in self.lasts.items():
            sessions.insert("SessionAbstract", (chat, 0, 0, 0, seconds, "", ""))
        sessions.finish()
        expected.write_people(self.base, self.account, {}, labels=False, announcements=False, nicknames=False)

    def _contacts(self):
        db = self._open("Contact/wccontact_new2.db", CONTACT.format("WCContact").strip())
        for p in self.account.people.values():
            if p.known:
                self._contact(db, "WCContact", p, 3 if p.friend else 4, 24 if p.official else 0, "", "")
        db.finish()
        db = self._open("Group/group_new.db", CONTACT.format("GroupContact").strip() + ";\n"
                        + CONTACT.format("GroupMember").strip())
        members = set()
        for group in self.account.groups:
            self._contact(db, "GroupContact", group, 2, 0, ";".join(group.members), group.owner)
            members.update(group.members)
        for username in sorted(members):
            person = self.account.person(username)
            if person.known:
                self._contact(db, "GroupMember", person, 4, 0, "", "")
        db.finish()

    def _contact(self, db, table, who, kind, verify, members, owner):
        url = f"https://example.com/head/{who.username}/" if who.avatar else ""
        db.insert(table, (who.username, 0, who.nickname, "", "", who.remark, "", "", verify, getattr(who, "sex", 0),
                          kind,
                          getattr(who, "alias", ""), url and url + "132", url and url + "0", "", members, "", 0, "",
                          owner, None))

    # Messages

    def _settle(self):
        for shard in self.shards:
            shard.settle()

    def _drop(self, m, late):
        db = self.shards[m.chat.number % 2]
        if m.chat.id != self.history.gone:
            db.later(f"Chat_{m.chat.hash}", "mesLocalID", m.local, None, late)
        elif self.lasts.pop(m.chat.id, None) and m.local == 1:
            db.later_drop(f"Chat_{m.chat.hash}")
            db.later_drop(f"Chat_{m.chat.hash}_dels")

    def _message(self, m, late, again):
        chat, seconds, content = m.chat, m.time // 1000, m.content
        db = self.shards[chat.number % 2]
        if chat.id not in self.locals:
            self.locals[chat.id] = 0
            db.schema(CONVERSATION.strip().format(f"Chat_{chat.hash}"))
            if chat.number % 3 == 0:
                self._deleted(db, chat, seconds)
        if not again:
            self.locals[chat.id] += 1
            m.local = self.locals[chat.id]
        local, kind = m.local, m.type
        self.lasts[chat.id] = seconds
        if m.revoked == "wire":
            kind = 10002
            content = revoke_xml(m, local)
        media = None
        if m.media and not m.revoked:
            media = [expected.of_media(m.media, not self._media(m, seconds, local))]
        if m.prefixed:
            content = prefixed(m.sender, content)
        row = (local, m.id, seconds, content, 2 if m.own else 4, 1, kind, 0 if m.own else 1, "", 0, 0, "", "",
               m.transcript or None, local,
               None, None)
        if again:
            db.later(f"Chat_{chat.hash}", "mesLocalID", local, row, late)
        elif isinstance(content, bytes):
            db.insert_invalid(f"Chat_{chat.hash}", row, 3, late)
        else:
            db.insert(f"Chat_{chat.hash}", row, late)
        return media

    def _deleted(self, db, chat, seconds):
        """Rows that the owner deleted, which this client keeps aside."""
        db.schema(CONVERSATION.strip().format(f"Chat_{chat.hash}_dels"))
        rng = Random(f"{self.options.seed} deleted {chat.id}")
        for number in range(2):
            content = "已删除的消息: " + words.sentence(rng)
            db.insert(f"Chat_{chat.hash}_dels",
                      (number + 1, rng.getrandbits(62), seconds, content, 2, 1, 1, 0, "", 0, 0, "", "", None, 0, None,
                       None))

    def _media(self, m, seconds, local):
        """Whether the media is there."""
        item = m.media
        folder = {"picture": "Image", "video": "Video", "file": "File"}.get(item.kind)
        if not item.data or not folder:
            return False
        if item.kind == "file":
            name = free_name(self.taken, m.chat.id, item.name)
        else:
            name = f"{local}{seconds}_.{'pic.jpg' if item.kind == 'picture' else 'mp4'}"
        place = f"{m.chat.hash}/{folder}"
        self.files.write(f"{self.folder}/Message/MessageTemp/{place}/{name}", item.data, seconds)
        if item.md5 not in self.linked:
            self.linked.add(item.md5)
            self.inode += 1
            self.links.insert("HlinkMediaRecord", (item.md5, item.size, self.inode, seconds))
            self.links.insert("HlinkMediaDetail", (None, self.inode, place, name))
        return True
