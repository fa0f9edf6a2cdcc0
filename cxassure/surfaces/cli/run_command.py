"""`cxassure run`: drive journeys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options


@click.command("run")
@click.argument("selectors", nargs=-1)
@options.root
@options.env
@options.running
@options.telling
@click.option("--dry-run", is_flag=True, help="Only say what would be driven, spent and dialled.")
def command(selectors: tuple[str, ...], root: Path, env: str, dry_run: bool, **how: Any) -> int:
    """Drive journeys: all of them, or those that SELECTORS name.

    A selector is a journey's name, a glob (gift-*), journey[row], a YAML file or a compiled probe.
    """
    from cxassure.selection import Selection
    from cxassure.surfaces.cli import driving, dry

    workspace = options.open_workspace(root, env, how["report_dir"])
    probes = workspace.select(Selection(selectors, how["tags"], how["rows"]))
    if dry_run:
        return dry.tell(workspace, probes, how["json_to"])
    how["again"] = options.again(root, env)
    return driving.go(workspace, probes, how)
