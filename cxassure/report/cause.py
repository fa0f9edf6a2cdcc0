"""Probable causes: rules that look at what fails in common and at what passes in spite of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from cxassure.events import Observed
from cxassure.measures import SPOKEN, WAITS
from cxassure.report.codes import Meaning, explain
from cxassure.report.customer import HEARD, decisive
from cxassure.report.tally import blaming, last_attempts, listed, number, worst_first
from cxassure.run import Run, StepRun
from cxassure.text import clip, plain, span

UNKNOWN = "no single cause found"
_DENIES = re.compile(
    r"\b(no (such )?(order|record|booking|account|card)|not (find|found|know|have|exist|see)|"
    r"unknown|(can|could|do|does)n[o'’]?t (find|know|have|exist|see)|cannot (find|see)|"
    r"nothing under)\b"
)
_PUZZLED = re.compile(r"\b(not|n[o'’]?t) (understand|understood|catch|get) ")
_CHANNELS = {
    "ivr": "IVR",
    "agent": "desk",
    "inbox": "mail",
    "api": "back office",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Where it happens and where not (`since`), what that points to, what to look at next."""

    since: str
    conclusion: str = UNKNOWN
    check: str = ""
    runs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.since} → {self.conclusion}"


@dataclass(slots=True)
class _Case:
    """A run that did not pass, its deciding step, and the runs around it."""

    run: Run
    step: StepRun
    every: Sequence[Run]
    facet: str = ""
    meaning: Meaning | None = None
    same: list[Run] = field(default_factory=list)

    @property
    def peers(self) -> list[Run]:
        """The runs of the same journey."""
        return [run for run in self.every if run.journey == self.run.journey]

    @property
    def before(self) -> list[StepRun]:
        """The author's steps that passed before the deciding one."""
        earlier = self.run.steps[: self.run.steps.index(self.step)]
        return [s for s in earlier if s.part == "steps" and s.verdict in ("passed", "degraded")]


def cause(run: Run, runs: Sequence[Run]) -> Cause | None:
    """The probable cause of `run`'s verdict among the campaign's `runs`; `None` when it passed."""
    every = [blaming(other) for other in last_attempts([*runs])] or [blaming(run)]
    mine = blaming(run)
    step = mine.first_bad
    if step is None:
        return None
    case = _Case(mine, step, every)
    check = decisive(step)
    case.facet = check.facet if check else ""
    case.meaning = explain(step.code, step.channel)
    case.same = [other for other in every if _signature(other) == _signature(mine)]
    conclusion = next((said for rule in _RULES if (said := rule(case))), UNKNOWN)
    ids = tuple(other.id for other in case.same)
    return Cause(_since(case), conclusion, case.meaning.check if case.meaning else "", ids)


def causes(runs: Sequence[Run]) -> list[Cause]:
    """The campaign's causes, each once with the runs it explains, the worst first."""
    found: dict[tuple[object, ...], list[tuple[Run, Cause]]] = {}
    for run in worst_first(last_attempts(runs)):
        if one := cause(run, runs):
            apart = _signature(blaming(run)) if one.conclusion == UNKNOWN else None
            found.setdefault((one.conclusion, one.check, apart), []).append((run, one))
    return [
        replace(explained[0][1], runs=tuple(run.id for run, _ in explained))
        for explained in found.values()
    ]


def _signature(run: Run) -> tuple[str, ...] | None:
    step = run.first_bad
    if step is None:
        return None
    check = decisive(step)
    pointed_at = step.argument if step.channel == "web" and isinstance(step.argument, str) else ""
    facet = check.facet if check else ""
    return (run.verdict, step.channel, step.verb, pointed_at, facet, step.code)


# Where it happens, and where not


def _since(case: _Case) -> str:
    """`2 of 2 runs, desktop and mobile; web, chat and IVR steps pass`."""
    same = [run for run in case.same if run.journey == case.run.journey] or [case.run]
    count = f"{len(same)} of {number(max(len(case.peers), 1), 'run')}"
    rows = [run.row for run in same if run.row]
    parts = [f"{count}, {listed(rows)}" if rows else count]
    also = dict.fromkeys(run.journey for run in case.same if run.journey != case.run.journey)
    parts += [f"also in {listed(list(also)[:5])}"] if also else []
    return "; ".join([*parts, *_passing(case)])


