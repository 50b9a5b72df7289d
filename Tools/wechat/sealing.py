"""Encrypting a finished plain database, by SQLCipher itself where it is there.

    android          passphrase, pages of 1024, reserve 16 (IV), no HMAC, PBKDF2-HMAC-SHA1 4,000    Debian's sqlcipher
    mac3             raw key, pages of 1024, reserve 48 (IV, SHA1)                                  Debian's sqlcipher
    pc3              PBKDF2-HMAC-SHA1 64,000 of 32 bytes, pages of 4096, reserve 48                 Debian's sqlcipher
    v4               PBKDF2-HMAC-SHA512 256,000, pages of 4096, reserve 80 (IV, SHA512)            PyPI's sqlcipher3,
                                                                                                   else the code below
Debian's sqlcipher is 3.4, which cannot write v4's parameters.
"""

import hmac
import os
import shutil
import sqlite3
import struct
import subprocess
from hashlib import pbkdf2_hmac

from . import crypto


class Shell:
    """By the `sqlcipher` program. `key` is what stands in PRAGMA key, quotes included; `settings` its parameters."""

    reserve = 0

    def __init__(self, key, settings):
        self.key, self.settings = key, settings
        if not shutil.which("sqlcipher"):
            raise SystemExit("make-wechat --encrypted needs the program sqlcipher for this shape (Debian: apt install "
                             "sqlcipher)")

    def seal(self, database, merge):
        folder = database.folder
        defaults = "".join(f"PRAGMA cipher_default_{name}={value};\n" for name, value in self.settings)
        self._run(folder, "plain.db", f"{defaults}ATTACH 'sealed.db' AS sealed KEY {self.key};\n"
                  "SELECT sqlcipher_export('sealed');\nDETACH sealed;\n")
        if merge:
            churn = ";\n".join(database.churn() + ["PRAGMA wal_checkpoint(RESTART)"]) + ";\n" if database.stale else ""
            open_it = f"PRAGMA key={self.key};\n"
            for name, value in self.settings:
                open_it += f"PRAGMA {'' if name == 'kdf_iter' else 'cipher_'}{name}={value};\n"
            self._run(folder, "sealed.db", f"{open_it}PRAGMA journal_mode=WAL;\nPRAGMA wal_autocheckpoint=0;\n{churn}"
                      f"ATTACH 'tail.db' AS tail KEY '';\nBEGIN;\n" + ";\n".join(merge) + ";\nCOMMIT;\n"
                      ".shell cp sealed.db kept.db\n.shell cp sealed.db-wal kept.db-wal\n")
            shutil.move(os.path.join(folder, "kept.db"), database.path)
            shutil.move(os.path.join(folder, "kept.db-wal"), database.path + "-wal")
        else:
            shutil.move(os.path.join(folder, "sealed.db"), database.path)

    def _run(self, folder, name, script):
        done = subprocess.run(["sqlcipher", "-bail", "-batch", name], cwd=folder, input=script, capture_output=True,
                              text=True)
        if done.returncode or "rror" in done.stderr:
            raise RuntimeError(f"sqlcipher: {done.stderr.strip()}")


def module():
    """PyPI's sqlcipher3, or None."""
    try:
        import sqlcipher3
    except ImportError:
        return None
    return sqlcipher3


class Module:
    """By SQLCipher 4 in PyPI's sqlcipher3, with its own defaults."""

    reserve = 0

    def __init__(self, key):
        self.key = key

    def seal(self, database, merge):
        sealed = os.path.join(database.folder, "sealed.db")
        connection = module().connect(database.plain, isolation_level=None)
        connection.execute(f"ATTACH '{_quoted(sealed)}' AS sealed KEY {self.key}")
        connection.execute("SELECT sqlcipher_export('sealed')").fetchall()
        connection.close()
        if merge:
            connection = module().connect(sealed, isolation_level=None)
            connection.execute(f"PRAGMA key={self.key}")
            fill_log(connection, database, merge, "KEY ''")
            for end in ("", "-wal"):
                shutil.copy(sealed + end, database.path + end)
            connection.close()
        else:
            shutil.move(sealed, database.path)


class Pages:
    """SQLCipher 4's pages by hand, for machines without it: AES-256-CBC, IV, HMAC-SHA512 of data, IV and number."""

    reserve = 80

    def __init__(self, key, salt):
        """`key`: after PBKDF2."""
        self.key, self.salt = key, salt
        self.mac = pbkdf2_hmac("sha512", key, crypto.xored(salt), 2, 32)

    def seal(self, database, merge):
        plain = database.plain
        if merge:
            connection = sqlite3.connect(plain, isolation_level=None)
            fill_log(connection, database, merge, "")
            for end in ("", "-wal"):
                shutil.copy(plain + end, plain + ".kept" + end)
            connection.close()
            plain += ".kept"
            self._write_log(plain + "-wal", database.path + "-wal")
        with open(plain, "rb") as source, open(database.path, "wb") as out:
            number = 0
            while page := source.read(4096):
                number += 1
                out.write(self._page(page, number))

    def _page(self, page, number, again=0):
        """`again` tells apart the initialisation vectors of one page's versions."""
        start = 16 if number == 1 else 0
        vector = hmac.digest(self.mac, b"iv" + struct.pack("<II", number, again), "sha512")[:16]
        data = crypto.aes_cbc(self.key, vector, page[start:4016])
        tag = hmac.digest(self.mac, data + vector + struct.pack("<I", number), "sha512")
        return (self.salt if start else b"") + data + vector + tag

    def _write_log(self, path, target):
        """The log with encrypted pages; its checksums are of what lies there."""
        with open(path, "rb") as source, open(target, "wb") as out:
            head = source.read(32)
            order = ">" if head[3] & 1 else "<"
            out.write(head)
            salts, first, frame = head[16:24], struct.unpack(">II", head[24:32]), 0
            sums = first
            while part := source.read(24 + 4096):
                frame += 1
                number = struct.unpack(">I", part[:4])[0]
                page = self._page(part[24:], number, frame)
                if part[8:16] == salts:
                    sums = _checksum(order, part[:8] + page, sums)
                    part = part[:16] + struct.pack(">II", *sums)
                out.write(part[:24] + page)


def _checksum(order, data, sums):
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for at in range(0, len(words), 2):
        one = one + words[at] + two & 0xFFFFFFFF
        two = two + words[at + 1] + one & 0xFFFFFFFF
    return one, two


def _quoted(path):
    return path.replace("'", "''")


def fill_log(connection, database, merge, key):
    """Puts the tail into the write-ahead log of an open database."""
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    if database.stale:
        for statement in database.churn():
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    connection.execute(f"ATTACH '{_quoted(os.path.join(database.folder, 'tail.db'))}' AS tail {key}")
    connection.execute("BEGIN")
    for statement in merge:
        connection.execute(statement)
    connection.execute("COMMIT")


def reserve(path, page_size, count):
    """An empty database whose pages keep `count` bytes at their end free."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size={page_size}")
    connection.execute("PRAGMA user_version=1")
    connection.close()
    with open(path, "r+b") as file:
        file.seek(20)
        file.write(bytes([count]))
        file.seek(105)
        file.write(struct.pack(">H", page_size - count))
