"""The gate as a page in Markdown, as job summaries and merge requests show it."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.report.answers import what
from cxassure.report.cause import causes
from cxassure.report.context import Context
from cxassure.report.gate.judging import Gate, Row
from cxassure.report.markdown import fenced, inert
from cxassure.report.tally import MARKS, blaming, totals
from cxassure.report.text import drift, failure
from cxassure.run import Run
from cxassure.text import span

LARGEST = 900_000
"""Bytes; a job summary of GitHub's takes 1 MiB a step."""


def summary(gate: Gate, context: Context, page: str = "") -> str:
    """Heading, table of what is not simply fine, what is said otherwise where nothing failed, the
    story of each cause; cut to `LARGEST`."""
    runs = [row.run for row in gate.rows]
    parts = [
        f"## {inert(str(gate))}",
        inert(totals(runs)) + (f" · page: `{inert(page)}`" if page else ""),
        _table([row for row in gate.rows if row.standing != "fine"]),
        _gone(gate),
        _drifted(runs, context),
    ]
    said = "\n\n".join(filter(None, parts)) + "\n"
    left = LARGEST - len(said.encode())
    for story in _stories(runs, context):
        if len(story.encode()) > left:
            return said + "\nMore failures are on the page.\n"
        said += "\n" + story + "\n"
        left -= len(story.encode()) + 2
    return said


def _table(rows: list[Row]) -> str:
    if not rows:
        return ""
    head = ["| journey | now | before | gate | what broke |", "|---|---|---|---|---|"]
    return "\n".join([*head, *map(_line, rows)])


def _line(row: Row) -> str:
    run, bad = row.run, blaming(row.run).first_bad
    flaky = " (flaky)" if run.flaky else ""
    gate = f"**{row.standing}**" if row.standing in ("worse", "unknown") else row.standing
    gate += f": {inert(row.why, 120)}" if row.why else ""
    told = f"step {bad.index}, {inert(what(bad, blaming(run)), 220)}" if bad else ""
    now = f"{MARKS[run.verdict]} {run.verdict}{flaky}, {span(run.took)}"
    cells = (inert(run.name, 80), now, row.before.kind, gate, told)
    return f"| {' | '.join(cells)} |"


def _gone(gate: Gate) -> str:
    if not gate.gone:
        return ""
    names = ", ".join(inert(name, 80) for name in gate.gone[:20])
    return f"In the baseline and not run now: {names}{' …' if len(gate.gone) > 20 else ''}"


def _drifted(runs: list[Run], context: Context) -> str:
    """What is said otherwise than before where nothing failed: it will, or customers wonder."""
    found = [
        f"{inert(run.name, 80)}: {inert(str(one), 300)}"
        for run in runs
        for one in drift(run, context)
    ]
    if not found:
        return ""
    more = [f"- and {len(found) - 20} more"] if len(found) > 20 else []
    told = [f"- {one}" for one in found[:20]] + more
    return "\n".join(
        ["Said otherwise than in the last good run, though nothing failed:", "", *told]
    )


def _stories(runs: list[Run], context: Context) -> Iterator[str]:
    by_id = {run.id: run for run in runs}
    for cause in causes(runs, context):
        first = by_id[cause.runs[0]]
        more = f" and {len(cause.runs) - 1} more" if len(cause.runs) > 1 else ""
        head = f"<details><summary>{MARKS[first.verdict]} {inert(first.name, 80)}{more}</summary>"
        yield f"{head}\n\n{fenced(failure(first, context))}\n\n</details>"
