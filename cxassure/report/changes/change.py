"""A change: of what kind, at which step, before and after, and the sentence that tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["menu", "prompt", "reply", "page", "request", "ring", "effort", "time", "journey"]
ORDER: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
"""What a person wants to know first."""

_NUMBER = re.compile(r"\d{4,}|\d(?:[ -]\d){3,}|[\w.+-]+@[\w.-]+|\+\d[\d ]{6,}|\b[A-Z]-\d+\b")


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
