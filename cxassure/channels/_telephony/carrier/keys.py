"""Keys of a telephone as an author writes them, and how long pressing them takes."""

from __future__ import annotations

from typing import ClassVar

from cxassure.channels._telephony.carrier.lengths import KEY, LONG_PAUSE, SHORT_PAUSE
from cxassure.errors import Misread
from cxassure.text import Raw

PAUSES = {"w": SHORT_PAUSE, "W": LONG_PAUSE}
_KEYS = frozenset("0123456789*#ABCD")


class Keys(str):
    """Keys as an argument of a journey: what cannot be pressed is told before there is a call."""

    KEYS: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls, raw: Raw) -> Keys:
        """The keys in `raw`, without blanks; raises `Misread`."""
        if not isinstance(raw, str):
            raise Misread("keys are a single value", 'write "12#"')
        return cls(keys(raw))


def keys(written: str) -> str:
    """`written` without blanks; raises `Misread` for what is no key and no pause."""
    pressed = "".join(written.split())
    wrong = sorted(set(pressed) - _KEYS - PAUSES.keys())
    if wrong or not pressed:
        raise Misread(
            f"«{written}» cannot be pressed",
            "keys are 0 to 9, *, # and A to D; w waits half a second, W one",
        )
    return pressed


def without_pauses(pressed: str) -> str:
    return "".join(key for key in pressed if key not in PAUSES)


def lasts(key: str) -> float:
    """Seconds until the next key can come."""
    return PAUSES.get(key, KEY)
