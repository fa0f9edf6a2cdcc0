"""The first screen: what broke, where, who is hurt, since when, why probably, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from cxassure.report.cause import Cause, cause
from cxassure.report.context import Context, Past
from cxassure.report.customer import consequence
from cxassure.report.story.way import broken_at, hops
from cxassure.report.tally import blaming, listed, number
from cxassure.report.wrong import done, why
from cxassure.run import Run, StepRun
from cxassure.text import clip, span

PLACES = {
    "web": "on the web",
    "chat": "in the chat",
    "ivr": "on the phone",
    "agent": "at the desk",
    "inbox": "in the mail",
    "api": "at the back office",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A question in a word (`label`) and in full, what is `said`, and what belongs to it.

    `more` are (label, text) of what stands below it.
    """

    label: str
    question: str
    said: str
    more: tuple[tuple[str, str], ...] = ()


def answers(run: Run, context: Context) -> list[Answer]:
    """The six answers for a run that did not pass, in the order in which they are asked for."""
    told = blaming(run)
    step = told.first_bad
    found = cause(run, context)
    because = "; ".join([found.since, *found.evidence]) if found else ""
    return [
        Answer("what", "What broke?", what(step, told) if step else _ended(told)),
        Answer("where", "Where?", _where(told, step)),
        Answer("who", "Who is hurt?", _who(told, step, found, context), _felt(told, step)),
        Answer("since", "Since when?", _since(told, context)),
        Answer("cause", "Why, probably?", _why(told, found), (("because", because),)),
        Answer("next", "What next?", _next(told, step, found)),
    ]


def what(step: StepRun, run: Run) -> str:
    """`agent answer → the context had no «order number»`."""
    return f"{done(step)} → {why(step) or run.why or step.verdict}"


def _ended(run: Run) -> str:
    return run.why or f"it {run.verdict}"


# Where


def _where(run: Run, step: StepRun | None) -> str:
    if step is None:
        return "before any step: nothing of the journey was looked at"
    page = _page(run, step)
    party = f"{PLACES.get(step.channel, step.channel)} ({step.party})" if step.party else ""
    place = ", ".join(filter(None, [party, page and f"page {page}", _step(run, step)]))
    return "; ".join(filter(None, [place, broken_at(list(hops(run)), step.party)]))


def _step(run: Run, step: StepRun) -> str:
    into = f"{span(step.at + step.took)} in"
    named = {
        "opening": "while opening, before the first step",
        "closing": f"at the end of the journey, {into}",
        "always": f"cleaning up at step {step.index}, {into}",
    }
    return named.get(step.part, f"step {step.index} of {run.author_steps}, {into}")


def _page(run: Run, step: StepRun) -> str:
    """The page that the shopper is on, without its query."""
    mine = (o for o in run.transcript() if o.party == step.party and o.step <= step.index)
    pages = [str(o.data.get("url", "")) for o in mine if o.what == "page"]
    return clip(pages[-1].partition("?")[0], 60) if pages and step.channel == "web" else ""


# Who


def _who(run: Run, step: StepRun | None, found: Cause | None, context: Context) -> str:
    if step and step.unclean:
        return f"nobody that is known: {run.name} got through, but was not cleaned up after"
    if run.verdict in ("error", "missed"):
        return f"nobody that is known: we could not look, and {run.name} is not watched meanwhile"
    ids = set(found.runs) if found else set()
    every = context.once(_broken_on) if context.runs else [(run, _channel(run))]
    near = [(one, channel) for one, channel in every if found is None or one.id in ids]
    same = [one for one, _ in near]
    rows = list(dict.fromkeys(one.row for one in same if one.journey == run.journey and one.row))
    known = {one.row for one in context.runs if one.journey == run.journey and one.row}
    some = f" on {listed(rows or [run.row])}" if rows or run.row else ""
    some += f" ({len(rows)} of {number(len(known), 'row')})" if len(known) > 1 else ""
    also = list(dict.fromkeys(one.journey for one in same if one.journey != run.journey))
    others = f", also of {listed(also[:4])}" if also else ""
    channels = {channel for _, channel in near if channel is not None}
    mine = step.channel if step and len(channels) < 2 else ""
    by = f", {PLACES[mine]}" if mine in PLACES else ""
    return f"customers of {run.journey}{some}{others}{by}; {run.severity}"


