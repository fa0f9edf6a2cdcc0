"""What people look at: latest states, histories in short, runs by time, and figures by day.

Every question is answered from the index by a key of its own, so that it takes as long among a
hundred thousand runs as among a hundred.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook
from cxassure.store.database import in_a_line, opened
from cxassure.store.reading import GOOD, PastRun, Stored, read
from cxassure.store.recorder import EVENTS
from cxassure.store.tables import runs
from cxassure.verdict import Verdict

if TYPE_CHECKING:
    from cxassure.store.index import Index
    from cxassure.store.store import Store

Line: TypeAlias = tuple[str, str, str]
"""(environment, journey, row): what has a history of its own."""

Mark: TypeAlias = tuple[datetime, str, str]
"""(started, campaign, folder) of a run: where a list of runs goes on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: what is empty or None is not asked after; `since` ≤ started < `until`."""

    journey: str = ""
    row: str | None = None
    env: str = ""
    verdicts: tuple[Verdict, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """A run in a strip of history."""

    verdict: Verdict
    started: datetime
    campaign: str
    folder: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as far as figures are counted from it."""

    journey: str
    row: str
    env: str
    verdict: Verdict
    started: datetime
    took: float
    measures: dict[str, float]
    release: str
    channels: str


@dataclass(slots=True)
class Daily:
    """What a day (UTC) came to for one line: runs by verdict, and every figure's values."""

    verdicts: dict[Verdict, int] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, verdict: Verdict, took: float, measures: dict[str, float]) -> None:
        """Takes one run."""
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        if verdict in GOOD:
            for name, value in {"took": took, **measures}.items():
                self.figures.setdefault(name, []).append(value)


