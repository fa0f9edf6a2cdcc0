"""How good a leg was: what the line did, what the ear got of it, and what was our own doing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .emodel import IMPAIRMENTS, LIKE, mos, rating
from .lag import Lag
from .receiver import Receiver
from .reports import Reports

SLUGGISH = 0.02
"""Seconds of own lag at the 95th percentile from which our figures are in doubt."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The stream that came. Shares are 0 to 1, times in seconds.

    `lost` packets never came, `late` ones came too late to be played, `broken` ones did not
    decode; `jitter` is RFC 3550's, taken as it came, before any buffer.
    """

    codec: str
    expected: int
    received: int
    lost: int
    late: int
    broken: int
    duplicates: int
    reordered: int
    loss: float
    discarded: float
    longest_burst: int
    burst_ratio: float
    jitter: float
    jitter_max: float
    restarts: int
    moves: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """What the far end reports (RTCP) of the stream that it got from us; None as far as untold."""

    reports: int
    loss: float | None = None
    lost: int | None = None
    jitter: float | None = None
    mos: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """One leg's figures; `r` and `mos` are the E-model's for what was heard (ITU-T G.107).

    `delay` is one way, mouth to ear: half the round trip, the buffer and one packet. `lag_95` and
    `lag_worst` are how late our own beats were, `skipped` the beats we had to leave out; `in_doubt`
    says that this machine was too busy for the figures to speak of the line.
    """

    heard: Heard
    told: Told
    round_trip: float | None
    delay: float
    r: float
    mos: float
    measure: str
    lag_95: float
    lag_worst: float
    skipped: int
    unsent: int

    @property
    def in_doubt(self) -> bool:
        return self.lag_95 > SLUGGISH or self.skipped > 0

    def data(self) -> dict[str, Any]:
        """As plain data, for evidence."""
        return asdict(self) | {"in_doubt": self.in_doubt}


def heard(receiver: Receiver, codec: str) -> Heard:
    """The figures of the stream that a receiver has taken so far."""
    stream, buffer = receiver.reception, receiver.buffer
    expected = max(1, stream.expected)
    useless = stream.lost + buffer.late + buffer.broken
    return Heard(
        codec=codec,
        expected=stream.expected,
        received=stream.received,
        lost=stream.lost,
        late=buffer.late,
        broken=buffer.broken,
        duplicates=stream.duplicates,
        reordered=stream.reordered,
        loss=stream.loss,
        discarded=min(1.0, useless / expected),
        longest_burst=max(stream.bursts, default=0),
        burst_ratio=stream.burst_ratio,
        jitter=stream.jitter,
        jitter_max=stream.jitter_max,
        restarts=stream.restarts,
        moves=receiver.moves,
        refused=dict(receiver.refused),
    )


def told(reports: Reports, clock: int) -> Told:
    """What the far end said last."""
    block, voip = reports.told, reports.voip
    return Told(
        reports=reports.received,
        loss=block.fraction if block else None,
        lost=block.lost if block else None,
        jitter=block.jitter / clock if block else None,
        mos=voip.mos if voip else None,
    )


def judge(
    came: Heard, said: Told, *, round_trip: float | None, buffered: float, packet: float,
    lag: Lag, skipped: int, unsent: int,
) -> Quality:  # fmt: skip
    """The whole, with its rating."""
    impairment = IMPAIRMENTS.get(came.codec, LIKE)
    delay = (round_trip or 0.0) / 2 + buffered + packet
    r = rating(came.discarded, delay, came.burst_ratio, impairment)
    return Quality(
        heard=came,
        told=said,
        round_trip=round_trip,
        delay=delay,
        r=r,
        mos=mos(r),
        measure=f"E-model; {impairment.source}",
        lag_95=lag.at(0.95),
        lag_worst=lag.worst,
        skipped=skipped,
        unsent=unsent,
    )
