"""Writing a waiver down: one line more under `waivers:` in `cxassure.yaml`, or nothing at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cxassure.errors import CxassureError, UsageError
from cxassure.incident import Waiver
from cxassure.spec.library import SETTINGS
from cxassure.spec.settings import read_settings

_LIST = re.compile(r"^waivers:[ \t]*(#.*)?\n(?P<rest>(?:[ \t]*(?:#.*)?\n)*)(?P<dent>[ ]*)- ", re.M)


def waive(root: Path, given: Mapping[str, str]) -> Waiver:
    """Adds the waiver that `given` (journeys, owner, reason, until) says; gives it as it was read.

    Raises `UsageError` or `SpecError` for what makes none: then the file is as it was.
    """
    for name, value in given.items():
        if not value.strip():
            raise UsageError(f"a waiver without {name} bears nothing", f"add --{name}")
    with _alone(root):
        return _waived(root, given)


def _waived(root: Path, given: Mapping[str, str]) -> Waiver:
    path, settings = root / SETTINGS, read_settings(root)
    before, most = settings.waivers, timedelta(seconds=settings.longest_waiver)
    kept = path.read_bytes() if path.exists() else None
    text = path.read_text("utf-8") if kept else ""
    line = "{" + ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in given.items())
    try:
        _replace(path, _added(text, line + "}").encode())
        made = read_settings(root).waivers
        if made[1:] != before or len(made) != len(before) + 1:
            raise UsageError(f"no line can be added to {path}", f"add under waivers:  - {line}}}")
        _look_at(made[0].until, given["until"].strip(), most)
    except CxassureError:
        _put_back(path, kept)
        raise
    return made[0]


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """The folder itself is locked: the file is replaced, and a lock beside it would stay there."""
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _look_at(until: datetime, written: str, most: timedelta) -> None:
    """That it has an end which is to come, and soon enough that somebody asks again. A day counts
    to its end, and is told as it was `written`. Raises `UsageError`."""
    now = datetime.now(UTC)
    if until <= now:
        raise UsageError("a waiver that has ended bears nothing", "say a later --until")
    if until > now + most + timedelta(days=1):
        what = f"a waiver until {written} bears for too long: {most.days} days are the most"
        last = (now + most).astimezone(until.tzinfo)
        raise UsageError(what, f"until {last:%F}, and again then; or longest_waiver: in {SETTINGS}")


def _added(text: str, line: str) -> str:
    """`text` with one waiver more, the first of all; where there are none in lines, a list."""
    if found := _LIST.search(text):
        at = found.start("dent")
        return f"{text[:at]}{found['dent']}- {line}\n{text[at:]}"
    return f"{text.rstrip()}\nwaivers:\n  - {line}\n".lstrip("\n")


def _replace(path: Path, data: bytes) -> None:
    """At once, so that a scheduler reads the old file or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    if path.exists():
        fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _put_back(path: Path, kept: bytes | None) -> None:
    """As it was to the byte, or not there."""
    if kept is None:
        path.unlink(missing_ok=True)
    else:
        _replace(path, kept)
