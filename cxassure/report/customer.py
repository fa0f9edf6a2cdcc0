"""What a failure means to the customer, in a sentence that begins with `would`."""

from __future__ import annotations

import re

from cxassure.events import Checked
from cxassure.report.moment import noticed
from cxassure.run import Run, StepRun
from cxassure.text import clip, span

_NAMED = re.compile(r"«([^»]+)»")
HEARD = ("prompt", "reply", "replies", "message", "subject", "speech")
"""Facets that hold what is said to the customer, so that it can be quoted."""
SOUND = ("audio", "mos", "quality", "signal")
"""Facets that judge how a call sounds."""

_NOTHING = ("", "nothing")
_OPENING = {
    "chat": "would open the chat and get no answer from it",
    "web": "would not get the page open",
    "ivr": "would not get through",
    "agent": "would wait for a person who never comes",
}
"""What it means that a party could not be opened."""


def consequence(run: Run, step: StepRun) -> str:
    """What would have happened to a real customer, empty when nobody can say."""
    if step.verdict not in ("failed", "degraded") or step.part == "always":
        return ""
    if step.part == "opening":
        return _OPENING.get(step.channel, "") or _anywhere(run, step)
    check = decisive(step)
    if check and check.came is not None:
        return f"would wait {span(check.came)} for the {check.facet.replace('_', ' ')}"
    if promise := _promised(run, step):
        return promise
    by_channel = {
        "agent": _at_desk,
        "ivr": _on_the_phone,
        "chat": _in_chat,
        "web": _on_the_web,
        "inbox": _in_the_mail,
    }
    said = by_channel.get(step.channel, _anywhere)(run, step)
    return said or _anywhere(run, step) or _at_last(step)


def decisive(step: StepRun) -> Checked | None:
    """The expectation that decided the step's verdict, `None` when the verb itself did."""
    suiting = (c for c in step.checked if c.verdict == step.verdict)
    return next((c for c in suiting if not step.why or c.why == step.why), None)


def missing(step: StepRun) -> str:
    """What was missed by name: the first thing that stands in «» in why."""
    found = _NAMED.search(step.why)
    return found.group(1) if found else ""


def on_the_phone(run: Run, step: StepRun) -> str:
    """`after 38 s on the phone`, empty when there was no call; our own waiting is not counted."""
    calls = [s.at for s in run.steps if s.channel == "ivr" and s.verdict != "skipped"]
    ended = noticed(run, step).ended
    spent = ended - min(calls, default=ended)
    return f"after {span(spent)} on the phone" if spent >= 1 else ""


def _promised(run: Run, step: StepRun) -> str:
    figures = run.measures
    check = decisive(step)
    if check is None or check.facet not in figures:
        return ""
    words = {
        "time_to_human": f"would wait {span(figures['time_to_human'])} for a person"
        if "time_to_human" in figures
        else "",
        "waited": f"would spend {span(figures.get('waited', 0))} waiting",
        "re_asks": "would be asked for what was already told",
        "key_presses": f"would press {figures.get('key_presses', 0):g} keys{_instead(step)}",
        "first_response": f"would wait {span(figures.get('first_response', 0))} for an answer",
        "largest_paint": f"would wait {span(figures.get('largest_paint', 0))} to see a page",
        "turns": f"would need {figures.get('turns', 0):g} turns",
        "words_heard": f"would listen to {figures.get('words_heard', 0):g} words",
    }
    return words.get(check.facet, "")


def _instead(step: StepRun) -> str:
    """`, aim 9`: what it should have been, where the step says so."""
    return "".join(step.why.partition(", ")[1:]) if ", aim " in step.why else ""


