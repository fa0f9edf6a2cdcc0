"""The stream that comes to a leg: whose packets count, how they arrived, and what is heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from . import sdes
from .codecs import decoder
from .jitter import JitterBuffer, Played
from .negotiation import COMFORT_NOISE, Address, Agreed
from .packet import Malformed, Packet, parse
from .reception import Reception
from .sockets import Network, allowed

HELD_BACK = 0.08
"""Seconds of sound that are held back at least: nobody minds waiting that long for a prompt, and
what a machine under load reads late is in time."""
AWAY = 1.0
"""Seconds of silence of the known source after which another one may take its place."""


class Receiver:
    """Takes datagrams, follows the far end's source (symmetric RTP), orders and decodes.

    `event` is called with payload, timestamp, clock and time of each key event packet. What is
    left out is counted in `refused` by its reason.
    """

    def __init__(
        self, among: Sequence[Network], event: Callable[[bytes, int, int, float], None]
    ) -> None:
        self.source: Address | None = None
        self.moves = 0
        self.refused: Counter[str] = Counter()
        self.reception = Reception(8000)
        self.buffer = JitterBuffer(decoder, HELD_BACK)
        self._among, self._event = among, event
        self._agreed: Agreed | None = None
        self._seal: sdes.Seal | None = None

    def agree(self, agreed: Agreed, seal: sdes.Seal | None) -> None:
        """What is taken from now on; the source is learned anew where its address has changed."""
        if self._agreed is None or self._agreed.remote != agreed.remote:
            self.source = None
        self._agreed, self._seal = agreed, seal

    def knows(self, host: str) -> bool:
        """Whether reports from this host are the far end's."""
        return host == self.source[0] if self.source else allowed(host, self._among)

    def datagram(self, data: bytes, source: Address, at: float) -> None:
        """Takes one datagram that came at time `at`."""
        if source != self.source and not allowed(source[0], self._among):
            self.refused["stranger"] += 1
        elif self._agreed is None:
            self.refused["early"] += 1
        elif packet := self._opened(data):
            self._take(packet, source, at, self._agreed)

    def _opened(self, data: bytes) -> Packet | None:
        try:
            return parse(self._seal.open_up(data) if self._seal else data)
        except Malformed:
            self.refused["malformed"] += 1
        except sdes.Unauthentic as e:
            again = "replay" in str(e)
            self.reception.duplicates += again
            self.refused["unauthentic"] += not again
        return None

    def _take(self, packet: Packet, source: Address, at: float, agreed: Agreed) -> None:
        number = packet.payload_type
        known = number in agreed.takes or number in agreed.takes_events or number == COMFORT_NOISE
        if not known:
            self.refused[f"payload type {number}"] += 1
        elif not self._from(source, at):
            self.refused["stranger"] += 1
        else:
            self._known(packet, at, agreed)

    def _from(self, source: Address, at: float) -> bool:
        """Whether a packet comes from our far end; the first valid one says where that is."""
        if self.source == source:
            return True
        if self.source is not None and at - self.reception.last_at < AWAY:
            return False
        self.moves += self.source is not None
        self.source = source
        return True

    def _known(self, packet: Packet, at: float, agreed: Agreed) -> None:
        events_clock = agreed.takes_events.get(packet.payload_type)
        codec = agreed.takes.get(packet.payload_type)
        if codec:
            self.reception.clocked(codec.clock)
        if not self.reception.arrived(packet, at, timed=events_clock is None):
            return
        if codec:
            self.buffer.put(packet, codec, at)
        elif events_clock is not None:
            self._event(packet.payload, packet.timestamp, events_clock, at)

    def beat(self, count: int, at: float) -> Played | None:
        """What is heard for the next `count` samples."""
        return self.buffer.take(count, at)
