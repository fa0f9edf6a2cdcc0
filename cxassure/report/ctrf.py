"""Runs as CTRF, the Common Test Report Format (version 0.0.0, schema of ctrf-io): one test a run.

failed → failed; error, missed → other, since nobody knows; degraded → passed; skipped → skipped.
`rawStatus` has our own word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cxassure import __version__
from cxassure.measures import effort
from cxassure.report import wrong
from cxassure.report.context import Context
from cxassure.report.tally import blaming, earlier_attempts, last_attempts, visible
from cxassure.report.text import failure
from cxassure.run import Run, StepRun
from cxassure.text import clip

STATUS = {"passed": "passed", "degraded": "passed", "failed": "failed", "skipped": "skipped"}
_PLACE = re.compile(r"(.*?)(?::(\d+))?(?::\d+)?", re.DOTALL)


def document(runs: Sequence[Run], context: Context | None = None, base: Path = Path()) -> bytes:
    """The JSON document in UTF-8; times are milliseconds. Evidence is named relative to `base`."""
    context = context or Context(runs=tuple(runs))
    counted = last_attempts(runs)
    whole = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": "cxassure",
        "timestamp": context.now.astimezone(UTC).isoformat(timespec="seconds"),
        "results": {
            "tool": {"name": "cxassure", "version": __version__},
            "summary": _summary(counted),
            "tests": [_test(run, runs, context, base) for run in counted],
            "environment": {"testEnvironment": _text(counted[0].env) if counted else ""},
        },
    }
    return encoded(whole)


def encoded(document: Any) -> bytes:
    """JSON in UTF-8; half a surrogate pair, which UTF-8 has not, is replaced."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def _summary(runs: Sequence[Run]) -> dict[str, Any]:
    found = [status(run.verdict) for run in runs]
    starts, stops = [began(run) for run in runs], [began(run) + millis(run.wall) for run in runs]
    return {
        "tests": len(runs),
        **{name: found.count(name) for name in "passed failed skipped pending other".split()},
        "flaky": sum(run.flaky for run in runs),
        "start": min(starts, default=0),
        "stop": max(stops, default=0),
    }


def _test(run: Run, runs: Sequence[Run], context: Context, base: Path) -> dict[str, Any]:
    path, line = place(run.source)
    test: dict[str, Any] = {
        "testId": str(uuid5(NAMESPACE_URL, _named(run))),
        "executionId": _text(run.id) or "unknown",
        "name": _text(run.name) or "unknown",
        "status": status(run.verdict),
        "rawStatus": run.verdict,
        "duration": millis(run.wall),
        "start": began(run),
        "stop": began(run) + millis(run.wall),
        "type": "journey",
        "flaky": run.flaky,
        "tags": [_text(tag) for tag in run.tags],
        "steps": [_step(step) for step in blaming(run).steps],
        "labels": labels(run),
        "extra": {"measures": run.measures, "effort": round(effort(run.measures), 2)},
        "attachments": [
            {"name": _text(name), "contentType": media, "path": _text(_relative(file, base))}
            for name, media, file in evidence(run, context)
        ],
    }
    test |= {"filePath": _text(path)} if path else {}
    test |= {"line": line} if line else {}
    test |= _trouble(run, context) if run.verdict not in ("passed", "skipped") else {}
    tried = [_attempt(one) for one in earlier_attempts(run, runs)]
    return test | ({"retries": len(tried), "retryAttempts": tried} if tried else {})


def _named(run: Run) -> str:
    return f"cxassure:{run.env}/{run.name}".encode("utf-8", "replace").hex()


def _trouble(run: Run, context: Context) -> dict[str, str]:
    return {"message": message(run), "trace": _text(failure(run, context))}


def message(run: Run) -> str:
    """Why a run came to what it did, in a line."""
    bad = blaming(run).first_bad
    return clip(_text((wrong.why(bad) if bad else "") or run.why), 300)


def _step(step: StepRun) -> dict[str, Any]:
    extra = {"part": step.part, "verdict": step.verdict, "at": step.at, "took": step.took}
    name = clip(_text(f"{step.index} {step.title}"), 200)
    return {"name": name, "status": status(step.verdict), "extra": extra}


def _attempt(run: Run) -> dict[str, Any]:
    return {
        "attempt": max(1, run.attempt),
        "status": status(run.verdict),
        "duration": millis(run.wall),
        "message": message(run),
    }


def labels(run: Run) -> dict[str, str]:
    """What is known of a run beside its result; what is empty is left out."""
    names = "journey row env severity owner runbook release rehearsed".split()
    found = {name: _text(getattr(run, name)) for name in names if getattr(run, name)}
    channels = " ".join(dict.fromkeys(run.parties.values()))
    return found | ({"channels": _text(channels)} if channels else {})


def evidence(run: Run, context: Context) -> list[tuple[str, str, Path]]:
    """(name, media type, file) of the evidence that is kept, and lies in the run's folder."""
    kept = [one for step in run.steps for one in step.kept]
    found = ((one, context.evidence(run, one.path)) for one in kept)
    return [(one.name, media(one.media), file) for one, file in found if file]


def media(said: str) -> str:
    """A media type, or that of any bytes."""
    return said if re.fullmatch(r"[\w.+-]+/[\w.+-]+", said) else "application/octet-stream"


def _relative(file: Path, base: Path) -> str:
    here = base.resolve()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def status(verdict: str) -> str:
    return STATUS.get(verdict, "other")


def place(source: str) -> tuple[str, int]:
    """Path and line of `path:line:column`; 0 where there is none."""
    found = _PLACE.fullmatch(source)
    assert found
    return found[1], int((found[2] or "0")[:9])


def began(run: Run) -> int:
    """When a run began, in milliseconds since 1970; 0 where nobody knows."""
    try:
        at = datetime.fromisoformat(run.started)
    except ValueError:
        return 0
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def millis(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _text(said: str) -> str:
    return visible(said)
