"""Which stored runs a reference means: a journey's name, a path, the beginning of a campaign."""

from __future__ import annotations

import contextlib
from pathlib import Path

from cxassure.errors import UsageError
from cxassure.store.reading import Stored, read, read_campaign
from cxassure.store.recorder import EVENTS


def by_name(ref: str, known: list[Path]) -> list[Stored]:
    """The newest campaign in which that journey, or that row of it, ran."""
    for campaign in known:
        found = [s for s in read_campaign(campaign) if ref in (s.run.journey, s.run.name)]
        if found:
            return found
    return []


def by_path(path: Path) -> list[Stored]:
    folder = path.parent if path.name == EVENTS else path
    with contextlib.suppress(OSError, ValueError):  # no path at all: too long, or with a NUL in it
        if (folder / EVENTS).is_file():
            return [read(folder)]
        return read_campaign(folder) if folder.is_dir() else []
    return []


def by_prefix(ref: str, known: list[Path]) -> list[Stored]:
    fitting = [path for path in known if path.name.startswith(ref)]
    if len(fitting) > 1:
        names = ", ".join(path.name for path in fitting[:5])
        raise UsageError(f"«{ref}» fits {len(fitting)} campaigns", f"the newest are {names}")
    return read_campaign(fitting[0]) if fitting else []
