"""The fold: rows of history, due runs, incidents and decisions to what is written of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Protocol

from cxassure.incident import Deploy, Incident
from cxassure.peak import Slot
from cxassure.readiness import Readiness
from cxassure.report.trend import Looked, Trend, trend

LONG = timedelta(hours=1)
"""The shortest time without a look that is told as a gap."""
USUAL = 3.0
"""By how many times the usual time between two looks must be passed for it to be a gap."""


class Seen(Looked, Protocol):
    """A row of history, with its id and why it came to what it did."""

    @property
    def id(self) -> str: ...
    @property
    def why(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Foretold:
    """A peak that was, from `start` until `end`, and the last that was decided before it."""

    peak: str
    start: datetime
    end: datetime
    decided: Readiness | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a digest is made of: `runs` of the time and those `before` it, all that was due, and
    `felt`, what a customer would have felt, by the id of a run."""

    runs: Sequence[Seen]
    before: Sequence[Looked] = ()
    slots: Sequence[Slot] = ()
    incidents: Sequence[Incident] = ()
    peaks: Sequence[Foretold] = ()
    deploys: Sequence[Deploy] = ()
    felt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """Looks in a row at one journey and row that failed: `until` is the first good one, None while
    it goes on. `run` is the first of `runs` that failed, and `why` its reason; `feelings` are what
    a customer would have felt, each with when it began, "" where nobody can say."""

    name: str
    env: str
    since: datetime
    until: datetime | None
    runs: int
    run: str
    why: str
    feelings: tuple[tuple[str, datetime], ...] = ()

    @property
    def felt(self) -> str:
        """What a customer would have felt first."""
        return next((said for said, _ in self.feelings if said), "")

    def parts(self, now: datetime) -> Iterator[tuple[str, timedelta]]:
        """What a customer would have felt, and how long each was seen."""
        ends = [at for _, at in self.feelings[1:]] + [self.until or max(now, self.since)]
        for (said, at), end in zip(self.feelings, ends, strict=True):
            yield said, end - at

    def lasted(self, now: datetime) -> timedelta:
        """How long it was seen; it began before the first bad look, nobody knows when."""
        return (self.until or max(now, self.since)) - self.since

    def touches(self, start: datetime, end: datetime) -> bool:
        return self.since < end and (self.until is None or self.until > start)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody could say how `name` was, though it was usually looked at."""

    name: str
    start: datetime
    end: datetime
    usual: timedelta


@dataclass(frozen=True, slots=True)
class Digest:
    """What is written. `unlooked` counts runs by name that told nothing (error), `missed` those
    that should have been made."""

    since: datetime
    until: datetime
    title: str
    now: Trend
    before: Trend
    outages: tuple[Outage, ...]
    gaps: tuple[Gap, ...]
    unlooked: dict[str, int]
    missed: dict[str, int]
    incidents: tuple[Incident, ...]
    peaks: tuple[Foretold, ...]
    deploys: tuple[Deploy, ...]


def digest(material: Material, since: datetime, until: datetime, title: str = "") -> Digest:
    """The digest of [since, until), against the same length of time before."""
    runs = sorted(
        (run for run in material.runs if since <= run.started < until), key=lambda run: run.started
    )
    earlier = since - (until - since)
    found = outages(runs, material.felt)
    due = [slot for slot in material.slots if since <= slot.at < until]
    return Digest(
        since,
        until,
        title,
        trend(runs, "journey", since, until),
        trend(material.before, "journey", earlier, since),
        tuple(sorted(found, key=lambda one: (-one.lasted(until).total_seconds(), one.name))),
        tuple(gaps(runs, until)),
        _count(_name(run) for run in runs if run.verdict == "error"),
        _missed(runs, due),
        tuple(sorted(material.incidents, key=lambda one: one.since)),
        tuple(one for one in material.peaks if one.start < until and one.end > since),
        tuple(one for one in material.deploys if since <= one.at < until),
    )


def outages(runs: Iterable[Seen], felt: Mapping[str, str] | None = None) -> Iterator[Outage]:
    """Failures in a row, by journey, row and environment; `runs` are in order of time.

    A look that told nothing (error, missed, skipped) neither begins, ends nor lengthens one.
    """
    for mine in _lines(runs).values():
        bad: list[Seen] = []
        for run in mine:
            if run.verdict == "failed":
                bad.append(run)
            elif run.verdict in ("passed", "degraded") and bad:
                yield _outage(bad, run.started, felt or {})
                bad = []
        if bad:
            yield _outage(bad, None, felt or {})


def _outage(bad: Sequence[Seen], until: datetime | None, felt: Mapping[str, str]) -> Outage:
    first = bad[0]
    feelings = tuple(_feelings(bad, felt))
    return Outage(
        _name(first), first.env, first.started, until, len(bad), first.id, first.why, feelings
    )


def _feelings(bad: Sequence[Seen], felt: Mapping[str, str]) -> Iterator[tuple[str, datetime]]:
    """What was felt from when on; runs that failed for the same reason felt the same."""
    by_why = {run.why: felt[run.id] for run in reversed(bad) if felt.get(run.id)}
    last = None
    for run in bad:
        said = felt.get(run.id) or by_why.get(run.why, "")
        if said != last:
            yield said, run.started
        last = said


def gaps(runs: Iterable[Seen], until: datetime) -> Iterator[Gap]:
    """Times between two looks that told something, or after the last one, that are much longer
    than usual; of a journey that is looked at thrice or less nobody knows what is usual."""
    for mine in _lines(runs).values():
        looks = [run.started for run in mine if run.verdict in ("passed", "degraded", "failed")]
        if len(looks) < 4:
            continue
        usual = timedelta(seconds=median((b - a).total_seconds() for a, b in pairwise(looks)))
        for start, end in pairwise([*looks, until]):
            if end - start >= max(LONG, USUAL * usual):
                yield Gap(_name(mine[0]), start, end, usual)


def _lines(runs: Iterable[Seen]) -> dict[tuple[str, str, str], list[Seen]]:
    found: dict[tuple[str, str, str], list[Seen]] = {}
    for run in runs:
        found.setdefault((run.env, run.journey, run.row), []).append(run)
    return found


def _missed(runs: Iterable[Seen], due: Iterable[Slot]) -> dict[str, int]:
    """By what was due where anybody wrote that down, else by the missed runs in history."""
    slots = _count(slot.probe for slot in due if slot.state in ("missed", "missing"))
    rows = _count(_name(run) for run in runs if run.verdict == "missed")
    return {name: max(slots.get(name, 0), rows.get(name, 0)) for name in sorted({*slots, *rows})}


def _count(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _name(run: Looked) -> str:
    return f"{run.journey}[{run.row}]" if run.row else run.journey