def _passing(case: _Case) -> Iterator[str]:
    """What goes well all the same: rows of the journey, its other steps, other journeys."""
    rows = [run.row for run in case.peers if run.row and run.verdict in ("passed", "degraded")]
    if rows:
        yield f"{listed(rows)} {'passes' if len(rows) == 1 else 'pass'}"
    channels = dict.fromkeys(_called(s.channel) for s in case.before if s.channel)
    if channels:
        yield f"{listed(list(channels))} steps pass"
    others = dict.fromkeys(run.journey for run in _passing_on(case.step.channel, case))
    if others:
        go_on = "passes" if len(others) == 1 else "pass"
        yield f"{listed(list(others)[:3])} {go_on} on {_called(case.step.channel)}"


def _passing_on(channel: str, case: _Case) -> Iterable[Run]:
    for run in case.every:
        good = run.journey != case.run.journey and run.verdict in ("passed", "degraded")
        if good and channel and any(step.channel == channel for step in run.steps):
            yield run


def _called(channel: str) -> str:
    return _CHANNELS.get(channel, channel)


# What that points to: the first rule that has something to say


def _ours(case: _Case) -> str:
    """An error is nothing the company did."""
    if case.run.verdict not in ("error", "missed"):
        return ""
    why = clip(case.step.why or case.run.why, 120)
    everywhere = len(case.same) == len(case.every) > 1
    return f"{'nothing could be looked at' if everywhere else 'on our side'}: {why}"


def _numbered(case: _Case) -> str:
    """A number from outside says by itself what happened."""
    return case.meaning.what if case.meaning else ""


def _context(case: _Case) -> str:
    if case.facet != "context":
        return ""
    source = _handing_over(case)
    if "had no" in case.step.why:
        return f"the hand-over from {source} to {_called(case.step.channel)} lost the context"
    return f"the hand-over from {source} to {_called(case.step.channel)} carried a wrong context"


def _handing_over(case: _Case) -> str:
    others = [s.channel for s in case.before if s.channel not in ("", case.step.channel)]
    return _called(others[-1]) if others else "the company"


def _unanswered(case: _Case) -> str:
    """An agent's step that fails at being rung: the transfer went elsewhere or nowhere."""
    if case.step.channel != "agent" or case.step.verb != "answer" or case.facet:
        return ""
    return f"the transfer from {_handing_over(case)} did not reach {case.step.party}"


def _asked_again(case: _Case) -> str:
    quoted = case.facet in HEARD and "?" in case.step.seen and case.run.measures.get("re_asks")
    if case.facet != "re_asks" and not quoted:
        return ""
    others = (s.channel for s in case.before if s.channel in ("web", "chat", "ivr"))
    told = dict.fromkeys(_called(name) for name in others if name != case.step.channel)
    where = f" on {listed(list(told))}" if told else ""
    return f"{_called(case.step.channel)} does not use what the customer told{where}"


def _waiting(case: _Case) -> str:
    """Of a wait that was too long, what took most of it."""
    if case.facet not in ("time_to_human", "waited"):
        return ""
    spent: dict[str, float] = {}
    for seen in case.run.transcript():
        if seen.what in WAITS:
            spent[seen.what] = spent.get(seen.what, 0.0) + seen.seconds
    if not sum(spent.values()):
        return ""
    most = max(spent, key=lambda what: spent[what])
    return f"most of the wait is {most}: {span(spent[most])} of {span(sum(spent.values()))}"


def _longer(case: _Case) -> str:
    """More effort than promised: perhaps the company itself says that the way has changed."""
    if case.facet not in ("key_presses", "turns", "words_heard"):
        return ""
    prompts = (o.text for o in case.run.transcript() if o.who == "company")
    said = next((text for text in prompts if "changed" in plain(text)), "")
    return f"the way has changed: «{clip(said, 80)}»" if said else "the way has become longer"


def _late(case: _Case) -> str:
    check = decisive(case.step)
    if check is None or check.came is None:
        return ""
    return f"{_called(case.step.channel)} answers, but slowly: after {span(check.came)}"


def _short_of_aim(case: _Case) -> str:
    """It works, and falls short of what was aimed at."""
    check = decisive(case.step)
    if case.step.verdict != "degraded" or check is None or check.came is not None:
        return ""
    return f"{_called(case.step.channel)} works, less well than it should: {check.why}"


def _some_rows(case: _Case) -> str:
    """Only some rows of a journey: what tells them apart is the place to look."""
    good = [run.row for run in case.peers if run.verdict in ("passed", "degraded")]
    bad = [run.row for run in case.same if run.journey == case.run.journey]
    if not good or not bad:
        return ""
    return f"only {listed(bad)}: look at what differs from {listed(good)}"


