"""How things stood before: the runs of the target branch, read from a report in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cxassure.run import Run
from cxassure.verdict import Verdict

Kind = Literal["none", "passed", "degraded", "failed", "unknown"]
"""What a run comes to for the gate; `none` where there was none."""

BEFORE_ALL: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]

LARGEST = 50_000_000
"""Bytes of a report that are still read."""


@dataclass(frozen=True, slots=True)
class Before:
    """How a journey and row did: `step` is the one that was blamed, -1 where none was."""

    kind: Kind = "none"
    step: int = -1


@dataclass(frozen=True, slots=True)
class Baseline:
    """Runs by name (`journey[row]`). `why` says why there is none; `at` is the newest run's end."""

    runs: Mapping[str, Before] = field(default_factory=dict)
    at: datetime | None = None
    why: str = ""

    def of(self, name: str) -> Before:
        return self.runs.get(name, Before())


def kind_of(verdict: Verdict, flaky: bool, unseen: int) -> Kind:
    """What a run comes to: what took a retry or could not see all is degraded, never passed."""
    if verdict in ("error", "missed", "skipped"):
        return "unknown"
    if verdict == "failed":
        return "failed"
    return "degraded" if verdict == "degraded" or flaky or unseen else "passed"


def read(path: Path, now: datetime, longest: float) -> Baseline:
    """The baseline in `path`, a file that `run --json FILE` wrote.

    One that is absent, no such report, empty or older than `longest` seconds is none, and says why:
    without a baseline every failure counts.
    """
    try:
        if path.stat().st_size > LARGEST:
            return Baseline(why=f"{path} is larger than {LARGEST // 1_000_000} MB")
        runs = dict(_runs(json.loads(path.read_bytes())))
        at = max(ended for _, ended in runs.values())
    except OSError as wrong:
        return Baseline(why=f"{path}: {wrong.strerror or wrong}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Baseline(why=f"{path} is no report that «run --json» wrote, or an empty one")
    if (now - at).total_seconds() > longest:
        return Baseline(why=f"{path} is of {at:%Y-%m-%d %H:%M} UTC, which is too old")
    return Baseline({name: before for name, (before, _) in runs.items()}, at)


def _runs(document: Any) -> Iterator[tuple[str, tuple[Before, datetime]]]:
    if document["schema"] != 1:
        raise ValueError("another schema")
    for run in document["runs"]:
        if run.get("rehearsed"):
            continue  # for another day: it says nothing of this one
        name = Run(journey=run["journey"] + "", row=run["row"] + "").name
        ended = datetime.fromisoformat(run["ended"] or run["started"])
        blamed = run["blamed"]
        step = int(blamed["step"]) if blamed else -1
        kind = kind_of(run["verdict"], bool(run["flaky"]), int(run["unseen"]))
        yield name, (Before(kind, step), ended.astimezone(UTC))
