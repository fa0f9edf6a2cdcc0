"""`cxassure status`: the page that customers read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.incident import Incident
    from cxassure.report.status import GroupTold, IncidentTold
    from cxassure.settings import StatusGroup
    from cxassure.verdict import Verdict
    from cxassure.workspace import Workspace

DAYS = 90


@click.command("status")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write index.html to.",
)
@options.report_dir
@options.root
@options.env
def command(folder: Path, report_dir: Path | None, root: Path, env: str) -> int:
    """Write the status page of `status:` in cxassure.yaml: what works, in customers' words.

    One file without scripts, for any web server: it is put in the place of the last one. Names of
    journeys, reasons and owners do not stand in it; of incidents only what was noted for customers.
    Exit code 2 without `status:`, 3 when the store cannot be read: then the old page stays.
    """
    from cxassure.errors import UsageError
    from cxassure.report.status import status_page

    workspace = options.open_workspace(root, env, report_dir)
    page = workspace.settings.status
    if not page.groups:
        raise UsageError("cxassure.yaml has no status:", "docs/dashboard.md shows how to write it")
    now = datetime.now(UTC)
    html = status_page(page.title, _groups(workspace, now), _incidents(workspace, now), now)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / ".index.html.new"
    fresh.write_text(html, "utf-8")
    fresh.replace(folder / "index.html")
    click.echo(str(folder / "index.html"))
    return 0


def _groups(workspace: Workspace, now: datetime) -> list[GroupTold]:
    from cxassure.report.status import DayTold, GroupTold, condition

    views, env = workspace.store.views, workspace.environment.name
    latest = [run for run in views.latest() if run.env == env]
    days = [now.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    daily = {day: views.daily(day) for day, count in views.counts(days).items() if count}
    told = []
    for group in workspace.settings.status.groups:
        shares = []
        for day in days:
            lines = daily.get(day, {}).items()
            mine = [one for line, one in lines if line[0] == env and _in(group, line[1], line[2])]
            good = sum(one.verdicts.get(v, 0) for one in mine for v in _GOOD)
            all_told = good + sum(one.verdicts.get("failed", 0) for one in mine)
            shares.append(DayTold(day, good / all_told if all_told else None))
        newest = [run.verdict for run in latest if _in(group, run.journey, run.row)]
        told.append(GroupTold(group.title, condition(newest), shares))
    return told


_GOOD: tuple[Verdict, ...] = ("passed", "degraded")


def _incidents(workspace: Workspace, now: datetime) -> list[IncidentTold]:
    """Failures that were noted for customers, or still go on; others are our own affair."""
    from cxassure.report.status import IncidentTold

    annals, env = workspace.duty().kept.annals, workspace.environment.name
    found = [one for one in annals.since(now - timedelta(days=DAYS)) if _theirs(one, env)]
    notes = annals.notes([one.id for one in found])
    told = []
    for one in found:
        groups = [g.title for g in workspace.settings.status.groups if _touches(g, one)]
        public = [(note.at, note.text) for note in notes[one.id] if note.public]
        if groups and (public or one.ended is None):
            told.append(IncidentTold(groups, one.since, one.ended, public))
    return told


def _theirs(one: Incident, env: str) -> bool:
    return one.fault.kind == "failed" and one.fault.env in ("", env)


def _touches(group: StatusGroup, one: Incident) -> bool:
    names = (name.rstrip("]").partition("[") for name in one.names)
    return any(_in(group, journey, row) for journey, _, row in names)


def _in(group: StatusGroup, journey: str, row: str) -> bool:
    names = (journey, f"{journey}[{row}]")
    return any(glob == name or fnmatchcase(name, glob) for glob in group.journeys for name in names)
