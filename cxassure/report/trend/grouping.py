"""What a run of history must say to be counted, and the groups it is counted in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, Protocol

from cxassure.incident import Deploy

By = Literal["day", "week", "journey", "channel", "row", "release"]
BY: tuple[By, ...] = ("day", "week", "journey", "channel", "row", "release")


class Looked(Protocol):
    """A row of history: `started` in UTC, `took` seconds of customer time, `channels` and
    `release` "" where nobody wrote them down."""

    @property
    def journey(self) -> str: ...
    @property
    def row(self) -> str: ...
    @property
    def env(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def started(self) -> datetime: ...
    @property
    def took(self) -> float: ...
    @property
    def measures(self) -> Mapping[str, float]: ...
    @property
    def release(self) -> str: ...
    @property
    def channels(self) -> str: ...


UNKNOWN = "(unknown)"
"""The group of runs of which nobody wrote down what they are grouped by."""


def released(run: Looked, deploys: Sequence[Deploy]) -> str:
    """The release of a run: its own word, else the newest deployment marked before it began."""
    if run.release:
        return run.release
    before = [d for d in deploys if d.at <= run.started and d.env in ("", run.env)]
    return max(before, key=lambda one: one.at).what if before else UNKNOWN


def groups(run: Looked, by: By, deploys: Sequence[Deploy], zone: tzinfo) -> Iterable[str]:
    """The groups that a run belongs to: one, or each of its channels."""
    if by == "channel":
        return run.channels.split() or [UNKNOWN]
    if by == "release":
        return [released(run, deploys)]
    if by == "row":
        return [f"{run.journey}[{run.row}]" if run.row else run.journey]
    if by == "journey":
        return [run.journey]
    return [period(run.started, by, zone)]


def period(at: datetime, by: Literal["day", "week"], zone: tzinfo) -> str:
    """The day, or the Monday of the week (ISO 8601), on which a moment is for people in `zone`."""
    day = at.astimezone(zone).date()
    return str(day if by == "day" else day - timedelta(days=day.weekday()))


def periods(first: datetime, last: datetime, by: Literal["day", "week"], zone: tzinfo) -> list[str]:
    """Every day or week from one moment to another, also those in which nobody looked."""
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    if by == "week":
        day -= timedelta(days=day.weekday())
    step = timedelta(days=1 if by == "day" else 7)
    return [str(day + n * step) for n in range((end - day) // step + 1)]
