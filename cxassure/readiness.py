"""Readiness for a peak: the evidence it is judged by, what is asked of it, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cxassure.journey import SEVERITIES, Severity

Answer = Literal["GO", "CONDITIONAL", "NO-GO"]
ANSWERS: tuple[Answer, ...] = ("NO-GO", "CONDITIONAL", "GO")
"""The worst first."""

State = Literal["passing", "degraded", "failing", "missing", "stale", "scant", "unclear"]
"""What the evidence about a journey comes to.

`missing`: it never ran. `stale`: its newest run is older than its limit. `unclear`: the newest run
from some place told nothing (error, missed, skipped, dated in the future). `scant`: it passes, but
too seldom or from too few places. `degraded`: late, flaky, or with something unseen.
"""


WEIGHTS: dict[Severity, float] = {"critical": 5.0, "major": 3.0, "minor": 1.0}
"""How heavily each severity weighs in the score unless it is said otherwise."""


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """Shared options: all of it is compared, kept as a JSON line and read back."""


class Seen(Frozen, frozen=True):
    """A run as evidence: when it began (with a zone), what it came to, and from which place.

    `verdict` is text on purpose: one that is not known is evidence of nothing. `took` is seconds
    of the customer's time, `wall` ours; `unseen` counts expectations that no one could see.
    `outdated`: the journey does or asks something else by now.
    """

    at: datetime
    verdict: str
    place: str = ""
    flaky: bool = False
    unseen: int = 0
    outdated: bool = False
    why: str = ""
    took: float = 0.0
    wall: float = 0.0


class Load(Frozen, frozen=True):
    """A channel under load: customers at once that got through, and those to be expected."""

    channel: str
    driven: int
    needed: int

    @property
    def share(self) -> float:
        """What part of the forecast was tested, from 0."""
        return self.driven / self.needed if self.needed > 0 else 0.0


class Evidence(Frozen, frozen=True):
    """All that is known: runs by `journey` or `journey[row]`, and load by channel."""

    runs: dict[str, tuple[Seen, ...]] = {}
    tested: tuple[Load, ...] = ()


class Need(Frozen, frozen=True):
    """What one journey must show: so many passes since it last failed, from so many places, the
    newest run younger than `newest` seconds."""

    passes: int = 1
    newest: float = 86400.0
    places: int = 1


class Rules(Frozen, frozen=True):
    """What readiness asks. `environments` are the places; none is the one chosen by `--env`.

    `share` is the least part of the forecast that must have been driven, 0 for only telling it.
    With `score` the newest run is measured against so many good ones before it; below `aim` points
    of 100 the answer is CONDITIONAL at best, below `floor` NO-GO. `weights` go by severity.
    """

    needs: dict[Severity, Need] = {}
    environments: tuple[str, ...] = ()
    share: float = 0.0
    score: int = 0
    aim: float = 90.0
    floor: float = 75.0
    weights: dict[Severity, float] = {}

    def weight(self, severity: str) -> float:
        """How heavily a severity weighs in the score; one that nobody knows is critical."""
        known: Severity = next((s for s in SEVERITIES if s == severity), SEVERITIES[0])
        return self.weights.get(known, WEIGHTS[known])

    def need(self, severity: Severity) -> Need:
        """What is asked of a journey of this severity."""
        return self.needs.get(severity, Need())


class Standing(Frozen, frozen=True):
    """One journey (or row): its state, the answer it allows, why, and what would change it.

    `newest` is when it last ran; `points` of 100 are only there when readiness is scored.
    """

    journey: str
    row: str
    severity: str
    owner: str
    state: State
    answer: Answer
    why: str
    change: str = ""
    passes: int = 0
    places: int = 0
    newest: datetime | None = None
    waiver: str = ""
    points: float | None = None

    @property
    def name(self) -> str:
        """`journey` or `journey[row]`."""
        return f"{self.journey}[{self.row}]" if self.row else self.journey


class Readiness(Frozen, frozen=True):
    """The answer for a peak at `at`. `starts` is the coming start of the peak, None if there is
    none; `uplift` the expected multiple of ordinary traffic, 0 for unsaid."""

    peak: str
    answer: Answer
    at: datetime
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    journeys: tuple[Standing, ...] = ()
    tested: tuple[Load, ...] = ()
    score: float | None = None
    uplift: float = 0.0
    title: str = ""
    starts: datetime | None = None
    zone: str = "UTC"


class Change(Frozen, frozen=True):
    """What is otherwise than at an earlier decision: `before` and `now` are states or answers."""

    what: str
    before: str
    now: str


class Told(Frozen, frozen=True):
    """A decision as it is told: with what is otherwise than at the last one of an earlier day.

    `earlier` is when that was, None when the peak was not asked about before today.
    """

    readiness: Readiness
    earlier: datetime | None = None
    changed: tuple[Change, ...] = ()
