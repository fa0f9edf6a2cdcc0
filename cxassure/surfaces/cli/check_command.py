"""`cxassure check`: every problem of every file at once."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cxassure.errors import SpecError
from cxassure.surfaces.cli import options


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.root
@options.as_json
def command(paths: tuple[Path, ...], root: Path, as_json: bool) -> int:
    """Read journeys and fragments and tell every problem as file:line:column."""
    workspace = options.open_workspace(root)
    try:
        probes = workspace.plan(paths).probes
    except SpecError as wrong:
        if as_json:
            click.echo(json.dumps({"problems": [_row(p) for p in wrong.problems]}, indent=2))
            return 2
        raise
    if as_json:
        click.echo(json.dumps({"problems": [], "probes": [p.name for p in probes]}, indent=2))
    else:
        journeys = len({p.journey for p in probes})
        click.echo(f"{journeys} journeys, {len(probes)} probes: no problems")
    return 0 if probes else _nothing(workspace.journeys, paths)


def _row(problem: object) -> dict[str, object]:
    from cxassure.errors import Problem

    assert isinstance(problem, Problem)
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
