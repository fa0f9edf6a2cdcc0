"""The index: a row a run, and a row of latest state a journey, in SQLite (PostgreSQL by its URL).

It holds nothing that the event files do not: what is wrong with it is mended by reading them again.
Several processes may use it at once; a writer waits for another for up to 30 seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool

from cxassure.store.reading import GOOD, PastRun
from cxassure.store.tables import VERSION, about, campaigns, latest, metadata, runs

_PATIENCE = 30.0
_FEW = 200


class Outdated(Exception):
    """The index has another version than ours; `newer` when a later cxassure wrote it."""

    def __init__(self, found: str) -> None:
        super().__init__(f"the index has version {found}, this cxassure writes {VERSION}")
        self.newer = found.isdecimal() and int(found) > int(VERSION)


class Index:
    """Rows of runs at `url`, a SQLAlchemy URL. Raises `SQLAlchemyError` and `Outdated`."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=NullPool)
        if self._engine.dialect.name == "sqlite":
            _tune(self._engine)
        self._writing = self._engine.execution_options(writing=True)
        self._prepare()

    def _prepare(self) -> None:
        """Makes the tables where there are none; they are looked for again under the lock."""
        with self._engine.begin() as asked:
            found = self._version(asked)
        if found is None:
            with self._writing.begin() as made:
                found = self._version(made) or self._create(made)
        if found != VERSION:
            raise Outdated(found)

    @staticmethod
    def _version(connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table(about.name):
            return None
        wanted = sa.select(about.c.value).where(about.c.name == "version")
        return connection.scalar(wanted)

    @staticmethod
    def _create(connection: sa.Connection) -> str:
        metadata.create_all(connection)
        connection.execute(about.insert().values(name="version", value=VERSION))
        return VERSION

    def campaigns(self, among: set[str]) -> set[str]:
        """Those of `among` whose runs are in here."""
        wanted = sa.select(campaigns.c.id)
        if len(among) <= _FEW:
            wanted = wanted.where(campaigns.c.id.in_(among))
        with self._engine.begin() as asked:
            return set(asked.scalars(wanted)) & among

    def add(self, campaign: str, rows: Sequence[PastRun]) -> None:
        """Takes the runs of a campaign, all or none; a campaign known already is left as it is."""
        with self._writing.begin() as writing:
            self._add(writing, campaign, rows)

    def replace(self, everything: Iterable[tuple[str, Sequence[PastRun]]]) -> int:
        """Forgets all and takes `everything` in one transaction; gives the number of runs."""
        count = 0
        with self._writing.begin() as writing:
            for table in (runs, latest, campaigns):
                writing.execute(table.delete())
            for campaign, rows in everything:
                self._add(writing, campaign, rows)
                count += len(rows)
        return count

    def _add(self, writing: sa.Connection, campaign: str, rows: Sequence[PastRun]) -> None:
        new = self._insert(campaigns).values(id=campaign).on_conflict_do_nothing()
        if not writing.execute(new).rowcount or not rows:
            return
        values = [dataclasses.asdict(row) for row in sorted(rows, key=lambda row: row.started)]
        writing.execute(runs.insert(), values)
        state = self._insert(latest)
        key = [column.name for column in latest.primary_key]
        fresh = {c.name: state.excluded[c.name] for c in latest.c if c.name not in key}
        newer = state.excluded.started >= latest.c.started
        writing.execute(
            state.on_conflict_do_update(index_elements=key, set_=fresh, where=newer), values
        )

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that knows what to do on a conflict, which is said by dialect."""
        if self._engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def history(
        self, journey: str, row: str, env: str, before: datetime | None, limit: int, *, good: bool
    ) -> list[PastRun]:
        """The newest `limit` runs that began before `before`; only good ones where `good`."""
        wanted = (
            sa.select(runs)
            .where(runs.c.journey == journey, runs.c.row == row, runs.c.env == env)
            .order_by(runs.c.started.desc(), runs.c.folder.desc())
            .limit(limit)
        )
        if before is not None:
            wanted = wanted.where(runs.c.started < before)
        return self._rows(wanted.where(runs.c.verdict.in_(GOOD)) if good else wanted)

    def latest(self, env: str | None = None) -> list[PastRun]:
        """The latest state of every journey and row, in `env` or everywhere, by name."""
        wanted = sa.select(latest).order_by(latest.c.env, latest.c.journey, latest.c.row)
        return self._rows(wanted if env is None else wanted.where(latest.c.env == env))

    def by_id(self, run: str) -> list[PastRun]:
        """The runs with this id, the newest first."""
        return self._rows(sa.select(runs).where(runs.c.id == run).order_by(runs.c.started.desc()))

    def _rows(self, wanted: sa.Select[Any]) -> list[PastRun]:
        with self._engine.begin() as asked:
            return [PastRun(**row) for row in asked.execute(wanted).mappings()]


def _tune(engine: sa.Engine) -> None:
    """SQLite for several processes: a write-ahead log, patience, and locks taken at the start.

    A transaction that begins as a reader and then writes is refused at once when another has
    written meanwhile, whatever the patience; so writers say so from the start.
    """

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
        with contextlib.suppress(connection.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
