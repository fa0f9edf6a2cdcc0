"""`cxassure ack`: somebody has taken an incident."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from cxassure.surfaces.cli import options


@click.command("ack")
@click.argument("incident")
@click.option("--by", default="", help="Who has it (default: your name on this machine).")
@click.option("--note", default="", help="What to tell those who were told.")
@options.report_dir
@options.root
@options.env
@options.as_json
def command(
    incident: str,
    by: str,
    note: str,
    report_dir: Path | None,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Take INCIDENT: no more reminders or escalations, and everybody who was told hears who has it.

    INCIDENT is an id of `cxassure incidents`, or its beginning. What is to be said is sent by the
    scheduler. Exit code 2 where no such incident is open, 3 when it cannot be written down.
    """
    from cxassure.text import clip

    duty = options.open_workspace(root, env, report_dir).duty()
    fitting = [one.id for one in duty.state().open() if one.id.startswith(incident)]
    name = fitting[0] if len(fitting) == 1 and incident else incident
    who = clip(by.strip() or _me(), 80)
    said = duty.acknowledge(name, who, datetime.now(UTC), clip(note.strip(), 200))
    taken = duty.state().incidents[name].acknowledged
    if as_json:
        told = {"incident": name, "acknowledged": taken, "told": [one.to for one in said]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif said:
        click.echo(f"{name} is {taken}'s; to be told: {', '.join(one.to for one in said)}")
    else:
        click.echo(f"{name} is {taken}'s")
    return 0


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
