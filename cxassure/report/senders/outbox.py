"""The outbox: messages that have not got through yet, in a file that outlives every process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from cxassure.incident import Message, Posting

REMEMBERED = 1000
"""How many messages that got through are still known, so that none is taken in twice."""

LARGEST = 1_000_000
"""Bytes from which on the file is written anew with what still matters."""


class Outbox(Protocol):
    """Where messages wait. A message is known by its id and taken in once, ever."""

    def put(self, messages: Iterable[Message]) -> None:
        """Takes messages in; when it returns they are safe."""
        ...

    def waiting(self) -> list[Posting]:
        """What has not got through, in the order in which it was taken in."""
        ...

    def keep(self, posting: Posting) -> None:
        """Notes that it was tried and did not get through."""
        ...

    def done(self, message: str) -> None:
        """Forgets the message of this id: it got through."""
        ...

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to deliver: one at a time, so that nothing is sent twice."""
        ...


class _Entry(msgspec.Struct, omit_defaults=True):
    """A line of the file: a posting as it is now, or the id of one that got through."""

    posting: Posting | None = None
    done: str = ""


class FileOutbox:
    """An outbox in the file at `path`, one JSON line for each thing that happened, synced to disk.

    Several processes may use it. A last line that a killed writer left half is passed over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._limit = LARGEST
        path.parent.mkdir(parents=True, exist_ok=True)

    def put(self, messages: Iterable[Message]) -> None:
        with self._locked():
            waiting, done = self._read()
            new = {m.id: m for m in messages if m.id not in waiting and m.id not in done}
            self._write(_Entry(posting=Posting(message=m, next=m.at)) for m in new.values())

    def waiting(self) -> list[Posting]:
        with self._locked():
            return list(self._read()[0].values())

    def keep(self, posting: Posting) -> None:
        with self._locked():
            self._write([_Entry(posting=posting)])

    def done(self, message: str) -> None:
        with self._locked():
            self._write([_Entry(done=message)])
            if self.path.stat().st_size > self._limit:
                self._tidy()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        with self.path.with_suffix(".turn").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _read(self) -> tuple[dict[str, Posting], dict[str, None]]:
        """What waits, and the ids of what got through."""
        waiting: dict[str, Posting] = {}
        done: dict[str, None] = {}
        for line in self.path.read_bytes().split(b"\n") if self.path.exists() else []:
            try:
                entry = msgspec.json.decode(line, type=_Entry)
            except msgspec.DecodeError:
                continue
            if entry.posting:
                waiting[entry.posting.message.id] = entry.posting
            else:
                waiting.pop(entry.done, None)
                done[entry.done] = None
        return waiting, done

    def _write(self, entries: Iterable[_Entry]) -> None:
        """Appends, from a new line on: half a line of a killed writer hurts only itself."""
        data = b"".join(b"\n" + msgspec.json.encode(entry) for entry in entries)
        if data:
            with self.path.open("ab") as file:
                file.write(data + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def _tidy(self) -> None:
        """Writes the file anew with what still matters."""
        waiting, done = self._read()
        kept = [_Entry(posting=posting) for posting in waiting.values()]
        kept += [_Entry(done=name) for name in list(done)[-REMEMBERED:]]
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(b"\n".join(map(msgspec.json.encode, kept)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self._limit = max(LARGEST, 2 * self.path.stat().st_size)


def due(posting: Posting, now: datetime) -> bool:
    """Whether it is time to try."""
    return posting.next <= now
