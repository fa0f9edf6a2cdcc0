"""Tallies: runs that are alike are counted once, and put together in whatever way is asked."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from cxassure.incident import Deploy
from cxassure.report.trend.figures import FIGURES, Cell
from cxassure.report.trend.grouping import UNKNOWN, By, Looked, group_of, releases


@dataclass(frozen=True, slots=True)
class Kind:
    """What runs of a tally have in common; `day` is that on which they began, for people."""

    day: date
    env: str
    journey: str
    row: str
    channels: str
    release: str

    def groups(self, by: By) -> Sequence[str]:
        """The groups that such runs belong to: one, or each of their channels."""
        match by:
            case "channel":
                return self.channels.split() or [UNKNOWN]
            case "release":
                return [self.release]
            case "row":
                return [f"{self.journey}[{self.row}]" if self.row else self.journey]
            case "journey":
                return [self.journey]
        return [group_of(self.day, by)]


@dataclass(slots=True)
class Tally:
    """Runs by verdict, what they say of every figure, and when the `first` began."""

    first: datetime | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    said: dict[str, array[float]] = field(default_factory=dict)

    def add(self, run: Looked) -> None:
        """Takes one run."""
        self.first = min(self.first or run.started, run.started)
        self.verdicts[run.verdict] += 1
        for name, figure in FIGURES.items():
            if (value := figure.of(run)) is not None:
                self.said.setdefault(name, array("d")).append(value)

    def take(self, other: Tally) -> None:
        """Takes the runs of another."""
        self.verdicts.update(other.verdicts)
        for name, values in other.said.items():
            self.said.setdefault(name, array("d")).extend(values)

    def cells(self) -> dict[str, Cell]:
        """Those figures of which the runs say anything.

        What was said is left in order, so that a tally of tallies is in order at once.
        """
        found: dict[str, Cell] = {}
        for name, figure in FIGURES.items():
            known = sorted(self.said.get(name, ()))
            if (cell := figure.cell(known)) is not None:
                self.said[name], found[name] = array("d", known), cell
        return found


Tallies = Mapping[Kind, Tally]


def tallied(rows: Iterable[Looked], deploys: Sequence[Deploy] = (), zone: tzinfo = UTC) -> Tallies:
    """Runs by their kind. Days are those of `zone`; a run without a release of its own is laid at
    the newest of `deploys` before it."""
    found: dict[Kind, Tally] = {}
    released = releases(deploys)
    for run in rows:
        day = run.started.astimezone(zone).date()
        kind = Kind(day, run.env, run.journey, run.row, run.channels, released(run))
        found.setdefault(kind, Tally()).add(run)
    return found
