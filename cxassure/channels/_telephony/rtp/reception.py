"""How one stream arrived: loss, bursts, order, jitter, packet by packet (RFC 3550 app. A)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .packet import Packet, after
from .rtcp import Block

WINDOW = 64
"""Packets within which a late one still counts as out of order rather than lost."""
JUMP = 3000
"""A step in the sequence so large that the sender has begun anew (RFC 3550 app. A.1)."""


@dataclass(slots=True)
class Reception:
    """The stream of one SSRC, as it came, before any buffer. Times are seconds of one clock."""

    clock: int
    ssrc: int = 0
    received: int = 0
    octets: int = 0
    duplicates: int = 0
    reordered: int = 0
    jitter: float = 0.0
    jitter_max: float = 0.0
    first_at: float = 0.0
    last_at: float = 0.0
    restarts: int = 0
    _lowest: int = -1
    _highest: int = -1
    _before: tuple[int, int] = (0, 0)
    _transit: float | None = None
    _odd: int | None = None
    _window: set[int] = field(default_factory=set)
    _settled: int = -1
    _run: int = 0
    _runs: list[int] = field(default_factory=list)
    _reported: tuple[int, int] = (0, 0)

    def clocked(self, clock: int) -> None:
        """The timestamps count at another rate from here on."""
        if clock != self.clock:
            self.clock, self._transit = clock, None

    def arrived(self, packet: Packet, at: float, *, timed: bool = True) -> bool:
        """Counts a packet; False when it had come already.

        `timed=False` leaves it out of the jitter, as must be with key events, whose timestamp
        stands still.
        """
        number = self._place(packet.sequence, packet.ssrc, at)
        if number is None or number in self._window:
            self.duplicates += number is not None
            return False
        self._window.add(number)
        self.received += 1
        self.octets += len(packet.payload)
        self.reordered += number < self._highest
        self._highest = max(number, self._highest)
        self._lowest = min(number, self._lowest)
        self.last_at = at
        self._settle(self._highest - WINDOW)
        if timed:
            self._time(packet.timestamp, at)
        return True

    def _place(self, sequence: int, ssrc: int, at: float) -> int | None:
        """The number of a packet, counted on past wraps; None where it makes no sense yet."""
        if self._highest < 0 or ssrc != self.ssrc:
            return self._begin(sequence, ssrc, at)
        step = after(sequence, self._highest & 0xFFFF)
        if -WINDOW < step <= JUMP:
            self._odd = None
            return self._highest + step
        if sequence == self._odd:
            return self._begin(sequence, ssrc, at)
        self._odd = (sequence + 1) & 0xFFFF
        return None

    def _begin(self, sequence: int, ssrc: int, at: float) -> int:
        """A new stream: what was counted of the last one stays counted, nothing between is loss."""
        if self._highest < 0:
            self.first_at = at
        else:
            self.restarts += 1
            self._settle(self._highest)
            expected, received = self._before
            self._before = (expected + self._highest - self._lowest + 1, received)
        self.ssrc, self._transit, self._odd, self._run = ssrc, None, None, 0
        self._window = set()
        self._lowest = self._highest = (1 << 16) + sequence
        self._settled = self._lowest - 1
        return self._lowest

    def _settle(self, upto: int) -> None:
        """Decides which of the older packets are lost, and in what runs."""
        while self._settled < upto:
            self._settled += 1
            if self._settled not in self._window:
                self._run += 1
            elif self._run:
                self._runs.append(self._run)
                self._run = 0
            self._window.discard(self._settled - WINDOW)

    def _time(self, timestamp: int, at: float) -> None:
        """The interarrival jitter of RFC 3550 section 6.4.1, in seconds."""
        transit = at - timestamp / self.clock
        if self._transit is not None:
            wrap = (1 << 32) / self.clock
            change = (transit - self._transit + wrap / 2) % wrap - wrap / 2
            self.jitter += (abs(change) - self.jitter) / 16
            self.jitter_max = max(self.jitter, self.jitter_max)
        self._transit = transit

    @property
    def expected(self) -> int:
        now = self._highest - self._lowest + 1 if self._highest >= 0 else 0
        return self._before[0] + now

    @property
    def lost(self) -> int:
        return max(0, self.expected - self.received)

    @property
    def loss(self) -> float:
        """The share of packets that never came, 0 to 1."""
        return self.lost / self.expected if self.expected else 0.0

    @property
    def bursts(self) -> tuple[int, ...]:
        """The lengths of the runs of lost packets, in order, those in doubt included."""
        doubt = range(self._settled + 1, self._highest + 1)
        runs, run = list(self._runs), self._run
        for number in doubt:
            if number in self._window:
                runs, run = runs + [run] * (run > 0), 0
            else:
                run += 1
        return tuple(runs + [run] * (run > 0))

    @property
    def burst_ratio(self) -> float:
        """Mean burst over the mean burst of equally much random loss (G.107 section 7.3): 1 is
        random, above it loss comes in clusters."""
        runs = self.bursts
        return max(1.0, sum(runs) / len(runs) * (1 - self.loss)) if runs else 1.0

    def block(self, last: int = 0, since: int = 0) -> Block:
        """The report block for what came since the last one was asked for."""
        expected = self.expected - self._reported[0]
        received = self.received - self._reported[1]
        self._reported = (self.expected, self.received)
        fraction = max(0, expected - received) / expected if expected > 0 else 0.0
        jitter = round(self.jitter * self.clock)
        highest = max(0, self._highest - (1 << 16))
        return Block(self.ssrc, fraction, self.lost, highest, jitter, last, since)
