"""`cxassure digest`: what a week, or a peak, was like for customers, written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure import retelling
from cxassure.errors import UsageError
from cxassure.surfaces.cli import options, past_runs

if TYPE_CHECKING:
    from cxassure.report.written import Foretold, Material
    from cxassure.workspace import Workspace

WEEK = timedelta(days=7)
YEAR = timedelta(days=366)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("digest")
@past_runs.options
@click.option("--peak", default="", help="Of this peak, when it was last.")
@click.option("--html", type=_FILE, help="Also write a page here.")
@click.option("--pdf", type=_FILE, help="Also write PDF here (by the browser of web journeys).")
@click.option("--markdown", type=_FILE, help="Also write Markdown here.")
@options.report_dir
@options.root
@options.env
def command(
    since: datetime | None,
    until: datetime | None,
    peak: str,
    html: Path | None,
    pdf: Path | None,
    markdown: Path | None,
    report_dir: Path | None,
    root: Path,
    env: str,
) -> int:
    """Write what was looked at, what broke and for how long, what customers would have felt, what
    was missed, and how readiness held: of the last seven days, or of a peak.

    Exit code 0 whatever happened, 2 for a peak that there is not or that has not been, 3 when the
    store cannot be read or no browser prints.
    """
    from cxassure.peak import zone
    from cxassure.report.written import digest, telling

    workspace = options.open_workspace(root, env, report_dir)
    if peak and (since or until):
        raise click.UsageError("--peak has its own time: leave out --since and --until")
    begin, end = past_runs.between(since, until, WEEK)
    if peak:
        begin, end = _last(workspace, peak, end)
    told = digest(_material(workspace, begin, end, env), begin, end, peak)
    where = zone(workspace.settings.calendar.zone)
    page = telling.page(told, where)
    _write(html, page.encode("utf-8", "replace"))
    _write(markdown, telling.markdown(told, where).encode("utf-8", "replace"))
    click.echo("\n".join(telling.lines(told, where)))
    if pdf:
        _write(pdf, retelling.printed(page, workspace.settings.browser))
    return 0


def _write(path: Path | None, data: bytes) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        click.echo(f"written to {path}", err=True)


def _last(workspace: Workspace, name: str, now: datetime) -> tuple[datetime, datetime]:
    """When the peak last was, up to now."""
    workspace.outlook().peak(name)
    found = [one for one in _peaks(workspace, now - 2 * YEAR, now) if one.peak == name]
    if not found:
        raise UsageError(f"the peak «{name}» has not been yet", "cxassure peaks tells when it is")
    last = max(found, key=lambda one: one.start)
    return last.start, min(last.end, now)


def _peaks(workspace: Workspace, since: datetime, until: datetime) -> Iterator[Foretold]:
    """The peaks that were in that time, each with the last decision before its start."""
    from cxassure.report.written import Foretold

    for one in workspace.schedule(()).coming(since, until):
        if one.when.start < until and one.when.end > since:
            decided = workspace.store.readiness_of(one.peak.name)
            before = [each for each in decided if each.at <= one.when.start]
            last = max(before, key=lambda each: each.at, default=None)
            yield Foretold(one.peak.name, one.when.start, one.when.end, last)


def _material(workspace: Workspace, since: datetime, until: datetime, env: str) -> Material:
    from cxassure.report.written import Material

    store, duty = workspace.store, workspace.duty()
    runs = retelling.past(store, since, until, env=env)
    ledger = workspace.ledger()
    try:
        slots = ledger.since(since)
    finally:
        ledger.close()
    return Material(
        runs=runs,
        before=retelling.past(store, since - (until - since), since, env=env),
        slots=slots,
        incidents=[one for one in duty.kept.annals.since(since) if one.since < until],
        peaks=list(_peaks(workspace, since, until)),
        deploys=duty.state().deploys,
        felt=retelling.felt(store, [run for run in runs if run.verdict == "failed"]),
    )
