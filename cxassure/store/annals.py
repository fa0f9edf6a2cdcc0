"""The annals: every incident as it last was, and what people noted of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from cxassure.incident import Incident, State, decode, encode
from cxassure.store.database import clean, insert
from cxassure.store.tables import notes, past

Transaction: TypeAlias = Callable[[sa.Engine], AbstractContextManager[sa.Connection]]


@dataclass(frozen=True, slots=True)
class Note:
    """What `by` noted of an incident at `at` (UTC); `public` ones are for customers too."""

    incident: str
    at: datetime
    by: str
    text: str
    public: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class Annals:
    """Beside the state of incidents, in the same database. Everything raises `CannotLook`."""

    def __init__(self, transaction: Transaction, engine: sa.Engine, writing: sa.Engine) -> None:
        self._transaction, self._engine, self._writing = transaction, engine, writing

    def since(self, first: datetime, limit: int = 500) -> list[Incident]:
        """Incidents that had not ended before `first`, the newest first."""
        still = sa.or_(past.c.ended.is_(None), past.c.ended >= first)
        return self._incidents(still, limit)

    def find(self, incident: str) -> Incident | None:
        """The incident with this id."""
        return next(iter(self._incidents(past.c.id == incident, 1)), None)

    def _incidents(self, which: sa.ColumnElement[bool], limit: int) -> list[Incident]:
        wanted = sa.select(past.c.document).where(which).order_by(past.c.since.desc()).limit(limit)
        with self._transaction(self._engine) as asked:
            return [decode(document, Incident) for document in asked.scalars(wanted)]

    def note(self, note: Note) -> None:
        """Keeps a note."""
        values = {name: getattr(note, name) for name in ("id", "incident", "at", "public")}
        words = {"by": clean(note.by), "text": clean(note.text)}
        with self._transaction(self._writing) as writing:
            writing.execute(notes.insert().values(**values, **words))

    def notes(self, incidents: list[str]) -> dict[str, list[Note]]:
        """The notes of each of these incidents, the oldest first."""
        found: dict[str, list[Note]] = {one: [] for one in incidents}
        wanted = sa.select(notes).where(notes.c.incident.in_(incidents)).order_by(notes.c.at)
        with self._transaction(self._engine) as asked:
            for row in asked.execute(wanted).mappings():
                found[row["incident"]].append(Note(**row))
        return found


def remember(writing: sa.Connection, before: State, after: State) -> None:
    """Writes down the incidents that have changed, in the transaction of the change itself."""
    for one in after.incidents.values():
        if one == before.incidents.get(one.id):
            continue
        values: dict[str, Any] = {"since": one.since, "ended": one.ended, "document": encode(one)}
        row = insert(writing, past).values(id=one.id, **values)
        writing.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
