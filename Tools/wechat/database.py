"""A database being written: rows in batches; on request the last only in its log, and encrypted."""

import os
import shutil
import sqlite3
import tempfile

from . import sealing

BATCH = 2000


class Database:
    """`recipe`: how it is encrypted (crypto.py), or nothing. `tail`: keep rows marked so in the -wal file."""

    def __init__(self, path, page_size, schema, tail=False, stale=False, recipe=None):
        self.path, self.page_size, self.stale, self.recipe = path, page_size, stale, recipe
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for old in (path, path + "-wal", path + "-shm"):
            if os.path.exists(old):
                os.remove(old)
        self.folder = tempfile.mkdtemp(prefix=".make-wechat-", dir=os.path.dirname(path)) if tail or recipe else None
        self.plain = os.path.join(self.folder, "plain.db") if recipe else path
        self.main = self._open(self.plain)
        self.tail = self._open(os.path.join(self.folder, "tail.db")) if tail else None
        self.rows, self.changes = {}, []
        self.schema(schema)

    def _open(self, path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA page_size={self.page_size}")
        if path == self.plain and self.recipe and self.recipe.reserve:
            connection.close()
            sealing.reserve(path, self.page_size, self.recipe.reserve)
            connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-40000")
        connection.execute("BEGIN")
        return connection

    def schema(self, text, indexes=False):
        for statement in text.split(";\n"):
            if statement.strip():
                self.main.execute(statement)
                if self.tail is not None and not indexes:
                    self.tail.execute(statement)

    def insert(self, table, row, late=False):
        """Adds one row with all columns of the table, in order. `late`: it belongs to the tail."""
        late = late and self.tail is not None
        key = (table, late, len(row))
        rows = self.rows.get(key)
        if rows is None:
            rows = self.rows[key] = []
        rows.append(row)
        if len(rows) >= BATCH:
            self._write(key)

    def insert_invalid(self, table, row, column, late=False):
        """Adds one row whose `column` is TEXT that is not UTF-8 (the module itself would store a blob)."""
        marks = ["?"] * len(row)
        marks[column] = "CAST(? AS TEXT)"
        connection = self.tail if late and self.tail is not None else self.main
        connection.execute(f'INSERT INTO {table} VALUES ({",".join(marks)})', row)

    def _write(self, key):
        table, late, width = key
        connection = self.tail if late else self.main
        connection.executemany(f'INSERT INTO {table} VALUES ({",".join("?" * width)})', self.rows[key])
        self.rows[key] = []

    def later(self, table, key, value, row=None, late=False):
        """Once the rows of stage 1 are there: the row whose `key` has this value goes, and `row` takes its place."""
        self.changes.append((table, key, value, row, late and self.tail is not None))

    def later_drop(self, table):
        self.changes.append((table, None, None, None, False))

    def settle(self):
        """Stage 1 is complete: makes the changes since."""
        self.flush()
        for table, key, value, row, late in self.changes:
            connection = self.tail if late else self.main
            if key is None:
                for each in filter(None, (self.main, self.tail)):
                    each.execute(f"DROP TABLE IF EXISTS {table}")
                continue
            connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (value,))
            if row:
                connection.execute(f'INSERT INTO {table} VALUES ({",".join("?" * len(row))})', row)
        self.changes = []

    def flush(self):
        for key in self.rows:
            if self.rows[key]:
                self._write(key)

    def finish(self):
        self.settle()
        self.main.execute("COMMIT")
        self.main.close()
        merge = None
        if self.tail is not None:
            self.tail.execute("COMMIT")
            tables = [row for row in self.tail.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' "
                                                       "AND name NOT LIKE 'sqlite_%'")]
            merge = []
            for name, sql in tables:
                if self.tail.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
                    merge.append(sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
                    merge.append(f'INSERT INTO main."{name}" SELECT * FROM tail."{name}"')
            self.tail.close()
        if self.recipe:
            self.recipe.seal(self, merge)
        elif merge:
            self._log(merge)
        if self.folder:
            shutil.rmtree(self.folder)

    def churn(self):
        """Statements whose pages become stale frames: a generation of the log that was copied back and begun anew."""
        return ["CREATE TABLE churn (a TEXT)",
                "INSERT INTO churn WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) "
                "SELECT 'stale stale stale stale stale stale stale stale stale stale stale stale ' || i FROM n",
                "DROP TABLE churn"]

    def _log(self, merge):
        """Puts the tail into the log and takes both files away while the database is open."""
        work = os.path.join(self.folder, "open.db")
        os.rename(self.path, work)
        connection = sqlite3.connect(work, isolation_level=None)
        sealing.fill_log(connection, self, merge, "")
        for end in ("", "-wal"):
            shutil.copy(work + end, self.path + end)
        connection.close()
