"""`cxassure explain`: the whole story of a run."""

from __future__ import annotations

from pathlib import Path

import click

from cxassure.surfaces.cli import options, telling_again


@click.command("explain")
@click.argument("ref", default="")
@options.root
@click.option("--whole", is_flag=True, help="Every step line by line, not just those that matter.")
@options.report_dir
def command(ref: str, root: Path, whole: bool, report_dir: Path | None) -> int:
    """Tell a stored run whole: what broke, who is hurt, since when, why, and what happened.

    REF is a run's id, a campaign, a journey or a folder; of several runs the worst is told.
    """
    from cxassure.report.explain import explained

    workspace = options.open_workspace(root, reports=report_dir)
    run, context = telling_again.one(workspace, ref, root)
    click.echo("\n".join(explained(run, context, whole)))
    return 0
