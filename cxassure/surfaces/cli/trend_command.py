"""`cxassure trend`: CX figures over time, and by channel, row or release."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.errors import UsageError
from cxassure.surfaces.cli import options, past_runs

if TYPE_CHECKING:
    from cxassure.report.trend import Survey

USUAL = timedelta(days=30)
_BY = ("day", "week", "journey", "channel", "row", "release")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("trend")
@click.argument("journey", default="")
@click.option("--by", type=click.Choice(_BY), default="day", help="Groups (default: day).")
@past_runs.options
@click.option("--csat", type=_FILE, help="Answers of customers (CSV) to lay beside.")
@click.option("--csv", "csv_to", type=_FILE, help="Also write the figures here as CSV.")
@options.report_dir
@options.root
@options.env
@options.as_json
def command(
    journey: str,
    by: Any,
    since: datetime | None,
    until: datetime | None,
    csat: Path | None,
    csv_to: Path | None,
    report_dir: Path | None,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Tell CX figures of JOURNEY, or of all: success, time to human, effort and their like.

    By default of the last 30 days, a line a day (of the calendar's zone). Groups of fewer than ten
    runs are counted, not reckoned. Exit code 0 whatever the figures, 2 for a journey that never
    ran, 3 when the store cannot be read.
    """
    from cxassure.peak import zone
    from cxassure.report.exports.tables import csv_text
    from cxassure.report.trend import telling, trend

    workspace = options.open_workspace(root, env, report_dir)
    begin, end = past_runs.between(since, until, USUAL)
    where = zone(workspace.settings.calendar.zone or "UTC")
    answers = _answers(csat, journey, where) if csat else []
    runs = past_runs.rows(workspace, begin, end, journey, env)
    deploys = workspace.duty().state().deploys if by == "release" else ()
    told = trend(runs, by, begin, end, deploys=deploys, answers=answers, zone=where)
    if csv_to:
        csv_to.write_text(csv_text(*telling.table(told)), "utf-8", newline="")
        click.echo(f"written to {csv_to}", err=True)
    if as_json:
        click.echo(json.dumps(telling.document(told), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(telling.lines(told)))
    return 0


def _answers(path: Path, journey: str, where: Any) -> list[Survey]:
    """Answers about the journey, or about nothing in particular."""
    from cxassure.report.trend.survey import read

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        why = getattr(wrong, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"{path} cannot be read: {why}", "give a CSV file") from None
    name = journey.partition("[")[0]
    return [one for one in read(text, str(path), where) if name in ("", one.journey)]
