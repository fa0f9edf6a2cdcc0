"""Writing runs as they happen: a folder a campaign, in it a folder a run with its event lines."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cxassure.events import AnyEvent, RunEnded, RunStarted, encode
from cxassure.run import Run
from cxassure.store.names import evidence_name, numbered, safe

EVENTS = "events.jsonl"
EVIDENCE = "evidence"
MANIFEST = "run.json"
RUNNING = ".running"
_BIG = 64 * 1024


class Recorder:
    """Takes the events and the evidence of one run; what was written survives a kill."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(folder / EVENTS, flags, 0o644)
        self._whole = 0
        self._taken: set[str] = set()

    def write(self, event: AnyEvent) -> None:
        """Appends one line. `OSError` when the disk takes it not; half a line is taken back."""
        line = _line(event) + b"\n"
        try:
            _write_all(self._file, line)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._whole)
            raise
        self._whole += len(line)

    async def keep(self, name: str, data: bytes, media: str = "") -> tuple[str, int]:
        """Puts evidence away; gives its path relative to the run's folder, and its size in bytes.

        Raises `OSError` when it cannot be written.
        """
        path = self._free(evidence_name(name, media))
        if len(data) > _BIG:
            await asyncio.to_thread(self._put, path, data)
        else:
            self._put(path, data)
        return path, len(data)

    def close(self) -> None:
        """Writes no more; may be called again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _free(self, name: str) -> str:
        """A name nobody has yet, also on a disk that does not tell upper from lower case."""
        for candidate in numbered(name):
            if candidate.casefold() not in self._taken:
                self._taken.add(candidate.casefold())
                return f"{EVIDENCE}/{candidate}"
        raise AssertionError("numbers do not end")

    def _put(self, path: str, data: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)


class Campaign:
    """The runs that one command made: `folder`, `id` (its name), a recorder for each run."""

    def __init__(self, folder: Path, index: Callable[[str, list[tuple[Run, str]]], None]) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.id = folder.name
        self._index = index
        self._recorders: dict[str, Recorder] = {}
        self._alive = _hold(folder / RUNNING)

    def recorder(self, run_id: str, name: str) -> Recorder:
        """Where the run `run_id` is written: a sub-folder called after `name`, never a used one."""
        for candidate in numbered(safe(name).replace(".", "-")):
            with contextlib.suppress(FileExistsError):
                made = self._recorders[run_id] = Recorder(self.folder / candidate)
                return made
        raise AssertionError("numbers do not end")

    def finish(self, runs: Iterable[Run]) -> None:
        """Writes `run.json`, tells the index, closes all. `OSError` when the disk is full."""
        try:
            rows = [(run, self._folder_of(run)) for run in runs]
            self._manifest(rows)
            self._index(self.id, rows)
        finally:
            self.close()

    def close(self) -> None:
        """Lets go of files; a campaign closed without `finish` is indexed by the next command."""
        for recorder in self._recorders.values():
            recorder.close()
        if self._alive >= 0:
            (self.folder / RUNNING).unlink(missing_ok=True)
            os.close(self._alive)
            self._alive = -1

    def _folder_of(self, run: Run) -> str:
        """The run's sub-folder; one that never started (missed) is written down here."""
        if run.id not in self._recorders:
            recorder = self.recorder(run.id, run.name)
            for event in _said(run):
                recorder.write(event)
        return self._recorders[run.id].folder.name

    def _manifest(self, rows: list[tuple[Run, str]]) -> None:
        runs = [
            {"id": run.id, "name": run.name, "folder": folder, "verdict": run.verdict}
            for run, folder in rows
        ]
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = {"schema": 1, "campaign": self.id, "ended": ended, "runs": runs}
        scratch = self.folder / (MANIFEST + ".part")
        scratch.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        scratch.replace(self.folder / MANIFEST)


def running(campaign: Path) -> bool:
    """Whether some process still writes this campaign: the kernel frees its lock with it."""
    try:
        file = os.open(campaign / RUNNING, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks: better an honest «did not end» than nothing
    finally:
        os.close(file)
    return False


def _hold(path: Path) -> int:
    """Locked as long as it is open; who is just looking whether it is (`running`) is waited for."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _write_all(file: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        written = os.write(file, rest)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest = rest[written:]


def _line(event: AnyEvent) -> bytes:
    """The event's line; half a surrogate pair, which no UTF-8 has, becomes a question mark."""
    try:
        return encode(event)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(msgspec.to_builtins(event)))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def _said(run: Run) -> tuple[RunStarted, RunEnded]:
    """The shortest stream that folds to what is known of a run that never began."""
    names = "journey row title severity owner runbook source tags env seed attempt release started"
    facts = {name: getattr(run, name) for name in names.split()}
    started = RunStarted(run=run.id, steps=run.author_steps, parties=run.parties, **facts)
    ended = RunEnded(
        at=run.took,
        verdict=run.verdict,
        why=run.why,
        took=run.took,
        wall=run.wall,
        ended=run.ended,
        flaky=run.flaky,
    )
    return started, ended
