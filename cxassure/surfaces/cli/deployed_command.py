"""`cxassure deployed`: a deployment is marked, so that messages can name it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cxassure.surfaces.cli import options
from cxassure.surfaces.cli.peaks_command import TIME

AHEAD = timedelta(minutes=5)
"""By how much the clock of who deploys may be ahead of ours."""


@click.command("deployed")
@click.argument("name")
@click.option("--at", type=TIME, help="When (default: now).")
@click.option("--target", default="", help="What of the company it was put into.")
@click.option("--link", default="", help="Where it is told: a web address.")
@options.report_dir
@options.root
@options.env
@options.as_json
def command(
    name: str,
    at: datetime | None,
    target: str,
    link: str,
    report_dir: Path | None,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Mark that NAME (shop 4.2) was deployed: for the last step of a pipeline.

    With --env it counts for that environment, else for all. What begins to fail within an hour
    names it; `settle:` gives it time. Exit code 2 for a time to come, 3 when it cannot be written
    down.
    """
    from cxassure.errors import UsageError
    from cxassure.incident import Deploy
    from cxassure.text import clip

    if not name.strip():
        raise UsageError("a deployment needs a name", 'cxassure deployed "shop 4.2"')
    now = datetime.now(UTC)
    when = at.astimezone(UTC) if at else now
    if when > now + AHEAD:
        raise UsageError(f"{when:%F %T} UTC is yet to come", "mark it when it is done")
    workspace = options.open_workspace(root, env, report_dir)
    if target and target not in workspace.environment.targets:
        from cxassure.text import guess

        what = f"there is no target «{clip(target, 60)}» in the environment"
        raise UsageError(what, guess(target, workspace.environment.targets))
    deploy = Deploy(at=when, what=clip(name.strip(), 120), env=env, target=target, link=link)
    workspace.duty().deployed(deploy)
    if as_json:
        told = {"what": deploy.what, "at": f"{when:%FT%TZ}", "env": env or None}
        told |= {"target": target or None, "link": link or None}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{deploy.what}: deployed at {when:%F %T} UTC")
    return 0
