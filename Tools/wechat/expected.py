"""What must be seen of a shape: NAME.expected.jsonl, NAME.people.jsonl and NAME.groups.jsonl, beside its folder."""

import json
import os
import shutil
import tempfile


def of_media(item, absent=False):
    """The facts of one piece of media; `absent`: this shape does not hold it."""
    facts = {"sha256": None, "size": item.size, "ext": item.extension}
    if item.name:
        facts["name"] = item.name
    if absent or item.best() is None:
        facts["missing"] = True
    elif item.state == "thumbnail":
        facts.update(sha256=item.sha256, size=len(item.thumb), ext="jpg", thumb_only=True)
    else:
        facts["sha256"] = item.sha256
    return facts


class Expected:
    """One line a message, by conversation, time and id. Lines wait in one small file a conversation."""

    def __init__(self, path, account, seconds, nicknames=True, forwarded=()):
        """`seconds`: the shape keeps times in whole seconds. `nicknames`: it keeps members' names in their groups.
        `forwarded`: kinds of media in merged forwards that its tables find by their MD5."""
        self.path, self.account, self.seconds, self.nicknames = path, account, seconds, nicknames
        self.forwarded = forwarded
        self.folder = tempfile.mkdtemp(prefix="make-wechat-")
        self.pending, self.tied, self.names, self.counts = {}, {}, {}, {}
        self.chats = {}

    def add(self, m, media=None, contains=None):
        """`media`: facts that differ from the message's own."""
        if m.kind is None:
            return
        chat, account = m.chat, self.account
        if chat.id not in self.chats:
            self.chats[chat.id] = chat
            self.names[chat.id] = account.title(chat, self.nicknames)
            self.pending[chat.id], self.tied[chat.id] = [], []
        time = m.time // 1000 * 1000 if self.seconds else m.time
        if media is None:
            media = [of_media(m.media)] if m.media else []
        line = {"conversation": chat.id, "conversation_name": self.names[chat.id], "group": chat.is_group,
                "id": str(m.id) if m.id else None, "time_ms": time, "own": m.own, "sender": m.sender,
                "sender_name": account.name(m.sender, chat.group, self.nicknames) if m.sender else None, "kind": m.kind,
                "text": m.text,
                "contains": m.contains if contains is None else contains, "media": media,
                "reply_to": str(m.reply) if m.reply else None}
        if m.earlier is not None:
            line["earlier_text"] = m.earlier
        records = [item for item in m.records if item["kind"] in self.forwarded]
        if records:
            line["record_media"] = records
        if isinstance(m.content, bytes):
            line["invalid_utf8"] = True
        line["type"] = [m.type, m.sub]
        self.counts[m.kind] = self.counts.get(m.kind, 0) + 1
        tied = self.tied[chat.id]
        if tied and tied[0][0] != time:
            self._release(chat.id)
        tied.append((time, m.id, line))

    def _release(self, key):
        tied, pending = self.tied[key], self.pending[key]
        if len(tied) > 1:
            tied.sort(key=lambda entry: entry[1])
        pending += [json.dumps(line, ensure_ascii=False) for _, _, line in tied]
        tied.clear()
        if len(pending) > 500:
            self._flush(key)

    def _flush(self, key):
        if self.pending[key]:
            with open(os.path.join(self.folder, self.chats[key].hash), "a", encoding="utf-8") as file:
                file.write("\n".join(self.pending[key]) + "\n")
            self.pending[key] = []

    def finish(self):
        with open(self.path, "wb") as out:
            for key in sorted(self.pending):
                self._release(key)
                self._flush(key)
                with open(os.path.join(self.folder, self.chats[key].hash), "rb") as file:
                    shutil.copyfileobj(file, out)
        shutil.rmtree(self.folder)


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_people(base, account, avatars, labels=True, announcements=True, nicknames=True, owners=True):
    """`avatars`: username -> sha256 of what the shape holds; the flags: what else it holds."""
    write_lines(base + ".people.jsonl", (
        {"username": p.username, "name": p.nickname, "alias": p.alias or None, "remark": p.remark or None,
         "shown": account.name(p.username), "labels": list(p.labels) if labels else [],
         "avatar": avatars.get(p.username),
         "self": p.username == account.me.username, "friend": p.friend, "official": p.official}
        for p in sorted(account.people.values(), key=lambda p: p.username) if p.known))
    write_lines(base + ".groups.jsonl", (
        {"username": g.username, "name": g.nickname, "remark": g.remark or None, "owner": g.owner if owners else None,
         "members": [{"username": who, "group_nickname": g.group_nicknames.get(who) if nicknames else None}
                     for who in g.members],
         "announcement": g.announcement or None if announcements else None}
        for g in sorted(account.groups, key=lambda g: g.username)))
