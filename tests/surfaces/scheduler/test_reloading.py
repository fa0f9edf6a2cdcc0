"""A scheduler that reads anew: nothing that is written ends it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from cxassure.surfaces.scheduler import reloading
from cxassure.workspace import Workspace

SETTINGS = "environments: {here: {targets: {office: {address: 'http://127.0.0.1:9'}}}}\n"
JOURNEY = """\
journey: fine
every: 1h
parties: {office: {channel: api, target: office}}
steps:
  - office: {get: /ok}
"""


class Adopting:
    """Stands where a scheduler does, and takes what was read anew."""

    def __init__(self) -> None:
        self.took = asyncio.Event()

    def adopt(self, probes: Any, calendar: Any) -> None:
        """Is told of it."""
        self.took.set()


async def test_whatever_keeps_it_from_reading_is_said_once_and_what_is_mended_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "LOOK", 0.01)
    written = tmp_path / "cxassure.yaml"
    written.write_text(SETTINGS)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "fine.yaml").write_text(JOURNEY)
    workspace = Workspace(tmp_path, environ={})
    workspace.write_probes(workspace.plan().probes)
    told: list[str] = []
    broken = asyncio.Event()

    def say(line: str) -> None:
        told.append(line)
        broken.set()

    def taken(fresh: Workspace) -> None:
        if not broken.is_set():
            raise ZeroDivisionError("a hole")

    scheduler: Any = Adopting()
    with contextlib.closing(workspace.ledger()) as book:
        made = reloading.Reloading(workspace, scheduler, book, taken, say)
        reading = asyncio.create_task(made.go())
        written.write_text(SETTINGS + "# broken\n")
        await asyncio.wait_for(broken.wait(), 20)
        written.write_text(SETTINGS + "# mended again\n")
        await asyncio.wait_for(scheduler.took.wait(), 20)
        reading.cancel()
    assert told[0].endswith("the last good goes on:\nZeroDivisionError: a hole")
    assert told[1:] == ["read anew: scheduling 1 probes"]
