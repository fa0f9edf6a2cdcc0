"""Keys as events beside the sound (RFC 4733): one key as packets, and packets as keys again."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

KEYS = "0123456789*#ABCD"
"""By event code (RFC 4733 section 3.2)."""
ENDS = 3
"""How often the last packet is sent, since a lost end would leave the key pressed."""
LONGEST = 0xFFFF
"""Timestamp units that one event can last (RFC 4733 section 2.3.5)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One payload: `volume` in dBm0 without its minus, `duration` in timestamp units."""

    code: int
    ended: bool
    volume: int
    duration: int

    def pack(self) -> bytes:
        return struct.pack("!BBH", self.code, self.ended << 7 | self.volume & 0x3F, self.duration)


def read(payload: bytes) -> Event | None:
    """The event in a payload; None where it is too short. A longer one's rest is passed over."""
    if len(payload) < 4:
        return None
    code, flags, duration = struct.unpack_from("!BBH", payload)
    return Event(code, bool(flags & 0x80), flags & 0x3F, duration)


def packets(key: str, length: int, beat: int, volume: int) -> Iterator[list[Event]]:
    """What is sent on each beat of a key `length` timestamp units long: one packet, which tells
    how long it has been so far, and on the last beat three equal ends."""
    code, so_far = KEYS.index(key), 0
    while so_far + beat < length:
        so_far += beat
        yield [Event(code, False, volume, so_far)]
    yield [Event(code, True, volume, length)] * ENDS


class Listener:
    """Puts the packets of events together; one event is what shares a timestamp.

    An event whose end was lost ends when the next begins, or when `expired` is asked after
    `SILENCE` seconds without a packet of it.
    """

    SILENCE = 0.25

    def __init__(self) -> None:
        self._stamp: int | None = None
        self._event = Event(0, True, 0, 0)
        self._since = self._last = 0.0
        self._told = True

    def take(
        self, payload: bytes, timestamp: int, clock: int, at: float
    ) -> Iterator[tuple[str, float, float]]:
        """The keys that have ended with this packet: (key, when it began, seconds it took)."""
        event = read(payload)
        if event is None or event.code >= len(KEYS):
            return
        if timestamp != self._stamp:
            yield from self._end()
            self._stamp, self._told = timestamp, False
            self._since = at - event.duration / clock
        self._last, self._clock = at, clock
        if event.duration >= self._event.duration or not self._told:
            self._event = event
        if event.ended:
            yield from self._end()

    def expired(self, at: float) -> Iterator[tuple[str, float, float]]:
        """The key whose end never came, once it is certain."""
        if not self._told and at - self._last > self.SILENCE:
            yield from self._end()

    def _end(self) -> Iterator[tuple[str, float, float]]:
        if not self._told:
            self._told = True
            yield KEYS[self._event.code], self._since, self._event.duration / self._clock
