"""What is wrong with a journey, each thing said once however many rows and uses show it."""

from __future__ import annotations

from collections.abc import Iterable

from cxassure.errors import Misread, Place, Problem
from cxassure.text import clip, guess

MOST = 100


class Enough(Exception):
    """More is wrong with a journey than anybody reads: the rest of it is not looked at."""


class Findings:
    """The problems of one journey, by place and words. Raises `Enough` when there are many."""

    def __init__(self) -> None:
        self.said: dict[tuple[Place, str], Problem] = {}
        self.used = ""
        """Where the fragment under way is used, for the hint."""

    def say(self, place: Place, what: str, hint: str = "") -> None:
        if self.used:
            hint = f"{hint}; used at {self.used}" if hint else f"used at {self.used}"
        what = clip(what, 300)
        self.said.setdefault((place, what), Problem(place, what, hint))
        if len(self.said) == MOST:
            raise Enough

    def misread(self, place: Place, misread: Misread) -> None:
        self.say(place, misread.what, misread.hint)

    def unknown(self, place: Place, kind: str, name: str, known: Iterable[str]) -> None:
        """Says that there is no such thing, with a guess among `known` names."""
        self.say(place, f"unknown {kind} «{clip(name, 60)}»", guess(name, known))
