"""`cxassure run`: drive journeys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.errors import UsageError
from cxassure.surfaces.cli import gating, options, rehearsing

if TYPE_CHECKING:
    from cxassure.workspace import Workspace


@click.command("run")
@click.argument("selectors", nargs=-1)
@options.root
@options.env
@options.running
@options.telling
@gating.options
@rehearsing.options
@click.option("--dry-run", is_flag=True, help="Only say what would be driven, spent and dialled.")
def command(selectors: tuple[str, ...], root: Path, env: str, dry_run: bool, **how: Any) -> int:
    """Drive journeys: all of them, or those that SELECTORS name.

    A selector is a journey's name, a glob (gift-*), journey[row], a YAML file or a compiled probe.
    """
    from cxassure.selection import Selection
    from cxassure.surfaces.cli import dry

    gating.misused(how)
    workspace = options.open_workspace(root, env, how["report_dir"])
    _no_selector(how["json_to"], selectors, workspace)
    probes = workspace.select(Selection(selectors, how["tags"], how["rows"]))
    if dry_run:
        return dry.tell(workspace, probes, how["json_to"])
    return rehearsing.go(workspace, probes, how, lambda more: options.again(root, env, more))


def _no_selector(json_to: str | None, selectors: tuple[str, ...], workspace: Workspace) -> None:
    """Refuses `--json NAME` without selectors: it would drive everything and write a file NAME."""
    if selectors or json_to in (None, options.STDOUT) or Path(str(json_to)).suffix:
        return
    if any(json_to in (p.name, p.journey) for p in workspace.plan().probes):
        raise UsageError(
            f"«{json_to}» is a journey, and --json takes it for a file",
            f"write it first: cxassure run {json_to} --json",
        )
