"""Opening the store's databases: SQLite files of our own, or one PostgreSQL that machines share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool, QueuePool

from cxassure.errors import CannotLook, UsageError
from cxassure.store.tables import HEAD, PARTS

PATIENCE = 30.0
"""Seconds that a writer of SQLite waits for another."""

FIRST = "0001"
_FIRST_TABLES = {"index": "runs", "ledger": "slots", "incidents": "outbox"}
"""By which a file is known that was made before there were migrations."""

_VERSION = sa.table("alembic_version", sa.column("version_num"))
_LOCK = 7_238_116
"""The number of PostgreSQL's advisory lock that who migrates holds."""
_CONNECTING = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "application_name": "cxassure"}


class Outdated(CannotLook):
    """A store of another version than ours; `newer` when a later cxassure wrote it."""

    def __init__(self, where: str, found: str) -> None:
        self.newer = found > HEAD
        if self.newer:
            hint = "install the cxassure that wrote it, or a later one: pip install -U cxassure"
        else:
            hint = "bring it up to date: cxassure store upgrade"
        version = f"of version {found}" if found else "not set up yet"
        super().__init__(f"the store {where} is {version}, this cxassure needs {HEAD}", hint)


def address(url: str) -> sa.URL:
    """The URL of a database with its driver. Raises `UsageError` for one that is none of ours."""
    try:
        read = sa.make_url(url)
    except sa.exc.ArgumentError:  # which says the URL, and with it the password
        raise UsageError("the store's url is no URL", HOW) from None
    if read.drivername in ("postgresql", "postgres"):
        return read.set(drivername="postgresql+psycopg")
    if read.drivername in ("sqlite", "postgresql+psycopg"):
        return read
    raise UsageError(f"the store cannot be kept in «{read.drivername}»", HOW)


HOW = "write url: postgresql://user@host/database; without store: it is SQLite"


def connect(url: str, *, pooled: bool = False) -> sa.Engine:
    """An engine at `url`, whatever its version. Connects to nothing yet."""
    where = address(url)
    if where.drivername == "sqlite":
        engine = sa.create_engine(where, poolclass=None if pooled else NullPool)
        _tune(engine)
        return engine
    if not pooled:
        return sa.create_engine(where, poolclass=NullPool, connect_args=_CONNECTING)
    return sa.create_engine(
        where, poolclass=QueuePool, pool_pre_ping=True, connect_args=_CONNECTING
    )


def opened(url: str, part: str, *, pooled: bool = False) -> sa.Engine:
    """An engine at `url` with the tables of `part` as they must be.

    A file of SQLite is made, or brought up to date, on the way; PostgreSQL is by `upgrade` only,
    since its other users must be told. Raises `SQLAlchemyError` and `Outdated`.
    """
    engine = connect(url, pooled=pooled)
    with engine.begin() as asked:
        found = version(asked, (part,))
    if found == HEAD:
        return engine
    if engine.dialect.name != "sqlite" or found > HEAD:
        engine.dispose()
        raise Outdated(named(engine), found)
    upgrade(engine, (part,))
    return engine


def upgrade(engine: sa.Engine, parts: Sequence[str] = tuple(PARTS)) -> str:
    """Makes the tables of `parts`, or brings them up to date; gives the version found before.

    All or nothing, also when killed; several at once take turns. Raises `SQLAlchemyError`, and
    `Outdated` for a newer one.
    """
    with engine.execution_options(writing=True).begin() as writing:
        if engine.dialect.name == "postgresql":
            writing.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = version(writing, parts)
        if found > HEAD:
            raise Outdated(named(engine), found)
        if not found:
            _create(writing, parts)
        elif found < HEAD:
            migrate(writing, parts, found)
    return found


def version(connection: sa.Connection, parts: Sequence[str] = tuple(PARTS)) -> str:
    """The last migration that a database has seen; nothing where nothing is kept yet."""
    there = sa.inspect(connection).get_table_names()
    if _VERSION.name in there:
        return str(connection.scalar(sa.select(_VERSION.c.version_num)) or "")
    ours = connection.dialect.name == "sqlite" and {_FIRST_TABLES.get(part) for part in parts}
    return FIRST if ours and not ours.isdisjoint(there) else ""


def _create(writing: sa.Connection, parts: Sequence[str]) -> None:
    """A new store is made of the tables as they are; the migrations come to the same (tested)."""
    for table in (table for part in parts for table in PARTS[part]):
        table.create(writing)  # which fails where a stranger's table has its name
    migrate(writing, parts, HEAD)


def migrate(writing: sa.Connection, parts: Sequence[str], found: str) -> None:
    """Carries out the migrations after `found` (`base`: all of them) on the tables of `parts`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cxassure.store:migrations")
    config.attributes |= {"connection": writing, "parts": tuple(parts)}
    if found != "base":
        command.stamp(config, found)
    command.upgrade(config, HEAD)


def named(engine: sa.Engine) -> str:
    """Where it is, without its password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def insert(connection: sa.Engine | sa.Connection, table: sa.Table) -> Any:
    """An insert that knows what to do on a conflict, which is said by dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def in_a_line(wrong: Exception) -> str:
    """What a database said, without the statement and its values."""
    said = str(getattr(wrong, "orig", None) or wrong).strip() or type(wrong).__name__
    return said.splitlines()[0]


def remedy(engine: sa.Engine, wrong: Exception) -> str:
    """What is to be done when a database could not be used."""
    if engine.dialect.name != "sqlite":
        return "see to it that it answers, and that this machine may use it: cxassure store status"
    code = getattr(getattr(wrong, "orig", None), "sqlite_errorname", "")
    if code.startswith(_BROKEN):
        return f"delete {named(engine)}, it is begun anew; docs/store.md says what that costs"
    return "make room there, or choose another folder: --report-dir DIR"


_BROKEN = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


def clean(value: str) -> str:
    """Text that PostgreSQL takes: without NUL and without halves of surrogate pairs."""
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


@contextlib.contextmanager
def lock(engine: sa.Engine, number: int) -> Iterator[bool]:
    """Whether PostgreSQL's advisory lock is ours; the server frees it with the connection."""
    with engine.connect() as held:
        ours = bool(held.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))
        try:
            yield ours
        finally:
            if ours:
                held.scalar(sa.select(sa.func.pg_advisory_unlock(number)))


def _tune(engine: sa.Engine) -> None:
    """SQLite for several processes: a write-ahead log, patience, and locks taken at the start.

    A transaction that begins as a reader and then writes is refused at once when another has
    written meanwhile, whatever the patience; so writers say so from the start.
    """

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")
        with contextlib.suppress(connection.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
