"""Reading the guard rails for live calls: `calls:` in `cxassure.yaml`."""

from __future__ import annotations

import re
from typing import Any

from cxassure.errors import Misread
from cxassure.peak import length
from cxassure.settings import Calls
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip

CALLS_KEYS = "allow at_once longest per_run per_day currency prices numbers".split()
_PATTERN = re.compile(r"\+[1-9]\d{0,14}\*?|sips?:[^\s*]+\*?|sips?:\*@[^\s*@]+")
_PREFIX = re.compile(r"\+\d{0,14}|sip:")
_MONEY = re.compile(r"\d{1,6}(\.\d{1,6})?")
LONGEST = 14_400


def read_calls(shape: Shape, raw: Raw) -> Calls:
    """The rules under `calls:`; what is wrong is said to `shape`."""
    parts = shape.pairs(raw, "calls")
    shape.only(parts, CALLS_KEYS, "calls")
    readers = {
        "at_once": (_count, 1),
        "longest": (_longest, 1),
        "per_run": (money, 0.0),
        "per_day": (money, 0.0),
        "currency": (_currency, "USD"),
    }
    found: dict[str, Any] = {
        key: shape.typed(read, parts[key], other, "calls", key)
        for key, (read, other) in readers.items()
        if key in parts
    }
    if "allow" in parts:
        found["allow"] = _patterns(shape, parts["allow"])
    if "prices" in parts:
        found["prices"] = _prices(shape, parts["prices"])
    if "numbers" in parts:
        found["masked"] = shape.typed(_masked, parts["numbers"], True, "calls", "numbers")
    return Calls(**found)


def _patterns(shape: Shape, raw: Raw) -> tuple[str, ...]:
    words = shape.words(raw, "calls", "allow")
    for word in words:
        shape.typed(_pattern, word, "", "calls", "allow")
    return words


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        hint = "write +12025550143, +1202555* or sip:*@pbx.example"
        raise Misread(f"«{clip(text, 40)}» is no pattern of numbers", hint)
    return text


def _prices(shape: Shape, raw: Raw) -> dict[str, float]:
    found = {}
    for prefix, value in shape.pairs(raw, "calls", "prices").items():
        if not _PREFIX.fullmatch(prefix):
            hint = "write the beginning of a number, as +44 or +447; + is any number, sip: a trunk"
            shape.say(
                f"«{clip(prefix, 40)}» is no prefix", hint, "calls", "prices", prefix, key=True
            )
        found[prefix] = shape.typed(money, value, 0.0, "calls", "prices", prefix)
    return found


def money(text: str) -> float:
    """An amount, `0.014`. Raises `Misread`."""
    if not (text.isascii() and _MONEY.fullmatch(text)):
        raise Misread(f"«{clip(text, 40)}» is no amount of money", "write 0.05, 2 or 10.50")
    return float(text)


def _longest(text: str) -> float:
    found = length(text)
    if found > LONGEST:
        raise Misread(f"«{clip(text, 40)}» is longer than a call may be", "four hours at most: 4h")
    return float(found)


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 4 and int(text):
        return int(text)
    raise Misread(f"«{clip(text, 40)}» is no number of calls", "write a whole number, 1 at least")


def _currency(text: str) -> str:
    if re.fullmatch("[A-Z]{3}", text):
        return text
    raise Misread(f"«{clip(text, 40)}» is no currency", "write USD, EUR or GBP")


def _masked(text: str) -> bool:
    if text not in ("masked", "shown"):
        raise Misread(f"«{clip(text, 40)}» is no way to show numbers", "write masked or shown")
    return text == "masked"
