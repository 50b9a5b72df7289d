"""The made-up keys of an account. They are written beside its folder, never into it."""

import os
from random import Random


class Keys:
    """Gives each platform its recipe; remembers what was used."""

    def __init__(self, options, username):
        self.seed = f"{options.seed} keys {username}"
        self.used = {}

    def _bytes(self, name, count):
        """Always the same for a name, whatever else was asked for."""
        return Random(f"{self.seed} {name}").randbytes(count)

    def byte(self, name):
        """The byte that pictures are XORed with; never 0."""
        value = self._bytes(name, 1)[0] or 0x5A
        self.used[name] = f"{value:02x}"
        return value

    def image_key(self, name):
        """The account's key of V2 pictures: 16 characters."""
        value = self._bytes(name, 8).hex()
        self.used[name] = value
        return value.encode()

    def store(self, path):
        """One `name value` a line; no file when nothing is encrypted."""
        if self.used:
            with open(path, "w") as file:
                file.writelines(f"{name} {value}\n" for name, value in self.used.items())
        elif os.path.exists(path):
            os.remove(path)
