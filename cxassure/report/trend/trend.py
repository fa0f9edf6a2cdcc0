"""The fold: rows of history to the figures of each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from cxassure.incident import Deploy
from cxassure.report.trend.figures import FIGURES, Cell
from cxassure.report.trend.grouping import By, Looked, groups, periods
from cxassure.report.trend.survey import LIMITS, Kind, Score, Survey, score, scores


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
    counted = [run for run in rows if since <= run.started < until]
    said = [one for one in answers if since <= one.at < until]
    by_group: dict[str, list[Looked]] = {}
    if by in ("day", "week") and (counted or said):
        moments = [*(run.started for run in counted), *(one.at for one in said)]
        by_group = {name: [] for name in periods(min(moments), max(moments), by, zone)}
    for run in sorted(counted, key=lambda one: one.started):
        for name in groups(run, by, deploys, zone):
            by_group.setdefault(name, []).append(run)
    told = scores(said, by, zone)
    for name in told:
        by_group.setdefault(name, [])
    names = by_group if by == "release" else sorted(by_group)
    return Trend(
        by,
        since,
        until,
        tuple(group(name, by_group[name], told.get(name, {})) for name in names),
        group("all", counted, _all(said)),
    )


def _all(said: Sequence[Survey]) -> dict[Kind, Score]:
    given = {kind: [one.score for one in said if one.kind == kind] for kind in LIMITS}
    return {kind: score(kind, points) for kind, points in given.items() if points}


def group(name: str, runs: Sequence[Looked], said: dict[Kind, Score]) -> Group:
    """The figures of some runs."""
    made = {figure.name: figure.of(runs) for figure in FIGURES.values()}
    cells = {name: cell for name, cell in made.items() if cell is not None}
    return Group(name, len(runs), dict(Counter(run.verdict for run in runs)), cells, said)
