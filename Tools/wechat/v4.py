"""WeChat 4.x on Windows, macOS and Linux: xwechat_files/<own id>_<4 hex>.

    db_storage/message/message_0.db, message_1.db   two shards by time, a table Msg_<md5> for each conversation
               message/media_0.db                   voice
               contact/contact.db  session/session.db  hardlink/hardlink.db
    msg/attach/<md5 of the talker>/<yyyy-MM>/Img/<hash>.dat, _h.dat, _t.dat
    msg/video/<yyyy-MM>/<hash>.mp4, _thumb.jpg      msg/file/<yyyy-MM>/<name>

    .dat: 07 08 'V' '1'|'2' 08 07 | LE32 n | LE32 x | 01 | AES-128-ECB of n bytes, padded | plain | x bytes XORed
"""

import os
import struct
from functools import cache
from random import Random

from . import crypto, expected, protobuf, words
from .compression import zstd
from .database import Database
from .files import Files
from .history import MIDDLE, START, stamp
from .markup import element, prefixed, with_transcript
from .pc3 import free_name
from .people import md5_hex
from .shape import Shape

MESSAGES = """
CREATE TABLE Timestamp (timestamp INTEGER);
CREATE TABLE Name2Id (user_name TEXT PRIMARY KEY, is_session INTEGER DEFAULT 1);
CREATE TABLE DeleteInfo (chat_name_id INTEGER, delete_table_name TEXT)
"""
CONVERSATION = """
CREATE TABLE Msg_{0} (local_id INTEGER PRIMARY KEY AUTOINCREMENT, server_id INTEGER, local_type INTEGER,
 sort_seq INTEGER,
 real_sender_id INTEGER, create_time INTEGER, status INTEGER, upload_status INTEGER, download_status INTEGER,
 server_seq INTEGER,
 origin_source INTEGER, source TEXT, message_content TEXT, compress_content TEXT, packed_info_data BLOB,
 WCDB_CT_message_content INTEGER DEFAULT NULL, WCDB_CT_source INTEGER DEFAULT NULL)
"""
MEDIA = """
CREATE TABLE Name2Id (user_name TEXT PRIMARY KEY, is_session INTEGER DEFAULT 1);
CREATE TABLE VoiceInfo (chat_name_id INTEGER, create_time INTEGER, local_id INTEGER, svr_id INTEGER, voice_data BLOB,
 data_index TEXT DEFAULT '0')
"""
CONTACTS = """
CREATE TABLE contact (id INTEGER PRIMARY KEY, username TEXT, local_type INTEGER, alias TEXT, encrypt_username TEXT,
 flag INTEGER,
 delete_flag INTEGER, verify_flag INTEGER, remark TEXT, remark_quan_pin TEXT, remark_pin_yin_initial TEXT,
 nick_name TEXT,
 pin_yin_initial TEXT, quan_pin TEXT, big_head_url TEXT, small_head_url TEXT, head_img_md5 TEXT,
 chat_room_notify INTEGER,
 is_in_chat_room INTEGER, description TEXT, extra_buffer BLOB, chat_room_type INTEGER);
CREATE TABLE chat_room (id INTEGER PRIMARY KEY, username TEXT, owner TEXT, ext_buffer BLOB)
"""
SESSIONS = """
CREATE TABLE SessionTable (username TEXT PRIMARY KEY, type INTEGER, unread_count INTEGER, is_hidden INTEGER,
 summary TEXT,
 draft TEXT, status INTEGER, last_timestamp INTEGER, sort_timestamp INTEGER, last_msg_locald_id INTEGER,
 last_msg_type INTEGER,
 last_msg_sub_type INTEGER, last_msg_sender TEXT, last_sender_display_name TEXT)
"""
HARD_LINK = """
CREATE TABLE {0}_hardlink_info_{1} (md5_hash INTEGER, md5 TEXT, type INTEGER, file_name TEXT, file_size INTEGER,
 modify_time INTEGER, dir1 INTEGER, dir2 INTEGER)
"""
V1_KEY = b"cfcd208495d565ef"


