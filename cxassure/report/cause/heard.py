"""Rules about one run: what its own numbers, words and pages say of why it went wrong.

Each gives a sentence, or nothing where it does not apply. What is said was seen in this run, so
that no other run can contradict it.
"""

from __future__ import annotations

import re

from cxassure.events import Checked, Observed
from cxassure.measures import SPOKEN, WAITS
from cxassure.report.cause.case import Case, called, deed, every
from cxassure.report.codes import explain
from cxassure.report.context import Context
from cxassure.report.customer import HEARD, decisive
from cxassure.report.tally import listed
from cxassure.report.wrong import wanted
from cxassure.run import StepRun
from cxassure.text import clip, plain, span

_DENIES = re.compile(
    r"\b(no (such )?(order|record|booking|account|card)|not (find|found|know|have|exist|see)|"
    r"unknown|(can|could|do|does)n[o'’]?t (find|know|have|exist|see)|cannot (find|see)|"
    r"nothing under)\b"
)
_WARNING = re.compile(r"\bwould warn: (\d{5})\b[^:]*: *(.+)")
_PUZZLED = re.compile(r"\b(not|n[o'’]?t) (understand|understood|catch|get) ")


def numbered(case: Case) -> str:
    """A number from outside says by itself what happened."""
    return case.meaning.what if case.meaning else ""


def warned(case: Case) -> str:
    """What the carrier warned of on the way, where it did not in the last good run."""
    past = case.context.past.get(case.run.id)
    before = [f for step in (past.good.steps if past and past.good else ()) for f in step.findings]
    steps = case.run.steps[: case.run.steps.index(case.step) + 1]
    for finding in [f for step in steps for f in step.findings if f not in before]:
        found = _WARNING.search(finding)
        if found and (meaning := explain(found[1], case.step.channel)):
            return f"{meaning.what} ({clip(found[2], 100)})"
    return ""


def context(case: Case) -> str:
    if case.facet != "context":
        return ""
    source = _handing_over(case)
    if "had no" in case.step.why:
        return f"the hand-over from {source} to {called(case.step.channel)} lost the context"
    return f"the hand-over from {source} to {called(case.step.channel)} carried a wrong context"


def _handing_over(case: Case) -> str:
    others = [s.channel for s in case.before if s.channel not in ("", case.step.channel)]
    return called(others[-1]) if others else "the company"


def unanswered(case: Case) -> str:
    """An agent's step that fails at being rung: the transfer went elsewhere or nowhere."""
    if case.step.channel != "agent" or case.step.verb not in ("answer", "let_ring") or case.facet:
        return ""
    if "position" in case.step.seen:
        return f"the queue was not through in time: {clip(case.step.seen, 100)}"
    instead = f"; {clip(case.step.seen, 140)}" if case.step.seen not in ("", "nothing") else ""
    return f"the transfer from {_handing_over(case)} did not reach {case.step.party}{instead}"


def asked_again(case: Case) -> str:
    quoted = case.facet in HEARD and "?" in case.step.seen and case.run.measures.get("re_asks")
    if case.facet != "re_asks" and not quoted:
        return ""
    others = (s.channel for s in case.before if s.channel in ("web", "chat", "ivr"))
    told = dict.fromkeys(called(name) for name in others if name != case.step.channel)
    where = f" on {listed(list(told))}" if told else ""
    return f"{called(case.step.channel)} asks for what the customer has told already{where}"


def waiting(case: Case) -> str:
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


def longer(case: Case) -> str:
    """More effort than promised: perhaps the company itself says that the way has changed."""
    if case.facet not in ("key_presses", "turns", "words_heard"):
        return ""
    prompts = (o.text for o in case.run.transcript() if o.who == "company" and spoken(o))
    said = next((text for text in prompts if "changed" in plain(text)), "")
    return f"the way has changed: «{clip(said, 80)}»" if said else "the way has become longer"


_SPEEDS = ("first_response", "first_paint", "largest_paint")
"""Measures of how soon something is there, whatever it is."""


def late(case: Case) -> str:
    """Late here, or not at all where others on this channel had their answer late."""
    if case.facet in _SPEEDS and case.facet in case.run.measures:
        figure = case.run.measures[case.facet]
        return f"{called(case.step.channel)} answers, but slowly: after {span(figure)}"
    check = decisive(case.step)
    if check is None or (check.came is None and check.seen not in ("", "nothing")):
        return ""
    others = case.context.once(_slowest).get((case.run.verdict, case.step.channel), 0.0)
    slowest = max(_came(case.step), others)
    if not slowest or (check.came is None and check.facet not in HEARD):
        return ""
    return f"{called(case.step.channel)} answers, but slowly: after {span(slowest)}"


