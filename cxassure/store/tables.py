"""The tables of every part of the store, for SQLite and PostgreSQL, and the type that keeps UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

HEAD = "0004"
"""The newest migration: the version of a store that fits this program."""


class Utc(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no offset, so a naive one is refused, never guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: give a moment in UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The index of runs

campaigns = Table("campaigns", metadata, Column("id", Text, primary_key=True))

_ROW: dict[str, type[TypeEngine[Any]] | TypeEngine[Any]] = {
    "id": Text,
    "campaign": Text,
    "folder": Text,
    "journey": Text,
    "row": Text,
    "env": Text,
    "verdict": String(16),
    "why": Text,
    "started": Utc,
    "took": Float,
    "wall": Float,
    "flaky": Boolean,
    "measures": JSON,
    "unseen": Integer,
    "host": Text,
    "release": Text,
    "channels": Text,
}
"""A `PastRun` in columns; `folder` is the run's sub-folder in its campaign's, on `host`."""


def _columns(*key: str) -> list[Column[Any]]:
    return [Column(n, kind, primary_key=n in key, nullable=False) for n, kind in _ROW.items()]


runs = Table(
    "runs",
    metadata,
    *_columns("campaign", "folder"),
    Index(None, "journey", "row", "env", "started"),
    Index(None, "id"),
    Index("ix_runs_started", "started"),
    Index("ix_runs_verdict_started", "verdict", "started"),
)

latest = Table("latest", metadata, *_columns("env", "journey", "row"))
"""One row a journey, row and environment: finding it among all runs would take a search."""

# The ledger of due runs

_OPEN = text("state in ('due', 'missing')")

slots = Table(
    "slots",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("at", Utc, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("campaign", Text, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_slots_at", "at"),
    Index("ix_slots_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
)
"""`scope` is what one scheduler is about: the environment in a shared store, else nothing."""

known = Table(
    "known",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("since", Utc, nullable=False),
)
"""Probes, and since when they are scheduled: nothing was due before."""

seen = Table(
    "seen",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("until", Utc, nullable=False),
)
"""Every run that was due before `until` has its row in `slots`."""

# Incidents

states = Table(
    "incident_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("message", Text, nullable=False),
    Column("posting", LargeBinary, nullable=False),
    Column("done", Boolean, nullable=False, index=True),
    Index("uq_outbox_message", "message", unique=True),
)
"""What got through stays, without its text, so that it is never taken in twice."""

past = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("since", Utc, nullable=False),
    Column("ended", Utc, nullable=True),
    Column("document", LargeBinary, nullable=False),
    Index("ix_incidents_since", "since"),
)
"""Every incident as it last was: the state forgets those that ended."""

notes = Table(
    "notes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Index("ix_notes_incident_at", "incident", "at"),
)
"""What people noted of incidents; `public` ones are for customers too."""

# Decisions

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index(None, "kind", "name", "at"),
)
"""Readiness and forecasts as JSON. Without a shared store they are files beside the runs."""

PARTS: dict[str, tuple[Table, ...]] = {
    "index": (campaigns, runs, latest),
    "ledger": (slots, known, seen),
    "incidents": (states, outbox, past, notes),
    "decisions": (decisions,),
}
"""What stands in a SQLite file of its own each, and together in PostgreSQL."""
