"""Runs as a JSON document for scripts: schema 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cxassure.report.answers import answers
from cxassure.report.cause import cause
from cxassure.report.context import Context
from cxassure.report.tally import blaming, earlier_attempts, last_attempts
from cxassure.report.text import since_good
from cxassure.run import Run, StepRun

SCHEMA = 1

_RUN = (
    "id journey row title severity owner runbook source tags env seed attempt rehearsed release "
    "overridden started ended verdict why flaky finished took wall measures"
).split()
_STEP = (
    "index part party channel verb title place optional at verdict why expected seen hint code "
    "took wall findings"
).split()


def document(
    runs: Sequence[Run], report: str | Mapping[str, str] = "", context: Context | None = None
) -> dict[str, Any]:
    """`{"schema": 1, "runs": […]}`; `report` is the page's path, for all or by run id.

    With a `context` each run has what `changed` since the last good one. One that did not pass has
    the six `answers` of the first screen, by label. Of a run tried again the last attempt stands in
    `runs`, what went before in its `attempts`. A step that broke a promise of the journey carries
    that verdict.
    """
    context = context or Context(runs=runs)
    told = [_run(run, runs, report, context) for run in last_attempts(runs)]
    return {"schema": SCHEMA, "runs": told}


def _run(
    run: Run, runs: Sequence[Run], report: str | Mapping[str, str], context: Context
) -> dict[str, Any]:
    told = blaming(run)
    bad, found = told.first_bad, cause(run, context)
    page = report if isinstance(report, str) else report.get(run.id, "")
    return {
        **{name: getattr(run, name) for name in _RUN},
        "report": page,
        "blamed": {"step": bad.index, "party": bad.party, "channel": bad.channel} if bad else None,
        "cause": str(found) if found else "",
        "answers": _answers(run, context) if found else {},
        "changed": [
            {"kind": one.kind, "step": one.step, "what": one.sentence}
            for one in since_good(run, context)
        ],
        "unseen": len(run.unseen),
        "attempts": [
            {"id": tried.id, "attempt": tried.attempt, "verdict": tried.verdict, "why": tried.why}
            for tried in earlier_attempts(run, runs)
        ],
        "steps": [_step(step) for step in told.steps],
    }


def _answers(run: Run, context: Context) -> dict[str, str]:
    """The first screen's, as of when the run ended: a document is read at any time."""
    with suppress(ValueError):
        ended = datetime.fromisoformat(run.ended)
        context = replace(context, now=ended if ended.tzinfo else ended.replace(tzinfo=UTC))
    return {one.label: one.said for one in answers(run, context)}


def _step(step: StepRun) -> dict[str, Any]:
    return {
        **{name: getattr(step, name) for name in _STEP},
        "evidence": [
            {"name": kept.name, "path": kept.path, "media": kept.media, "size": kept.size}
            for kept in step.kept
            if kept.path
        ],
    }
