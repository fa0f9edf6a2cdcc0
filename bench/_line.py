"""Calls over SIP against companies of one's own: a fault each, several companies at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.peak import zone
from cxassure.report.tally import blaming
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.text import clip
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[1]
NOVEMBER = datetime(2026, 11, 3, 13, tzinfo=zone("America/New_York"))
"""A day without holidays, an hour at which the line is open."""
TOO_BUSY, TRIES = "too busy to hear", 4


@dataclass(frozen=True)
class Calls:
    """What is called: a company with faults, and which journeys of a workspace call it.

    `elsewhere` puts other addresses in the place of the company's, by its own.
    """

    broken: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    root: Path = ROOT
    workers: int = 4
    elsewhere: Callable[[Mapping[str, str]], Mapping[str, str]] = dict


async def called(calls: Calls, reports: Path) -> list[Run]:
    """The runs; tried again where this machine was too busy to hear a call."""
    for turn in range(TRIES):
        runs = await _once(calls, reports / str(turn))
        if not any(run.verdict == "error" and TOO_BUSY in run.why for run in runs):
            break
    return runs


async def _once(calls: Calls, reports: Path) -> list[Run]:
    workspace = Workspace(calls.root, reports=reports)
    starting = started(calls.broken)
    company = await asyncio.to_thread(starting.__enter__)
    try:
        workspace.move_in({**company.targets, **calls.elsewhere(company.targets)}, company.secrets)
        probes = workspace.select(Selection(calls.journeys, (), calls.rows))
        how = Running(workers=calls.workers, rehearsed=NOVEMBER)
        ran = await workspace.run(probes, how)
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    return [blaming(run) for run in ran.runs]


def blamed(run: Run) -> tuple[int, str]:
    """Index and party of the first step that did not pass."""
    return (run.first_bad.index, run.first_bad.party) if run.first_bad else (-1, "")


def said(run: Run, most: int = 150) -> str:
    """What people are told of the step that did not pass, fit for a table."""
    bad = run.first_bad
    seen = f"; seen: {bad.seen}" if bad and bad.seen and bad.seen not in bad.why else ""
    told = f"{bad.why}{seen}" if bad else run.why
    return " ".join(clip(told, most).replace("|", "/").split())


def table(heads: Sequence[str], row: Sequence[object] | None = None) -> str:
    """A row of a table, or its head."""
    if row is None:
        return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    yes = {True: "yes", False: "**no**"}
    return f"| {' | '.join(yes.get(one, str(one)) for one in row)} |"  # type: ignore[call-overload]
