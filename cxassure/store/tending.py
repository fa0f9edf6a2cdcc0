"""What is done to the store itself: how it is, bringing it up to date, a copy of it, pruning."""

from __future__ import annotations

import contextlib
import sqlite3
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook, UsageError
from cxassure.settings import Keep
from cxassure.store.database import Outdated, connect, in_a_line, named, remedy, upgrade, version
from cxassure.store.decisions import FORECAST, READINESS
from cxassure.store.retention import Going
from cxassure.store.store import Store
from cxassure.store.tables import HEAD, PARTS

DATABASES = {part: f"{part}.db" for part in PARTS if part != "decisions"}
"""The SQLite files of a store that is not shared."""


class Database(msgspec.Struct, frozen=True):
    """A database: `version` as found (nothing: not made yet), `size` in bytes, rows by table."""

    name: str
    version: str
    size: int
    rows: dict[str, int]

    def unfit(self, shared: bool) -> str:
        """Why it cannot be used as it is, with what to type, or nothing: a file of SQLite is
        brought up to date by whoever opens it."""
        if self.version == HEAD or (self.version < HEAD and not shared):
            return ""
        return str(Outdated(self.name, self.version))


class Status(msgspec.Struct, frozen=True):
    """How a store is: `needs` is the version that fits, `waiting` entries are in the spool."""

    shared: bool
    needs: str
    databases: tuple[Database, ...]
    waiting: int
    refused: int
    campaigns: int


class Tending:
    """Of one store. What cannot be reached or read raises `CannotLook`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def status(self) -> Status:
        """How it is now; nothing is changed, made or replayed."""
        spool, runs = self._store.spool, self._store.runs
        refused = spool.folder / "refused"
        return Status(
            shared=bool(self._store.url),
            needs=HEAD,
            databases=tuple(_database(url, part) for part, url in self._urls().items()),
            waiting=len(spool.waiting()),
            refused=len(list(refused.iterdir())) if refused.is_dir() else 0,
            campaigns=sum(path.is_dir() for path in runs.iterdir()) if runs.is_dir() else 0,
        )

    def upgrade(self) -> tuple[str, int]:
        """Makes the tables or brings them up to date, and tells a shared store what this machine
        has run. Gives the version found before and the number of runs told."""
        try:
            before = [upgrade(connect(url), parts) for parts, url in self._to_upgrade()]
            told = self._store.reindex()
        except SQLAlchemyError as wrong:
            raise self._cannot(wrong) from None
        return min(before, default=""), told

    def backup(self, file: Path) -> int:
        """Copies the databases of a store on SQLite, and decisions, into a ZIP file, while others
        write; gives its size. Runs are files: copy their folder as any other.

        The folder of `file` is made. Raises `UsageError` for a shared store, whose own tools do
        it, and where there is a file of that name, and `OSError`.
        """
        if self._store.shared:
            how = f"pg_dump --format=custom --file={file} {self._store.shared.name}"
            raise UsageError("a shared store is copied by PostgreSQL's own tools", f"type: {how}")
        _make_way(file)
        try:
            with TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as folder:
                self._copy(Path(folder))
                return _packed(Path(folder), file)
        except sqlite3.Error as wrong:
            raise self._cannot(wrong) from None

    def prune(self, keep: Keep, now: datetime, *, dry_run: bool = False) -> Going:
        """Lets go of what has had its time. Raises `OSError`."""
        from cxassure.store.pruning import prune

        return prune(self._store, keep, now, dry_run=dry_run)

    def _urls(self) -> dict[str, str]:
        if self._store.url:
            return {"": self._store.url}
        files = {part: self._store.reports / name for part, name in DATABASES.items()}
        return {part: f"sqlite:///{path}" for part, path in files.items() if path.exists()}

    def _to_upgrade(self) -> list[tuple[tuple[str, ...], str]]:
        return [((part,) if part else tuple(PARTS), url) for part, url in self._urls().items()]

    def _copy(self, folder: Path) -> None:
        for name in DATABASES.values():
            if (self._store.reports / name).exists():
                _copied(self._store.reports / name, folder / name)
        for name in (READINESS, FORECAST):
            with contextlib.suppress(FileNotFoundError):
                (folder / name).write_bytes((self._store.reports / name).read_bytes())

    def _cannot(self, wrong: Exception) -> CannotLook:
        shared = self._store.shared
        where = shared.name if shared else str(self._store.reports)
        hint = "see that it runs, and that this machine may" if shared else "docs/store.md"
        return CannotLook(f"the store {where} cannot be used: {in_a_line(wrong)}", hint)


def _database(url: str, part: str) -> Database:
    engine = connect(url)
    try:
        with engine.begin() as asked:
            found = version(asked, (part,) if part else tuple(PARTS))
            there = set(sa.inspect(asked).get_table_names())
            tables = [t for ours in PARTS.values() for t in ours if t.name in there]
            count = sa.select(sa.func.count())
            rows = {t.name: asked.scalar(count.select_from(t)) or 0 for t in tables}
            return Database(named(engine), found, _size(asked), rows)
    except SQLAlchemyError as wrong:
        what = f"the store {named(engine)} cannot be used: {in_a_line(wrong)}"
        raise CannotLook(what, remedy(engine, wrong)) from None


def _size(asked: sa.Connection) -> int:
    if asked.dialect.name == "postgresql":
        whole = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        return int(asked.scalar(whole) or 0)
    pages = int(asked.exec_driver_sql("PRAGMA page_count").scalar() or 0)
    return pages * int(asked.exec_driver_sql("PRAGMA page_size").scalar() or 0)


def _make_way(file: Path) -> None:
    """The folder for a new `file`. Raises `UsageError` where there is one: it may be the only
    whole copy there is."""
    if file.exists():
        hint = "choose another name, or move that file away first"
        raise UsageError(f"{file} is there already: an earlier copy is not overwritten", hint)
    file.absolute().parent.mkdir(parents=True, exist_ok=True)


def _copied(source: Path, target: Path) -> None:
    """By SQLite's own online backup: whole, whoever writes meanwhile."""
    with (
        contextlib.closing(sqlite3.connect(source, timeout=30)) as read,
        contextlib.closing(sqlite3.connect(target)) as written,
    ):
        read.backup(written)


def _packed(folder: Path, file: Path) -> int:
    """All or nothing: the file is there when it is whole."""
    scratch = folder / "whole.zip"
    names = sorted(path.name for path in folder.iterdir())
    with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.write(folder / name, name)
    scratch.replace(file)
    return file.stat().st_size
