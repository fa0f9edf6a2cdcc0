"""Files as they were before there were migrations, made by the program of that time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

KEPT = Path(__file__).with_name("first-kept")


def restored(part: str, file: Path) -> None:
    """Makes `file` what the first program kept of `part`."""
    connection = sqlite3.connect(file)
    connection.executescript((KEPT / f"{part}.sql").read_text("utf-8"))
    connection.close()
