"""Verdicts, their order, and the exit code that a set of them gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Verdict = Literal["passed", "degraded", "failed", "error", "skipped", "missed"]

EXIT_PASSED, EXIT_FAILED, EXIT_USAGE, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 3, 130

_WORSE: dict[Verdict, int] = {
    "skipped": 0,
    "passed": 1,
    "degraded": 2,
    "missed": 3,
    "error": 4,
    "failed": 5,
}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`: failed > error > missed > degraded > passed > skipped."""
    return max(verdicts, key=_WORSE.__getitem__, default="skipped")


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Any failed 1, else any error or missed 3, else 0; nothing looked at is never 0."""
    seen = set(verdicts)
    if "failed" in seen:
        return EXIT_FAILED
    if seen & {"error", "missed"}:
        return EXIT_ERROR
    return EXIT_PASSED if seen & {"passed", "degraded"} else EXIT_USAGE
