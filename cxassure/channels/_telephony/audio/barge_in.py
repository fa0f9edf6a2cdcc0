"""Barge-in: how long a prompt goes on after the caller pressed a key or began to speak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cxassure.channels._telephony.audio.voice import FRAME

CONTINUED = 3.0
"""Seconds after which a prompt that still goes on was not stopped by us."""
PAUSE = 0.7
"""Seconds of silence that are an end and not a pause between words."""


@dataclass(frozen=True, slots=True)
class BargeIn:
    """`stopped_after`: seconds from our key or word to the prompt's last voice; None where it did
    not stop. `talking`: whether a prompt was being said when we began (else there was none)."""

    talking: bool
    stopped_after: float | None


def barge_in(voiced: Iterable[float], at: float, until: float) -> BargeIn:
    """What became of the prompt that was said at `at` seconds.

    `voiced` are the starts of the frames with a voice, in order (seconds); `until` is when we
    ceased to listen. The prompt has stopped at the first pause of `PAUSE` seconds; one that goes on
    for `CONTINUED` seconds has not, and what comes after such a pause is the next prompt.
    """
    frames = list(voiced)
    before = [one for one in frames if at - PAUSE <= one <= at]
    if not before:
        return BargeIn(False, None)
    last = before[-1] + FRAME
    for one in (one for one in frames if one > at):
        if one - last >= PAUSE:
            break
        last = one + FRAME
        if last - at >= CONTINUED:
            return BargeIn(True, None)
    if until - last < PAUSE:
        return BargeIn(True, None)
    return BargeIn(True, round(max(last - at, 0.0), 3))
