"""Faults that are heard: each on a real call over SIP, caught and blamed on the right step."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.demo.faults import AUDIBLE, CAUGHT_ON_THE_LINE, named
from cxassure.report.tally import blaming
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[2]
QUICK = (
    "garbled-audio",
    "dead-air-after-choice",
    "agent-cannot-hear-caller",
    "caller-cannot-hear-agent",
    "drops-after-answer",
    "caller-alone-in-conference",
)
"""Those that no rehearsal can show; `bench/faults.py --line` takes all."""
HEALTHY = ""
AT_ONCE, TRIES = 6, 4
"""Companies under test at a time, and tries where this machine was too busy to hear a call."""


async def drive(name: str, reports: Path) -> list[Run]:
    """The runs of the fault's journey, or of all of them, on a company that has it."""
    for turn in range(TRIES):
        runs = await once(name, reports / f"{name or 'healthy'}-{turn}")
        if not any(run.verdict == "error" and "too busy to hear" in run.why for run in runs):
            break
    return runs


async def once(name: str, reports: Path) -> list[Run]:
    workspace = Workspace(ROOT, reports=reports)
    starting = started([name] if name else [])
    company = await asyncio.to_thread(starting.__enter__)
    try:
        workspace.move_in(company.targets, company.secrets)
        chosen = (CAUGHT_ON_THE_LINE[name][0],) if name else ()
        row = ("bridged",) if chosen == ("phone-to-billing-on-the-line",) else ()
        probes = workspace.select(Selection(chosen, ("sip",), row))
        ran = await workspace.run(probes, Running(workers=8))
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    return [blaming(run) for run in ran.runs]


async def drive_all(reports: Path) -> dict[str, list[Run]]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> tuple[str, list[Run]]:
        async with room:
            return name, await drive(name, reports)

    return dict(await asyncio.gather(*map(one, (HEALTHY, *QUICK))))


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Run]]:
    return asyncio.run(drive_all(tmp_path_factory.mktemp("line")))


def told(runs: list[Run]) -> list[tuple[str, str, str]]:
    return [(run.name, run.verdict, run.why) for run in runs]


def test_every_journey_passes_on_the_line_of_a_healthy_company(
    called: dict[str, list[Run]],
) -> None:
    runs = called[HEALTHY]
    assert len(runs) >= 4
    assert told([run for run in runs if run.verdict != "passed"]) == []


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_on_the_line_is_caught_where_it_shows(
    name: str, called: dict[str, list[Run]]
) -> None:
    _, step, party = CAUGHT_ON_THE_LINE[name]
    (run,) = called[name]
    bad = run.first_bad
    assert run.verdict == named(name).verdict, told([run])
    assert bad is not None
    assert (bad.index, bad.party) == (step, party), bad.why


def test_each_fault_that_only_a_call_shows_has_a_journey_that_catches_it() -> None:
    assert {fault.name for fault in AUDIBLE} <= set(CAUGHT_ON_THE_LINE)
    assert all(fault.journey and fault.step and fault.party for fault in AUDIBLE)