def _broken_on(context: Context) -> list[tuple[Run, str | None]]:
    """Every run, with the channel on which it broke."""
    return [(run, _channel(run)) for run in context.runs]


def _channel(run: Run) -> str | None:
    return bad.channel if (bad := blaming(run).first_bad) else None


def _felt(run: Run, step: StepRun | None) -> tuple[tuple[str, str], ...]:
    said = consequence(run, step) if step else ""
    return (("customer", said),) if said else ()


# Since when


def _since(run: Run, context: Context) -> str:
    past = context.past.get(run.id)
    if past is None:
        return f"this run{_on(_moment(run.started))}; no history is at hand"
    good = f"last good run {_when(past.last_good, context)}" if past.last_good else ""
    return f"{_began(run, past, context)}; {good or 'no good run known'}"


def _began(run: Run, past: Past, context: Context) -> str:
    first = past.first_bad or _moment(run.started)
    if past.streak == 1:
        many = f" ({past.bad} bad of the last {past.looks})" if past.bad > 1 else ""
        return f"{_when(first, context) or 'now'}: the first bad run{many}"
    least = "at least " if past.last_good and past.streak == past.looks else ""
    row = f"{past.streak} bad runs in a row"
    rest = f", {past.bad} of the last {past.looks}" if past.bad != past.streak else ""
    return f"{least}{_when(first, context)}: {row}{rest}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _on(when: datetime | None) -> str:
    return f" of {when:%Y-%m-%d %H:%M} UTC" if when else ""


def _when(when: datetime | None, context: Context) -> str:
    """`3 h ago, 2026-11-22 03:00 UTC`."""
    if when is None:
        return ""
    if when.tzinfo is None:
        return f"{when:%Y-%m-%d %H:%M} UTC"
    return f"{ago((context.now - when).total_seconds())}, {when:%Y-%m-%d %H:%M} UTC"


def ago(seconds: float) -> str:
    """`3 h ago`, in the largest unit that fits."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now" if seconds < 5 else f"{int(seconds)} s ago"


# Why, and what next


def _why(run: Run, found: Cause | None) -> str:
    if found is None:
        return f"on our side: {run.why}" if run.verdict in ("error", "missed") else "unknown"
    return found.conclusion


def _next(run: Run, step: StepRun | None, found: Cause | None) -> str:
    """What to look at, and whom to tell; never nothing."""
    check = f"check {found.check}" if found and found.check else ""
    hint = step.hint if step else ""
    look = f"look at what step {step.index} shows below" if step else "see the log of this run"
    ours = run.verdict in ("error", "missed") and not (step and step.unclean)
    whom = "whoever runs cxassure" if ours else run.owner or "the owner of the journey"
    return "; ".join(filter(None, [check, hint] if check or hint else [look])) + f"; tell {whom}"


def ways_on(run: Run, context: Context) -> Iterator[tuple[str, str]]:
    """(label, text) of the runbook and of commands that go on from here."""
    yield "runbook", run.runbook
    yield "again", again(run, context)
    yield "explain", explain(run, context) if context.page else ""


def again(run: Run, context: Context) -> str:
    """The command that runs it once more."""
    row = f" --row {shlex.quote(run.row)}" if run.row else ""
    return f"{context.again} {shlex.quote(run.journey)}{row}"


def explain(run: Run, context: Context) -> str:
    """The command that tells it whole."""
    reports = PurePath(context.page).parent.parent.parent
    folder = "" if str(reports) == "reports" else f" --report-dir {shlex.quote(str(reports))}"
    return f"cxassure explain {shlex.quote(run.id)}{folder}"
