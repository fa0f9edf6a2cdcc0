"""`cxassure bundle`: a run in one file."""

from __future__ import annotations

from pathlib import Path

import click

from cxassure.surfaces.cli import options, telling_again


@click.command("bundle")
@click.argument("ref", default="")
@options.root
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@options.report_dir
def command(ref: str, root: Path, to: Path | None, report_dir: Path | None) -> int:
    """Pack a stored run into one ZIP file: page, story, evidence, everything masked as kept.

    REF is a run's id, a campaign, a journey or a folder; of several runs the worst is packed.
    """
    from cxassure.report.bundle import bundle

    workspace = options.open_workspace(root, reports=report_dir)
    run, context = telling_again.one(workspace, ref, root)
    path = to or Path(f"{run.id.replace('/', '-')}.zip")
    path.write_bytes(bundle(run, context))
    click.echo(str(path))
    return 0
