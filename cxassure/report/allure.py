"""Runs as results of Allure 2: a file a run with its steps, and the evidence beside it.

failed → failed; error, missed → broken; degraded → passed, labelled so; skipped → skipped. Of a run
tried again every attempt is a result with the same `historyId`: Allure takes the newest and shows
the others as its retries.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cxassure.report.context import Context
from cxassure.report.ctrf import began, encoded, evidence, message, millis, place
from cxassure.report.tally import blaming, visible
from cxassure.report.text import failure
from cxassure.run import Run, StepRun
from cxassure.text import clip

STATUS = {"passed": "passed", "degraded": "passed", "failed": "failed", "skipped": "skipped"}
_SEVERITY = {"critical": "critical", "major": "normal", "minor": "minor"}
_CATEGORIES = [
    {"name": "Not as promised", "matchedStatuses": ["failed"]},
    {"name": "Could not look", "matchedStatuses": ["broken"]},
]
_SAFE_ENDING = 8


def write(folder: Path, runs: Sequence[Run], context: Context | None = None) -> list[Path]:
    """Writes results, evidence, environment and categories; gives the results' files.

    What stands in `folder` of other runs stays: Allure reads several together. Raises `OSError`.
    """
    context = context or Context(runs=tuple(runs))
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for run in runs:
        found = result(run, context)
        for number, (_, _, file) in enumerate(evidence(run, context)):
            shutil.copyfile(file, folder / _source(run, number, file))
        path = folder / f"{found['uuid']}-result.json"
        path.write_bytes(encoded(found))
        made.append(path)
    (folder / "categories.json").write_bytes(encoded(_CATEGORIES))
    (folder / "environment.properties").write_text(_environment(runs), "utf-8")
    return made


def result(run: Run, context: Context) -> dict[str, Any]:
    """One `…-result.json`; times are milliseconds since 1970."""
    told = blaming(run)
    name = visible(run.name) or "unknown"
    start = began(run)
    return {
        "uuid": _id(f"run {run.id}"),
        "historyId": _id(f"{run.env}/{run.name}"),
        "testCaseId": _id(run.name),
        "fullName": name,
        "name": clip(visible(run.title), 200) or name,
        "status": STATUS.get(run.verdict, "broken"),
        "statusDetails": _details(run, context),
        "stage": "finished" if run.finished else "interrupted",
        "start": start,
        "stop": start + millis(max(run.took, run.wall)),
        "labels": [{"name": key, "value": value} for key, value in _labels(run)],
        "links": _links(run),
        "parameters": [{"name": "row", "value": visible(run.row)}] if run.row else [],
        "steps": [_step(step, start) for step in told.steps],
        "attachments": [
            {"name": visible(said), "source": _source(run, number, file), "type": media}
            for number, (said, media, file) in enumerate(evidence(run, context))
        ],
    }


def _details(run: Run, context: Context) -> dict[str, Any]:
    if run.verdict in ("passed", "skipped") and not run.flaky:
        return {"message": message(run)} if run.why else {}
    told = visible(failure(run, context))
    return {"message": message(run), "trace": told, "flaky": run.flaky}


def _labels(run: Run) -> list[tuple[str, str]]:
    known = [
        ("framework", "cxassure"),
        ("severity", _SEVERITY.get(run.severity, "normal")),
        ("parentSuite", run.env),
        ("suite", place(run.source)[0]),
        ("subSuite", run.journey),
        ("owner", run.owner),
        ("release", run.release),
        ("verdict", run.verdict),
        *(("tag", tag) for tag in run.tags),
        *(("feature", channel) for channel in dict.fromkeys(run.parties.values())),
    ]
    return [(name, visible(value)) for name, value in known if value]


def _links(run: Run) -> list[dict[str, str]]:
    """Only to the web: a page that shows them must not be led anywhere else."""
    if not run.runbook.startswith(("https://", "http://")):
        return []
    return [{"name": "runbook", "url": visible(run.runbook), "type": "custom"}]


def _step(step: StepRun, start: int) -> dict[str, Any]:
    begin = start + millis(step.at)
    shown = {"expected": step.expected, "seen": step.seen, "code": step.code}
    return {
        "name": clip(visible(f"{step.index} {step.title}"), 200),
        "status": STATUS.get(step.verdict, "broken"),
        "statusDetails": {"message": clip(visible(step.why), 300)} if step.why else {},
        "stage": "finished",
        "start": begin,
        "stop": begin + millis(step.took),
        "parameters": [
            {"name": name, "value": clip(visible(value), 300)}
            for name, value in shown.items()
            if value
        ],
        "steps": [],
        "attachments": [],
    }


def _source(run: Run, number: int, file: Path) -> str:
    """A name of our own: that of evidence comes from outside."""
    ending = file.suffix.lower()
    fine = ending[1:].isascii() and ending[1:].isalnum() and len(ending) <= _SAFE_ENDING
    return f"{_id(f'evidence {run.id} {number}')}-attachment{ending if fine else ''}"


def _id(of: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"cxassure:{of}".encode("utf-8", "replace").hex()))


def _environment(runs: Sequence[Run]) -> str:
    """Java properties, with what has a meaning there escaped."""
    known = {
        "environment": sorted({run.env for run in runs if run.env}),
        "release": sorted({run.release for run in runs if run.release}),
        "seed": sorted({str(run.seed) for run in runs}),
    }
    lines = (f"{key}={_escaped(', '.join(values))}\n" for key, values in known.items() if values)
    return "".join(lines)


def _escaped(text: str) -> str:
    flat = " ".join(visible(text).split())
    return flat.replace("\\", "\\\\")
