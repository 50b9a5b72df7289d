"""The made-up keys of an account. They are written beside its folder, never into it."""

import os
from random import Random


class Keys:
    """Gives each platform its recipe; remembers what was used."""

    def __init__(self, options, username):
        self.rng = Random(f"{options.seed} keys {username}")
        self.used = {}

    def store(self, path):
        """One `name value` a line; no file when nothing is encrypted."""
        if self.used:
            with open(path, "w") as file:
                file.writelines(f"{name} {value}\n" for name, value in self.used.items())
        elif os.path.exists(path):
            os.remove(path)
