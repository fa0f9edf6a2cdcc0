"""Telephone keys, however they are sent: RFC 4733 events, SIP INFO, tones in the sound."""

from __future__ import annotations

import math
import re
import struct

from cxassure.demo.telephone.g711 import LINEAR, RATE, loudness

KEYS = "0123456789*#ABCD"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
FAINT = 6
"""Frames whose loudest sample is below this hold no key tone (128ths of full scale)."""

_TURNS = {hertz: 2 * math.cos(2 * math.pi * hertz / RATE) for hertz in LOW + HIGH}


def event(payload: bytes) -> tuple[str, bool, int] | None:
    """Key, whether it is over, and its length in samples so far, of an RFC 4733 payload."""
    if len(payload) < 4 or payload[0] >= len(KEYS):
        return None
    number, flags, length = struct.unpack("!BBH", payload[:4])
    return KEYS[number], bool(flags & 0x80), length


def info(content_type: str, body: str) -> str:
    """The key of a SIP INFO (application/dtmf-relay, application/dtmf), "" for none."""
    if "dtmf" not in content_type.lower():
        return ""
    found = re.search(r"Signal\s*=\s*(\S+)", body, re.IGNORECASE)
    key = (found[1] if found else body.strip()).upper()[:2]
    key = {"10": "*", "11": "#"}.get(key, key[:1])
    return key if key and key in KEYS else ""


class ToneEar:
    """Finds key tones in 20 ms frames of μ-law: a key counts once, after two frames alike."""

    def __init__(self) -> None:
        self._last = self._told = ""

    def hear(self, frame: bytes) -> str:
        """The key that this frame completes, "" otherwise."""
        key = _key(frame) if loudness(frame) >= FAINT else ""
        before, self._last = self._last, key
        if not key and not before:
            self._told = ""
        if not key or key != before or key == self._told:
            return ""
        self._told = key
        return key


def _key(frame: bytes) -> str:
    """One low and one high tone that outweigh everything else in the frame."""
    samples = [LINEAR[code] for code in frame]
    whole = sum(s * s for s in samples) * len(samples) / 2
    low, high = ([_power(samples, hertz) for hertz in row] for row in (LOW, HIGH))
    row, column = low.index(max(low)), high.index(max(high))
    pair = low[row] + high[column]
    balanced = 0.1 < low[row] / (high[column] or 1) < 10
    return PAD[row][column] if pair > 0.8 * whole and balanced else ""


def _power(samples: list[int], hertz: int) -> float:
    """Goertzel's power of one frequency."""
    turn, one, two = _TURNS[hertz], 0.0, 0.0
    for sample in samples:
        one, two = sample + turn * one - two, one
    return one * one + two * two - turn * one * two
