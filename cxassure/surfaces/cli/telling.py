"""How a command that ran something tells it: stdout, page, JUnit, JSON, exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cxassure.campaign import Ran
from cxassure.report.context import Context
from cxassure.report.gate import Gate
from cxassure.report.tally import MARKS, last_attempts
from cxassure.retelling import PAGE
from cxassure.run import Run
from cxassure.surfaces.cli import gating
from cxassure.surfaces.cli.options import STDOUT
from cxassure.verdict import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_PASSED,
    EXIT_USAGE,
    Verdict,
    exit_code,
)
from cxassure.workspace import Workspace

COLOURS: dict[Verdict, str] = {
    "failed": "red",
    "error": "magenta",
    "degraded": "yellow",
    "passed": "green",
}
_BY_MARK = {MARKS[verdict]: colour for verdict, colour in COLOURS.items()}


def tell(workspace: Workspace, ran: Ran, how: Mapping[str, Any]) -> int:
    """Writes every report that was asked for, prints the rest, gives the exit code.

    `instead` makes of the runs what a command has for stdout in place of lines about them.
    """
    context = workspace.context(ran, again=how.get("again", "cxassure run"))
    folder = ran.campaign.folder
    written, unwritten = write(ran.runs, context, folder, how)
    instead = how.get("instead")
    to_stdout = how["json_to"] == STDOUT or instead is not None
    if to_stdout:
        click.echo(instead(ran.runs) if instead else as_json(ran.runs, folder / PAGE, context))
    lines(ran.runs, context, err=to_stdout)
    _talk(ran, written)
    unwritten = [*ran.troubles, *unwritten]
    gate = None
    if how.get("gate"):
        gate, troubles = gating.told(workspace, ran, context, how)
        unwritten += troubles
    for trouble in [*workspace.store.troubles, *unwritten]:
        click.echo(trouble, err=True)
    if gate:
        return _at_the_gate(gate, ran, whole=not unwritten)
    found = code(ran.runs, how["strict"], ran.interrupted, whole=not unwritten)
    if found != code(ran.runs, False, ran.interrupted, whole=not unwritten):
        click.echo(f"--strict: {_lax(ran.runs)}", err=True)
    if found == EXIT_USAGE:
        click.echo("nothing was looked at, so nothing is known", err=True)
    return found


def _at_the_gate(gate: Gate, ran: Ran, whole: bool) -> int:
    """The gate's own code; what was interrupted or could not be told is no open gate."""
    if ran.interrupted:
        return EXIT_INTERRUPTED
    if gate.code == EXIT_PASSED and (ran.not_run or not whole):
        return EXIT_ERROR
    return gate.code


def write(
    runs: list[Run], context: Context, folder: Path, how: Mapping[str, Any]
) -> tuple[dict[str, Path], list[str]]:
    """The page, JUnit XML and JSON of a campaign in its folder, and copies where asked for.

    Gives where each is, and what could not be written.
    """
    from cxassure.report import junit, page

    html = page.page(runs, context)
    xml = junit.document(runs, context)
    text = as_json(runs, folder / PAGE, context) + "\n"
    made = {"page": html.encode(), "junit": xml, "json": text.encode()}
    put = {"page": folder / PAGE, "junit": folder / "junit.xml", "json": folder / "runs.json"}
    copies = {"page": how["html"], "junit": how["junit"], "json": how["json_to"]}
    asked = {kind: path for kind, path in copies.items() if path not in (None, STDOUT)}
    tried = {path: _put(Path(path), made[kind]) for kind, path in [*put.items(), *asked.items()]}
    written = {kind: path for kind, path in put.items() if not tried[path]}
    troubles = [trouble for trouble in tried.values() if trouble]
    return written, troubles + _for_others(runs, context, how)


def _for_others(runs: list[Run], context: Context, how: Mapping[str, Any]) -> list[str]:
    """The forms of other tools, where they are asked for; says what could not be written."""
    troubles = []
    if path := how.get("ctrf"):
        from cxassure.report import ctrf

        troubles.append(_put(path, ctrf.document(runs, context, path.parent)))
    if folder := how.get("allure"):
        from cxassure.report import allure

        try:
            allure.write(folder, runs, context)
        except OSError as wrong:
            what = wrong.filename or folder
            troubles.append(f"{what} could not be written: {wrong.strerror or wrong}")
    return [trouble for trouble in troubles if trouble]


def _put(path: Path, data: bytes) -> str:
    """Writes `data`; says why it could not, else nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as wrong:
        return f"{path} could not be written: {wrong.strerror or wrong}"
    return ""


def as_json(runs: list[Run], page: Path, context: Context | None = None) -> str:
    """`{"schema": 1, "runs": […]}`."""
    from cxassure.report import json as report_json

    return json.dumps(report_json.document(runs, str(page), context), indent=2, ensure_ascii=False)


def lines(runs: list[Run], context: Context, err: bool = False) -> None:
    """Each cause in full once, with a headline for the other runs it explains; then a summary."""
    from cxassure.report.cause import causes
    from cxassure.report.text import failure, headline, summary

    by_id = {run.id: run for run in runs}
    for cause in causes(runs, context):
        first, *others = (by_id[name] for name in cause.runs)
        _say(failure(first, context), err)
        for run in others:
            _say(headline(run, context), err)
        click.echo(err=err)
    for line in summary(runs, context):
        _say(line, err)


def _say(text: str, err: bool) -> None:
    """Colour by mark where a terminal shows it; click leaves it out elsewhere."""
    first, _, rest = text.partition("\n")
    colour = _BY_MARK.get(first[:1])
    click.echo(click.style(first, fg=colour, bold=bool(rest)) if colour else first, err=err)
    if rest:
        click.echo(rest, err=err)


def _talk(ran: Ran, written: dict[str, Path]) -> None:
    sys.stdout.flush()
    if ran.not_run:
        click.echo(f"not run: {', '.join(sorted(ran.not_run))}", err=True)
    if ran.runs:
        click.echo(f"seed {ran.runs[0].seed}", err=True)
    for kind, path in written.items():
        click.echo(f"{kind:6} {path}", err=True)


def _lax(runs: list[Run]) -> str:
    """What `--strict` does not let pass, by run."""
    found = []
    for run in last_attempts(runs):
        whys: list[str] = [run.verdict] if run.verdict == "degraded" else []
        whys += ["flaky"] if run.flaky else []
        whys += [f"{len(run.unseen)} unseen"] if run.unseen else []
        found += [f"{run.name} ({', '.join(whys)})"] if whys else []
    return ", ".join(found)


def code(
    runs: list[Run], strict: bool = False, interrupted: bool = False, whole: bool = True
) -> int:
    """0, 1, 2, 3 or 130; with `strict`, degraded, flaky and unseen are failures.

    What passed and could not be reported (`whole` is false) is 3.
    """
    if interrupted:
        return EXIT_INTERRUPTED
    counted = last_attempts(runs)
    if not counted:
        return EXIT_USAGE
    found = exit_code(run.verdict for run in counted)
    lax = any(run.verdict == "degraded" or run.flaky or run.unseen for run in counted)
    if strict and found == EXIT_PASSED and lax:
        return EXIT_FAILED
    return found if whole or found != EXIT_PASSED else EXIT_ERROR