def _slowest(context: Context) -> dict[tuple[str, str], float]:
    """After how long an answer came at last, by how a run went and by the channel."""
    found: dict[tuple[str, str], float] = {}
    for run in context.once(every):
        if step := run.first_bad:
            on = run.verdict, step.channel
            found[on] = max(found.get(on, 0.0), _came(step))
    return found


def _came(step: StepRun) -> float:
    check = decisive(step)
    return check.came or 0.0 if check else 0.0


def short_of_aim(case: Case) -> str:
    """It works, and falls short of what was aimed at."""
    check = decisive(case.step)
    if case.step.verdict != "degraded" or check is None or check.came is not None:
        return ""
    return f"{called(case.step.channel)} works, less well than it should: {check.why}"


def unknown_elsewhere(case: Case) -> str:
    """A value that one channel gave and of which another says that it does not know it."""
    step = case.step
    said = plain(f"{step.argument} {step.expected}")
    if not _DENIES.search(plain(step.seen)):
        return ""
    for earlier in case.before:
        for kept in earlier.kept:
            elsewhere = earlier.channel != step.channel
            if elsewhere and len(kept.value) > 2 and plain(kept.value) in said:
                source = f"{called(earlier.channel)} gave it at step {earlier.index}"
                return f"{called(step.channel)} does not know {kept.name} {kept.value}; {source}"
    return ""


def repeating(case: Case) -> str:
    """The company keeps saying one thing: the customer goes round in circles."""
    heard = [o.text for o in case.run.transcript() if o.who == "company" and spoken(o)]
    words = [plain(text) for text in heard]
    most = max(words, key=words.count, default="")
    times = words.count(most)
    if times < (2 if case.facet == "repeats" else 3) or words[-1] != most:
        return ""
    return (
        f"{called(case.step.channel)} goes round in circles: «{clip(heard[-1], 80)}» {times} times"
    )


def silent(case: Case) -> str:
    """Nothing came at all, which is another trouble than the wrong words."""
    check = decisive(case.step)
    if case.step.channel == "inbox" and "did not come" in case.step.why:
        passed = listed(list(dict.fromkeys(called(s.channel) for s in case.before if s.channel)))
        return "no such mail came" + (f", although {passed} steps passed" if passed else "")
    if check is None or check.facet not in HEARD or check.seen not in ("", "nothing"):
        return ""
    return f"{called(case.step.channel)} says nothing at all"


def not_understood(case: Case) -> str:
    """The company says itself that it did not get what the customer said."""
    if not _PUZZLED.search(plain(case.step.seen) + " "):
        return ""
    return f"{called(case.step.channel)} does not understand «{clip(case.step.title, 80)}»"


def led_elsewhere(case: Case) -> str:
    """A key or a word after which something else is said than should be."""
    step = case.step
    if step.channel != "ivr" or step.verb not in ("press", "say") or case.facet not in HEARD:
        return ""
    return f"{step.verb} {step.argument} leads elsewhere: «{clip(step.seen, 80)}»"


def spoken(seen: Observed) -> bool:
    return seen.what in SPOKEN


def found(case: Case) -> str:
    """What the session itself noticed while the step failed: a request unanswered, a script."""
    noticed = (one for one in case.step.findings if not one.startswith("compared as "))
    return next(noticed, "") if case.step.verdict == "failed" else ""


def ends_up(case: Case) -> str:
    """Where the shopper is left: on a page that was not meant to come, or still where they were."""
    mine = (o for o in case.run.transcript() if o.party == case.step.party)
    pages = [o for o in mine if o.what == "page" and o.text and o.step <= case.step.index]
    if case.step.channel != "web" or not pages:
        return ""
    page = clip(pages[-1].text, 60)
    check = decisive(case.step)
    here = pages[-1].step == case.step.index
    if check and check.facet in ("element", "count") and here:
        got = "" if check.seen in ("", "nothing") else f": it shows «{clip(check.seen, 60)}»"
        return f"«{page}» comes, but without {_wanted(check)}{got}"
    if check and check.facet == "page" and here:
        return f"«{page}» comes, but without what it should show: {_wanted(check)}"
    if here:
        return f"«{deed(case.step)}» leads to «{page}»"
    return f"«{deed(case.step)}» leads nowhere: the customer stays on «{page}»"


def _wanted(check: Checked) -> str:
    """`«1 item in your basket»` of `page contains «1 item in your basket»`."""
    if check.facet == "page":
        return clip(check.expected.removeprefix("page contains "), 80)
    return clip(wanted(check.facet, check.expected) or check.expected, 100)
