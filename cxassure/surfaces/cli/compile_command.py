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
def command(paths: tuple[Path, ...], check: bool, root: Path) -> int:
    """Compile journeys to probes/, one document per row."""
    workspace = options.open_workspace(root)
    probes = workspace.plan(paths).probes
    if check:
        return _compare(workspace.stale_probes(probes, prune=not paths), bool(probes))
    if not probes:
        return _nothing()
    written = workspace.write_probes(probes, prune=not paths)
    told = f"{count(len(probes), 'probe')}, {len(written)} written to {workspace.probes}"
    click.echo(told, err=True)
    return 0


def _nothing() -> int:
    click.echo("no journeys, so no probes\n    hint: cxassure new DIR makes a first one", err=True)
    return 2


def _compare(differences: list[str], any_probes: bool) -> int:
    for line in differences:
        click.echo(line)
    if differences:
        click.echo("    hint: compile them again: cxassure compile", err=True)
        return 2
    if not any_probes:
        return _nothing()
    click.echo("probes are up to date", err=True)
    return 0
