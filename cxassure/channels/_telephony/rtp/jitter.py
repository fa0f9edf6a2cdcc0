"""The jitter buffer: packets in as they come, samples out on the beat, gaps concealed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .codecs import Codec, Decoder, Undecodable
from .packet import Packet, after

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples

LONGEST = 0.4
"""Seconds of sound that are held back at most."""
AHEAD, BEHIND = 2.0, 0.5
"""A packet so many seconds off the beat begins a new reckoning."""
MOST = 200
"""Packets that are held at most, whatever their timestamps claim."""
FADE = (0.7, 0.4, 0.15)
"""How loud the last 20 ms are repeated where packets lack; then silence."""
PATIENCE = 2.0
"""Seconds through which there must be room to spare before the delay shrinks."""


@dataclass(frozen=True, slots=True)
class Played:
    """What is heard for one beat. `arrived` is when its last packet came in, on the same clock as
    it was put in; None where nothing of it was received."""

    samples: Samples
    arrived: float | None
    concealed: bool


@dataclass(slots=True)
class _Held:
    packet: Packet
    at: float
    codec: Codec


class JitterBuffer:
    """Orders packets by timestamp and plays them with as little delay as their jitter allows.

    The delay begins at `least` seconds. A packet that comes too late is counted, left out, and
    makes the delay grow by a beat; while there has been room to spare for two seconds, a quiet
    beat is skipped. `mean_delay` is its running mean.
    """

    def __init__(self, decoding: Callable[[Codec], Decoder], least: float = 0.04) -> None:
        self.least, self.late, self.broken, self.concealed = least, 0, 0, 0
        self.mean_delay = least
        self._decoding = decoding
        self._decoders: dict[str, Decoder] = {}
        self._held: dict[int, _Held] = {}
        self._ready: deque[Samples] = deque()
        self._codec: Codec | None = None
        self._play: int | None = None
        self._source = 0
        self._starts = 0.0
        self._begun = False
        self._missing = 0
        self._spare = (0.0, LONGEST)
        self._last: Samples | None = None
        self._grow = False
        self._arrived: float | None = None

    @property
    def delay(self) -> float:
        """Seconds of sound held back at this moment."""
        if self._codec is None or self._play is None or not self._held:
            return self.least
        newest = max(after(stamp, self._play, 32) for stamp in self._held)
        ready = sum(len(part) for part in self._ready) / self._codec.rate
        return max(0.0, newest / self._codec.clock + ready)

    def put(self, packet: Packet, codec: Codec, at: float) -> None:
        """Takes a packet that was not there yet."""
        if self._codec is not codec or self._source != packet.ssrc or self._play is None:
            self._anchor(packet, codec, at)
        assert self._play is not None
        ahead = after(packet.timestamp, self._play, 32) / codec.clock
        if ahead > AHEAD or ahead < -BEHIND:
            self._anchor(packet, codec, at)
        elif ahead < 0 and not self._begun:
            self._play = packet.timestamp
        elif ahead < 0:
            self.late += 1
            self._grow = True
            return
        if len(self._held) < MOST:
            self._held[packet.timestamp] = _Held(packet, at, codec)

    def _anchor(self, packet: Packet, codec: Codec, at: float) -> None:
        """Starts reckoning with this packet, which is played after the least delay."""
        self._codec, self._source, self._play = codec, packet.ssrc, packet.timestamp
        self._starts, self._missing, self._begun = at + self.least, 0, False
        self._held.clear()
        self._ready.clear()
        self._spare = (at, LONGEST)

    def take(self, wanted: int, at: float) -> Played | None:
        """The next `wanted` samples at the codec's rate; None before the first are due."""
        import numpy as np

        if self._codec is None or at < self._starts:
            return None
        self._arrived, self._begun = None, True
        self._adapt(wanted, at)
        concealed = self._fill(wanted)
        whole = np.concatenate(list(self._ready))
        self._ready = deque([whole[wanted:]] if len(whole) > wanted else [])
        samples = whole[:wanted]
        if not concealed:
            self._last = samples
        return Played(samples, self._arrived, concealed)

    def _fill(self, wanted: int) -> bool:
        """Makes `wanted` samples ready; whether some of them are made up."""
        made_up = False
        if self._grow:
            self._grow, made_up = False, True
            self._ready.append(self._conceal(wanted))
        while (lacking := wanted - sum(len(part) for part in self._ready)) > 0:
            if not self._next():
                made_up = True
                self._conceal_gap(lacking)
        return made_up

    def _next(self) -> bool:
        """Decodes the packet that is due now, if it is there."""
        assert self._play is not None
        held = self._held.pop(self._play, None)
        if held is None:
            return False
        decoder = self._decoders.get(held.codec.name) or self._decoding(held.codec)
        self._decoders[held.codec.name] = decoder
        try:
            samples = decoder.decode(held.packet.payload)
        except Undecodable:
            samples = None
        if samples is None or not len(samples):
            self.broken += 1
            return False
        self._play = (self._play + held.codec.ticks(len(samples))) & 0xFFFFFFFF
        self._missing, self._arrived = 0, held.at
        self._ready.append(samples)
        return True

    def _conceal_gap(self, lacking: int) -> None:
        """Fills what lacks, but no further than to the next packet that is there."""
        assert self._play is not None and self._codec is not None
        codec, length = self._codec, lacking
        nearest = min((after(stamp, self._play, 32) for stamp in self._held), default=None)
        if nearest is not None and nearest < codec.ticks(lacking):
            length = max(1, codec.samples(nearest))
        self._ready.append(self._conceal(length))
        self._play = (self._play + max(1, codec.ticks(length))) & 0xFFFFFFFF
        self._held = {s: h for s, h in self._held.items() if after(s, self._play, 32) >= 0}

    def _conceal(self, length: int) -> Samples:
        """The last beat again, ever fainter, then silence."""
        import numpy as np

        loud = FADE[self._missing] if self._missing < len(FADE) else 0.0
        self._missing += 1
        self.concealed += 1
        if not loud or self._last is None or not len(self._last):
            return np.zeros(length, np.int16)
        return (np.resize(self._last, length) * loud).astype(np.int16)

    def _adapt(self, wanted: int, at: float) -> None:
        """Skips a quiet beat where every packet of the last seconds came with time to spare."""
        assert self._codec is not None and self._play is not None
        beat = wanted / self._codec.rate
        since, spare = self._spare
        spare = min(spare, self.delay)
        self.mean_delay += (self.delay - self.mean_delay) / 50
        room = at - since > PATIENCE and spare > self.least + 2 * beat
        if self.delay > LONGEST or (room and self._quiet()):
            self._skip(wanted)
            self._spare = (at, LONGEST)
            return
        self._spare = (at, LONGEST) if at - since > PATIENCE else (since, spare)

    def _quiet(self) -> bool:
        import numpy as np

        return self._last is not None and int(np.abs(self._last.astype(np.int32)).mean()) < 200

    def _skip(self, wanted: int) -> None:
        """Leaves out one beat of what is held."""
        assert self._codec is not None and self._play is not None
        self._ready.clear()
        self._held.pop(self._play, None)
        self._play = (self._play + self._codec.ticks(wanted)) & 0xFFFFFFFF
        self._held = {s: h for s, h in self._held.items() if after(s, self._play, 32) >= 0}
