"""The made-up keys of an account. They are written beside its folder, never into it."""

import os
from hashlib import pbkdf2_hmac
from random import Random

from .sealing import Module, Pages, Shell, module


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

    def _database_key(self, name, count=32):
        value = self._bytes(name, count)
        self.used[name] = value.hex()
        return value

    def android(self):
        """Seven hexadecimal characters are the passphrase."""
        passphrase = self._bytes("android-database-key", 4).hex()[:7]
        self.used["android-database-key"] = passphrase
        return Shell(f"'{passphrase}'", (("use_hmac", "OFF"), ("page_size", 1024), ("kdf_iter", 4000)))

    def mac3(self, name):
        key = self._database_key("mac3-database-key")
        return Shell(f"\"x'{key.hex()}{self._bytes(name, 16).hex()}'\"", (("page_size", 1024),))

    def pc3(self, name):
        """32 bytes are stretched; SQLCipher gets the result, as its PRAGMA takes no bytes for a passphrase."""
        key, salt = self._database_key("pc3-database-key"), self._bytes(name, 16)
        stretched = pbkdf2_hmac("sha1", key, salt, 64000, 32)
        return Shell(f"\"x'{stretched.hex()}{salt.hex()}'\"", (("page_size", 4096),))

    def v4(self, name):
        key, salt = self._database_key("v4-database-key"), self._bytes(name, 16)
        stretched = pbkdf2_hmac("sha512", key, salt, 256000, 32)
        return Module(f"\"x'{stretched.hex()}{salt.hex()}'\"") if module() else Pages(stretched, salt)

    def store(self, path):
        """One `name value` a line; no file when nothing is encrypted."""
        if self.used:
            with open(path, "w") as file:
                file.writelines(f"{name} {value}\n" for name, value in self.used.items())
        elif os.path.exists(path):
            os.remove(path)