def _at_desk(run: Run, step: StepRun) -> str:
    after = on_the_phone(run, step)
    check = decisive(step)
    if check and check.facet == "context":
        name = missing(step) or check.expected.partition(" = ")[0]
        lost = "had no" in step.why
        told = f"be asked for the {name} again" if lost else f"be served with a wrong {name}"
        return _ending(f"would {told}", after)
    if "the agent does not hear the caller" in step.seen:
        return _ending("would speak to a person and not be heard", after)
    if "the caller does not hear the agent" in step.seen:
        return _ending("would hear nothing of the person who answered", after)
    if step.verb == "answer":
        return _ending("would wait for a person who never comes", after)
    if step.verb == "stay":
        ended = _cut_off(run, step) is not None
        return "would be cut off while speaking to a person" if ended else ""
    return _ending("would not get through to a person", after)


def _cut_off(run: Run, step: StepRun) -> float | None:
    """When the company ended the call, where it did before the step was over."""
    ended = (o for o in run.transcript() if o.what == "hung up" and o.data.get("by") == "company")
    return next((o.at for o in ended if o.at <= step.at + step.took), None)


def _on_the_phone(run: Run, step: StepRun) -> str:
    after = on_the_phone(run, step)
    if step.code[:2] in ("11", "12"):
        return _ending("would hear an application error and lose the call", after)
    if step.verb == "dial" and not step.checked:
        return "would not get through"
    check = decisive(step)
    if check and check.facet in SOUND:
        return "would understand little of what is said"
    if check and check.facet == "silence":
        return f"would hear nothing for {step.seen}"
    if step.seen in _NOTHING or "call had ended" in step.why:
        return _hearing_nothing(run, step) or _ending("would hear nothing that helps", after)
    return f"would hear «{clip(step.seen, 80)}»" if _quotable(step) else ""


def _hearing_nothing(run: Run, step: StepRun) -> str:
    """Because the company has ended the call, "" where it has not."""
    ended = _cut_off(run, step)
    calls = [s.at for s in run.steps if s.channel == "ivr" and s.verb == "dial"]
    began = min(calls, default=0.0)
    return "" if ended is None else f"would be cut off after {span(ended - began)} on the phone"


def _in_chat(run: Run, step: StepRun) -> str:
    check = decisive(step)
    if check and check.facet == "repeats":
        return f"would be told the same thing {step.seen} times, and not get any further"
    if step.code:
        return "would lose the conversation"
    if step.seen in _NOTHING:
        return "would get no answer"
    if not _quotable(step):
        return ""
    return f"would be told «{clip(step.seen, 80)}»"


def _quotable(step: StepRun) -> bool:
    check = decisive(step)
    return check is not None and check.facet in HEARD


def _on_the_web(run: Run, step: StepRun) -> str:
    if step.code:
        return f"would see an error page ({step.code}) and cannot go on"
    mine = (o for o in run.transcript() if o.party == step.party and o.step <= step.index)
    pages = [o.text for o in mine if o.what == "page" and o.text]
    left = _anywhere(run, step).removeprefix("would not get any further: ")
    return f"would be left on «{clip(pages[-1], 60)}»: {left}" if pages and left else ""


def _in_the_mail(run: Run, step: StepRun) -> str:
    wanted = f" with the {step.expected}" if step.expected else ""
    return f"would wait in vain for a mail{wanted}" if "did not come" in step.why else ""


def _anywhere(run: Run, step: StepRun) -> str:
    left = sum(s.verdict == "skipped" and s.part == "steps" for s in run.steps)
    if step.verdict == "failed" and left:
        return f"would not get any further: {left} of {run.author_steps} steps out of reach"
    return ""


def _at_last(step: StepRun) -> str:
    """Nothing is out of reach: what the last step is for was not got, or less of it."""
    check = decisive(step)
    if step.verdict == "degraded":
        return f"would get through, less well than aimed at: {step.why}"
    wanted = check.expected if check else step.expected
    named = _NAMED.search(wanted)
    if named and not re.search(r"\b(not|never|absent|at most)\b", wanted):
        return f"would look in vain for «{clip(named[1], 80)}»"
    return f"would not get what this step is for: {clip(wanted or step.why, 120)}"


def _ending(said: str, after: str) -> str:
    return f"{said}, {after}" if after else said
