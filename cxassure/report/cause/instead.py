"""Rules about what came instead: another number than the one asked for, another branch."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from cxassure.report.cause.case import Case, called
from cxassure.report.cause.heard import led_elsewhere, spoken
from cxassure.report.changes import since_good
from cxassure.report.customer import HEARD, decisive
from cxassure.text import clip, plain

_NUMBER = re.compile(r"\d(?:[ -]?\d){3,}")
_ALIKE = 0.5
"""Of two sentences that share so much, one is the other in new words."""


def another_number(case: Case) -> str:
    """Something is told of another order, case or account than was asked for: numbers are left out
    where runs are compared, as they differ by nature, but here both are known."""
    check = decisive(case.step)
    if check is None or check.facet not in HEARD:
        return ""
    wanted, told = _numbers(check.expected), _numbers(check.seen)
    if not wanted or not told or set(wanted) & set(told):
        return ""
    names = {kept.value: kept.name for step in case.before for kept in step.kept if kept.value}
    what = names.get(wanted[0], "number")
    return f"{called(case.step.channel)} tells of {what} {told[0]}, asked for was {wanted[0]}"


def _numbers(text: str) -> list[str]:
    """Numbers of four digits and more, also those that are read out digit by digit."""
    return [re.sub(r"\D", "", found) for found in _NUMBER.findall(text)]


def elsewhere(case: Case) -> str:
    """A key after which another branch comes, where menu and prompts up to it are as they were;
    what is only put in other words is a change of the prompt."""
    told = led_elsewhere(case)
    found = [one for one in since_good(case.run, case.context) if one.step <= case.step.index]
    before = [one for one in found if one.kind == "menu" or one.step < case.step.index]
    here = next((one for one in found if one.kind == "prompt" and one.before and one.after), None)
    if not told or any(one.kind in ("menu", "prompt") for one in before) or here is None:
        return ""
    return "" if _alike(here.before, here.after) else ignored(case) or told


def ignored(case: Case) -> str:
    """A key after which the caller hears once more what was said before it."""
    if not led_elsewhere(case):
        return ""
    start = case.step.at
    earlier = [o for o in case.run.transcript() if o.who == "company" and spoken(o) and o.text]
    said = {plain(o.text) for o in earlier if o.at + o.seconds <= start or o.step < case.step.index}
    again = next((o for o in earlier if o.step == case.step.index), None)
    if again is None or plain(again.text) not in said:
        return ""
    key = f"{case.step.verb} {case.step.argument}"
    return f"{key} is not taken: «{clip(again.text, 80)}» is said once more"


def _alike(was: str, now: str) -> bool:
    one, other = plain(was).split(), plain(now).split()
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
