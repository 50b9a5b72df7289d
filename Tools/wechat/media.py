"""The bytes behind a message, and how much of them this device has."""

import io
import zipfile
from dataclasses import dataclass
from hashlib import md5, sha256

from . import pictures, sounds, words

# How many bytes of the budget one item of a kind takes, against a picture's one.
SHARES = {"picture": 1.0, "video": 5.0, "file": 1.5, "sticker": 0.4, "voice": 0.05}
SMALLEST = 6000  # with less than this for a picture, fewer are present instead


@dataclass
class Media:
    """`state` is what the device has: "original", "hd" (original and a better one), "thumbnail" or "missing"."""
    kind: str
    state: str
    extension: str = "jpg"
    data: bytes = b""  # what a person opens: the best there is, or nothing
    middle: bytes = b""  # the picture beside an hd one
    thumb: bytes = b""
    md5: str = ""  # of the original, also when it is missing
    sha256: str = ""
    name: str = ""  # files only
    size: int = 0  # of the original, also when it is missing
    milliseconds: int = 0

    def best(self):
        """What must be shown: the bytes and their state, None when there are none."""
        if self.state in ("original", "hd"):
            return self.data
        return self.thumb if self.state == "thumbnail" else None


class Studio:
    """Makes media of one account within its budget of bytes."""

    def __init__(self, budget, expected):
        """`expected`: how many messages of each kind there will be, about."""
        units = sum(SHARES[kind] * count for kind, count in expected.items()) or 1
        self.present = min(0.86, budget / (units * SMALLEST))
        self.unit = budget / (units * self.present) if budget else 0

    def make(self, rng, kind, state=None):
        """A new item; `state` when it matters which."""
        if state is None:
            pick = rng.random()
            state = "original" if pick < self.present else "missing"
            if kind in ("picture", "video"):
                if pick < self.present * 0.15 and kind == "picture":
                    state = "hd"
                elif pick >= self.present and rng.random() < 0.5 and self.unit:
                    state = "thumbnail"
        size = int(self.unit * SHARES[kind] * (0.3 + 1.4 * rng.random()))
        item = getattr(self, "_" + kind)(rng, state, size)
        if item.data:
            item.size = len(item.data)
            item.md5, item.sha256 = md5(item.data).hexdigest(), sha256(item.data).hexdigest()
        if state == "thumbnail":
            item.sha256 = sha256(item.thumb).hexdigest()
        if not item.md5:
            item.md5 = words.hexadecimal(rng, 32)
        return item

    def _picture(self, rng, state, size):
        pick = rng.random()
        extension, make = ("jpg", pictures.jpeg) if pick < 0.85 else ("png", pictures.png) if pick < 0.93 else \
            ("gif", pictures.gif) if pick < 0.96 else ("bmp", pictures.bmp) if pick < 0.98 else ("wxgf", pictures.wxgf)
        item = Media("picture", state, extension, size=size)
        if state in ("original", "hd"):
            item.data = make(rng, size)
            item.thumb = pictures.jpeg(rng, 0, 6, 5)
        if state == "hd":
            item.middle = pictures.jpeg(rng, size // 3)
        if state == "thumbnail":
            item.thumb = pictures.jpeg(rng, 0, 6, 5)
        return item

    def _video(self, rng, state, size):
        seconds = rng.randrange(1, 300)
        item = Media("video", state, "mp4", size=size, milliseconds=seconds * 1000)
        if state == "original":
            item.data = pictures.mp4(rng, size, seconds)
        if state in ("original", "thumbnail"):
            item.thumb = pictures.jpeg(rng, 0, 6, 5)
        return item

    def _voice(self, rng, state, size):
        milliseconds = rng.randrange(50, 600) * (20 if self.unit > 20000 else 4) // 20 * 20 + 1000
        amr = rng.random() < 0.15
        item = Media("voice", state, "amr" if amr else "silk", size=milliseconds, milliseconds=milliseconds)
        if state == "original":
            item.data = (sounds.amr if amr else sounds.silk)(rng, milliseconds)
        return item

    def _sticker(self, rng, state, size):
        moving = rng.random() < 0.7
        item = Media("sticker", state, "gif" if moving else "png", size=size)
        if state == "original":  # at least the 1,024 bytes that Android encrypts
            item.data = (pictures.gif if moving else pictures.png)(rng, max(size, 1600))
        return item

    def _file(self, rng, state, size):
        extension = rng.choice(("pdf", "txt", "zip", "docx", "xlsx", "mp3", "无后缀"))
        stem = rng.choice(("合同", "简历 2021", "Invoice", "会议纪要", "报价单(最终版)", "IMG_0001", "a.b.c", "图纸&说明"))
        number = rng.randrange(10**6)
        name = f"{stem}-{number}" + ("" if extension == "无后缀" else f".{extension}")
        item = Media("file", state, "" if extension == "无后缀" else extension, name=name, size=size)
        if state == "original":
            item.data = self._document(rng, extension, size)
        return item

    def _document(self, rng, extension, size):
        noise = rng.randbytes(max(16, size))
        if extension == "txt":
            return "\ufeff第一行\r\nsecond line\r\n".encode() + noise.hex().encode()[:max(0, size - 40)]
        if extension in ("zip", "docx", "xlsx"):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr(zipfile.ZipInfo("content.bin"), noise)
            return out.getvalue()
        if extension == "pdf":
            return b"%PDF-1.4\n%" + noise.replace(b"\n", b" ").replace(b"\r", b" ") + \
                b"\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" \
                b"trailer<</Root 1 0 R>>\n%%EOF\n"
        return noise
