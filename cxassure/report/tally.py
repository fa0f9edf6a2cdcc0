"""Runs counted and put in order: marks, last attempts, blame, words for figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from cxassure.measures import UNITS
from cxassure.run import Run, StepRun
from cxassure.text import span
from cxassure.verdict import Verdict

MARKS: dict[Verdict, str] = {
    "passed": "✓",
    "degraded": "~",
    "failed": "✗",
    "error": "!",
    "missed": "?",
    "skipped": "-",
}
WORST_FIRST: tuple[Verdict, ...] = ("failed", "error", "missed", "degraded", "skipped", "passed")

_UNSEEABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """`text` with what would steer a terminal or turn its direction shown instead of obeyed.

    New lines and tabs stay; escape becomes `␛`, half a surrogate pair `�`, others their number.
    """
    return _UNSEEABLE.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"‹U+{code:04X}›"


def last_attempts(runs: Iterable[Run]) -> list[Run]:
    """The runs that count: of a run tried again, what it came to."""
    known = list(runs)
    last: dict[tuple[str, str, str], int] = {}
    for run in known:
        last[_key(run)] = max(run.attempt, last.get(_key(run), run.attempt))
    return [run for run in known if run.attempt == last[_key(run)]]


def earlier_attempts(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The tries that went before `run`, in order."""
    found = (o for o in runs if o.attempt < run.attempt and _key(o) == _key(run))
    return sorted(found, key=lambda other: other.attempt)


def _key(run: Run) -> tuple[str, str, str]:
    return run.journey, run.row, run.env


def blaming(run: Run) -> Run:
    """`run` with a broken promise laid at the step that broke it, not at the closing step, and a
    wrong announcement at the step of the greeting.

    The promise is judged when the journey closes, but whoever mends it looks where it broke.
    """
    closing = run.first_bad
    if closing is None or closing.part != "closing":
        return run
    broken = (c for c in closing.checked if c.verdict == closing.verdict)
    blamed = (run.blamed.get(c.facet) if c.blamed is None else c.blamed for c in broken)
    index = next((step for step in blamed if step is not None), None)
    steps = [_laid_at(s, closing) if s.index == index else s for s in run.steps]
    return msgspec.structs.replace(run, steps=steps)


def _laid_at(step: StepRun, closing: StepRun) -> StepRun:
    return msgspec.structs.replace(
        step,
        verdict=closing.verdict,
        why=closing.why,
        expected=closing.expected,
        seen=closing.seen,
        hint=step.hint or closing.hint,
        checked=[*step.checked, *closing.checked],
    )


def worst_first(runs: Iterable[Run]) -> list[Run]:
    """What needs a person first; the flaky before those that simply passed."""
    return sorted(runs, key=lambda run: (WORST_FIRST.index(run.verdict), not run.flaky))


def totals(runs: Sequence[Run]) -> str:
    """`5 runs: 1 failed, 4 passed · 1 flaky · 2 expectations unseen`."""
    counted = last_attempts(runs)
    verdicts = [run.verdict for run in counted]
    parts = [f"{verdicts.count(v)} {v}" for v in WORST_FIRST if v in verdicts]
    said = f"{number(len(counted), 'run')}: {', '.join(parts)}" if parts else "no runs"
    flaky = sum(run.flaky for run in counted)
    unseen = sum(len(run.unseen) for run in counted)
    said += f" · {flaky} flaky" if flaky else ""
    return said + (f" · {number(unseen, 'expectation')} unseen" if unseen else "")


def number(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Sequence[str]) -> str:
    """`web, chat and ivr`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def figures(run: Run) -> list[tuple[str, str]]:
    """The journey's measures as (name, value) in words; those that are nought are left out."""
    known = [name for name in UNITS if run.measures.get(name)]
    others = [name for name in run.measures if name not in UNITS]
    return [(name.replace("_", " "), figure(name, run.measures[name])) for name in known + others]


def figure(name: str, value: float) -> str:
    """A measure with its unit."""
    return span(value) if UNITS.get(name) == "s" else f"{value:g}"
