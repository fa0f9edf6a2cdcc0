"""Failures where a reviewer sees them: GitHub's workflow commands, GitLab's code quality report.

Workflow commands: GitHub Actions, «Workflow commands», setting an error message. Code quality:
GitLab, «Code Quality», the report's format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cxassure.errors import Problem
from cxassure.report.answers import what
from cxassure.report.tally import MARKS, blaming, last_attempts, visible
from cxassure.run import Run
from cxassure.text import clip
from cxassure.verdict import Verdict

MOST = 10
"""Annotations of a kind that GitHub shows for one step; what goes over is counted in the last."""

_LEVEL: dict[Verdict, str] = {
    "failed": "error", "error": "error", "missed": "error", "degraded": "warning",
}  # fmt: skip
_SEVERITY = {"critical": "critical", "major": "major", "minor": "minor"}


class Note(NamedTuple):
    """Something to be said at a line of a file; `line` and `column` count from 1, 0 is none."""

    level: str
    path: str
    line: int
    column: int
    title: str
    text: str


def notes(runs: Iterable[Run], prefix: str = "") -> Iterator[Note]:
    """One note for each run in trouble, at the line of the step that is blamed.

    `prefix` is the workspace's folder as seen from the repository's root.
    """
    for run in last_attempts(runs):
        told = blaming(run)
        bad = told.first_bad
        if (level := _LEVEL.get(run.verdict)) is None:
            continue
        path, line, column = _spot((bad.place if bad else "") or run.source)
        broke = f"step {bad.index}, {what(bad, told)}" if bad else run.why
        parts = [broke] + ([f"expected {bad.expected}"] if bad and bad.expected else [])
        parts += [f"seen {bad.seen}"] if bad and bad.seen else []
        title = f"{run.name} {run.verdict}"
        yield Note(level, _under(prefix, path), line, column, title, "\n".join(parts))


def of_problems(problems: Iterable[Problem], prefix: str = "") -> Iterator[Note]:
    """A note for each problem of a journey or of the settings."""
    for one in problems:
        place = one.place
        text = one.what + (f"\nhint: {one.hint}" if one.hint else "")
        path = _under(prefix, place.path)
        yield Note("error", path, place.line, place.column, "cxassure", text)


def _spot(place: str) -> tuple[str, int, int]:
    """`journeys/a.yaml:12:5` apart; what has no line has 0."""
    path, *numbers = place.rsplit(":", 2)
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
        return path, int(numbers[0]), int(numbers[1])
    return place, 0, 0


def _under(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path}" if prefix and not path.startswith("/") else path


def github(found: Sequence[Note]) -> list[str]:
    """Workflow commands, a line each; of each level the first `MOST`, the rest counted."""
    lines = []
    for level in ("error", "warning"):
        alike = [note for note in found if note.level == level]
        lines += [_command(note) for note in alike[:MOST]]
        if len(alike) > MOST:
            lines.append(f"::notice::{len(alike) - MOST} more {level}s are in the job's summary")
    return lines


def _command(note: Note) -> str:
    spot = {"file": note.path, "line": note.line, "col": note.column, "title": note.title}
    said = ",".join(f"{k}={_property(clip(str(v), 200))}" for k, v in spot.items() if v)
    return f"::{note.level} {said}::{_data(clipped(note.text))}"


def clipped(text: str) -> str:
    """`text` line by line, none too long, with nothing in it that steers a terminal."""
    return "\n".join(clip(visible(line), 400) for line in text.splitlines())


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def gitlab(runs: Iterable[Run], prefix: str = "") -> list[dict[str, Any]]:
    """The code quality report: one issue for each run in trouble, the same while it lasts."""
    known = {f"{run.name} {run.verdict}": run for run in last_attempts(runs)}
    issues = []
    for note in notes(known.values(), prefix):
        run = known[note.title]
        key = f"{run.name}\0{note.path}\0{note.text.splitlines()[0]}"
        issues.append(
            {
                "description": f"{MARKS[run.verdict]} {note.title}: {clipped(note.text)}",
                "check_name": f"cxassure/{run.verdict}",
                "fingerprint": hashlib.sha256(key.encode()).hexdigest(),
                "severity": _SEVERITY.get(run.severity, "major"),
                "location": {"path": note.path, "lines": {"begin": max(note.line, 1)}},
            }
        )
    return issues
