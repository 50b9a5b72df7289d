"""Writing files below a folder."""

import os

SYNTHETIC = """Everything in this folder is made up by a program (Tools/make-wechat of chatark), for tests and
demonstrations. No person, account, message or picture in it is real. 本目录内容均由程序虚构。
"""


class Files:
    """Writes below a root; makes each folder once."""

    def __init__(self, root):
        self.root, self.made, self.bytes, self.count = root, set(), 0, 0
        self.muted = False  # nothing is written while this holds

    def write(self, path, data, time=None):
        """`path` is relative; `time` in seconds."""
        if self.muted:
            return
        path = os.path.join(self.root, path)
        folder = os.path.dirname(path)
        if folder not in self.made:
            os.makedirs(folder, exist_ok=True)
            self.made.add(folder)
        with open(path, "wb") as file:
            file.write(data)
        if time:
            os.utime(path, (time, time))
        self.bytes += len(data)
        self.count += 1

    def has(self, path):
        return os.path.exists(os.path.join(self.root, path))
