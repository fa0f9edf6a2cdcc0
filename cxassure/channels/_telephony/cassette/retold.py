"""A call on a cassette told as a run, each act a step: what compares runs compares calls."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.channels._telephony.cassette.tape import OVER, TURN, Call, Line
from cxassure.events import (
    AnyEvent,
    Observed,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
)
from cxassure.run import Run, fold


def retold(call: Call, *, whole: bool = True) -> Run:
    """`whole` is whether the call went as far as it was meant to."""
    return fold(_events(call, whole))


def _events(call: Call, whole: bool) -> Iterator[AnyEvent]:
    yield RunStarted(
        run=call.name,
        journey=call.journey,
        row=call.row,
        started=call.started,
        parties=dict(call.parties),
    )
    yield StepStarted(index=0, at=0.0, part="opening")
    step, began, at = 0, 0.0, 0.0
    for line in call.lines:
        at = max(at, line.at + line.seconds)
        if line.act and line.what == OVER:
            break  # what was under way when the journey ended is nobody's news
        if line.act:
            yield _ended(step, began, line.at)
            step, began = step + 1, line.at
            yield _started(step, call, line)
        if line.what != TURN:
            yield _observed(step, call, line)
    yield _ended(step, began, at)
    yield RunEnded(at=at, verdict="passed" if whole else "failed", took=at)


def _started(step: int, call: Call, act: Line) -> StepStarted:
    return StepStarted(
        index=step,
        at=act.at,
        party=act.party,
        channel=call.parties[act.party],
        verb=act.what,
        argument=act.text,
    )


def _ended(step: int, began: float, at: float) -> StepEnded:
    return StepEnded(index=step, at=at, verdict="passed", took=round(at - began, 3))


def _observed(step: int, call: Call, line: Line) -> Observed:
    return Observed(
        step=step,
        at=line.at,
        party=line.party,
        channel=call.parties[line.party],
        who=line.who,
        what=line.what,
        text=line.text,
        seconds=line.seconds,
        data=line.data,
    )
