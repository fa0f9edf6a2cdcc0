"""Probes as files: written so that only what changed changes, and held against their journeys."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cxassure.errors import UsageError
from cxassure.probe import FORMAT, Probe, encode

_OURS = ('"format": "' + FORMAT.rpartition("/")[0] + "/").encode()
_HEAD = 4096


def write(probes: Iterable[Probe], folder: Path, *, prune: bool = True) -> list[Path]:
    """Writes each probe to its file, whole or not at all; gives the files that changed.

    Files that are as they should be are left alone. Probes of ours that belong to no journey any
    more are removed, unless `prune` is off (only some journeys were compiled). Raises `UsageError`
    when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = _there(folder)
        changed = [path for probe in probes if (path := _write(probe, folder, there))]
        if prune:
            changed += [_remove(folder / name) for name in sorted(there) if _is_ours(folder / name)]
    except OSError as wrong:
        raise UsageError(
            f"probes cannot be written: {wrong.strerror}: {wrong.filename}",
            "look at the folder's permissions, or set `probes:` in cxassure.yaml",
        ) from None
    return changed


def compare(probes: Iterable[Probe], folder: Path, *, prune: bool = True) -> list[str]:
    """What `write` would change, a line each; empty when the folder is up to date."""
    there = _there(folder) if folder.is_dir() else set()
    lines = [line for probe in probes if (line := _differs(probe, folder, there))]
    if prune:
        lines += [
            f"left over: {(folder / name).as_posix()} (no journey compiles to it)"
            for name in sorted(there)
            if _is_ours(folder / name)
        ]
    return lines


def _there(folder: Path) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.name.endswith(".json")}


def _write(probe: Probe, folder: Path, there: set[str]) -> Path | None:
    """Takes the probe's name out of `there`, so that what stays belongs to none."""
    name, data = probe.file_name, encode(probe)
    path = f"{folder}{os.sep}{name}"
    if name in there:
        there.discard(name)
        if _read(path) == data:
            return None
    _put(path, data)
    return folder / name


def _put(path: str, data: bytes) -> None:
    """By another name first: a reader sees the old file or the new one, never half of one."""
    half = f"{path}.{os.getpid()}.tmp"
    try:
        file = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            if os.write(file, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        finally:
            os.close(file)
        os.replace(half, path)  # noqa: PTH105  ten thousand of them: without Path's cost
    except OSError:
        with suppress(OSError):
            os.unlink(half)  # noqa: PTH108
        raise


def _remove(path: Path) -> Path:
    path.unlink()
    return path


def _differs(probe: Probe, folder: Path, there: set[str]) -> str:
    path = folder / probe.file_name
    if probe.file_name not in there:
        return f"missing: {path.as_posix()} ({probe.name} of {probe.source})"
    there.discard(probe.file_name)
    if _read(str(path)) == encode(probe):
        return ""
    return f"stale: {path.as_posix()} ({probe.source} has changed since)"


def _read(path: str) -> bytes:
    with suppress(OSError), open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()
    return b""


def _is_ours(path: Path) -> bool:
    """Whether a file is a probe: others that somebody keeps in the folder are not touched."""
    with suppress(OSError), path.open("rb") as file:
        return _OURS in file.read(_HEAD)
    return False
