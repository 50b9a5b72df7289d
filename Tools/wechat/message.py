"""One row of the made-up history, and what a person sees of it."""


class Message:
    """One row of the history. `content` has no group prefix; `bytes` where it is not valid UTF-8."""
    __slots__ = ("chat", "number", "id", "time", "sender", "own", "type", "sub", "content", "kind", "text", "contains",
                 "media", "reply", "android", "pc3", "display", "transcript", "revoked", "earlier", "quoted", "records",
                 "position", "local", "light", "new", "fate", "maker")

    def __init__(self, chat, number, identifier, time, sender, own):
        self.chat, self.number, self.id, self.time, self.sender, self.own = chat, number, identifier, time, sender, own
        self.type, self.sub, self.content, self.kind, self.text = 1, 0, "", "text", None
        self.contains, self.media, self.reply = [], None, None
        self.android = None  # Android's own type number, where it has one
        self.pc3 = None  # PC 3.x's (Type, SubType), where it is not (type, sub)
        self.display = ""  # PC 3.x's DisplayContent
        self.transcript = ""
        self.revoked = None  # "text", "wire" or "notice" for a message that was taken back; `content` is the line
        self.earlier = None
        self.quoted = None
        self.records = []
        self.position = 0  # in the whole history
        self.local = 0  # its row in the shape being written
        self.light = None  # what later messages keep of it
        self.new = False  # only stage 2 has it
        self.fate = None  # what stage 2 does to it: "deleted", or the form in which it is recalled
        self.maker = None

    def take_back(self):
        """What stage 2 makes of a message whose fate is to be recalled."""
        self.earlier = self.text
        self.maker.recall(self, self.fate)

    @property
    def prefixed(self):
        """Whether a row in a group begins with its sender."""
        return self.chat.is_group and not self.own and self.sender is not None