def _unknown_elsewhere(case: _Case) -> str:
    """A value that one channel gave and of which another says that it does not know it."""
    step = case.step
    spoken = plain(f"{step.argument} {step.expected}")
    if not _DENIES.search(plain(step.seen)):
        return ""
    for earlier in case.before:
        for kept in earlier.kept:
            elsewhere = earlier.channel != step.channel
            if elsewhere and len(kept.value) > 2 and plain(kept.value) in spoken:
                source = f"{_called(earlier.channel)} gave it at step {earlier.index}"
                return f"{_called(step.channel)} does not know {kept.name} {kept.value}; {source}"
    return ""


def _repeating(case: _Case) -> str:
    """The company keeps saying one thing: the customer goes round in circles."""
    words = [plain(o.text) for o in case.run.transcript() if o.who == "company" and _spoken(o)]
    most = max(words, key=words.count, default="")
    times = words.count(most)
    if times < (2 if case.facet == "repeats" else 3) or words[-1] != most:
        return ""
    return f"{_called(case.step.channel)} goes round in circles: «{clip(most, 80)}» {times} times"


def _hung_up(case: _Case) -> str:
    """The company ended the call before it did what it should."""
    ended = [o for o in case.run.transcript() if o.what == "hung up" and o.who == "line"]
    if case.step.channel not in ("ivr", "agent") or not ended or case.step.verb == "hang_up":
        return ""
    last = ended[-1]
    if last.data.get("by") != "company" or last.at > case.step.at + case.step.took:
        return ""
    return f"the company ended the call {span(last.at)} into the journey"


def _silent(case: _Case) -> str:
    """Nothing came at all, which is another trouble than the wrong words."""
    check = decisive(case.step)
    if check is None or check.facet not in HEARD or check.seen not in ("", "nothing"):
        return ""
    return f"{_called(case.step.channel)} says nothing at all"


def _not_understood(case: _Case) -> str:
    """The company says itself that it did not get what the customer said."""
    if not _PUZZLED.search(plain(case.step.seen) + " "):
        return ""
    return f"{_called(case.step.channel)} does not understand «{clip(case.step.title, 80)}»"


def _led_elsewhere(case: _Case) -> str:
    """A key or a word after which something else is said than should be."""
    step = case.step
    if step.channel != "ivr" or step.verb not in ("press", "say") or case.facet not in HEARD:
        return ""
    return f"{step.verb} {step.argument} leads elsewhere: «{clip(step.seen, 80)}»"


def _spoken(seen: Observed) -> bool:
    return seen.what in SPOKEN


def _whole_channel(case: _Case) -> str:
    """Several journeys, and none that gets through on that channel."""
    journeys = {run.journey for run in case.same}
    if len(journeys) < 2 or not case.step.channel or any(_passing_on(case.step.channel, case)):
        return ""
    return f"{_called(case.step.channel)} is broken for every journey, not for this one alone"


def _found(case: _Case) -> str:
    """What the session itself noticed while the step failed: a request unanswered, a script."""
    return case.step.findings[0] if case.step.verdict == "failed" and case.step.findings else ""


def _everywhere(case: _Case) -> str:
    """The same step breaks in several journeys, so it is the step and not the way to it."""
    journeys = {run.journey for run in case.same}
    if len(journeys) < 2 or not isinstance(case.step.argument, str):
        return ""
    return f"«{_deed(case.step)}» is broken wherever it comes: {len(journeys)} journeys end there"


def _ends_up(case: _Case) -> str:
    """Where the shopper is left: on a page that was not meant to come, or still where they were."""
    mine = (o for o in case.run.transcript() if o.party == case.step.party)
    pages = [o for o in mine if o.what == "page" and o.text and o.step <= case.step.index]
    if case.step.channel != "web" or not pages:
        return ""
    page = clip(pages[-1].text, 60)
    if pages[-1].step == case.step.index:
        return f"«{_deed(case.step)}» leads to «{page}»"
    return f"«{_deed(case.step)}» leads nowhere: the customer stays on «{page}»"


def _deed(step: StepRun) -> str:
    """`click Pay now`; a step whose argument is a form is called by its verb."""
    said = step.argument if isinstance(step.argument, str) else ""
    return clip(f"{step.verb} {said}".strip(), 60)


_RULES: tuple[Callable[[_Case], str], ...] = (
    _ours,
    _numbered,
    _context,
    _unanswered,
    _asked_again,
    _waiting,
    _longer,
    _late,
    _short_of_aim,
    _some_rows,
    _hung_up,
    _silent,
    _repeating,
    _not_understood,
    _unknown_elsewhere,
    _whole_channel,
    _led_elsewhere,
    _found,
    _everywhere,
    _ends_up,
)