class Views:
    """Of one store. What cannot be answered raises `CannotLook`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self) -> list[PastRun]:
        """The latest state of every line, once the index knows all that has ended.

        Nothing else here looks at the folder of runs: call it now and then, from one thread.
        """
        store = self._store
        store.reports.mkdir(parents=True, exist_ok=True)
        store.runs.mkdir(exist_ok=True)
        found: list[PastRun] | None = store._ask(lambda index: index.latest(), lambda: None)
        if found is None:
            why = store.troubles[-1] if store.troubles else "the store does not answer"
            raise CannotLook(why, "see what is wrong: cxassure store status")
        return found

    @cached_property
    def reader(self) -> Store:
        """The store as `latest` left its index: it looks for nothing new, and bears threads."""
        return settled(self._store)

    @cached_property
    def _engine(self) -> sa.Engine:
        url = self._store.url
        return opened(
            url or f"sqlite:///{self._store.reports / 'index.db'}", "index", pooled=bool(url)
        )

    def close(self) -> None:
        """Lets go of its connections; a later question makes others."""
        if engine := self.__dict__.pop("_engine", None):
            engine.dispose()

    @contextlib.contextmanager
    def _asked(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as asked:
                yield asked
        except SQLAlchemyError as wrong:
            hint = "see what is wrong: cxassure store status"
            raise CannotLook(f"the store cannot be read: {in_a_line(wrong)}", hint) from None

    def strips(self, lines: Iterable[Line], limit: int = 30) -> dict[Line, list[Glance]]:
        """The newest runs of each line, the newest first."""
        columns = (runs.c.verdict, runs.c.started, runs.c.campaign, runs.c.folder)
        with self._asked() as asked:
            return {
                line: [
                    Glance(*row)
                    for row in asked.execute(_newest(sa.select(*columns).where(_of(line)), limit))
                ]
                for line in lines
            }

    def bad_since(self, line: Line) -> tuple[datetime | None, datetime | None]:
        """When the customer last got through along a line, and when first not since then."""
        mine = _of(line)
        with self._asked() as asked:
            good = asked.scalar(
                _newest(sa.select(runs.c.started).where(mine, runs.c.verdict.in_(GOOD)), 1)
            )
            after = (runs.c.started > good,) if good else ()
            first = asked.scalar(
                sa.select(runs.c.started).where(mine, *after).order_by(runs.c.started).limit(1)
            )
        return good, first

    def page(self, wanted: Wanted, before: Mark | None = None, limit: int = 50) -> list[PastRun]:
        """Runs, the newest first, that stand after `before` in that order."""
        order = (runs.c.started, runs.c.campaign, runs.c.folder)
        asking = sa.select(runs).where(*_conditions(wanted))
        if before:
            asking = asking.where(sa.tuple_(*order) < sa.tuple_(*map(_bound, order, before)))
        asking = asking.order_by(*(column.desc() for column in order)).limit(limit)
        with self._asked() as asked:
            return [PastRun(**row) for row in asked.execute(asking).mappings()]

    def one(self, campaign: str, folder: str) -> PastRun | None:
        """A run by its place."""
        wanted = sa.select(runs).where(runs.c.campaign == campaign, runs.c.folder == folder)
        with self._asked() as asked:
            found = asked.execute(wanted).mappings().first()
        return PastRun(**found) if found else None

    def named(self, run: str) -> PastRun | None:
        """A run by its id, which may be called otherwise than its folder."""
        campaign = run.partition("/")[0]
        wanted = sa.select(runs).where(runs.c.campaign == campaign, runs.c.id == run)
        with self._asked() as asked:
            found = asked.execute(wanted).mappings().first()
        return PastRun(**found) if found else None

    def read(self, campaign: str, folder: str) -> Stored | None:
        """A run as its lines tell it; None where they are gone, or on another machine."""
        path = self._store.runs / campaign / folder
        return read(path) if (path / EVENTS).is_file() else None

    def counts(self, days: Sequence[date]) -> dict[date, int]:
        """How many runs there were on each day (UTC)."""
        with self._asked() as asked:
            return {
                day: asked.scalar(sa.select(sa.func.count()).select_from(runs).where(_on(day))) or 0
                for day in days
            }

    def count(self, since: datetime, until: datetime) -> int:
        """How many runs began from `since` until before `until`."""
        wanted = _conditions(Wanted(since=since, until=until))
        with self._asked() as asked:
            return asked.scalar(sa.select(sa.func.count()).select_from(runs).where(*wanted)) or 0

    def seen(self, since: datetime, until: datetime) -> list[Seen]:
        """The runs of that time, in no order."""
        columns = [runs.c[one.name] for one in dataclass_fields(Seen)]
        wanted = _conditions(Wanted(since=since, until=until))
        with self._asked() as asked:
            return [Seen(*row) for row in asked.execute(sa.select(*columns).where(*wanted))]

    def daily(self, day: date) -> dict[Line, Daily]:
        """What a day came to, by line."""
        columns = runs.c.env, runs.c.journey, runs.c.row, runs.c.verdict, runs.c.took
        found: dict[Line, Daily] = {}
        with self._asked() as asked:
            for env, journey, row, verdict, took, measures in asked.execute(
                sa.select(*columns, runs.c.measures).where(_on(day))
            ):
                found.setdefault((env, journey, row), Daily()).add(verdict, took, measures or {})
        return found


def settled(store: Store) -> Store:
    """A store that answers from its index alone."""
    from cxassure.store.store import Store

    class Settled(Store):
        def _caught_up(self) -> Index:
            return self.shared.index if self.shared else self._open()

    return Settled(store.reports, store.url)


def _of(line: Line) -> sa.ColumnElement[bool]:
    env, journey, row = line
    return sa.and_(runs.c.journey == journey, runs.c.row == row, runs.c.env == env)


def _newest(wanted: sa.Select[Any], limit: int) -> sa.Select[Any]:
    return wanted.order_by(runs.c.started.desc(), runs.c.folder.desc()).limit(limit)


def _on(day: date) -> sa.ColumnElement[bool]:
    start = datetime.combine(day, time(), UTC)
    return sa.and_(runs.c.started >= start, runs.c.started < start + timedelta(days=1))


def _bound(column: sa.Column[Any], value: Any) -> sa.BindParameter[Any]:
    return sa.bindparam(None, value, type_=column.type)


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.journey:
        yield runs.c.journey == wanted.journey
    if wanted.row is not None:
        yield runs.c.row == wanted.row
    if wanted.env:
        yield runs.c.env == wanted.env
    if wanted.verdicts:
        yield runs.c.verdict.in_(wanted.verdicts)
    if wanted.since:
        yield runs.c.started >= wanted.since
    if wanted.until:
        yield runs.c.started < wanted.until
