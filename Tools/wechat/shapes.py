"""The shapes by name; each module is read when it is wanted."""

from importlib import import_module

ALL = {"android": "Android", "pc3": "PC3", "v4": "V4", "mac3": "Mac3", "ios": "IOS"}


def load(shape):
    return getattr(import_module(f".{shape}", __package__), ALL[shape])