def dat(data, version, key, byte, aes):
    """One picture as WeChat 4 keeps it: `aes` bytes at its head encrypted, its tail XORed."""
    aes = min(aes, len(data))
    tail = min(1 << 20, (len(data) - aes) // 2)
    pad = 16 - aes % 16
    head = crypto.aes_ecb(key, data[:aes] + bytes([pad]) * pad)
    end = len(data) - tail
    return b"".join([b"\x07\x08V" + version + b"\x08\x07", struct.pack("<IIB", aes, tail, 1), head, data[aes:end],
                     data[end:].translate(_mask(byte))])


@cache
def _mask(byte):
    return bytes(value ^ byte for value in range(256))


class V4(Shape):
    """Writes one account below DIR."""

    seconds, nicknames = True, True
    forwarded = ("picture", "video", "file")

    def __init__(self, history, folder, base, keys):
        self.history, self.account, self.base, self.keys = history, history.account, base, keys
        self.options = options = history.options
        self.me = self.account.me.username
        self.folder = f"xwechat_files/{self.me}_{md5_hex(self.me)[:4]}"
        self.files = Files(folder)
        self.shards = [self._open("message/message_0.db", MESSAGES),
                       self._open("message/message_1.db", MESSAGES, options.wal)]
        self.media = self._open("message/media_0.db", MEDIA)
        self.generation = "v3" if Random(f"{options.seed} hardlink").random() < 0.5 else "v4"
        self.link_names = {kind: f"{kind}_hardlink_info_{self.generation}" for kind in ("image", "video", "file")}
        self.links = self._open("hardlink/hardlink.db",
                                ";\n".join(HARD_LINK.format(kind, self.generation).strip() for kind in self.link_names)
                                + ";\nCREATE TABLE dir2id (username TEXT PRIMARY KEY)")
        self.directories, self.linked = {}, set()
        self.names = [{}, {}]
        self.media_names = {}
        self.tables = [{}, {}]  # conversation -> its last local_id
        self.sequence, self.lasts, self.taken = {}, {}, set()
        self.byte = keys.byte("v4-image-xor")
        self.key = keys.image_key("v4-image-aes")

    def _open(self, name, schema, tail=False):
        recipe = self.keys.v4(name) if self.options.encrypted else None
        return Database(os.path.join(self.files.root, self.folder, "db_storage", name), 4096, schema, tail, tail,
                        recipe)

    def write(self, seen):
        self._contacts()
        self.go(seen)
        for number, shard in enumerate(self.shards):
            shard.insert("Timestamp", (START if number == 0 else MIDDLE,))
            shard.flush()
            _numbered(shard, "Name2Id", "user_name", self.names[number])
            shard.finish()
        _numbered(self.media, "Name2Id", "user_name", self.media_names)
        _numbered(self.links, "dir2id", "username", self.directories)
        self.media.finish()
        self.links.finish()
        sessions = self._open("session/session.db", SESSIONS)
        for chat, (seconds, local, kind, sub) in self.lasts.items():
            sessions.insert("SessionTable", (chat, 1, 0, 0, "", "", 0, seconds, seconds, local, kind, sub, "", ""))
        sessions.finish()
        expected.write_people(self.base, self.account, {}, labels=False, announcements=False)

    def _contacts(self):
        db = self._open("contact/contact.db", CONTACTS)
        people = [(p, 1 if p.friend else 3, 24 if p.official else 0) for p in self.account.people.values() if p.known]
        for number, (who, kind, verify) in enumerate(people + [(g, 2, 0) for g in self.account.groups], 1):
            if who.username.endswith("@openim"):
                kind = 5
            url = f"https://example.com/head/{who.username}/" if who.avatar else ""
            db.insert("contact",
                      (number, who.username, kind, getattr(who, "alias", ""), "", 3, 0, verify, who.remark, "", "",
                       who.nickname,
                                  "", "", url and url + "0", url and url + "132", "", 0, int(kind == 3), "", None, 0))
        for number, group in enumerate(self.account.groups, 1):
            db.insert("chat_room", (number, group.username, group.owner, protobuf.room_data(self.account, group)))
        db.finish()

    # Messages

    def _settle(self):
        for shard in self.shards:
            shard.settle()

    def _drop(self, m, late):
        table = f"Msg_{m.chat.hash}"
        if m.chat.id != self.history.gone:
            self.shards[int(m.time >= MIDDLE * 1000)].later(table, "local_id", m.local, None, late)
        elif self.lasts.pop(m.chat.id, None) and m.local == 1:
            for shard in self.shards:
                shard.later_drop(table)

    def _message(self, m, late, again):
        shard = int(m.time >= MIDDLE * 1000)
        db, chat, seconds = self.shards[shard], m.chat, m.time // 1000
        tables, names = self.tables[shard], self.names[shard]
        if chat.id not in tables:
            tables[chat.id] = 0
            db.schema(CONVERSATION.strip().format(chat.hash))
        if not again:
            tables[chat.id] += 1
            m.local = tables[chat.id]
        local = m.local
        last, n = self.sequence.get(chat.id, (0, 0))
        n = (n if again else n + 1) if last == seconds else 0
        self.sequence[chat.id] = (seconds, n)
        names.setdefault(chat.id, len(names) + 1)
        sender = names.setdefault(m.sender or chat.id, len(names) + 1)
        kind, content, packed = m.type, m.content, None
        if m.revoked:
            content = f"<revokemsg><content>{element(content)}</content><revoketime>0</revoketime></revokemsg>"
        elif kind == 34:
            content = with_transcript(m)
        elif kind == 10002:
            kind = 10000
        if m.media and not m.revoked:
            packed = getattr(self, "_" + m.media.kind)(m, seconds, local)
        if m.prefixed:
            content = prefixed(m.sender, content)
        form = None
        invalid = isinstance(content, bytes)
        if len(content) > 120 and not (invalid and m.number % 2):
            content, form, invalid = zstd(content if invalid else content.encode()), 4, False
        self.lasts[chat.id] = (seconds, local, kind, m.sub)
        row = (local, m.id, m.sub << 32 | kind, seconds * 1000 + n, sender, seconds, 2 if m.own else 3 if m.sender
               else 4, 0, 0, m.position, 1,
               "", content, None, packed, form, None)
        if again:
            db.later(f"Msg_{chat.hash}", "local_id", local, row, late)
        elif invalid:
            db.insert_invalid(f"Msg_{chat.hash}", row, 12, late)
        else:
            db.insert(f"Msg_{chat.hash}", row, late)
        return [expected.of_media(m.media, True)] if m.media and m.media.kind == "sticker" else None

    def _directory(self, name):
        return self.directories.setdefault(name, len(self.directories) + 1)

    def _link(self, kind, item, name, first, second, seconds):
        if item.md5 not in self.linked:
            self.linked.add(item.md5)
            self.links.insert(self.link_names[kind], (0, item.md5, 1, name, item.size, seconds, self._directory(first),
                                                      self._directory(second) if second else 0))

    def _store(self, place, data, seconds, style, thumb=False):
        """`style` picks V2 (most), V1 or the old whole-file XOR."""
        if style == 0:
            data = data.translate(_mask(self.byte))
        else:
            version, key = (b"1", V1_KEY) if style == 1 else (b"2", self.key)
            data = dat(data, version, key, self.byte, len(data) // 2 if thumb else 1024)
        self.files.write(f"{self.folder}/{place}", data, seconds)

    def _picture(self, m, seconds, local):
        item, month = m.media, stamp(m, "%Y-%m")
        name = words.hexadecimal(Random(m.id), 32)
        place = f"msg/attach/{m.chat.hash}/{month}/Img/{name}"
        style = m.number % 7
        if item.state == "hd":
            self._store(place + "_h.dat", item.data, seconds, style)
            self._store(place + ".dat", item.middle, seconds, style)
            self._link("image", item, name + "_h.dat", m.chat.hash, month, seconds)
        elif item.data:
            self._store(place + ".dat", item.data, seconds, style)
            self._link("image", item, name + ".dat", m.chat.hash, month, seconds)
        if item.thumb:
            self._store(place + "_t.dat", item.thumb, seconds, style, thumb=True)
        if item.data and m.number % 4 == 1:
            return None  # found through hardlink.db only
        return protobuf.encode([(1, 106), (2, 14), (3, [(4, name)])])

    def _video(self, m, seconds, local):
        item, month = m.media, stamp(m, "%Y-%m")
        name = words.hexadecimal(Random(m.id), 32)
        if item.data:
            self.files.write(f"{self.folder}/msg/video/{month}/{name}.mp4", item.data, seconds)
            self._link("video", item, name + ".mp4", month, None, seconds)
        if item.thumb:
            self.files.write(f"{self.folder}/msg/video/{month}/{name}_thumb.jpg", item.thumb, seconds)
        if item.data and m.number % 4 == 1:
            return None
        return protobuf.encode([(1, 106), (2, 14), (4, [(8, name)])])

    def _voice(self, m, seconds, local):
        if m.media.data:
            number = self.media_names.setdefault(m.chat.id, len(self.media_names) + 1)
            self.media.insert("VoiceInfo", (number, seconds, local, m.id, m.media.data, "0"))
        return None

    def _sticker(self, m, seconds, local):
        return None

    def _file(self, m, seconds, local):
        item, month = m.media, stamp(m, "%Y-%m")
        if item.data:
            name = free_name(self.taken, month, item.name)
            self.files.write(f"{self.folder}/msg/file/{month}/{name}", item.data, seconds)
            self._link("file", item, name, month, None, seconds)
        return None


def _numbered(database, table, column, names):
    """Rows whose rowid others refer to."""
    database.flush()
    database.main.executemany(f"INSERT INTO {table} (rowid, {column}) VALUES (?, ?)",
                              [(number, name) for name, number in names.items()])
