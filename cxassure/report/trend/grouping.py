"""What a run of history must say to be counted, and the groups it is counted in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
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


def releases(deploys: Sequence[Deploy]) -> Callable[[Looked], str]:
    """Tells the release of a run: its own word, else the newest deployment before it began."""
    known: dict[str, tuple[list[datetime], list[str]]] = {}

    def released(run: Looked) -> str:
        if run.release:
            return run.release
        if run.env not in known:
            mine = sorted((d for d in deploys if d.env in ("", run.env)), key=lambda one: one.at)
            known[run.env] = [one.at for one in mine], [one.what for one in mine]
        moments, names = known[run.env]
        place = bisect_right(moments, run.started)
        return names[place - 1] if place else UNKNOWN

    return released


def group_of(at: date, by: Literal["day", "week"]) -> str:
    """The day itself, or the Monday of its week (ISO 8601)."""
    return str(at if by == "day" else at - timedelta(days=at.weekday()))


def period(at: datetime, by: Literal["day", "week"], zone: tzinfo) -> str:
    """The day or week on which a moment is for people in `zone`."""
    return group_of(at.astimezone(zone).date(), by)


def periods(first: str, last: str, by: Literal["day", "week"]) -> list[str]:
    """Every day or week from one to another, also those in which nobody looked."""
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    step = timedelta(days=1 if by == "day" else 7)
    return [str(day + n * step) for n in range((end - day) // step + 1)]
