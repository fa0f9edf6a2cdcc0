"""`cxassure compile`: journeys written down as probes, as a lock file is."""

from __future__ import annotations

from pathlib import Path

import click

from cxassure.surfaces.cli import options


@click.command("compile")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--check", is_flag=True, help="Write nothing; exit 2 when probes are stale.")
@options.root
def command(paths: tuple[Path, ...], check: bool, root: Path) -> int:
    """Compile journeys to probes/, one document per row."""
    workspace = options.open_workspace(root)
    probes = workspace.plan(paths).probes
    if check:
        return _compare(workspace.stale_probes(probes))
    if not probes:
        click.echo("no journeys, so no probes\n    hint: cxassure new DIR", err=True)
        return 2
    written = workspace.write_probes(probes)
    click.echo(f"{len(probes)} probes, {len(written)} written to {workspace.probes}", err=True)
    return 0


def _compare(differences: list[str]) -> int:
    for line in differences:
        click.echo(line)
    if differences:
        click.echo("    hint: compile them again: cxassure compile", err=True)
        return 2
    click.echo("probes are up to date", err=True)
    return 0
