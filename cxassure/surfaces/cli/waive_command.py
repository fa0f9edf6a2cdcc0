"""`cxassure waive`: failures that somebody has decided to bear, as they stand in cxassure.yaml."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.incident import Waiver
    from cxassure.workspace import Workspace

FILE = "cxassure.yaml"
_LIST = re.compile(r"^waivers:[ \t]*(#.*)?\n(?P<rest>(?:[ \t]*(?:#.*)?\n)*)(?P<dent>[ ]*)- ", re.M)


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
        given = {"journeys": journey, "owner": owner, "reason": reason, "until": until}
        for name, value in given.items():
            if not value.strip():
                raise UsageError(f"a waiver without {name} bears nothing", f"add --{name}")
        workspace = _written(workspace, given, env)
    _tell(workspace.settings.waivers, as_json)
    return 0


def _written(workspace: Workspace, given: dict[str, str], env: str) -> Workspace:
    """The workspace with one waiver more; the file is as it was where that is not what came."""
    from cxassure.errors import CxassureError, UsageError

    path, before = workspace.root / FILE, workspace.settings
    text = path.read_text("utf-8") if path.exists() else ""
    line = "{" + ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in given.items())
    known = len(before.waivers)
    try:
        _replace(path, _added(text, line + "}"))
        made = options.open_workspace(workspace.root, env)
        if made.settings.waivers[1:] != before.waivers or len(made.settings.waivers) != known + 1:
            raise UsageError(f"no line can be added to {path}", f"add under waivers:  - {line}}}")
        if made.settings.waivers[0].until <= datetime.now(UTC):
            raise UsageError("a waiver that has ended bears nothing", "say a later --until")
    except CxassureError:
        _replace(path, text)
        raise
    return made


def _added(text: str, line: str) -> str:
    """`text` with one waiver more, the first of all; where there are none in lines, a list."""
    if found := _LIST.search(text):
        at = found.start("dent")
        return f"{text[:at]}{found['dent']}- {line}\n{text[at:]}"
    return f"{text.rstrip()}\nwaivers:\n  - {line}\n".lstrip("\n")


def _replace(path: Path, text: str) -> None:
    """At once, so that a scheduler reads the old file or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    if path.exists():
        fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _tell(waivers: tuple[Waiver, ...], as_json: bool) -> None:
    now = datetime.now(UTC)
    if as_json:
        click.echo(json.dumps([_row(one, now) for one in waivers], indent=2, ensure_ascii=False))
        return
    for one in waivers:
        over = "" if now < one.until else "  (ended)"
        names = ", ".join(one.journeys)
        click.echo(f"{names}  by {one.owner} until {one.until:%F %R}Z{over}: {one.reason}")
    if not waivers:
        click.echo("nothing is waived")


def _row(one: Waiver, now: datetime) -> dict[str, Any]:
    return {
        "journeys": list(one.journeys),
        "owner": one.owner,
        "reason": one.reason,
        "until": one.until.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "holds": now < one.until,
    }
