"""The recordings the exchange speaks with: a sentence as the pieces that were recorded of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cxassure.demo.telephone import g711

FOLDER = Path(__file__).parents[1] / "assets" / "prompts"
BETWEEN, AFTER_SENTENCE = 0.06, 0.35
"""Seconds of silence between pieces, and behind a sentence."""

_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_MONEY = re.compile(r"\$(\d+)\.(\d\d)")


def slug(text: str) -> str:
    """How a recording of these words is called."""
    return "-".join(words(text))


def words(text: str) -> list[str]:
    """The words of a text in lower case, an amount of money spelled out."""
    told = _MONEY.sub(lambda found: _amount(int(found[1]), int(found[2])), text)
    return re.findall(r"[a-z0-9]+", told.lower().replace("'", ""))


@cache
def recorded() -> frozenset[str]:
    return frozenset(path.stem for path in FOLDER.glob("*.ulaw"))


def pieces(text: str) -> list[str]:
    """The recordings that make up a text, the longest first; an unknown word is spelled."""
    left, found = words(text), []
    while left:
        length = next((n for n in range(len(left), 0, -1) if "-".join(left[:n]) in recorded()), 0)
        found += ["-".join(left[:length])] if length else _spelled(left[0])
        left = left[length or 1 :]
    return found


def unrecorded(text: str) -> list[str]:
    """The words of a text that can only be spelled."""
    known = {word for piece in pieces(text) for word in piece.split("-")}
    return [word for word in words(text) if word not in known and not word.isdecimal()]


def spoken(text: str) -> bytes:
    """A text as μ-law, 8 kHz."""
    said = b""
    for sentence in _SENTENCE.split(text.strip()):
        said += _pause(BETWEEN).join(map(sound, pieces(sentence)))
        said += _pause(AFTER_SENTENCE if sentence.endswith((".", "?", "!")) else BETWEEN)
    return said


@cache
def sound(piece: str) -> bytes:
    return (FOLDER / f"{piece}.ulaw").read_bytes()


def _pause(seconds: float) -> bytes:
    return b"\xff" * round(seconds * g711.RATE)


def _spelled(word: str) -> list[str]:
    if word.isdecimal() and len(word) == 2 and word[0] != "0":
        return [f"{word[0]}0", word[1]]
    return [sign for sign in word if sign in recorded()]


def _amount(dollars: int, cents: int) -> str:
    told = f"{_number(dollars)} {'dollar' if dollars == 1 else 'dollars'}"
    return f"{told} and {_number(cents)} {'cent' if cents == 1 else 'cents'}" if cents else told


def _number(count: int) -> str:
    """A number below a million as the numerals that were recorded: 125 is `1 hundred 20 5`."""
    if count >= 1000:
        return f"{_number(count // 1000)} thousand {_number(count % 1000) if count % 1000 else ''}"
    if count >= 100:
        return f"{count // 100} hundred {_number(count % 100) if count % 100 else ''}"
    return str(count) if count <= 20 or count % 10 == 0 else f"{count - count % 10} {count % 10}"
