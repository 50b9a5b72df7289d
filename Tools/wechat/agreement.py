"""Whether two mounts of one account, read from two shapes of its databases, show the same.

Nothing is known here of what should be there: only the two mounts are compared, both made with --extended-attributes.

  a conversation    is the same when its folder has the same name
  a message         is the same when it has the same id, in the same folder; without an id, the same second, type and words
  its files         must have the same second, sender, name, type, and the same bytes

`without` names what one of the two formats is known not to hold: members' "nicknames" in their groups, what "stickers" mean
("meanings"), and files of some kinds. Whatever else one has and the other lacks is a difference.
"""

import collections
import hashlib
import os
import re

NAME = re.compile(r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?:-\d\d+(?=[_.]))?(.*)$", re.S)  # the time, and the place in its second
NUMBER = re.compile(r"-\d+$")
MISSING = ".missing.txt"
FACTS = ("nicknames", "meanings", "stickers", "voices", "previews", "forwarded")
FILES = {"sticker": "stickers", "voice": "voices", "image": "previews", "video": "previews", "text": "forwarded"}
PREFIX = re.compile(rb'"content":"[\w@.-]+:\\n')


class Shown:
    """One file of a mount."""

    __slots__ = ("path", "moment", "rest", "second", "id", "sender", "type", "missing", "words")

    def __init__(self, entry, match):
        self.path = entry.path
        self.moment, self.rest = match[1], match[2]
        self.second = entry.stat(follow_symlinks=False).st_mtime_ns // 10**9
        self.id, self.sender, self.type = (self._attribute(name) for name in ("id", "sender", "type"))
        self.missing = self.rest.endswith(MISSING)
        # What stands beside media is a text, too: words are told from files by what a file's attributes say.
        self.words = not self.missing and self._attribute("sha256") is None

    def _attribute(self, name):
        try:
            return os.getxattr(self.path, f"user.chatark.{name}").decode()
        except OSError as error:
            if error.errno == 61:  # ENODATA
                return None
            raise

    def hash(self):
        digest = hashlib.sha256()
        with open(self.path, "rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
        return digest.hexdigest()

    def text(self):
        with open(self.path, "rb") as file:
            text = file.read()
        # The content of an unknown type is shown as it is stored, with the sender before it or without.
        return PREFIX.sub(b'"content":"', text) if self.type == "unknown" else text

    def name(self):
        """Sender and own name, without what tells equal names apart and without the extension."""
        name = self.rest.removesuffix(MISSING)
        if self.missing and name.endswith(f"_{self.type}"):
            return name[:-len(self.type) - 1]  # it has no name of its own
        stem, dot, end = name.rpartition(".")
        return NUMBER.sub("", stem if dot and len(end) <= 5 else name)


class Side:
    """One of the two mounts."""

    def __init__(self, root):
        self.root = root
        self.conversations = {entry.name: entry.path for entry in os.scandir(os.path.join(root, "conversations"))}

    def messages(self, conversation):
        """Key of a message -> its files."""
        messages = collections.defaultdict(list)
        for month in os.scandir(self.conversations[conversation]):
            for entry in os.scandir(month.path):
                match = NAME.match(entry.name)
                if not match:
                    raise SystemExit(f"{entry.path} has no time in its name")
                shown = Shown(entry, match)
                key = shown.id or f"{shown.moment} {shown.type} {shown.hash()}"
                messages[key].append(shown)
        return messages

    def people(self):
        """Person -> the name that is shown."""
        people = {}
        for entry in os.scandir(os.path.join(self.root, "contacts")):
            with open(entry.path, encoding="utf-8", newline="") as file:
                lines = file.read().replace("\r\n ", "").split("\r\n")
            facts = dict(line.split(":", 1) for line in lines if ":" in line)
            people[facts["UID"]] = facts["FN"]
        return people


class Agreement:
    def __init__(self, left, right, without=(), show=5):
        self.left, self.right, self.without, self.show = Side(left), Side(right), set(without), show
        self.counts = collections.Counter()
        self.differences = collections.defaultdict(list)

    def differ(self, what, words):
        self.counts[what] += 1
        if len(self.differences[what]) < self.show:
            self.differences[what].append(words)

    def run(self):
        """Compares, prints, and returns whether there is a difference."""
        left, right = set(self.left.conversations), set(self.right.conversations)
        for side, names in ((self.left, left - right), (self.right, right - left)):
            for name in sorted(names):
                self.differ("conversation in one only", os.path.join(side.root, "conversations", name))
        for name in sorted(left & right):
            self.counts["(conversations)"] += 1
            self._conversation(name)
        self._people()
        bad = 0
        for what, count in sorted(self.counts.items()):
            bad += 0 if what.startswith("(") else count
            print(f"{what}: {count}")
            for words in self.differences[what]:
                print(f"    {words}")
        print("the two agree" if not bad else f"{bad} differences")
        return bool(bad)

    def _people(self):
        left, right = self.left.people(), self.right.people()
        for person in sorted(set(left) & set(right)):
            self.counts["(people)"] += 1
            if left[person] != right[person] and "nicknames" not in self.without:
                self.differ("a person's name", f"{person}: {left[person]!r}, {right[person]!r}")

    def _conversation(self, name):
        left, right = self.left.messages(name), self.right.messages(name)
        for side, keys in ((self.left, left.keys() - right.keys()), (self.right, right.keys() - left.keys())):
            for key in sorted(keys):
                self.differ("message in one only", f"{side.root}: {name}: {key}")
        for key in left.keys() & right.keys():
            self.counts["(messages)"] += 1
            self._message(name, key, left[key], right[key])

    def _message(self, name, key, left, right):
        one, other = left[0], right[0]
        for fact in ("second", "moment", "sender", "type"):
            if getattr(one, fact) != getattr(other, fact):
                self.differ(fact, f"{one.path}: {getattr(one, fact)!r}; {other.path}: {getattr(other, fact)!r}")
        names = [{shown.name() for shown in side} for side in (left, right)]
        # A forward's files have names of their own, and may be on one side only.
        if not (names[0] <= names[1] or names[1] <= names[0]) and "nicknames" not in self.without:
            self.differ("name", f"{one.path}; {other.path}")
        words = [sorted(shown.text() for shown in side if shown.words) for side in (left, right)]
        if words[0] == words[1]:
            pass
        elif one.type == "sticker" and "meanings" in self.without and not (words[0] and words[1]):
            self.counts["(meanings that one does not hold)"] += 1
        else:
            self.differ(f"words of {one.type}", f"{one.path}; {other.path}")
        files = [collections.Counter(shown.hash() for shown in side if not shown.words and not shown.missing)
                 for side in (left, right)]
        if files[0] != files[1]:
            # All that one has, the other has too, and more: what it has more the one does not hold. Of a forward each
            # may have what the other has not.
            fact = FILES.get(one.type)
            isPart = files[0] <= files[1] or files[1] <= files[0] or fact == "forwarded"
            if fact in self.without and isPart:
                self.counts[f"({fact} that one does not hold)"] += 1
            else:
                self.differ(f"files of {one.type}", f"{one.path}; {other.path}")
        elif sum(files[0].values()):
            self.counts["(files with the same bytes)"] += sum(files[0].values())
