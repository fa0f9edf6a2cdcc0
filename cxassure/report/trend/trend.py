"""The fold: rows of history to the figures of each group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from cxassure.incident import Deploy
from cxassure.report.trend.figures import Cell
from cxassure.report.trend.grouping import By, Looked, periods
from cxassure.report.trend.survey import LIMITS, Kind, Score, Survey, score, scores
from cxassure.report.trend.tallies import Tallies, Tally, tallied


@dataclass(frozen=True, slots=True)
class Group:
    """`n` runs called `name`, by verdict; `cells` has those figures of which they say anything.

    `scores` is what customers answered themselves.
    """

    name: str
    n: int
    verdicts: dict[str, int]
    cells: dict[str, Cell]
    scores: dict[Kind, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trend:
    """Groups in order (days and weeks without gaps), and `total` of all runs that were counted."""

    by: By
    since: datetime
    until: datetime
    groups: tuple[Group, ...]
    total: Group


def trend(
    rows: Iterable[Looked],
    by: By,
    since: datetime,
    until: datetime,
    *,
    deploys: Sequence[Deploy] = (),
    answers: Iterable[Survey] = (),
    zone: tzinfo = UTC,
) -> Trend:
    """The figures of the runs that began from `since` until before `until`, by group.

    Days and weeks are those of `zone`; a run over several channels counts in each. Runs without a
    release of their own are laid at the newest of `deploys` before them.
    """
    counted = tallied((run for run in rows if since <= run.started < until), deploys, zone)
    return folded(counted, by, since, until, answers=answers, zone=zone)


def folded(
    counted: Tallies,
    by: By,
    since: datetime,
    until: datetime,
    *,
    answers: Iterable[Survey] = (),
    zone: tzinfo = UTC,
) -> Trend:
    """The same of runs that are counted already: of all that are `counted`."""
    said = [one for one in answers if since <= one.at < until]
    told = scores(said, by, zone)
    by_group = _grouped(counted, by)
    names = list(dict.fromkeys([*by_group, *told]))
    if by != "release":
        names.sort()
    if by in ("day", "week") and names:
        names = periods(names[0], names[-1], by)
    groups = [_group(name, by_group.get(name, Tally()), told.get(name, {})) for name in names]
    total = _together(counted if by == "channel" else by_group)
    return Trend(by, since, until, tuple(groups), _group("all", total, _all(said)))


def _grouped(counted: Tallies, by: By) -> dict[str, Tally]:
    """The tally of each group, in the order in which their first runs began."""
    found: dict[str, Tally] = {}
    for kind, tally in sorted(counted.items(), key=lambda one: one[1].first or datetime.max):
        for name in kind.groups(by):
            found.setdefault(name, Tally()).take(tally)
    return found


def _together(tallies: Mapping[Any, Tally]) -> Tally:
    total = Tally()
    for tally in tallies.values():
        total.take(tally)
    return total


def _all(said: Sequence[Survey]) -> dict[Kind, Score]:
    given = {kind: [one.score for one in said if one.kind == kind] for kind in LIMITS}
    return {kind: score(kind, points) for kind, points in given.items() if points}


def _group(name: str, tally: Tally, said: dict[Kind, Score]) -> Group:
    """The figures of some runs."""
    return Group(name, tally.verdicts.total(), dict(tally.verdicts), tally.cells(), said)
