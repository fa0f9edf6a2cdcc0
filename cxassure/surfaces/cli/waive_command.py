"""`cxassure waive`: failures that somebody has decided to bear, as they stand in cxassure.yaml."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.incident import Waiver
    from cxassure.probe import Probe
    from cxassure.workspace import Workspace


@click.command("waive")
@click.argument("journey", required=False)
@click.option("--owner", default="", help="Who has decided it.")
@click.option("--reason", default="", help="Why it may be.")
@click.option("--until", default="", help="When it ends: a day (2026-11-30) or a time.")
@click.option("--list", "listed", is_flag=True, help="Only tell the waivers that there are.")
@options.root
@options.env
@options.as_json
def command(
    journey: str | None,
    owner: str,
    reason: str,
    until: str,
    listed: bool,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Bear failures of JOURNEY (a name or glob) until a day, or --list what is borne.

    It is written to `waivers:` in cxassure.yaml, where readiness and alerts read it, and the
    scheduler reads it anew within a minute. Exit code 2 for what makes no waiver: then nothing
    is changed.
    """
    from cxassure.errors import UsageError

    workspace = options.open_workspace(root, env)
    if listed == bool(journey):
        raise UsageError("name a journey, or ask for --list", "cxassure waive --help")
    if journey:
        borne = _borne(workspace, journey)
        given = {"journeys": journey, "owner": owner, "reason": reason, "until": until}
        workspace.waive(given)
        workspace = workspace.afresh()
        for one in borne:
            if one.severity == "critical":
                what = f"{one.name} is critical: alerts bear its failures, readiness bears none"
                click.echo(what, err=True)
    _tell(workspace.settings.waivers, as_json)
    return 0


def _borne(workspace: Workspace, journey: str) -> list[Probe]:
    """The probes that a waiver is about. Raises `UsageError` where there is none of that name;
    where the journeys cannot be read nobody can say."""
    from cxassure.errors import CxassureError, UsageError
    from cxassure.text import clip, guess

    try:
        probes = workspace.plan().probes
    except CxassureError:
        return []
    found = [p for p in probes if any(fnmatchcase(n, journey) for n in (p.journey, p.name))]
    found = found or [p for p in probes if p.name == journey]  # a row's name reads like a glob
    if not found:
        what = f"no journey is called «{clip(journey, 60)}»"
        raise UsageError(what, guess(journey, {p.journey for p in probes}))
    return found


def _tell(waivers: tuple[Waiver, ...], as_json: bool) -> None:
    now = datetime.now(UTC)
    if as_json:
        click.echo(json.dumps([_row(one, now) for one in waivers], indent=2, ensure_ascii=False))
        return
    for one in waivers:
        over = "" if now < one.until else "  (ended)"
        names = ", ".join(one.journeys)
        click.echo(f"{names}  by {one.owner} until {_ends(one.until)}{over}: {one.reason}")
    if not waivers:
        click.echo("nothing is waived")


def _ends(until: datetime) -> str:
    """By the clock that it was written for, and which: `2026-12-01 00:00 America/New_York`."""
    return f"{until:%F %R} {getattr(until.tzinfo, 'key', None) or until.tzname()}"


def _row(one: Waiver, now: datetime) -> dict[str, Any]:
    return {
        "journeys": list(one.journeys),
        "owner": one.owner,
        "reason": one.reason,
        "until": one.until.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "holds": now < one.until,
    }
