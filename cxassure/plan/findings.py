"""What is wrong with a journey, each thing said once however many rows and uses show it."""

from __future__ import annotations

from cxassure.errors import Misread, Place, Problem
from cxassure.text import clip, guess

MOST = 100


class Findings:
    """The problems of one journey, by place and words; more than anybody reads are left out."""

    def __init__(self) -> None:
        self.said: dict[tuple[Place, str], Problem] = {}
        self.used = ""
        """Where the fragment under way is used, for the hint."""

    def say(self, place: Place, what: str, hint: str = "") -> None:
        if self.used:
            hint = f"{hint}; used at {self.used}" if hint else f"used at {self.used}"
        if len(self.said) < MOST:
            self.said.setdefault((place, what), Problem(place, what, hint))

    def misread(self, place: Place, misread: Misread) -> None:
        self.say(place, misread.what, misread.hint)

    def unknown(self, place: Place, kind: str, name: str, known: object) -> None:
        """Says that there is no such thing, with a guess among `known` names."""
        if len(self.said) < MOST:
            names = [str(one) for one in known] if hasattr(known, "__iter__") else []
            self.say(place, f"unknown {kind} «{clip(name, 60)}»", guess(name, names))
