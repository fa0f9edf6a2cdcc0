"""The ledger: what was due, and what became of it, a row for each due run, in SQLite.

It is beside the index, which may be made anew from events: what did not happen leaves no events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook
from cxassure.peak import Slot
from cxassure.store.index import _tune
from cxassure.store.tables import Utc

FILE = "ledger.db"
AT_ONCE = 500
"""Rows that one transaction takes at most."""

metadata = sa.MetaData()

slots = sa.Table(
    "slots",
    metadata,
    sa.Column("probe", sa.String(400), primary_key=True),
    sa.Column("at", Utc, primary_key=True),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("campaign", sa.String(80), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Index("ix_slots_at", "at"),
    sa.Index("ix_slots_open", "state", sqlite_where=sa.text("state in ('due', 'missing')")),
)

known = sa.Table(
    "known",
    metadata,
    sa.Column("probe", sa.String(400), primary_key=True),
    sa.Column("since", Utc, nullable=False),
)
"""Probes, and since when they are scheduled: nothing was due before."""

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("until", Utc, nullable=False),
)
"""One row: every run that was due before `until` has its row in `slots`."""

_ONLY = 1
_SAID = ("state", "campaign", "verdict", "why")
_AMEND = (
    slots.update()
    .where(slots.c.probe == sa.bindparam("its_probe"), slots.c.at == sa.bindparam("its_at"))
    .values({name: sa.bindparam(f"its_{name}") for name in _SAID})
)


class Ledger:
    """In the folder `reports`. Every method but `close` raises `CannotLook`."""

    def __init__(self, reports: Path) -> None:
        self.path = reports / FILE
        try:
            reports.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(f"sqlite:///{self.path}")
            _tune(self._engine)
            self._writing = self._engine.execution_options(writing=True)
            with self._writing.begin() as made:
                metadata.create_all(made)
        except (OSError, SQLAlchemyError) as wrong:
            raise self._cannot(wrong) from None

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    # What was due

    def write(
        self, fresh: Sequence[Slot], changed: Sequence[Slot] = (), until: datetime | None = None
    ) -> set[Slot]:
        """Takes due runs in, and notes what became of others, in one transaction.

        Gives those of `fresh` whose key is new; the others stay as they are. `until` says that
        everything due before it is in here now.
        """
        with self._transaction() as writing:
            there = self._there(writing, fresh)
            new = {_key(slot): slot for slot in fresh if _key(slot) not in there}
            if new:
                writing.execute(slots.insert(), [_row(slot) for slot in new.values()])
            if changed:
                writing.execute(_AMEND, [_amended(slot) for slot in changed])
            if until is not None:
                self._see(writing, until)
        return set(new.values())

    def open(self) -> list[Slot]:
        """Runs of which it is not written what became of them, the oldest first."""
        return self._slots(slots.c.state.in_(("due", "missing")))

    def since(self, begin: datetime, probe: str = "") -> list[Slot]:
        """All that was due from `begin` on, or that of one probe, the oldest first."""
        mine = [slots.c.probe == probe] if probe else []
        return self._slots(slots.c.at >= begin, *mine)

    def forget(self, before: datetime) -> None:
        """Drops what was due before and is over."""
        over = slots.c.state.in_(("done", "missed"))
        with self._transaction() as writing:
            writing.execute(slots.delete().where(slots.c.at < before, over))

    # What is known

    def until(self) -> datetime | None:
        """Before when everything that was due is in here; None where nobody ever looked."""
        with self._transaction() as asked:
            return asked.scalar(sa.select(seen.c.until))

    def acquaint(self, names: Iterable[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each of these probes is scheduled, a new one from `now`; others are gone."""
        wanted = set(names)
        with self._transaction() as writing:
            there = {row.probe: row.since for row in writing.execute(sa.select(known))}
            if gone := [{"gone": name} for name in there.keys() - wanted]:
                writing.execute(known.delete().where(known.c.probe == sa.bindparam("gone")), gone)
            if new := [{"probe": name, "since": now} for name in sorted(wanted - there.keys())]:
                writing.execute(known.insert(), new)
        return {name: there.get(name, now) for name in wanted}

    # How

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """Whose trouble is told in our words."""
        try:
            with self._writing.begin() as writing:
                yield writing
        except SQLAlchemyError as wrong:
            raise self._cannot(wrong) from None

    def _slots(self, *where: sa.ColumnElement[bool]) -> list[Slot]:
        wanted = sa.select(slots).where(*where).order_by(slots.c.at, slots.c.probe)
        with self._transaction() as asked:
            return [Slot(**row) for row in asked.execute(wanted).mappings()]

    @staticmethod
    def _there(asked: sa.Connection, fresh: Sequence[Slot]) -> set[tuple[str, datetime]]:
        """Which keys are in here already."""
        found: set[tuple[str, datetime]] = set()
        for first in range(0, len(fresh), AT_ONCE):
            keys = [_key(slot) for slot in fresh[first : first + AT_ONCE]]
            wanted = sa.select(slots.c.probe, slots.c.at)
            wanted = wanted.where(sa.tuple_(slots.c.probe, slots.c.at).in_(keys))
            found |= {(row.probe, row.at) for row in asked.execute(wanted)}
        return found

    @staticmethod
    def _see(writing: sa.Connection, until: datetime) -> None:
        row = sqlite.insert(seen).values(id=_ONLY, until=until)
        later = row.excluded.until > seen.c.until
        writing.execute(
            row.on_conflict_do_update(index_elements=["id"], set_={"until": until}, where=later)
        )

    def _cannot(self, wrong: Exception) -> CannotLook:
        said = str(getattr(wrong, "orig", None) or wrong).splitlines()[0]
        return CannotLook(
            f"the ledger {self.path} cannot be used: {said}",
            "make room there, or choose another folder: --report-dir DIR",
        )


def _key(slot: Slot) -> tuple[str, datetime]:
    return slot.probe, slot.at


def _row(slot: Slot) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in Slot.__struct_fields__}


def _amended(slot: Slot) -> dict[str, Any]:
    return {f"its_{name}": value for name, value in _row(slot).items()}
