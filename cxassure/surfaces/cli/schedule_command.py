"""`cxassure schedule`: run by the calendar."""

from __future__ import annotations

import asyncio
import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options
from cxassure.surfaces.cli.peaks_command import TIME

if TYPE_CHECKING:
    from cxassure.peak import Due, Slot
    from cxassure.workspace import Workspace

SCHEDULER = "cxassure.surfaces.scheduler"


@click.command("schedule")
@click.option("--once", is_flag=True, help="Run what is due now, then end.")
@click.option("--at", type=TIME, help="Only say what would be run in the minute of this time.")
@click.option(
    "--jitter",
    type=options.DURATION,
    default="5s",
    show_default=True,
    help="Spread runs that are due together over so long; a probe always gets the same share.",
)
@click.option("--workers", type=click.IntRange(1), help="Runs at once.")
@click.option("--timeout", type=options.DURATION, help="Longest time for one run (90s, 5m).")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for runs and reports (default: reports).",
)
@click.option("--place", default="", help="Where we look from: a name that messages tell.")
@options.root
@options.env
@options.as_json
def command(
    once: bool,
    at: datetime | None,
    jitter: float,
    workers: int | None,
    timeout: float | None,
    report_dir: Path | None,
    place: str,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Run the compiled probes by the calendar, and write down what did not happen.

    Of several schedulers on one reports folder one works and the others stand by. The first
    SIGTERM waits for what runs, the second interrupts it. With --json: an object a line for each
    run that ended or was missed, with `at` (when it was due, UTC), `probe`, `verdict`, `why` and
    `campaign`.
    """
    workspace = options.open_workspace(root, env, report_dir)
    if at:
        return _would_run(workspace, at.astimezone(UTC), as_json)
    from cxassure.campaign import Running
    from cxassure.errors import SpecError

    if wrong := workspace.unfit():
        raise SpecError(wrong)
    scheduler = _scheduler()

    running = Running(workers=workers or 0, timeout=timeout)
    habits = scheduler.Habits(jitter=0.0 if once else jitter, catch_up=once)
    how = scheduler.once if once else scheduler.serve
    tell = _as_json if as_json else _as_text
    again = options.again(root, env)
    code: int = asyncio.run(how(workspace, running, habits, tell, _say, again, place))
    return code


def _scheduler() -> Any:
    """The surface that this one only starts."""
    return importlib.import_module(SCHEDULER)


def _say(what: str) -> None:
    click.echo(what, err=True)


def _as_text(slot: Slot) -> None:
    from cxassure.report.tally import MARKS
    from cxassure.text import clip

    marks: dict[str, str] = {str(verdict): mark for verdict, mark in MARKS.items()}
    why = f": {clip(slot.why, 160)}" if slot.verdict != "passed" and slot.why else ""
    click.echo(f"{marks[slot.verdict]} {slot.at:%F %T}Z {slot.probe}  {slot.verdict}{why}")


def _as_json(slot: Slot) -> None:
    import json

    told = {
        "at": _utc(slot.at),
        "probe": slot.probe,
        "verdict": slot.verdict,
        "why": slot.why,
        "campaign": slot.campaign,
    }
    click.echo(json.dumps(told, ensure_ascii=False))


def _would_run(workspace: Workspace, at: datetime, as_json: bool) -> int:
    import json

    found: list[Due] = _scheduler().would_run(workspace, at)
    if as_json:
        click.echo(json.dumps([_row(one) for one in found], indent=2, ensure_ascii=False))
        return 0
    for one in found:
        name = f"{one.journey}[{one.row}]" if one.row else one.journey
        peak = f"{one.peak} " if one.peak else ""
        click.echo(f"{one.at:%F %T}Z {name}  {peak}{one.why}")
    if not found:
        _say(f"nothing is due in the minute of {at:%F %T} UTC")
    return 0


def _row(one: Due) -> dict[str, str | None]:
    return {
        "at": _utc(one.at),
        "journey": one.journey,
        "row": one.row,
        "peak": one.peak or None,
        "why": one.why,
        "window": one.window or None,
    }


def _utc(at: datetime) -> str:
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")
