"""Runs told in plain lines: a failure as the person on call reads it, and a summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from cxassure.report.cause import cause
from cxassure.report.changes import Change, changes
from cxassure.report.context import Context
from cxassure.report.customer import consequence
from cxassure.report.tally import (
    MARKS,
    blaming,
    earlier_attempts,
    figures,
    last_attempts,
    totals,
    visible,
    worst_first,
)
from cxassure.run import Run, StepRun
from cxassure.text import clip, span

_WIDTH = 10
_LONGEST = 400
_MOST_CHANGES = 3


def failure(run: Run, context: Context | None = None) -> str:
    """What happened, in lines: what broke first, then whose, since when, and where to look.

    A line with nothing to say is left out. Text from outside stands on one line each, with
    control characters made visible.
    """
    context = context or Context(runs=(run,))
    told = blaming(run)
    lines = [headline(told, context)]
    lines += [f"    {line}" for line in _lines(told, run, context)]
    return "\n".join(lines)


def headline(run: Run, context: Context | None = None) -> str:
    """`✗ gift-card [mobile]  failed at step 8 of 10, 41.3 s in · critical · owner …`."""
    run = blaming(run)
    row = f" [{run.row}]" if run.row else ""
    name = _line(f"{run.journey}{row}")
    parts = [f"{name}  {run.verdict}{_where(run)}", run.severity]
    parts += [f"owner {_line(run.owner)}"] if run.owner else []
    parts += _last_good(run, context) if context else []
    parts += [_rehearsed(run)]
    return f"{MARKS[run.verdict]} {' · '.join(filter(None, parts))}"


def summary(runs: Sequence[Run], context: Context | None = None) -> list[str]:
    """One line a journey and row, what needs a person first, and the totals last.

    Below a run that went well stands what was noted in it, and what it heard otherwise than the
    good run before it.
    """
    context = context or Context(runs=runs)
    counted = worst_first(last_attempts(runs))
    wide = max((len(run.name) for run in counted), default=0)
    lines: list[str] = []
    for run in counted:
        lines += [visible(_in_a_line(run, min(wide, 60), runs)), *_noted(run)]
        lines += [f"    {_line(f'changed: {one}')}" for one in _drift(run, context)]
    return [*lines, totals(runs)]


def _noted(run: Run) -> Iterator[str]:
    """What is worth telling of a run that went well: three clicks where one should do."""
    if run.verdict in ("passed", "degraded"):
        for step in run.steps:
            for finding in step.findings:
                yield "    " + _line(
                    f"noted at step {step.index}, {clip(step.title, 60)}: {finding}"
                )


def _drift(run: Run, context: Context) -> list[Change]:
    """Prompts and menus that are otherwise in a run that went well all the same."""
    if run.verdict not in ("passed", "degraded"):
        return []
    found = [one for one in since_good(run, context) if one.kind in ("menu", "prompt", "reply")]
    return found[:_MOST_CHANGES]


def since_good(run: Run, context: Context) -> list[Change]:
    """What changed since the last good run, where that is still kept."""
    past = context.past.get(run.id)
    return changes(run, past.good) if past and past.good else []


def changed(run: Run, context: Context) -> str:
    """What changed since the last good run, the first few in a line."""
    found = since_good(run, context)
    more = len(found) - _MOST_CHANGES
    told = [str(one) for one in found[:_MOST_CHANGES]]
    return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def _in_a_line(run: Run, wide: int, runs: Sequence[Run]) -> str:
    costs = [f"{name} {value}" for name, value in figures(run)]
    tries = len(earlier_attempts(run, runs)) + 1
    notes = [f"flaky: attempt {max(tries, run.attempt)}"] if run.flaky else []
    unseen = len(run.unseen)
    notes += [f"{unseen} unseen"] if unseen else []
    took = f"{span(run.took)} (ours {span(run.wall)})"
    name = clip(run.name, 60).ljust(wide)
    notes += filter(None, [_rehearsed(run)])
    return " · ".join([f"{MARKS[run.verdict]} {name}  {run.verdict:<8}  {took}", *notes, *costs])


def _rehearsed(run: Run) -> str:
    """For which instant it was, where that is not the one it was made at."""
    return f"rehearsed for {_line(run.rehearsed_for)}" if run.rehearsed else ""


def _line(text: str) -> str:
    """One line of bounded length, with nothing in it that steers a terminal."""
    return clip(visible(text), _LONGEST)


def _where(run: Run) -> str:
    step = run.first_bad
    if step is None:
        return ""
    into = f", {span(step.at + step.took)} in"
    if step.part == "opening":
        return " while opening"
    if step.part == "closing":
        return " at the end" + into
    if step.part == "always":
        return f" in always step {step.index}{into}"
    return f" at step {step.index} of {run.author_steps}{into}"


def _last_good(run: Run, context: Context) -> list[str]:
    past = context.past.get(run.id)
    if past is None:
        return []
    if past.last_good is None:
        return ["no good run known"]
    return [f"last good run {ago((context.now - past.last_good).total_seconds())}"]


def ago(seconds: float) -> str:
    """`3 h ago`, in the largest unit that fits."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now" if seconds < 5 else f"{int(seconds)} s ago"


def _lines(run: Run, asked: Run, context: Context) -> Iterator[str]:
    step = run.first_bad
    if step is None:
        yield from [_line(run.why)] if run.why else []
        return
    yield what(step, run)
    for label, said in _told(run, step, asked, context):
        if said:
            yield f"{label:<{_WIDTH}}{_line(said)}"


def what(step: StepRun, run: Run) -> str:
    """`agent answer → context had no «order number»`."""
    return _line(f"{clip(visible(step.title), 80)} → {step.why or run.why or step.verdict}")


def _told(run: Run, step: StepRun, asked: Run, context: Context) -> Iterator[tuple[str, str]]:
    found = cause(asked, context.runs or (asked,))
    yield "expected", step.expected
    yield "seen", step.seen
    yield "since", str(found) if found else ""
    yield "changed", changed(asked, context)
    yield "noted", "; ".join(step.findings)
    yield "customer", consequence(run, step)
    yield "check", found.check if found else ""
    yield "hint", step.hint
    yield "also", "; ".join(_others(run, step))
    yield "evidence", _evidence(run, step, context)
    yield "runbook", run.runbook
    yield "again", again(run, context)


def _others(run: Run, told: StepRun) -> Iterator[str]:
    """Further steps in trouble: where the journey carried on, and where cleaning up went wrong."""
    for step in run.steps:
        laid = step.part == "closing" and step.why == told.why  # it was laid at the step told
        if laid or step is told or step.optional:
            continue
        if step.verdict in ("failed", "error"):
            part = "" if step.part == "steps" else f"{step.part} "
            yield f"{part}step {step.index} {what(step, run)}"


def _evidence(run: Run, step: StepRun, context: Context) -> str:
    names = [f"{kept.name}" for kept in step.kept if kept.path]
    page = f"{context.page}#{context.anchor(run, step.index)}" if context.page else ""
    return " · ".join([*dict.fromkeys(names), *filter(None, [page])])


def again(run: Run, context: Context) -> str:
    """The command that runs it once more."""
    row = f" --row {shlex.quote(run.row)}" if run.row else ""
    return f"{context.again} {shlex.quote(run.journey)}{row}"
