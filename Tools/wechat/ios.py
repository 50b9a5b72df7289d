"""WeChat on an iPhone: the app's container (--container), or a Finder backup of the phone that holds it.

    Documents/LoginInfo2.dat                          the accounts: protobuf
    Documents/<h>/DB/MM.sqlite, message_1.sqlite      Chat_<md5>; some conversations have rows in both
                  DB/WCDB_Contact.sqlite              protobuf blobs
                  contactlabel.list  session/session.db
                  Img/<md5>/n.pic, .pic_hd, .pic_thum   Audio/<md5>/n.aud   Video/<md5>/n.mp4, .video_thum
                  OpenData/<md5>/n.<ext>   emoticon1/<md5>.pic
    h = md5 of the own id, <md5> of the talker, n = MesLocalID

    backup: Manifest.db names every file; its content is at <id[0:2]>/<id>,
            id = sha1("AppDomain-com.tencent.xin-" + path)
"""

import os
import plistlib
import shutil
import sqlite3
from hashlib import sha1

from . import expected, protobuf
from .database import Database
from .files import Files
from .history import MIDDLE
from .markup import attribute, element, prefixed, revoke_xml, with_transcript
from .people import md5_hex
from .shape import Shape

CONVERSATION = """
CREATE TABLE Chat_{0} (TableVer INTEGER DEFAULT 1, MesLocalID INTEGER PRIMARY KEY AUTOINCREMENT,
 MesSvrID BIGINT DEFAULT 0,
 CreateTime INTEGER DEFAULT 0, Message TEXT, Status INTEGER DEFAULT 0, ImgStatus INTEGER DEFAULT 0, Type INTEGER,
 Des INTEGER)
"""
CONTACT = """
CREATE TABLE {0} (userName TEXT PRIMARY KEY, type INTEGER DEFAULT 0, certificationFlag INTEGER DEFAULT 0,
 imgStatus INTEGER DEFAULT 0,
 encodeUserName TEXT, dbContactLocal BLOB, dbContactOther BLOB, dbContactRemark BLOB, dbContactHeadImage BLOB,
 dbContactProfile BLOB,
 dbContactSocial BLOB, dbContactChatRoom BLOB, dbContactBrand BLOB)
"""
DOMAIN = "AppDomain-com.tencent.xin"


