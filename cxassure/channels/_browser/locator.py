"""How an author points at a thing on a page: by role, label or text, as a person would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cxassure.errors import Misread
from cxassure.text import Raw, clip, guess

HOW = ("role", "label", "text", "placeholder", "testid", "alt", "title", "css")
"""The keys of which a locator has just one."""


@dataclass(frozen=True, slots=True)
class Locator:
    """A thing on a page: `Pay now`, or `{role: button, name: Pay now}` and the like.

    `words` is the shorthand, tried exactly, then as a beginning, then anywhere. `name` (the
    accessible name) goes with `role`; `frame` (name, title or address part of an iframe) and `nth`
    (from 1, of several alike) go with any.
    """

    KEYS: ClassVar[frozenset[str]] = frozenset((*HOW, "name", "frame", "nth"))

    words: str = ""
    role: str = ""
    name: str = ""
    label: str = ""
    text: str = ""
    placeholder: str = ""
    testid: str = ""
    alt: str = ""
    title: str = ""
    css: str = ""
    frame: str = ""
    nth: int = 0

    @classmethod
    def read(cls, raw: Raw) -> Locator:
        """The locator in a scalar or a mapping; raises `Misread`."""
        if isinstance(raw, str):
            return cls(words=_filled(raw))
        if isinstance(raw, list):
            raise Misread("one thing is pointed at here, not a list", "write its name")
        return cls._of(raw)

    @classmethod
    def _of(cls, raw: dict[str, Raw]) -> Locator:
        for key, value in raw.items():
            if key not in cls.KEYS:
                raise Misread(f"a thing is not pointed at by «{key}»", guess(key, cls.KEYS), (key,))
            if not isinstance(value, str):
                raise Misread("a single value is expected here", where=(key,))
        _one_way(raw)
        given = {key: _filled(str(value)) for key, value in raw.items() if key != "nth"}
        return cls(**given, nth=_position(str(raw.get("nth", ""))))

    def __str__(self) -> str:
        """As a person would say it: `button «Pay now»`, `«Pay now»`, `test id «order-number»`."""
        named = f"«{self.name}»" if self.name else ""
        said = [f"«{self.words}»"] if self.words else [self.role, named] if self.role else []
        said += [f"{_SPOKEN[key]} «{getattr(self, key)}»" for key in HOW[1:] if getattr(self, key)]
        said += [f"number {self.nth}"] if self.nth else []
        said += [f"in frame «{self.frame}»"] if self.frame else []
        return " ".join(part for part in said if part)


_SPOKEN = {"testid": "test id", "alt": "picture", "css": "CSS"} | {
    key: key for key in ("label", "text", "placeholder", "title")
}


def _filled(text: str) -> str:
    if not text.strip():
        raise Misread("nothing is pointed at", "write what the thing is called on the page")
    return text


def _one_way(raw: dict[str, Raw]) -> None:
    ways = [key for key in HOW if key in raw]
    if "name" in raw and "role" not in raw:
        raise Misread("«name» needs a «role»", "write {role: button, name: …}", ("name",))
    if len(ways) != 1:
        said = "nothing is pointed at" if not ways else " and ".join(f"«{w}»" for w in ways)
        raise Misread(
            said if not ways else f"{said} cannot be said together",
            "give just one of " + ", ".join(HOW),
        )


def _position(text: str) -> int:
    if not text or "${" in text:
        return 0
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise Misread(f"«{clip(text, 40)}» is no position", "count from 1", ("nth",))
    return int(text)
