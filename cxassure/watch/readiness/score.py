"""Readiness in points of 100: the newest run of each journey against the good ones before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from cxassure.readiness import Rules, Seen, State
from cxassure.watch.readiness.state import GOOD, newest_first

SLOWER = ((1.1, 100.0), (1.25, 50.0))
"""Up to so many times the median of the earlier runs gives so many points; above it none."""

HALF = 50.0


def points(state: State, runs: Sequence[Seen], against: int) -> float:
    """0 to 100 for one journey; `against` is how many good runs it is measured by.

    A degraded journey gets half, and so does one with fewer than `against` good runs before the
    newest: nobody knows yet what is ordinary for it.
    """
    good = [run for run in newest_first(runs) if run.verdict in GOOD]
    if state not in ("passing", "degraded") or not good:
        return 0.0
    earlier = [run.took for run in good[1 : against + 1]]
    best = 100.0 if state == "passing" else HALF
    if len(earlier) < against:
        return min(best, HALF)
    usual = median(earlier)
    return min(best, next((p for limit, p in SLOWER if good[0].took <= limit * usual), 0.0))


def total(scored: Iterable[tuple[str, float]], rules: Rules) -> float:
    """The mean of (severity, points) by weight; 0 where nothing weighs anything."""
    rows = [(rules.weight(severity), value) for severity, value in scored]
    weight = sum(heavy for heavy, _ in rows)
    return sum(heavy * value for heavy, value in rows) / weight if weight else 0.0
