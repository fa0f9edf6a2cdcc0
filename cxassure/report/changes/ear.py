"""Whether two prompts that were heard, not read, are the same: a recogniser spells as it likes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from cxassure.events import Observed

ALIKE = 0.8
"""Share of letters in which a prompt and what was heard of it agree."""

FEWEST = 2
"""Words of a prompt that a recogniser makes out: less is a noise, or what is left of one."""

_DIGITS = {word: str(n) for n, word in enumerate(
    "zero one two three four five six seven eight nine".split()
)}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


def recognised(seen: Observed) -> bool:
    """Whether its words come from a recogniser: what is known by its recording is exact."""
    return "confidence" in seen.data and seen.data.get("by") != "recordings"


def by_chance(seen: Observed, verb: str) -> bool:
    """Whether it hung on our own timing how much of it was heard: on a real call a prompt is cut
    where the customer speaks, presses a key or hangs up (`verb`), a moment sooner or later."""
    if "confidence" not in seen.data:
        return False
    if recognised(seen) and len(_words(seen.text)) < FEWEST:
        return True
    return bool(seen.data.get("cut")) or seen.data.get("whole") is False or verb == "hang_up"


def within(text: str, others: Sequence[Observed]) -> bool:
    """Whether `text` is what is heard somewhere in `others`, be it in other pieces: nearly the same
    letters, and the very same digits."""
    wanted = _words(text)
    stream = [word for one in others for word in _words(one.text)]
    if not wanted:
        return True
    sizes = {max(1, len(wanted) + more) for more in (-1, 0, 1)}
    windows = (stream[at : at + size] for size in sizes for at in range(len(stream) - size + 1))
    return any(_alike(wanted, window) for window in windows)


def _alike(one: list[str], other: list[str]) -> bool:
    if [word for word in one if word.isdigit()] != [word for word in other if word.isdigit()]:
        return False
    matching = SequenceMatcher(None, "".join(one), "".join(other), autojunk=False)
    return matching.quick_ratio() >= ALIKE and matching.ratio() >= ALIKE


def _words(text: str) -> list[str]:
    """Words without points and capitals; digits one by one, however they are written."""
    found = (_DIGITS.get(word, word) for word in _WORD.findall(text.casefold()))
    return [part for word in found for part in (word if word.isdigit() else [word])]
