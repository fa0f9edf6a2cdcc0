"""A run told whole for a terminal: verdict and causes first, then the story, moment by moment."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.report.changes import Change, changes, since_good
from cxassure.report.context import Context
from cxassure.report.proofs import Proof
from cxassure.report.story import Budget, Line, Moment, story
from cxassure.report.story.way import drawn
from cxassure.report.tally import MARKS, blaming, figures, number, visible
from cxassure.report.text import failure, headline
from cxassure.run import Run
from cxassure.text import clip, span

_AROUND = 2
"""Steps before the broken one that are told line by line; others are told in one."""


def explained(run: Run, context: Context, whole: bool = False) -> list[str]:
    """What broke, whom it hurts, since when and why; what changed; the way; what happened.

    Unless `whole`, steps far from the broken one are told in a line each.
    """
    told = story(blaming(run), context, Budget(0))
    good = run.verdict == "passed"
    lines = [headline(run, context)] if good else failure(run, context).splitlines()
    lines += _section("changed since the last good run", map(_change, since_good(run, context)))
    lines += _section("the customer's way", [drawn(told.hops)] if told.hops else [])
    lines += _section("cost", [", ".join(f"{name} {value}" for name, value in figures(run))])
    lines += ["", "what happened"]
    broken = next((n for n, moment in enumerate(told.moments) if moment.broken), -1)
    for place, moment in enumerate(told.moments):
        near = whole or (broken >= 0 and broken - _AROUND <= place <= broken)
        lines += _moment(moment, near)
    return [_one_line(line) for line in lines]


def _one_line(text: str) -> str:
    return " ".join(visible(text).split("\n"))


def _section(title: str, rows: object) -> list[str]:
    said = [row for row in rows if row]  # type: ignore[attr-defined]
    return ["", title, *(f"    {row}" for row in said)] if said else []


def _change(one: Change) -> str:
    return f"{f'step {one.step}: ' if one.step else ''}{one.sentence}"


def _moment(moment: Moment, near: bool) -> Iterator[str]:
    step = moment.step
    part = "" if step.part == "steps" else f"{step.part} "
    place = f"  {step.place}" if near and step.place else ""
    mark = MARKS[step.verdict]
    yield f"{mark} {moment.at:>7}  {part}step {step.index}  {clip(step.title, 80)}{place}"
    if near:
        yield from (f"             {row}" for line in moment.lines for row in _line(line))
        yield from (f"             {row}" for row in map(_proof, moment.proofs))
        yield from [f"             … {number(moment.left_out, 'line')} before"][: moment.left_out]
        yield from (f"             noted: {clip(one, 300)}" for one in step.findings)
    if step.why and step.verdict not in ("passed", "skipped"):
        yield f"             {mark} {clip(step.why, 300)}"


def _proof(one: Proof) -> str:
    mark = {True: MARKS["passed"], False: MARKS["failed"], None: "·"}[one.holds]
    wanted = f", expected {clip(one.expected, 80)}" if one.holds is False else ""
    seen = clip(one.seen, 120) or "not to be seen"
    return f"{mark} {one.name.replace('_', ' ')} of the transfer: {seen}{wanted}"


def _line(line: Line) -> Iterator[str]:
    for leg in line.legs:
        figures = ", ".join(f"{name} {value}" for name, value in leg.told)
        yield f"{line.at:>7}  {line.actor} the sound: {figures}"
    lasted = f" ({line.lasted})" if line.lasted else ""
    text = clip(line.text, 300) or clip(line.source, 300)
    quoted = f"«{text}»" if line.kind == "speech" else text
    yield f"{line.at:>7}  {line.actor} {line.what}{lasted} {quoted}".rstrip()


def compared(one: Run, other: Run) -> list[str]:
    """What is otherwise in `other` than in `one`, figures first."""
    lines = [f"{_short(one)}", f"{_short(other)}", ""]
    found = changes(other, one)
    lines += [f"    {_change(change)}" for change in found] or ["    nothing has changed"]
    return [visible(line) for line in lines]


def _short(run: Run) -> str:
    took = f"{span(run.took)} (ours {span(run.wall)})"
    return f"{MARKS[run.verdict]} {run.id}  {run.verdict}  {took}  {run.started}"
