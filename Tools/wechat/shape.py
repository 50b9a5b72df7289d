"""What all shapes do alike: go through the history; in stage 2 change what stage 1 had, then go on.

So the databases of stage 2 are those of stage 1 changed in place, as a phone's are.
"""


class Shape:
    """A writer of one account. `_message(m, late, again)` inserts its row, or replaces it when `again`, and gives the
    facts of its media where they differ. `_drop(m, late)` takes the row away. `_settle()` makes the changes."""

    def go(self, seen):
        late_from, settled = int(self.history.total * 0.98), False
        for m in self.history.messages():
            if m.new and not settled:
                settled = True
                self._settle()
            late = m.position >= late_from
            self.files.muted = m.fate == "deleted"
            media = self._message(m, late, False)
            self.files.muted = False
            if m.fate == "deleted":
                self._drop(m, late)
                continue
            if m.fate:
                m.take_back()
                media = self._message(m, late, True)
            seen.add(m, media)
        if not settled:
            self._settle()
