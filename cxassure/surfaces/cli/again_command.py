"""`cxassure again`: a stored run driven once more, the same way."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cxassure.surfaces.cli import options, telling_again

if TYPE_CHECKING:
    from cxassure.run import Run


@click.command("again")
@click.argument("ref", default="")
@options.root
@click.option("--timeout", type=options.DURATION, help="Longest time for it (90s, 5m).")
@click.option("--trace", is_flag=True, help="Keep a full browser trace.")
@options.telling
def command(ref: str, root: Path, **how: Any) -> int:
    """Drive a stored run again: the probe that was kept with it, its row, environment and seed.

    REF is a run's id, a campaign, a journey or a folder; of several runs the worst is taken. A
    journey that has changed since is run as it was then.
    """
    from cxassure.surfaces.cli import driving

    found, _ = telling_again.one(options.open_workspace(root, "", how["report_dir"]), ref, root)
    workspace = options.open_workspace(root, found.env, how["report_dir"])
    probe = workspace.probe_of(found)
    click.echo(f"again: {found.id}, seed {found.seed}", err=True)
    plain = {"workers": 1, "retry": 0, "fail_fast": False, "seed": found.seed}
    how |= {**plain, "again": options.again(root, found.env), "rehearsed": _rehearsed(found)}
    return driving.go(workspace, [probe], how)


def _rehearsed(run: Run) -> datetime | None:
    """The instant that a run was rehearsed for (RFC 9557), None where it was not."""
    if not run.rehearsed:
        return None
    written, _, zone = run.rehearsed.rstrip("]").partition("[")
    at = datetime.fromisoformat(written)
    return at.astimezone(ZoneInfo(zone)) if zone else at
