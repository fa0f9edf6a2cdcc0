"""The table that readiness is decided by: every severity, state and waiver has its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from cxassure.journey import SEVERITIES, Severity
from cxassure.readiness import ANSWERS, Answer, State

Whole = Literal[
    "no date to come",
    "no journeys",
    "no critical journey",
    "no evidence",
    "share not known",
    "share too small",
    "score below aim",
    "score below floor",
]
"""What is said of a peak as a whole, beside its journeys."""

STATES: tuple[State, ...] = get_args(State)
COLUMNS: tuple[tuple[Severity, bool], ...] = tuple(
    (severity, waived) for severity in SEVERITIES for waived in (False, True)
)

_GO: Answer = "GO"
_IF: Answer = "CONDITIONAL"
_NO: Answer = "NO-GO"
# fmt: off
TABLE: dict[State, tuple[Answer, ...]] = {
    #            critical, waived   major, waived   minor, waived
    "passing":  (_GO, _GO,          _GO, _GO,       _GO, _GO),
    "degraded": (_IF, _IF,          _IF, _IF,       _IF, _IF),
    "failing":  (_NO, _NO,          _NO, _IF,       _IF, _IF),
    "missing":  (_NO, _NO,          _NO, _NO,       _NO, _NO),
    "stale":    (_NO, _NO,          _NO, _NO,       _NO, _NO),
    "scant":    (_NO, _NO,          _NO, _NO,       _NO, _NO),
    "unclear":  (_NO, _NO,          _NO, _NO,       _NO, _NO),
}
# fmt: on
"""What each journey allows; the columns are `COLUMNS`. A waiver bears a failure that is known."""

WHOLE: dict[Whole, Answer] = {
    "no date to come": _NO,
    "no journeys": _NO,
    "no critical journey": _NO,
    "no evidence": _NO,
    "share not known": _NO,
    "share too small": _IF,
    "score below aim": _IF,
    "score below floor": _NO,
}
"""What the peak as a whole allows where it is asked for."""


def answer(severity: Severity, state: State, waived: bool) -> Answer:
    """The cell of the table."""
    return TABLE[state][COLUMNS.index((severity, waived))]


def worst(answers: Iterable[Answer]) -> Answer:
    """NO-GO before CONDITIONAL before GO; NO-GO of nothing, for nothing was looked at."""
    return min(answers, key=ANSWERS.index, default="NO-GO")


def markdown() -> str:
    """Both tables as Markdown, as the page of readiness shows them."""
    heads = [f"{severity}, waived" if waived else severity for severity, waived in COLUMNS]
    rows: list[list[str]] = [["evidence", *heads], ["---"] * (len(heads) + 1)]
    rows += [[f"`{state}`", *TABLE[state]] for state in STATES]
    whole = [["the peak as a whole", "answer"], ["---"] * 2]
    whole += [[str(kind), str(allowed)] for kind, allowed in WHOLE.items()]
    return f"{_drawn(rows)}\n\n{_drawn(whole)}"


def _drawn(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
