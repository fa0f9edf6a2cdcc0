"""A change: of what kind, at which step, before and after, and the sentence that tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from cxassure.text import clip

Kind = Literal["menu", "prompt", "reply", "page", "request", "ring", "effort", "time", "journey"]
ORDER: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
"""What a person wants to know first."""

_NUMBER = re.compile(r"\d{4,}|\d(?:[ -]\d){3,}|[\w.+-]+@[\w.-]+|\+\d[\d ]{6,}|\b[A-Z]-\d+\b")
_WORD = re.compile(rf"(?:{_NUMBER.pattern})|\S+")
_BEFORE, _ROOM = 6, 40
"""Words shown before two texts part, and characters that what differs is given."""


@dataclass(frozen=True, slots=True)
class Change:
    """`sentence` says it all; `before` and `after` hold whole texts where there are such."""

    kind: Kind
    step: int
    sentence: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.sentence


def lasting(text: str) -> str:
    """`text` without what differs from run to run: order numbers, addresses, telephone numbers.

    Short numbers stay: hours, prices and keys are what a change is about.
    """
    return " ".join(_NUMBER.sub("#", text).casefold().split())


def apart(was: str, now: str, length: int = 120) -> tuple[str, str]:
    """Both texts in at most `length` characters each, so that they show where they part.

    >>> apart("one two", "one too")
    ('one two', 'one too')
    """
    words = [[(m.start(), lasting(m[0])) for m in _WORD.finditer(text)] for text in (was, now)]
    beside = enumerate(zip(*words, strict=False))
    shared = next((n for n, (old, new) in beside if old[1] != new[1]), None)
    place = min(map(len, words)) if shared is None else shared
    shown = [
        _around(text, [at for at, _ in mine], place, length)
        for text, mine in zip((was, now), words, strict=True)
    ]
    if shown[0] == shown[1] and was != now:  # words longer than all the room there is
        pairs = enumerate(zip(was, now, strict=False))
        parting = next((n for n, (one, other) in pairs if one != other), min(len(was), len(now)))
        start = max(0, parting - _ROOM)
        return clip("…" + was[start:], length), clip("…" + now[start:], length)
    return shown[0], shown[1]


def _around(text: str, words: list[int], place: int, length: int) -> str:
    """`text` from a few words before the one at `place`, from its beginning where that is near;
    `words` are where they begin."""
    at = words[place] if place < len(words) else len(text)
    if at + _ROOM <= length or len(text) <= length:
        return clip(text, length)
    return "…" + clip(text[words[max(0, place - _BEFORE)] :], length - 1)


def aligned(before: list[str], after: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Indexes of texts that belong together; None where one side has nothing."""
    keys = [list(map(lasting, before)), list(map(lasting, after))]
    for tag, a, b, c, d in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = min(b - a, d - c)
        yield from ((a + n, c + n) for n in range(pairs))
        yield from ((n, None) for n in range(a + pairs, b))
        yield from ((None, n) for n in range(c + pairs, d))
