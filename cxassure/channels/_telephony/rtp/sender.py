"""The stream that leaves a leg: beats of sound and keys as packets, each on time (RFC 3550)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .codecs import Encoder, encoder
from .negotiation import Address, Agreed
from .packet import Packet
from .saying import Playing, Pressing, Sounding
from .sdes import Seal

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples


class Sender:
    """Numbers and stamps what is said. Timestamps go on through hold, sequence numbers do not."""

    def __init__(self, send: Callable[[bytes, Address], bool]) -> None:
        self.ssrc, start, sequence = (int.from_bytes(os.urandom(4), "big") for _ in range(3))
        self.timestamp, self.sequence = start, sequence & 0xFFFF
        self.packets = 0
        self.octets = 0
        self.remote: Address | None = None
        self._send = send
        self._agreed: Agreed | None = None
        self._seal: Seal | None = None
        self._encoder: Encoder | None = None
        self._marker = True

    def agree(self, agreed: Agreed, seal: Seal | None) -> None:
        """What is sent from the next beat on."""
        before = self._agreed
        same = before and (before.codec, before.packet_ms) == (agreed.codec, agreed.packet_ms)
        if not same:
            self._encoder = encoder(agreed.codec, agreed.packet_ms)
            self._marker = True
        self._agreed, self._seal = agreed, seal

    def beat(self, playing: Playing | None, at: float) -> Samples:
        """Sends one beat of what is to be said, silence where there is nothing; the samples.

        While the far end does not want to hear us, or its address is unknown, nothing leaves and
        what is to be said waits.
        """
        import numpy as np

        agreed = self._agreed
        assert agreed is not None
        count = agreed.codec.rate * agreed.packet_ms // 1000
        silence = np.zeros(count, np.int16)
        said = silence
        if agreed.sends and self.remote:
            if not (isinstance(playing, Pressing) and self._press(playing, agreed, at)):
                if isinstance(playing, Sounding):
                    said = playing.take(count, at)
                self._sound(said, agreed)
        else:
            self._marker = True
        self.timestamp = (self.timestamp + agreed.codec.ticks(count)) & 0xFFFFFFFF
        return said

    def skip(self) -> None:
        """Lets a beat pass that came far too late; the far end hears a gap, not a rush."""
        if self._agreed:
            ticks = self._agreed.codec.clock * self._agreed.packet_ms // 1000
            self.timestamp = (self.timestamp + ticks) & 0xFFFFFFFF
            self._marker = True

    def _sound(self, samples: Samples, agreed: Agreed) -> None:
        assert self._encoder is not None
        self._out(agreed.number, self.timestamp, self._encoder.encode(samples), self._marker)
        self._marker = False

    def _press(self, pressing: Pressing, agreed: Agreed, at: float) -> bool:
        """Sends what belongs to a key on this beat; False in the pause behind it."""
        if agreed.event_number is None:
            pressing.stop()
            return False
        first = pressing.stamp is None
        stamp = pressing.stamp = self.timestamp if pressing.stamp is None else pressing.stamp
        events = pressing.take(agreed.packet_ms / 1000, at)
        for event in events:
            self._out(agreed.event_number, stamp, event.pack(), first)
            first = False
        return bool(events)

    def _out(self, payload_type: int, stamp: int, payload: bytes, marker: bool) -> None:
        packet = Packet(payload_type, self.sequence, stamp, self.ssrc, payload, marker)
        data = packet.pack()
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        assert self.remote is not None
        self._send(self._seal.close_up(data) if self._seal else data, self.remote)
