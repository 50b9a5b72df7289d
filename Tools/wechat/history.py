"""The made-up history: one account, its messages in order of time, and what a person must see of them.

Every conversation has its own randomness, so that the same seed gives the same history in every shape.
"""

import heapq
import time as clock
from hashlib import sha256
from random import Random

from . import pictures
from .contents import COMMON, Maker
from .media import Studio
from .message import Message
from .people import make_account

START = 1451606400  # 2016-01-01 00:00 UTC
END = 1703980800  # 2023-12-31 00:00 UTC
MIDDLE = (START + END) // 2  # where shards by time meet
LATER = 1709251200  # 2024-03-01 00:00 UTC: where stage 2 goes on
ZONE = 8 * 3600  # the account's owner lives in Asia/Shanghai, without another offset in these years
RECENT = 12


class History:
    """`messages()` gives everything in order of time; nothing of it is kept."""

    def __init__(self, options):
        self.options = options
        seed = options.seed
        self.account = make_account(Random(f"{seed} people"), options.conversations, options.groups)
        self.me = self.account.me.username
        total = sum(weight for _, weight in COMMON)
        share = {name: weight / total * options.messages for name, weight in COMMON}
        self.sticker_count = max(6, min(80, options.messages // 50))
        expected = {"picture": share["picture"], "voice": share["voice"], "video": share["video"] + share["sight"],
                    "file": share["file"], "sticker": self.sticker_count}
        self.studio = Studio(options.media_bytes, expected)
        self.stickers = self._stickers(Random(f"{seed} stickers"))
        self.counts = self._counts(Random(f"{seed} counts"))
        friends = [c for c in self.account.conversations if c.person and c.person.friend and c.person.known
                   and c.person.remark]
        self.gone = friends[-1].id if friends and options.stage == 2 else None  # the conversation deleted in between
        self.total = sum(self.counts.values())
        if options.stage == 2:
            self.total += options.new

    def chats(self):
        """The conversations that there are now."""
        return [chat for chat in self.account.conversations if chat.id != self.gone]

    def _stickers(self, rng):
        made = []
        for number in range(self.sticker_count):
            state = "missing" if number % 7 == 3 else "original"
            item = self.studio.make(rng, "sticker", state)
            group = f"com.tencent.xin.emoticon.person.stiker_{rng.getrandbits(60)}" if number % 3 else ""
            made.append((number, item, group, rng.choice(("", "哈哈", "晚安", "OK", "加油"))))
        return made

    def _counts(self, rng):
        """How many messages each conversation has: few have most."""
        chats = self.account.conversations
        small = {"fmessage", "qqmail", "weixin", "medianote"}
        weights = [0.05 if chat.id in small else 1 / (1 + place) ** 0.8 for place, chat in enumerate(chats)]
        scale = self.options.messages / sum(weights)
        counts = {chat.id: max(1, int(weight * scale)) for chat, weight in zip(chats, weights)}
        biggest = max(counts, key=counts.get)
        counts[biggest] = max(1, counts[biggest] + self.options.messages - sum(counts.values()))
        return counts

    def messages(self):
        streams = [self._stream(chat) for chat in self.account.conversations]
        for position, message in enumerate(heapq.merge(*streams, key=lambda m: (m.time, m.chat.number))):
            message.position = position
            yield message

    def _stream(self, chat):
        options = self.options
        rng = Random(f"{options.seed} {chat.number} {chat.id}")
        maker = Maker(self.account, self.studio, self.stickers, chat, rng)
        chat.recent, chat.kept = [], {}
        count = self.counts[chat.id]
        last = START * 1000
        for message in self._run(chat, rng, maker, count, START * 1000, END * 1000, 0):
            last = message.time
            fate = rng.random() * options.messages
            if options.stage == 2 and chat.id == self.gone:
                message.fate = "deleted"
            elif options.stage == 2 and message.type == 1 and message.id and fate < 30:
                message.fate = "deleted" if fate >= 15 else ("text", "wire", "notice")[int(fate) % 3]
                message.maker = maker
            yield message
        if options.stage == 2 and chat.id != self.gone:
            rng = Random(f"{options.seed} {chat.number} later")
            maker = Maker(self.account, self.studio, self.stickers, chat, rng)
            start = max(LATER * 1000, last + 1000)
            for message in self._run(chat, rng, maker, self._more(chat), start, start + 30 * 86400 * 1000, count):
                message.new = True
                yield message

    def _more(self, chat):
        """How many new messages a conversation gets; the first takes what is left over."""
        chats = self.chats()
        total = sum(self.counts[c.id] for c in chats)
        if chat is not chats[0]:
            return self.options.new * self.counts[chat.id] // total
        return self.options.new - sum(self.options.new * self.counts[c.id] // total for c in chats[1:])

    def _run(self, chat, rng, maker, count, start, end, first):
        time, again = start, None
        mean = (end - start) / max(1, count)
        for number in range(first, first + count):
            if again is None:
                gap = rng.random()
                gap = gap * mean * 0.2 if gap < 0.85 else rng.random() * mean * 12
                if time + gap >= end:
                    gap = rng.random() * (end - time) / max(1, first + count - number) * 0.9
                time += max(1, int(gap))
                message = Message(chat, number, self._identifier(rng), time, *self._sender(chat, rng))
                maker.fill(message, first == 0 and count > 180)
                if message.type == 1 and message.id and rng.random() < 0.012:
                    again = message
            else:  # the same words once more in the same second, sometimes in the same millisecond
                same = min(time + rng.choice((0, 1, 120)), time - time % 1000 + 999)
                time = same
                message = Message(chat, number, self._identifier(rng), time, again.sender, again.own)
                message.type, message.content, message.text, message.kind = 1, again.content, again.text, "text"
                again = None
            if message.type in (1, 3, 34, 43, 49) and message.kind not in ("system", "deleted") and message.sender:
                message.light = _light(message)
                chat.recent.append(message.light)
                if message.media and message.media.data:
                    chat.kept[message.media.kind] = message.light.media
                if len(chat.recent) > RECENT:
                    del chat.recent[0]
            yield message

    def _identifier(self, rng):
        """A server's id: 62 bits, never 0."""
        return rng.getrandbits(62) | 1 << 40

    def _sender(self, chat, rng):
        pick = rng.random()
        if chat.id == "filehelper":
            return (self.me, True)
        if chat.is_group:
            if pick < 0.2:
                return (self.me, True)
            others = chat.group.members
            who = others[int(rng.random() ** 2 * len(others))]
            return (who, who == self.me)
        if pick < 0.45 and not chat.person.official and chat.id not in ("fmessage", "qqmail", "medianote"):
            return (self.me, True)
        return (chat.id, False)

    def avatar(self, number, large=False):
        """The made-up portrait of this number: PNG bytes."""
        return pictures.png(Random(f"{self.options.seed} avatar {number} {large}"), 4000 if large else 1200)


def _light(message):
    """What later messages need of an earlier one, without its bytes."""
    light = Message(message.chat, message.number, message.id, message.time, message.sender, message.own)
    light.type, light.sub, light.text = message.type, message.sub, message.text
    light.content = message.content if len(message.content) < 4000 else ""
    if message.type == 49 and message.sub == 57:
        light.content = ""
    if not light.content:
        light.type = 0
    if message.media:
        item = message.media
        light.media = type(item)(item.kind, item.state, item.extension, md5=item.md5, sha256=item.sha256,
                                 name=item.name, size=item.size)
    return light


def stamp(message, form):
    """Its local time."""
    return clock.strftime(form, clock.gmtime(message.time // 1000 + ZONE))


def digest(data):
    return sha256(data).hexdigest()
