"""Runs told in plain lines: a failure as the person on call reads it, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from msgspec.structs import replace

from cxassure.report.answers import again, ago, answers, ways_on, what
from cxassure.report.changes import MOST, Change, changed, since_good
from cxassure.report.context import Context
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

__all__ = ["again", "ago", "entries", "failure", "headline", "since_good", "summary"]

_LABEL = 10
_COLUMNS = 100
_LINES = 24
_LONGEST = 400
_ANSWERS = ("what", "where", "who", "customer", "since", "cause", "because", "next")
_SPARED = ("also", "noted", "evidence", "changed", "expected", "seen")
_TIGHTER = (
    *((3, rest, ()) for rest in (3, 2, 1)),
    *((3, 1, _SPARED[: n + 1]) for n in range(len(_SPARED))),
    (2, 1, _SPARED),
    (1, 1, _SPARED),
)
"""Lines for each answer and for each thing below them, and what is left out, until all fits."""

_DRIFTS = ("menu", "prompt", "reply", "page")
"""What is told where it has changed although nothing fails."""
_WHOLE = ("again", "explain", "runbook", "page")
"""What is copied as it stands: never wrapped, never cut."""


def failure(run: Run, context: Context | None = None) -> str:
    """The first screen: what broke, where, who is hurt, since when, the probable cause, what next;
    then what was expected and seen, what changed, evidence and ways on.

    At most 24 lines of 100 columns, but for a command, which is never broken. A line with nothing
    to say is left out. Text from outside has its control characters made visible.
    """
    context = context or Context(runs=(run,))
    head = _wrapped(headline(run), " " * (4 + _LABEL), 2)
    known = list(entries(run, context))
    for most, rest, spared in _TIGHTER:
        kept = [one for one in known if one[0] not in spared]
        lines = [*head, *(f"    {row}" for one in kept for row in _entry(*one, most, rest))]
        if len(lines) <= _LINES:
            break
    return "\n".join(lines[:_LINES])


def entries(run: Run, context: Context) -> Iterator[tuple[str, str]]:
    """(label, text) of all that is told of a run that did not pass, safe to show, in order."""
    for label, said in _told(blaming(run), run, context):
        if said:
            yield label, visible(said) if label in _WHOLE else _line(said)


def _entry(label: str, said: str, most: int, rest: int) -> list[str]:
    """Its rows: `most` for one of the six answers, `rest` for what stands below them."""
    first = f"{label:<{_LABEL}}"
    if label in _WHOLE:
        return [first + " ".join(said.split("\n"))]
    rows = _wrapped(said, "", most if label in _ANSWERS else rest, _COLUMNS - 4 - _LABEL)
    return [f"{first if not n else ' ' * _LABEL}{row}" for n, row in enumerate(rows)]


def _wrapped(text: str, indent: str, most: int, width: int = _COLUMNS) -> list[str]:
    """`text` in at most `most` lines of `width`, cut with an ellipsis."""
    return wrap(
        text,
        width,
        subsequent_indent=indent,
        max_lines=most,
        placeholder=" …",
        break_on_hyphens=False,
    ) or [text]


def headline(run: Run, context: Context | None = None) -> str:
    """`✗ gift-card [mobile]  failed at step 8 of 10, 41.3 s in · critical · owner …`."""
    run = blaming(run)
    row = f" [{run.row}]" if run.row else ""
    name = _line(f"{run.journey}{row}")
    parts = [f"{name}  {run.verdict}{_where(run)}", run.severity]
    parts += [f"owner {_line(run.owner)}"] if run.owner else []
    parts += _last_good(run, context) if context else []
    parts += [_rehearsed(run), _overridden(run)]
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
        lines += [f"    {_line(f'changed: {one}')}" for one in drift(run, context)]
    return [*lines, totals(runs)]


def _noted(run: Run) -> Iterator[str]:
    """What is worth telling of a run that went well: three clicks where one should do."""
    if run.verdict in ("passed", "degraded"):
        for step in run.steps:
            for finding in step.findings:
                yield "    " + _line(
                    f"noted at step {step.index}, {clip(step.title, 60)}: {finding}"
                )


def drift(run: Run, context: Context) -> list[Change]:
    """Prompts and menus that are otherwise in a run that went well all the same."""
    if run.verdict not in ("passed", "degraded"):
        return []
    found = [one for one in since_good(run, context) if one.kind in _DRIFTS]
    return found[:MOST]


def _in_a_line(run: Run, wide: int, runs: Sequence[Run]) -> str:
    costs = [f"{name} {value}" for name, value in figures(run)]
    tries = len(earlier_attempts(run, runs)) + 1
    notes = [f"flaky: attempt {max(tries, run.attempt)}"] if run.flaky else []
    unseen = len(run.unseen)
    notes += [f"{unseen} unseen"] if unseen else []
    took = f"{span(run.took)} (ours {span(run.wall)})"
    name = clip(run.name, 60).ljust(wide)
    notes += filter(None, [_rehearsed(run), _overridden(run)])
    return " · ".join([f"{MARKS[run.verdict]} {name}  {run.verdict:<8}  {took}", *notes, *costs])


def _rehearsed(run: Run) -> str:
    """For which instant it was, where that is not the one it was made at."""
    return f"rehearsed for {_line(run.rehearsed_for)}" if run.rehearsed else ""


def _overridden(run: Run) -> str:
    """Which targets were driven at another address than that of the environment."""
    names = ", ".join(run.overridden)
    return f"{_line(names)} at another address: no evidence of {_line(run.env)}" if names else ""


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


def _told(run: Run, asked: Run, context: Context) -> Iterator[tuple[str, str]]:
    step = run.first_bad
    if step is None and run.verdict not in ("failed", "error", "missed"):
        yield "what", run.why
        return
    yield "journey", run.title
    for one in answers(asked, context):
        yield one.label, one.said
        yield from one.more
    if step is not None:
        yield "expected", step.expected
        yield "seen", step.seen
        yield "changed", changed(asked, context)
        yield "noted", "; ".join(step.findings)
        yield "also", "; ".join(_others(run, step))
    yield from ways_on(run, context)
    if step is not None:
        yield "page", _page(run, step, context)
        yield "evidence", " · ".join(dict.fromkeys(k.name for k in step.kept if k.path))


def _others(run: Run, told: StepRun) -> Iterator[str]:
    """Further trouble: where the journey carried on, where cleaning up went wrong, and promises
    that were broken beside the one told."""
    for step in run.steps:
        if step.optional or step.verdict not in ("failed", "error"):
            continue
        part = "" if step.part == "steps" else f"{step.part} "
        place = "at the end" if step.part == "closing" else f"{part}step {step.index}"
        for why in _whys(step):
            # what is wrong at the end may be told as laid at the step that broke it
            if why != told.why or (step is not told and step.part != "closing"):
                one = replace(step, why=why)
                yield f"{place} {what(one, run).removeprefix('closing → ')}"


def _whys(step: StepRun) -> Iterable[str]:
    """What is wrong in a step; at the end, each promise that was found broken."""
    checked = step.checked if step.part == "closing" else ()
    return dict.fromkeys([step.why, *(c.why for c in checked if c.verdict == "failed")])


def _page(run: Run, step: StepRun, context: Context) -> str:
    """Where the step stands on the page of the campaign; "" on the page of a run alone."""
    elsewhere = context.page and not context.alone
    return f"{context.page}#{context.anchor(run, step.index)}" if elsewhere else ""
