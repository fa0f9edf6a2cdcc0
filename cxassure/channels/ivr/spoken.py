"""Numbers in what a phone tree says: places in a queue, and digits read out one by one."""

from __future__ import annotations

import re

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_NUMBER = r"(\d{1,4}|" + "|".join(_WORDS) + r")"
_PLACE = re.compile(
    rf"\b(?:number|position|place|caller)\b[^.\d]{{0,40}}?\b{_NUMBER}\b", re.IGNORECASE
)
_AHEAD = re.compile(rf"\b{_NUMBER}\b\s+(?:other\s+)?(?:callers?|people|persons?)\b", re.IGNORECASE)
_QUEUE = re.compile(r"\b(?:queue|line|waiting|ahead|hold)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]+")
_DIGITS = re.compile(r"\b\d(?:[\s,.\-]+\d\b)+")


def positions(text: str) -> list[str]:
    """The places in a queue that `text` announces, as digits: `You are number two in the queue`."""
    found = []
    for sentence in _SENTENCE.findall(text):
        place = _PLACE.search(sentence) or _AHEAD.search(sentence)
        if place and _QUEUE.search(sentence):
            found.append(_digits(place[1]))
    return found


def _digits(number: str) -> str:
    return str(_WORDS.index(number.lower())) if number.lower() in _WORDS else number


def read_out(text: str) -> str:
    """`text` with single digits that follow each other put together: `1 0 4 8` is `1048`."""
    return _DIGITS.sub(lambda run: re.sub(r"\D", "", run[0]), text)
