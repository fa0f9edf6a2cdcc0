"""The index's tables, and the type that keeps every time in UTC."""

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
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

VERSION = "1"
"""Goes up with every change here; an index of an older version is built anew from the files."""


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

about = Table(
    "about",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String(80), primary_key=True),
)


_ROW: dict[str, type[TypeEngine[Any]] | TypeEngine[Any]] = {
    "id": String(120),
    "campaign": String(80),
    "folder": String(120),
    "journey": String(200),
    "row": String(200),
    "env": String(200),
    "verdict": String(16),
    "why": Text,
    "started": Utc,
    "took": Float,
    "wall": Float,
    "flaky": Boolean,
    "measures": JSON,
}
"""A `PastRun` in columns; `folder` is the run's sub-folder in its campaign's."""


def _columns(*key: str) -> list[Column[Any]]:
    return [Column(n, kind, primary_key=n in key, nullable=False) for n, kind in _ROW.items()]


runs = Table(
    "runs",
    metadata,
    *_columns("campaign", "folder"),
    Index(None, "journey", "row", "env", "started"),
    Index(None, "id"),
)

latest = Table("latest", metadata, *_columns("env", "journey", "row"))
"""One row a journey, row and environment: finding it among all runs would take a search."""
