"""The logbook: what admins did here, one line each, in a file that only its owner reads."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cxassure.surfaces.dashboard.people import private
from cxassure.text import clip

FILE = "admin.jsonl"
_TAIL = 64 * 1024


class Entry(msgspec.Struct, frozen=True):
    """Who did what."""

    at: datetime
    by: str
    what: str


class Logbook:
    """Kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def write(self, by: str, what: str) -> None:
        """Adds a line."""
        private(self._path.parent)
        entry = Entry(datetime.now(UTC), clip(by, 80), clip(what, 200))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._path, flags, 0o600), "ab") as book:
            book.write(msgspec.json.encode(entry) + b"\n")

    def newest(self, count: int = 20) -> list[Entry]:
        """The last lines, the newest first; what is no line of ours is left out."""
        if not self._path.is_file():
            return []
        with self._path.open("rb") as book:
            book.seek(max(0, self._path.stat().st_size - _TAIL))
            lines = book.read().splitlines()
        found = []
        for line in reversed(lines):
            try:
                found.append(msgspec.json.decode(line, type=Entry))
            except msgspec.DecodeError:
                continue
            if len(found) == count:
                break
        return found
