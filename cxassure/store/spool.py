"""The spool: what a database has not taken yet, a file each, told in order when it is back."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """`key` is what the database knows it by, so that it is taken once however often it is told."""

    kind: str
    key: str
    document: msgspec.Raw


class Refused(Exception):
    """The database answers, and takes this entry never."""


class Spool:
    """In `folder`. What `put` has taken survives kills, and stays until the database has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, kind: str, key: str, document: bytes) -> None:
        """Takes an entry in; it is on the disk when this returns. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        scratch = self.folder / f".{name}.part"
        with scratch.open("wb") as file:
            file.write(msgspec.json.encode(Entry(kind, key, msgspec.Raw(document))))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.folder / f"{name}.json")

    def waiting(self) -> list[Path]:
        """What has not been taken, the oldest first."""
        return sorted(self.folder.glob("[0-9]*.json")) if self.folder.is_dir() else []

    def replay(self, take: Callable[[Entry], None]) -> list[str]:
        """Hands everything to `take`, the oldest first, and forgets what it took; one at a time.

        What `take` raises stops it, and the rest waits. Gives what was refused, in words: it is
        put aside in `refused/`. Where another process is at it, nothing is left to do.
        """
        if not self.waiting():
            return []
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return [told for path in self.waiting() if (told := self._told(path, take))]

    def _told(self, path: Path, take: Callable[[Entry], None]) -> str:
        try:
            take(msgspec.json.decode(path.read_bytes(), type=Entry))
        except (Refused, msgspec.DecodeError) as wrong:
            aside = self.folder / "refused"
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
            return f"{aside / path.name}: {wrong}"
        path.unlink(missing_ok=True)
        return ""
