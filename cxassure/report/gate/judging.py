"""The gate's rules: what is let through, what is worse than before, what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cxassure.incident import Observation, Waiver
from cxassure.report.gate.baseline import Baseline, Before, Kind, kind_of
from cxassure.report.tally import blaming, last_attempts
from cxassure.report.text import ago
from cxassure.run import Run
from cxassure.verdict import EXIT_ERROR, EXIT_FAILED, EXIT_PASSED, EXIT_USAGE

Standing = Literal["worse", "unknown", "borne", "known", "noted", "better", "fine"]
STANDINGS: tuple[Standing, ...] = Standing.__args__  # type: ignore[attr-defined]

BEFORE: tuple[Kind, ...] = ("none", "passed", "degraded", "failed", "unknown")
TABLE: dict[Kind, tuple[Standing, ...]] = {
    "passed": ("fine", "fine", "better", "better", "fine"),
    "degraded": ("noted", "noted", "known", "better", "noted"),
    "failed": ("worse", "worse", "worse", "known", "worse"),
    "unknown": ("unknown", "unknown", "unknown", "unknown", "unknown"),
}
"""What a run stands for: rows are how it is now, columns (`BEFORE`) how it was.

Three rules beside it: a failure earlier in the journey than before is worse; a failure that a
waiver covers is borne; `strict`, what would be noted is worse.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A journey and row at the gate."""

    run: Run
    before: Before
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """What was found, worst first. `gone` names what the baseline has and was not run now."""

    rows: tuple[Row, ...]
    baseline: Baseline
    gone: tuple[str, ...]
    now: datetime

    def having(self, standing: Standing) -> list[Row]:
        return [row for row in self.rows if row.standing == standing]

    @property
    def code(self) -> int:
        """1 when anything is worse, else 3 when anything is unknown; nothing looked at is 2."""
        if not self.rows:
            return EXIT_USAGE
        if self.having("worse"):
            return EXIT_FAILED
        return EXIT_ERROR if self.having("unknown") else EXIT_PASSED

    @property
    def against(self) -> str:
        """What was compared with, in words."""
        if self.baseline.at is None:
            why = f" ({self.baseline.why})" if self.baseline.why else ""
            return f"no baseline{why}: every failure counts"
        return f"baseline of {ago((self.now - self.baseline.at).total_seconds())}"

    def __str__(self) -> str:
        counts = [(len(self.having(standing)), standing) for standing in STANDINGS]
        said = ", ".join(f"{count} {standing}" for count, standing in counts if count)
        word = {0: "open", 1: "closed", 3: "closed, as we could not look"}.get(self.code, "closed")
        return f"gate {word}: {said or 'nothing was looked at'} · {self.against}"


def judge(
    runs: Sequence[Run],
    baseline: Baseline,
    waivers: Sequence[Waiver] = (),
    *,
    strict: bool = False,
    now: datetime,
) -> Gate:
    """Holds `runs` against `baseline`: of a run tried again, what it came to."""
    counted = last_attempts(runs)
    rows = [_row(run, baseline.of(run.name), waivers, strict, now) for run in counted]
    rows.sort(key=lambda row: (STANDINGS.index(row.standing), row.run.name))
    gone = sorted(baseline.runs.keys() - {run.name for run in counted})
    return Gate(tuple(rows), baseline, tuple(gone), now)


def _row(run: Run, before: Before, waivers: Sequence[Waiver], strict: bool, now: datetime) -> Row:
    kind = kind_of(run.verdict, run.flaky, len(run.unseen))
    standing = TABLE[kind][BEFORE.index(before.kind)]
    if standing == "known" and kind == "failed" and _step(run) < before.step:
        return _borne(run, before, waivers, now, f"breaks earlier, was at step {before.step}")
    if standing == "worse":
        return _borne(run, before, waivers, now, f"was {_word(before.kind)}")
    if standing == "noted" and strict:
        return Row(run, before, "worse", f"strict, was {_word(before.kind)}")
    return Row(run, before, standing)


def _borne(run: Run, before: Before, waivers: Sequence[Waiver], now: datetime, why: str) -> Row:
    seen = Observation(at=now, journey=run.journey, row=run.row, verdict=run.verdict)
    for waiver in waivers:
        if waiver.covers(seen, now):
            said = f"{waiver.owner} until {waiver.until:%Y-%m-%d}: {waiver.reason}"
            return Row(run, before, "borne", f"borne by {said}")
    return Row(run, before, "worse", why)


def _step(run: Run) -> int:
    bad = blaming(run).first_bad
    return bad.index if bad else -1


def _word(kind: Kind) -> str:
    return "not there" if kind == "none" else kind
