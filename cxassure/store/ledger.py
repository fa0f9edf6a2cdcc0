"""The ledger: what was due, and what became of it, a row for each due run.

It is beside the index, which may be made anew from events: what did not happen leaves no events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook
from cxassure.peak import Slot
from cxassure.store.database import clean, connect, in_a_line, insert, named, opened, remedy
from cxassure.store.tables import known, seen, slots

FILE = "ledger.db"
_SAID = ("state", "campaign", "verdict", "why")
_OPEN = ("due", "missing")
_AMEND = (
    slots.update()
    .where(
        slots.c.scope == sa.bindparam("its_scope"),
        slots.c.probe == sa.bindparam("its_probe"),
        slots.c.at == sa.bindparam("its_at"),
    )
    .values({name: sa.bindparam(f"its_{name}") for name in _SAID})
)


class Ledger:
    """In the folder `reports`, or at `url`, where `scope` keeps those of others apart.

    Every method but `close` raises `CannotLook`.
    """

    def __init__(self, reports: Path, url: str = "", scope: str = "") -> None:
        self.path = reports / FILE
        self._scope = scope
        self._read: dict[tuple[str, datetime], str] = {}
        """Of open runs the campaign as we know it; where it is another, so is who settles it."""
        self._engine = connect(url or f"sqlite:///{self.path}")
        try:
            if not url:
                reports.mkdir(parents=True, exist_ok=True)
            self._engine = opened(url or f"sqlite:///{self.path}", "ledger", pooled=True)
            self._writing = self._engine.execution_options(writing=True)
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

        Gives those of `fresh` whose key is new, and those of `changed` that another machine has
        not settled or taken over since we read them; the others stay as they are. `until` says
        that everything due before it is in here now.
        """
        with self._transaction() as writing:
            new = self._take(writing, {_key(slot): slot for slot in fresh}) if fresh else set()
            ours = self._ours(writing, changed)
            if ours:
                writing.execute(_AMEND, [self._amended(slot) for slot in ours])
            if until is not None:
                self._see(writing, until)
        taken = new.union(ours)
        for slot in (*new, *ours):
            self._remember(slot)
        return taken

    def open(self) -> list[Slot]:
        """Runs of which it is not written what became of them, the oldest first."""
        found = self._slots(slots.c.state.in_(_OPEN))
        for slot in found:
            self._remember(slot)
        return found

    def since(self, begin: datetime, probe: str = "") -> list[Slot]:
        """All that was due from `begin` on, or that of one probe, the oldest first."""
        mine = [slots.c.probe == probe] if probe else []
        return self._slots(slots.c.at >= begin, *mine)

    def forget(self, before: datetime) -> None:
        """Drops what was due before and is over."""
        over = slots.c.state.in_(("done", "missed"))
        with self._transaction() as writing:
            writing.execute(slots.delete().where(self._mine(slots), slots.c.at < before, over))

    # What is known

    def until(self) -> datetime | None:
        """Before when everything that was due is in here; None where nobody ever looked."""
        with self._transaction() as asked:
            return asked.scalar(sa.select(seen.c.until).where(self._mine(seen)))

    def acquaint(self, names: Iterable[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each of these probes is scheduled, a new one from `now`; others are gone."""
        wanted = set(names)
        with self._transaction() as writing:
            mine = sa.select(known).where(self._mine(known))
            there = {row.probe: row.since for row in writing.execute(mine)}
            if gone := [{"gone": name} for name in there.keys() - wanted]:
                its = known.c.probe == sa.bindparam("gone")
                writing.execute(known.delete().where(self._mine(known), its), gone)
            if new := sorted(wanted - there.keys()):
                rows = [{"scope": self._scope, "probe": name, "since": now} for name in new]
                writing.execute(known.insert(), rows)
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
        columns = [slots.c[name] for name in Slot.__struct_fields__]
        mine = sa.select(*columns).where(self._mine(slots), *where)
        with self._transaction() as asked:
            rows = asked.execute(mine.order_by(slots.c.at, slots.c.probe)).mappings()
            return [Slot(**row) for row in rows]

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.scope == self._scope

    def _take(
        self, writing: sa.Connection, fresh: Mapping[tuple[str, datetime], Slot]
    ) -> set[Slot]:
        """Takes in those whose key nobody has taken in before, also not at this very moment."""
        rows = [self._row(slot) for slot in fresh.values()]
        taken = insert(writing, slots).on_conflict_do_nothing()
        found = writing.execute(taken.returning(slots.c.probe, slots.c.at), rows)
        return {fresh[row.probe, row.at] for row in found}

    def _ours(self, writing: sa.Connection, changed: Sequence[Slot]) -> list[Slot]:
        """Those that are as we know them; where one process has the file there are no others."""
        if writing.dialect.name == "sqlite" or not changed:
            return list(changed)
        keys = sa.tuple_(slots.c.probe, slots.c.at).in_([_key(slot) for slot in changed])
        wanted = sa.select(slots.c.probe, slots.c.at, slots.c.state, slots.c.campaign)
        rows = writing.execute(wanted.where(self._mine(slots), keys).with_for_update())
        there = {(row.probe, row.at): row for row in rows}
        return [slot for slot in changed if self._as_known(there.get(_key(slot)), slot)]

    def _as_known(self, row: Any, slot: Slot) -> bool:
        known_as = self._read.get(_key(slot))
        if known_as is None or row is None:
            return known_as is None
        again = (row.state, row.campaign) == (slot.state, slot.campaign)  # it got through unsaid
        return again or (row.state in _OPEN and row.campaign == known_as)

    def _remember(self, slot: Slot) -> None:
        if slot.state in _OPEN:
            self._read[_key(slot)] = slot.campaign
        else:
            self._read.pop(_key(slot), None)

    def _see(self, writing: sa.Connection, until: datetime) -> None:
        row = insert(writing, seen).values(scope=self._scope, until=until)
        later = row.excluded.until > seen.c.until
        writing.execute(
            row.on_conflict_do_update(index_elements=["scope"], set_={"until": until}, where=later)
        )

    def _row(self, slot: Slot) -> dict[str, Any]:
        values = {name: getattr(slot, name) for name in Slot.__struct_fields__}
        return values | {"scope": self._scope, "why": clean(slot.why)}

    def _amended(self, slot: Slot) -> dict[str, Any]:
        return {f"its_{name}": value for name, value in self._row(slot).items()}

    def _cannot(self, wrong: Exception) -> CannotLook:
        return CannotLook(
            f"the ledger {named(self._engine)} cannot be used: {in_a_line(wrong)}",
            remedy(self._engine, wrong),
        )


def _key(slot: Slot) -> tuple[str, datetime]:
    return slot.probe, slot.at
