"""The index: a row a run, and a row of latest state a journey, in SQLite or PostgreSQL.

Beside the runs it holds nothing that the event files do not: what is wrong with it is mended by
reading them again. Several processes may use it at once; a writer waits for another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cxassure.store.database import clean, insert, opened
from cxassure.store.reading import GOOD, PastRun
from cxassure.store.tables import campaigns, latest, runs

_FEW = 200


class Index:
    """Rows of runs at `url`, a SQLAlchemy URL. Raises `SQLAlchemyError` and `Outdated`."""

    def __init__(self, url: str) -> None:
        self._engine = opened(url, "index")
        self._writing = self._engine.execution_options(writing=True)

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
        new = insert(writing, campaigns).values(id=campaign).on_conflict_do_nothing()
        if writing.scalar(new.returning(campaigns.c.id)) is None or not rows:
            return
        values = [_values(row) for row in sorted(rows, key=_order)]
        writing.execute(runs.insert(), values)
        state = insert(writing, latest)
        key = [column.name for column in latest.primary_key]
        fresh = {c.name: state.excluded[c.name] for c in latest.c if c.name not in key}
        newer = state.excluded.started >= latest.c.started
        writing.execute(
            state.on_conflict_do_update(index_elements=key, set_=fresh, where=newer), values
        )

    def remove(self, gone: Iterable[tuple[str, str]], empty: Iterable[str] = ()) -> None:
        """Forgets runs by (campaign, folder), and the campaigns of which nothing is left."""
        rows = [{"its_campaign": campaign, "its_folder": folder} for campaign, folder in gone]
        mine = (
            runs.c.campaign == sa.bindparam("its_campaign"),
            runs.c.folder == sa.bindparam("its_folder"),
        )
        with self._writing.begin() as writing:
            if rows:
                writing.execute(runs.delete().where(*mine), rows)
            if names := [{"its_id": name} for name in empty]:
                its = campaigns.c.id == sa.bindparam("its_id")
                writing.execute(campaigns.delete().where(its), names)

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

    def of_campaign(self, campaign: str) -> list[PastRun]:
        """The runs of a campaign, in the order they started."""
        its = sa.select(runs).where(runs.c.campaign == campaign)
        return self._rows(its.order_by(runs.c.started))

    def _rows(self, wanted: sa.Select[Any]) -> list[PastRun]:
        with self._engine.begin() as asked:
            return [PastRun(**row) for row in asked.execute(wanted).mappings()]


def _values(row: PastRun) -> dict[str, Any]:
    values = dataclasses.asdict(row)
    return {k: clean(value) if isinstance(value, str) else value for k, value in values.items()}


def _order(row: PastRun) -> tuple[str, str, str, datetime]:
    """The same for all writers, so that no two of them wait for each other in a circle."""
    return row.env, row.journey, row.row, row.started
