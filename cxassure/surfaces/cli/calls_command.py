"""`cxassure calls`: real calls that are still written down as up, listed or ended."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options


@click.command("calls")
@click.option("--end", is_flag=True, help="End what a run that is gone has left up.")
@click.option("--all", "every", is_flag=True, help="With --end: also calls of runs that go on.")
@options.report_dir
@options.root
@options.env
@options.as_json
def command(
    end: bool, every: bool, report_dir: Path | None, root: Path, env: str, as_json: bool
) -> int:
    """List real calls that have not been seen to end, and what calls have cost today.

    Every real call is written down before it is placed. What a killed run has left is ended at the
    next start by itself; --end does it now. Exit code 3 while a call is up that nobody minds.
    """
    live = options.open_workspace(root, env, report_dir).live_calls()
    notes = asyncio.run(live.end(all_of_them=every)) if end else []
    up, spent = live.up(), live.spent()
    if as_json:
        told = {"up": up, "ended": notes, "spent_today": spent}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in [*notes, *map(_line, up)]:
            click.echo(line)
        click.echo(f"{options.count(len(up), 'call')} up; {spent:.2f} spent today", err=True)
    return 3 if any(not one["minded"] for one in up) else 0


def _line(one: dict[str, Any]) -> str:
    since = datetime.fromtimestamp(one["since"], UTC)
    whose = "of a run that goes on" if one["minded"] else "nobody minds it: --end"
    return f"{one['number']}  over {one['line']} since {since:%F %T} UTC, run {one['run']}, {whose}"
