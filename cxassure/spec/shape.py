"""Asks a piece of YAML for the shape that the language wants, and says where it has another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from cxassure import matcher
from cxassure.errors import Misread, Place
from cxassure.journey import NAMESPACES, RESERVED, Keys, Places
from cxassure.spec.document import PROBLEMS, Document
from cxassure.text import Raw, clip, guess

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_LETTERS = re.compile(r"[^\W_][\w-]{0,99}")
_T = TypeVar("_T")


class Shape:
    """A document under inspection: asked for parts, it gives them or says what is wrong.

    What has the wrong shape is given as empty, so that the rest can be looked at too.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places = Places(document.source.path, document.source.find)

    def say(self, what: str, hint: str, *keys: str | int, key: bool = False) -> None:
        """A problem at `keys`: at the key itself on `key`, else at its value."""
        if len(self.document.problems) < PROBLEMS:
            place = self.places.key(*keys) if key else self.places.at(*keys)
            self.document.say(what, hint, place.line, place.column)

    def place(self, *keys: str | int) -> Place:
        return self.places.at(*keys)

    def text(self, raw: Raw, *keys: str | int) -> str:
        """A scalar."""
        if isinstance(raw, str):
            return raw
        self.say(f"«{_last(keys)}» must be a single value", "write it on one line", *keys)
        return ""

    def pairs(self, raw: Raw, *keys: str | int) -> dict[str, Raw]:
        """A mapping with something in it."""
        if isinstance(raw, dict) and raw:
            return raw
        self.say(f"«{_last(keys)}» must hold pairs", "write {name: value}", *keys)
        return {}

    def items(self, raw: Raw, *keys: str | int) -> list[Raw]:
        """A list with something in it."""
        if isinstance(raw, list) and raw:
            return raw
        self.say(
            f"«{_last(keys)}» must be a list of something", "write one «- » line for each", *keys
        )
        return []

    def texts(self, raw: Raw, *keys: str | int) -> dict[str, str]:
        """A mapping of scalars."""
        return {k: self.text(v, *keys, k) for k, v in self.pairs(raw, *keys).items()}

    def words(self, raw: Raw, *keys: str | int) -> tuple[str, ...]:
        """A list of scalars, or one alone."""
        if isinstance(raw, str):
            return (raw,) if raw else ()
        found = enumerate(self.items(raw, *keys))
        return tuple(word for index, item in found if (word := self.text(item, *keys, index)))

    def flag(self, raw: Raw, *keys: str | int) -> bool:
        """`true` or `false`."""
        return self.typed(matcher.flag, raw, False, *keys)

    def typed(self, read: Callable[[str], _T], raw: Raw, other: _T, *keys: str | int) -> _T:
        """What `read` makes of a scalar, `other` when it cannot."""
        try:
            return (
                read(self.text(raw, *keys)) if isinstance(raw, str) else self._not_one(keys, other)
            )
        except Misread as misread:
            self.say(misread.what, misread.hint, *keys)
            return other

    def _not_one(self, keys: Keys, other: _T) -> _T:
        self.text([], *keys)
        return other

    def only(self, raw: Mapping[str, Raw], known: Collection[str], *keys: str | int) -> None:
        """Says which keys of `raw` are none of `known`."""
        for key in raw:
            if key not in known:
                self.unknown("key", key, known, *keys)

    def unknown(self, kind: str, name: str, known: Collection[str], *keys: str | int) -> None:
        """Says that the key `name` under `keys` is not known, with a guess."""
        if len(self.document.problems) < PROBLEMS:
            what = f"unknown {kind} «{clip(name, 60)}»"
            self.say(what, guess(name, known), *keys, name, key=True)

    def file_name(self, name: str, kind: str, *keys: str | int) -> str:
        """`name` if it may name a journey, row or fragment, which become names of files."""
        if _NAME.fullmatch(name):
            return name
        hint = f"use letters a to z, digits, - and _, such as «{_tame(name)}»"
        self.say(f"«{clip(name, 60)}» cannot name a {kind}", hint, *keys)
        return ""

    def name(self, name: str, kind: str, *keys: str | int, key: bool = True) -> bool:
        """Whether `name` may name a party, kept value or argument; says so if not."""
        if name in RESERVED or name in NAMESPACES:
            self.say(
                f"«{name}» is a word of the language", f"call the {kind} otherwise", *keys, key=key
            )
            return False
        if not _LETTERS.fullmatch(name):
            hint = f"use letters, digits, - and _, such as «{_tame(name)}»"
            self.say(f"«{clip(name, 60)}» cannot name a {kind}", hint, *keys, key=key)
            return False
        return True


def _last(keys: Keys) -> str:
    """The nearest key that is a word: `rows` for ("rows", 2)."""
    return next((clip(key, 60) for key in reversed(keys) if isinstance(key, str)), "the file")


def _tame(name: str) -> str:
    """A name near to `name` that would do."""
    return re.sub(r"[^a-z0-9_]+", "-", name[:60].casefold()).strip("-_") or "a-name"
