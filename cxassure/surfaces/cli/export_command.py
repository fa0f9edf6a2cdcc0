"""`cxassure export`: what is kept, in other programs' forms."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure import retelling
from cxassure.errors import UsageError
from cxassure.surfaces.cli import options, past_runs

if TYPE_CHECKING:
    from cxassure.workspace import Workspace

USUAL = timedelta(days=30)


@click.command("export")
@click.argument("what", type=click.Choice(["runs", "prometheus", "traces"]))
@click.argument("name", default="")
@click.option("--journey", default="", help="Runs: only of this journey.")
@past_runs.options
@click.option("--to", default="", help="Traces: a collector, http://localhost:4318/v1/traces.")
@options.report_dir
@options.root
@options.env
def command(what: str, name: str, report_dir: Path | None, root: Path, env: str, **how: Any) -> int:
    """Export what is kept.

    runs NAME writes runs and their figures to the file NAME, .csv or .parquet, by default of the
    last 30 days (Parquet needs the extra `export`). prometheus [NAME] writes the latest state of
    all journeys as OpenMetrics text to a file or to stdout. traces [NAME] sends the latest runs, or
    those that NAME means, to an OpenTelemetry collector: --to, else OTEL_EXPORTER_OTLP_ENDPOINT,
    else stdout. Exit code 3 when the store cannot be read or the collector does not take them.
    """
    _misused(what, name, how)
    workspace = options.open_workspace(root, env, report_dir)
    if what == "runs":
        return _runs(workspace, Path(name), env, how)
    if what == "prometheus":
        return _prometheus(workspace, name, env)
    return _traces(workspace, name, how["to"])


def _misused(what: str, name: str, how: dict[str, Any]) -> None:
    """Refuses options of another export: they would silently do nothing."""
    mine = {"runs": ("journey", "since", "until"), "traces": ("to",)}.get(what, ())
    if other := [key for key, value in how.items() if value and key not in mine]:
        raise click.UsageError(f"--{other[0]} does not belong to {what}")
    if what == "runs" and not name:
        raise click.UsageError("runs wants a file: runs.csv or runs.parquet")


def _runs(workspace: Workspace, file: Path, env: str, how: dict[str, Any]) -> int:
    from cxassure.report.exports import tables

    kind = file.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise UsageError(f"{file}: nobody knows this form", "name it runs.csv or runs.parquet")
    begin, end = past_runs.between(how["since"], how["until"], USUAL)
    rows = tables.rows(past_runs.rows(workspace, begin, end, how["journey"], env))
    if kind == ".csv":
        file.write_text(tables.csv_text(tables.HEADING, rows), "utf-8", newline="")
    else:
        tables.write_parquet(file, tables.HEADING, rows)
    click.echo(f"{options.count(len(rows), 'run')} written to {file}", err=True)
    return 0


def _prometheus(workspace: Workspace, name: str, env: str) -> int:
    """A file is put in place whole, as the node exporter's textfile collector wants it."""
    from cxassure.report.exports.prometheus import exposition

    now = datetime.now(UTC)
    recent = retelling.past(workspace.store, now - timedelta(days=1), now, env=env)
    latest = workspace.store.latest(env or None)
    text = exposition(latest, workspace.duty().state().open(), recent)
    if not name:
        click.echo(text, nl=False)
        return 0
    scratch = Path(name).with_name(f".{Path(name).name}.part")
    scratch.write_text(text, "utf-8")
    scratch.replace(name)
    return 0


def _traces(workspace: Workspace, ref: str, to: str) -> int:
    from cxassure.report.exports import traces

    stored = workspace.store.find(ref)
    if not stored:
        what = f"«{ref}» names no stored run" if ref else "there are no stored runs"
        raise UsageError(f"{what} in {workspace.store.reports}", "cxassure run makes some")
    data = traces.encoded(one.run for one in stored)
    where = to or traces.endpoint(os.environ)
    if not where:
        click.echo(data)
        return 0
    traces.send(where, data, traces.headers(os.environ))
    click.echo(f"{options.count(len(stored), 'trace')} sent", err=True)
    return 0
