"""`cxassure ready`: GO, CONDITIONAL or NO-GO for a peak, on one page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.readiness import Answer, Told

COLOURS: dict[Answer, str] = {"GO": "green", "CONDITIONAL": "yellow", "NO-GO": "red"}
CODES: dict[Answer, int] = {"GO": 0, "CONDITIONAL": 0, "NO-GO": 1}


@click.command("ready")
@click.argument("peak")
@click.option("--strict", is_flag=True, help="CONDITIONAL is a failure too.")
@click.option("--score", type=click.IntRange(1, 50), help="Score against so many good runs.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write the page here.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Also write Markdown here.")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    help="Folder of the runs that are the evidence (default: reports).",
)
@options.root
@options.env
@options.as_json
def command(
    peak: str,
    strict: bool,
    score: int | None,
    html: Path | None,
    markdown: Path | None,
    report_dir: Path | None,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Decide whether we are ready for PEAK, by the evidence in the store.

    Exit code 0 for GO and CONDITIONAL, 1 for NO-GO (with --strict for CONDITIONAL too), 2 for a
    peak that there is not, 3 when the store cannot be read. The decision is kept.
    """
    from cxassure.report import readiness as telling

    workspace = options.open_workspace(root, env, report_dir)
    told = workspace.outlook().ready(peak, datetime.now(UTC), score)
    for path, form in ((html, telling.page), (markdown, telling.markdown)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(form(told), "utf-8")
            click.echo(f"written to {path}", err=True)
    _say(told, as_json)
    for trouble in workspace.store.troubles:
        click.echo(trouble, err=True)
    answer = told.readiness.answer
    return 1 if strict and answer != "GO" else CODES[answer]


def _say(told: Told, as_json: bool) -> None:
    from cxassure.report import readiness as telling

    if as_json:
        click.echo(json.dumps(telling.document(told), indent=2, ensure_ascii=False))
        return
    first, *rest = telling.lines(told)
    click.echo(click.style(first, fg=COLOURS[told.readiness.answer], bold=True))
    click.echo("\n".join(rest))
