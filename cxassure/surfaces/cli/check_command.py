"""`cxassure check`: every problem of every file at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure.errors import Problem, SpecError
from cxassure.surfaces.cli import options
from cxassure.surfaces.cli.options import count

if TYPE_CHECKING:
    from cxassure.probe import Probe
    from cxassure.workspace import Workspace


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.root
@options.json_to
def command(paths: tuple[Path, ...], root: Path, json_to: str | None) -> int:
    """Read journeys, fragments and settings and tell every problem as file:line:column.

    Those whom alerts: names are looked at as they are written: no secret is read, nobody is told.
    Peaks, windows and messages are computed for a year; calendars that have an address are read
    as they were fetched. Peaks and waivers about no journey are told where there are no PATHS.
    """
    try:
        workspace = options.open_workspace(root)
        probes = _planned(workspace, paths)
    except SpecError as wrong:
        if json_to is not None:
            options.answer({"problems": [_row(p) for p in wrong.problems]}, json_to)
            return 2
        raise
    journeys = len({p.journey for p in probes})
    if json_to is not None:
        options.answer({"problems": [], "probes": [p.name for p in probes]}, json_to)
    elif probes:
        told = f"{count(journeys, 'journey')}, {count(len(probes), 'probe')}: no problems"
        click.echo(told)
    return 0 if probes else _nothing(workspace.journeys, paths)


def _planned(workspace: Workspace, paths: tuple[Path, ...]) -> list[Probe]:
    """The probes. Raises `SpecError` with what is wrong in journeys, in who is to be told, in the
    calendar and in what is borne."""
    problems = workspace.unfit()
    probes: list[Probe] = []
    try:
        probes = workspace.plan(paths).probes
    except SpecError as wrong:
        problems += wrong.problems
    problems += _around(workspace, [] if paths else probes)
    if problems:
        raise SpecError(problems)
    return probes


def _around(workspace: Workspace, probes: list[Probe]) -> list[Problem]:
    """What is wrong in the calendar and in waivers; of journeys that are not there only where all
    are known."""
    from cxassure import dates, selection

    root, settings = workspace.root, workspace.settings
    found = dates.unfit(settings, root, probes or None)
    if probes and settings.waivers:
        found += selection.in_vain(settings.waivers, probes, root, datetime.now(UTC))
    return found


def _row(problem: Problem) -> dict[str, object]:
    return {
        "path": problem.place.path,
        "line": problem.place.line,
        "column": problem.place.column,
        "what": problem.what,
        "hint": problem.hint,
    }


def _nothing(journeys: Path, paths: tuple[Path, ...]) -> int:
    where = ", ".join(map(str, paths)) or str(journeys)
    click.echo(f"no journeys in {where}\n    hint: cxassure new DIR makes a first one", err=True)
    return 2
