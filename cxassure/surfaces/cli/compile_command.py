"""`cxassure compile`: journeys written down as probes, as a lock file is."""

from __future__ import annotations

from pathlib import Path

import click

from cxassure.surfaces.cli import options
from cxassure.surfaces.cli.options import count


@click.command("compile")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--check", is_flag=True, help="Write nothing; exit 2 when probes are stale.")
@options.root
@options.json_to
def command(paths: tuple[Path, ...], check: bool, root: Path, json_to: str | None) -> int:
    """Compile journeys to probes/, one document per row."""
    workspace = options.open_workspace(root)
    probes = workspace.plan(paths).probes
    names = [document.name for document in probes]
    if check:
        stale = workspace.stale_probes(probes, prune=not paths)
        if json_to is not None:
            options.answer({"probes": names, "stale": stale}, json_to)
        return _compare([] if json_to == options.STDOUT else stale, bool(stale), bool(probes))
    if not probes:
        return _nothing()
    written = workspace.write_probes(probes, prune=not paths)
    if json_to is not None:
        options.answer({"probes": names, "written": [str(path) for path in written]}, json_to)
    told = f"{count(len(probes), 'probe')}, {len(written)} written to {workspace.probes}"
    click.echo(told, err=True)
    return 0


def _nothing() -> int:
    click.echo("no journeys, so no probes\n    hint: cxassure new DIR makes a first one", err=True)
    return 2


def _compare(told: list[str], stale: bool, any_probes: bool) -> int:
    for line in told:
        click.echo(line)
    if stale:
        click.echo("    hint: compile them again: cxassure compile", err=True)
        return 2
    if not any_probes:
        return _nothing()
    click.echo("probes are up to date", err=True)
    return 0