class IOS(Shape):
    """Writes one account below DIR."""

    seconds, nicknames = True, True
    forwarded = ("sticker",)

    def __init__(self, history, folder, base, keys):
        self.history, self.account, self.base = history, history.account, base
        self.options = options = history.options
        self.root = folder
        self.container = folder if options.container else os.path.join(folder, ".container")
        self.folder = f"Documents/{md5_hex(self.account.me.username)}"
        self.files = Files(self.container)
        self.shards = [self._open("DB/MM.sqlite", "CREATE TABLE Hello (a INTEGER)"),
                       self._open("DB/message_1.sqlite", "", options.wal, options.wal)]
        self.tables, self.locals, self.lasts = set(), {}, {}

    def _open(self, name, schema, tail=False, stale=False):
        return Database(os.path.join(self.container, self.folder, name), 4096, schema, tail, stale)

    def write(self, seen):
        self._contacts()
        for _, item, _, _ in self.history.stickers:
            if item.data:
                self.files.write(f"{self.folder}/emoticon1/{item.md5}.pic", item.data)
        self.go(seen)
        for database in self.shards:
            database.finish()
        sessions = self._open("session/session.db",
                              "CREATE TABLE SessionAbstract (UsrName TEXT PRIMARY KEY, CreateTime INTEGER, unreadcount "
                              "INTEGER, "
                              "ConStrRes1 TEXT)")
        for chat, seconds in self.lasts.items():
            sessions.insert("SessionAbstract", (chat, seconds, 0, ""))
        sessions.finish()
        if not self.options.container:
            self._back_up()
        expected.write_people(self.base, self.account, {}, announcements=False, owners=False)

    # People

    def _contacts(self):
        me = self.account.me
        portrait = [(1, [(2, "https://example.com/me/132")]), (2, [(2, [(2, "https://example.com/me/0")])])]
        login = [(1, [(1, me.username), (2, me.alias), (3, me.nickname), (10, portrait)])]
        self.files.write("Documents/LoginInfo2.dat", protobuf.encode(login))
        labels = {name: number for number, name in enumerate(self.account.labels, 1)}
        self.files.write(f"{self.folder}/contactlabel.list", _archived(labels))
        db = self._open("DB/WCDB_Contact.sqlite", CONTACT.format("Friend").strip() + ";\n"
                        + CONTACT.format("OpenIMContact").strip())
        people = [p for p in self.account.people.values() if p.known and p.username != me.username]
        for who in people + self.account.groups:
            tags = ",".join(str(labels[name]) for name in getattr(who, "labels", ()))
            remark = [(1, who.nickname), (2, getattr(who, "alias", "")), (3, who.remark), (8, tags)]
            image = [(2, f"https://example.com/head/{who.username}/132"),
                     (3, f"https://example.com/head/{who.username}/0")] if who.avatar else []
            room = None
            members = getattr(who, "members", None)
            if members:
                xml = "".join(f'<Member UserName="{attribute(name)}"><DisplayName>'
                              f'{element(who.group_nicknames.get(name, ""))}</DisplayName></Member>'
                              for name in members)
                room = protobuf.encode([(1, ";".join(members)), (6, f"<RoomData>{xml}</RoomData>")])
            kind = 2 if members else 3 if who.friend else 4
            table = "OpenIMContact" if who.username.endswith("@openim") else "Friend"
            db.insert(table, (who.username, kind, 24 if getattr(who, "official", False) else 0, 1, "", None, None,
                              protobuf.encode(remark),
                              protobuf.encode(image), None, None, room, None))
        db.finish()

    # Messages

    def _shard(self, m):
        number = m.chat.number % 3
        return number if number < 2 else int(m.time >= MIDDLE * 1000)

    def _settle(self):
        for shard in self.shards:
            shard.settle()

    def _drop(self, m, late):
        if m.chat.id != self.history.gone:
            self.shards[self._shard(m)].later(f"Chat_{m.chat.hash}", "MesLocalID", m.local, None, late)
        elif self.lasts.pop(m.chat.id, None) and m.local == 1:
            for shard in self.shards:
                shard.later_drop(f"Chat_{m.chat.hash}")

    def _message(self, m, late, again):
        chat, seconds, content, kind = m.chat, m.time // 1000, m.content, m.type
        shard = self._shard(m)
        if (shard, chat.id) not in self.tables:
            self.tables.add((shard, chat.id))
            self.shards[shard].schema(CONVERSATION.strip().format(chat.hash))
        if not again:
            m.local = self.locals[chat.id] = self.locals.get(chat.id, 0) + 1
        local = m.local
        self.lasts[chat.id] = seconds
        if m.revoked == "wire":
            kind, content = 10002, revoke_xml(m, local)
        elif kind == 34:
            content = with_transcript(m)
        if m.media and not m.revoked and m.media.kind != "sticker":
            for place, data in self._places(m, local):
                if data:
                    self.files.write(f"{self.folder}/{place}", data, seconds)
        if m.prefixed:
            content = prefixed(m.sender, content)
        row = (0, local, m.id, seconds, content, 2 if m.own else 4, 2, kind, 0 if m.own else 1)
        if again:
            self.shards[shard].later(f"Chat_{chat.hash}", "MesLocalID", local, row, late)
        elif isinstance(content, bytes):
            self.shards[shard].insert_invalid(f"Chat_{chat.hash}", row, 4, late)
        else:
            self.shards[shard].insert(f"Chat_{chat.hash}", row, late)

    def _places(self, m, local):
        item = m.media
        end = f"{m.chat.hash}/{local}"
        if item.kind == "picture":
            return ((f"Img/{end}.pic", item.middle or item.data),
                    (f"Img/{end}.pic_hd", item.data if item.middle else b""),
                    (f"Img/{end}.pic_thum", item.thumb))
        if item.kind == "voice":
            return ((f"Audio/{end}.aud", item.data),)
        if item.kind == "video":
            return ((f"Video/{end}.mp4", item.data), (f"Video/{end}.video_thum", item.thumb))
        return ((f"OpenData/{end}" + (f".{item.extension}" if item.extension else ""), item.data),)

    # The backup

    def _back_up(self):
        """Moves the container's files to where a backup has them."""
        path = os.path.join(self.root, "Manifest.db")
        manifest = sqlite3.connect(path, isolation_level=None)
        manifest.execute("PRAGMA synchronous=OFF")
        manifest.execute("BEGIN")
        manifest.execute("CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, "
                         "file BLOB)")
        manifest.execute("CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)")
        for prefix in range(256):
            os.makedirs(os.path.join(self.root, f"{prefix:02x}"))
        for place, folders, names in os.walk(self.container):
            folders.sort()
            inside = os.path.relpath(place, self.container)
            inside = "" if inside == "." else inside
            self._record(manifest, DOMAIN, inside, 2, None)
            for name in sorted(names):
                self._record(manifest, DOMAIN, f"{inside}/{name}" if inside else name, 1, os.path.join(place, name))
        shutil.rmtree(self.container)
        other = os.path.join(self.root, "other")
        with open(other, "wb") as file:
            file.write(b"not WeChat's")
        self._record(manifest, "HomeDomain", "Library/SMS/made-up.txt", 1, other)
        manifest.execute("COMMIT")
        manifest.close()
        facts = {"Info.plist": {"Device Name": "a made-up iPhone", "Display Name": "a made-up iPhone",
                                "Product Version": "15.4",
                                "Unique Identifier": "0" * 40, "Installed Applications": ["com.tencent.xin"]},
                 "Manifest.plist": {"IsEncrypted": False, "Version": "10.0", "Lockdown": {"ProductVersion": "15.4"}},
                 "Status.plist": {"IsFullBackup": True, "SnapshotState": "finished", "Version": "3.3"}}
        for name, content in facts.items():
            with open(os.path.join(self.root, name), "wb") as file:
                plistlib.dump(content, file, fmt=plistlib.FMT_XML if name == "Info.plist" else plistlib.FMT_BINARY)

    def _record(self, manifest, domain, relative, flags, path):
        identifier = sha1(f"{domain}-{relative}".encode()).hexdigest()
        size = seconds = 0
        if path:
            status = os.stat(path)
            size, seconds = status.st_size, int(status.st_mtime)
            os.rename(path, os.path.join(self.root, identifier[:2], identifier))
        uid = plistlib.UID
        objects = ["$null", {"$class": uid(3), "RelativePath": uid(2), "Size": size, "LastModified": seconds,
                             "Birth": seconds, "LastStatusChange": seconds,
                             "Mode": 0o100644 if path else 0o40755, "UserID": 501, "GroupID": 501, "InodeNumber": 0,
                             "Flags": 0, "ProtectionClass": 3},
                   relative, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
        blob = plistlib.dumps({"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": {"root": uid(1)},
                               "$objects": objects},
                              fmt=plistlib.FMT_BINARY)
        manifest.execute("INSERT INTO Files VALUES (?, ?, ?, ?, ?)", (identifier, domain, relative, flags, blob))


def _archived(labels):
    """A keyed archive of a dictionary: number -> object with m_nsName."""
    uid = plistlib.UID
    objects = ["$null", None,
               {"$classname": "NSMutableDictionary", "$classes": ["NSMutableDictionary", "NSDictionary", "NSObject"]},
               {"$classname": "ContactLabel", "$classes": ["ContactLabel", "NSObject"]}]
    keys, values = [], []
    for name, number in labels.items():
        keys.append(uid(len(objects)))
        objects.append(number)
        values.append(uid(len(objects)))
        objects.append({"$class": uid(3), "m_uiID": number, "m_nsName": uid(len(objects) + 1)})
        objects.append(name)
    objects[1] = {"$class": uid(2), "NS.keys": keys, "NS.objects": values}
    return plistlib.dumps({"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": {"root": uid(1)},
                           "$objects": objects},
                          fmt=plistlib.FMT_BINARY)
