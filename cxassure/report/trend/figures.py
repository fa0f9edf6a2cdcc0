"""The figures by name: what each is counted from, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from cxassure.measures import effort
from cxassure.report.trend.grouping import Looked

FEW = 10
"""Runs below which a rate says more about chance than about the company."""

_Z = 1.959964
"""The quantile of the normal distribution for 95 %."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n` runs, from 0 to 1, and the 95 % interval after Wilson (1927)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n

    @property
    def low(self) -> float:
        return interval(self.hits, self.n)[0]

    @property
    def high(self) -> float:
        return interval(self.hits, self.n)[1]

    @property
    def few(self) -> bool:
        """Whether there are too few runs to be told without saying so."""
        return self.n < FEW


@dataclass(frozen=True, slots=True)
class Value:
    """The median of `n` runs, and the value that one run in twenty goes over (nearest rank)."""

    value: float
    high: float
    n: int

    @property
    def few(self) -> bool:
        return self.n < FEW


Cell: TypeAlias = Rate | Value


@dataclass(frozen=True, slots=True)
class Figure:
    """`of` is what one run says of it, None where it says nothing: of a rate 1 or 0.

    `unit` is `%` (a rate), `s`, `points` or "". `better` is 1 where more is better, else -1.
    """

    name: str
    unit: str
    better: int
    of: Callable[[Looked], float | None]
    says: str

    def cell(self, said: Iterable[float]) -> Cell | None:
        """The figure of what runs say of it, None where none says anything."""
        known = sorted(said)
        if not known:
            return None
        if self.unit == "%":
            return Rate(int(sum(known)), len(known))
        last = len(known) - 1
        middle = (known[last // 2] + known[(last + 1) // 2]) / 2
        return Value(middle, known[math.ceil(0.95 * len(known)) - 1], len(known))


def interval(hits: int, n: int) -> tuple[float, float]:
    """Wilson's score interval at 95 %; it never leaves 0 to 1, and is all of it for no runs."""
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def judged(run: Looked) -> bool:
    """Whether a run says anything of the company: one that could not look does not."""
    return run.verdict in ("passed", "degraded", "failed")


def resolved(run: Looked) -> bool:
    """Whether the customer got what was wanted."""
    return run.verdict in ("passed", "degraded")


def contacts(run: Looked) -> float:
    """How often the customer turned to the company; runs of before it was counted: once, where
    anything was said or pressed."""
    known = run.measures.get("contacts")
    return known if known is not None else float(run.measures.get("turns", 0) > 0)


def _rate(
    counts: Callable[[Looked], bool], hit: Callable[[Looked], bool]
) -> Callable[[Looked], float | None]:
    return lambda run: float(hit(run)) if judged(run) and counts(run) else None


def _value(of_one: Callable[[Looked], float | None]) -> Callable[[Looked], float | None]:
    """Of runs in which the customer got through: one that broke off early was never dear.

    What is no number is nobody's experience.
    """

    def of(run: Looked) -> float | None:
        value = of_one(run) if resolved(run) else None
        return value if value is not None and math.isfinite(value) else None

    return of


def _measure(name: str) -> Callable[[Looked], float | None]:
    return lambda run: run.measures.get(name)


def _contacted(run: Looked) -> bool:
    return contacts(run) >= 1


def _at_first(run: Looked) -> bool:
    return resolved(run) and contacts(run) <= 1 and not run.measures.get("re_asks")


def _contained(run: Looked) -> bool:
    return resolved(run) and "time_to_human" not in run.measures


def _cost(measure: str, unit: str, words: str) -> Figure:
    """A measure of runs as it is, the less the better."""
    return Figure(measure, unit, -1, _value(_measure(measure)), words)


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "success", "%", 1, _rate(lambda run: True, resolved),
            "runs in which the customer got through, of those that could look",
        ),
        Figure(
            "first_contact", "%", 1, _rate(_contacted, _at_first),
            "runs with contact in which one contact was enough and nothing was asked twice",
        ),
        Figure(
            "containment", "%", 1, _rate(_contacted, _contained),
            "runs with contact in which the customer got through without a person",
        ),
        _cost("time_to_human", "s", "from the first word or dialling until a person was there"),
        _cost(
            "first_response", "s",
            "until the company first answered, of a run's contacts the slowest",
        ),
        Figure(
            "time_to_resolution", "s", -1, _value(lambda run: run.took),
            "customer time of a whole journey in which the customer got through",
        ),
        Figure(
            "effort", "points", -1, _value(lambda run: effort(run.measures)),
            "what it cost the customer, 0 to 100 (docs/effort.md)",
        ),
        _cost("contacts", "", "calls and conversations begun"),
        _cost("re_asks", "", "asked for what was told already"),
        _cost("key_presses", "", "keys pressed on a phone"),
        _cost("words_heard", "", "words heard or read"),
        _cost("turns", "", "times the customer said or pressed"),
        _cost("waited", "s", "silence, ringing, music and queues"),
        _cost("hold", "s", "music and queues alone"),
        _cost("first_audio", "s", "until a voice agent was first heard"),
        _cost("turn_p95", "s", "until a voice agent answered, of 20 turns all but one"),
        _cost(
            "first_paint", "s",
            "until a page showed any text or picture, of a run's pages the slowest",
        ),
        _cost(
            "largest_paint", "s",
            "until a page showed the largest of them, of a run's pages the slowest",
        ),
        _cost("layout_shift", "", "how much a page's layout jumped, of a run's pages the most"),
    )
}  # fmt: skip
"""Every figure, in the order in which it is told."""
