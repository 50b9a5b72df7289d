"""The account, its contacts, groups, labels and conversations."""

from dataclasses import dataclass, field
from hashlib import md5

from . import words


def md5_hex(text):
    return md5(text.encode()).hexdigest()


@dataclass
class Person:
    """A contact. `known` is false for one who was deleted: no contact table has them, their messages stay."""
    username: str
    nickname: str = ""
    alias: str = ""
    remark: str = ""
    labels: tuple = ()
    friend: bool = True
    known: bool = True
    official: bool = False
    sex: int = 0
    signature: str = ""
    region: tuple = ("CN", "Zhejiang", "Hangzhou")
    phone: str = ""
    avatar: int = 0  # which of the made-up avatars; 0: none

    def name(self, group_nickname=""):
        """WeChat's own order: remark, group nickname, nickname, alias, id."""
        if not self.known:
            return group_nickname or self.username
        return self.remark or group_nickname or self.nickname or self.alias or self.username


@dataclass
class Group:
    username: str
    nickname: str
    owner: str
    members: list  # usernames, the account's own among them
    group_nicknames: dict  # username -> the name a member has in this group
    remark: str = ""
    announcement: str = ""
    announcement_editor: str = ""
    announcement_time: int = 0  # seconds
    avatar: int = 0
    wecom: bool = False


@dataclass
class Conversation:
    """One row of the conversation list."""
    id: str
    group: Group = None
    person: Person = None
    number: int = 0
    hash: str = ""
    recent: list = field(default_factory=list)  # messages that can be quoted, forwarded or recalled
    kept: dict = field(default_factory=dict)  # kind -> the last piece of media that the device has

    def __post_init__(self):
        self.hash = md5_hex(self.id)

    @property
    def is_group(self):
        return self.group is not None


@dataclass
class Account:
    me: Person
    uin: int
    people: dict  # username -> Person
    groups: list
    conversations: list
    labels: tuple

    def person(self, username):
        return self.people.get(username) or Person(username, known=False)

    def name(self, username, group=None, nicknames=True):
        """How this account's owner sees a person, in a group if one is given."""
        in_group = group.group_nicknames.get(username, "") if group and nicknames else ""
        return self.person(username).name(in_group)

    def title(self, chat, nicknames=True):
        """A conversation's name. A group without one is called by its other members, as WeChat does."""
        if not chat.is_group:
            return chat.person.name()
        if chat.group.remark or chat.group.nickname:
            return chat.group.remark or chat.group.nickname
        others = [who for who in chat.group.members if who != self.me.username]
        return "、".join(self.name(who, chat.group, nicknames) for who in others)


SERVICES = (("filehelper", "文件传输助手"), ("weixin", "微信团队"), ("medianote", "语音记事本"),
            ("fmessage", "朋友推荐消息"), ("qqmail", "QQ邮箱提醒"))


def make_account(rng, conversations, groups):
    """`conversations` in all, `groups` of which are groups."""
    groups = min(groups, conversations)
    me = Person("wxid_" + words.identifier(rng, 14), "林小满 🍃", "lin_xiaoman", sex=2, avatar=1,
                signature="synthetic: this account was made up by a program", phone="13800000000")
    people = {me.username: me}
    singles = [_special(rng, people, number) or _friend(rng, people, number)
               for number in range(conversations - groups)]
    while len(people) < 12 + groups:
        _friend(rng, people, len(people))
    for _ in range(max(6, groups * 2)):  # people met in groups only
        username = "wxid_" + words.identifier(rng, 14)
        people[username] = Person(username, words.nickname(rng), friend=False, avatar=rng.randrange(0, 40))
    everybody = [p.username for p in people.values() if not p.official and p.username != me.username
                 and p.username not in dict(SERVICES)]
    made = [_group(rng, me, everybody, number) for number in range(groups)]
    chats = [Conversation(person.username, person=person) for person in singles]
    chats += [Conversation(group.username, group=group) for group in made]
    rng.shuffle(chats)
    for number, chat in enumerate(chats):
        chat.number = number
    uin = rng.getrandbits(32)
    return Account(me, uin - (1 << 32) if uin >> 31 else uin, people, made, chats, words.LABELS)


def _special(rng, people, number):
    """The first one-to-one conversations are the unusual ones."""
    made = None
    if number == 1:
        made = Person(*SERVICES[0], friend=False)
    elif number == 2:
        made = Person("gh_" + words.hexadecimal(rng, 12), "每日新闻 Daily", "daily-news", official=True, avatar=2)
    elif number == 3:
        made = Person("wxid_" + words.identifier(rng, 14), known=False, friend=False)
    elif number == 4:
        made = Person("25984982" + words.identifier(rng, 8, "0123456789") + "@openim", "赵经理@某公司", avatar=3)
    elif number == 5:
        made = Person(*SERVICES[1], friend=False, official=True)
    elif number == 6:  # no nickname, no remark: the alias is what is left
        made = Person("wxid_" + words.identifier(rng, 14), "", "only_alias_1987")
    elif number == 7:
        made = Person("wxid_" + words.identifier(rng, 14), words.nickname(rng), remark="")
        made.remark = next(iter(people.values())).nickname  # named as the account's owner is
    elif number in (8, 9):
        made = Person(*SERVICES[number - 5], friend=False)
    if made:
        people[made.username] = made
    return made


def _friend(rng, people, number):
    custom = rng.random() < 0.2
    username = words.identifier(rng, 9) + "_88" if custom else "wxid_" + words.identifier(rng, 14)
    odd = number % 9 == 8
    name = words.ODD_NAMES[number // 9 % len(words.ODD_NAMES)] if odd else words.nickname(rng)
    labels = tuple(sorted(rng.sample(words.LABELS, rng.choice((1, 2))))) if rng.random() < 0.3 else ()
    remark = words.chinese_name(rng) + rng.choice(("", "", " (同事)", "🏠")) if rng.random() < 0.4 else ""
    alias = words.identifier(rng, 8) if rng.random() < 0.5 else ""
    signature = words.sentence(rng) if rng.random() < 0.5 else ""
    phone = f"1390{rng.randrange(10**7):07d}" if rng.random() < 0.2 else ""
    person = Person(username, name, alias, remark, labels, sex=rng.randrange(3), signature=signature, phone=phone,
                    avatar=rng.randrange(0, 40))
    people[username] = person
    return person


def _group(rng, me, everybody, number):
    wecom = number == 2
    tail = "@im.chatroom" if wecom else "@chatroom"
    username = f"{rng.randrange(10**9, 10**11)}{tail}"
    name = words.GROUP_NAMES[number % len(words.GROUP_NAMES)]
    if number >= len(words.GROUP_NAMES):
        name += f" {number // len(words.GROUP_NAMES) + 1}"
    unnamed = number == 1
    size = 3 if unnamed else min(len(everybody), rng.choice((4, 6, 9, 14, 40)))
    members = rng.sample(everybody, min(size, len(everybody)))
    members.append("wxid_" + words.identifier(rng, 14))  # one whom no contact table knows
    members.insert(rng.randrange(len(members) + 1), me.username)
    nicknames = {who: words.nickname(rng) + "-群" for who in members if rng.random() < 0.3}
    nicknames.pop(members[-1], None)
    group = Group(username, "" if unnamed else name, rng.choice(members[:3]), members, nicknames, wecom=wecom)
    if number % 5 == 3:
        group.remark = "备注: " + name
    if number % 3 == 0:
        group.announcement = words.paragraph(rng, 3)
        group.announcement_editor = group.owner
        group.announcement_time = 1_600_000_000 + number
    group.avatar = rng.randrange(0, 40)
    return group
