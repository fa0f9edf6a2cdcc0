"""What a call tells beside words: keys that the far end presses, and that it takes us down."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxassure.channel import Seen, Session, Unseen
from cxassure.channels._telephony.rtp.keys import Key
from cxassure.channels._telephony.sip import events

TWICE = 0.4
"""Seconds within which the same key by another way is the same press."""
AWAITED = 4.0
"""Seconds of quiet in which the beep comes that was announced."""
_TAKES_DOWN = re.compile(
    r"\b(after|at) the (tone|beep|signal)\b|\b(leave|record)\b.{0,30}\b(message|name)\b", re.I
)


class Keyed:
    """Notes each key as it ends: as an event (RFC 4733), in band, or by SIP INFO."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: Key | None = None

    def heard(self, key: Key) -> None:
        last, self._last = self._last, key
        twice = last is not None and last.key == key.key and last.by != key.by
        if twice and last is not None and abs(key.at - last.at) < TWICE:
            return
        data = {"by": key.by, "length": round(key.length, 3)}
        seen = Seen("company", "keys", key.key, key.at, key.at + key.length, data)
        self._session.record(seen)

    def told(self, key: events.Key) -> None:
        self.heard(Key(key.digit, key.at, key.milliseconds / 1000, "info"))


def taken_down(seen: Sequence[Seen], quiet: float) -> bool | None:
    """Whether we are taken down, by what was `seen`; None while that is not known. Raises
    `Unseen` where it was announced, and no beep is heard in `quiet` seconds."""
    if any(one.what == "recording" for one in seen):
        return True
    prompts = [one for one in seen if one.what == "prompt"]
    if any(_TAKES_DOWN.search(one.text) for one in prompts):
        if quiet < AWAITED:
            return None
        raise Unseen("a message is asked for and no beep is heard: nobody can say")
    return False if prompts else None
