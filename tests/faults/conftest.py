"""Drives, once for all tests here, the journey that each fault must be caught by."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.demo.faults import FAULTS, Fault
from cxassure.peak import zone
from cxassure.report.tally import blaming
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[2]
REHEARSED = {"holiday-message-wrong": datetime(2026, 11, 3, 13, tzinfo=zone("America/New_York"))}
"""Faults that show otherwise on other days."""

AT_ONCE = 8
"""Faults under test at a time: what fails mostly waits."""


async def drive(fault: Fault, reports: Path) -> list[Run]:
    """The runs of the fault's journey against a company that has it."""
    workspace = Workspace(ROOT, reports=reports / fault.name)
    starting = started([fault.name])
    company = await asyncio.to_thread(starting.__enter__)
    try:
        workspace.move_in(company.targets, company.secrets)
        probes = workspace.select(Selection((fault.journey,)))
        ran = await workspace.run(probes, Running(workers=2, rehearsed=REHEARSED.get(fault.name)))
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    return [blaming(run) for run in ran.runs]


async def drive_all(reports: Path) -> dict[str, list[Run]]:
    """The runs of every fault, by its name."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(fault: Fault) -> tuple[str, list[Run]]:
        async with room:
            return fault.name, await drive(fault, reports)

    return dict(await asyncio.gather(*(one(fault) for fault in FAULTS)))


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Run]]:
    return asyncio.run(drive_all(tmp_path_factory.mktemp("faults")))
