"""What the calls of a journey would cost at most, before any is placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxassure.channels._telephony.guard.deciding import Refusal, Standing, Wish, decide
from cxassure.channels._telephony.guard.gate import stays_here
from cxassure.channels._telephony.guard.numbers import masked, plain
from cxassure.channels._telephony.guard.prices import cost, per_minute
from cxassure.probe import Probe
from cxassure.settings import Calls, Target


@dataclass(frozen=True, slots=True)
class Estimate:
    """A call that a step would place, or take (`called`): at most so many minutes, at most so much.

    `own`: by a price of the workspace's own; else by the estimates of `prices`. `refused` is the
    rule by which it would not be placed, "" where it would.
    """

    step: int
    target: str
    number: str
    minutes: float
    price: float
    own: bool
    called: bool
    refused: str


def estimate(probe: Probe, targets: Mapping[str, Target], rules: Calls) -> list[Estimate]:
    """The real calls of a journey, in the order of their steps."""
    found: list[Estimate] = []
    for step in probe.every_step():
        target = targets.get(probe.parties[step.party].target)
        called = step.verb == "answer"
        if target and step.verb in ("dial", "answer") and _rings(target, called=called):
            seconds = min(rules.longest, probe.budget or rules.longest)
            number = _number(target, step.argument if step.verb == "dial" else "")
            before = Standing(run=sum(one.price for one in found))
            found.append(_one(step.index, target, number, seconds, rules, before, called=called))
    return found


def shown(target: Target, rules: Calls) -> str:
    """A target's address as it may stand in a report."""
    hidden = rules.masked and _rings(target, called=False)
    return masked(target.address) if hidden else target.address


def _rings(target: Target, *, called: bool) -> bool:
    """Whether a call over it is a real one: it costs money, or leaves this machine by SIP."""
    if target.over == "twilio":
        return True
    proxy = str(target.options.get("proxy") or "")
    return target.over == "sip" and not called and not stays_here(target.address, proxy)


def _number(target: Target, argument: Any) -> str:
    """What a step dials: a number of its own, else the target's."""
    of = argument.get("number") if isinstance(argument, Mapping) else argument
    own = str(of or "")
    if own and target.over == "sip" and not own.startswith(("sip:", "sips:")):
        return f"sip:{own}@{plain(target.address).rpartition('@')[2].removeprefix('sip:')}"
    return own or str(target.options.get("number") or target.address)


def _one(
    step: int,
    target: Target,
    written: str,
    seconds: float,
    rules: Calls,
    before: Standing,
    *,
    called: bool,
) -> Estimate:
    number = plain(written)
    known = "${" not in number  # what a run fills in is decided when it runs
    price = per_minute(number if known else "", rules.prices, target.over)
    wish = Wish(number, target.over, seconds, called)
    decided = decide(wish, rules, before) if known else None
    return Estimate(
        step,
        target.name,
        masked(number) if rules.masked and known else number,
        round(seconds / 60, 2),
        cost(price, seconds),
        any(number.startswith(prefix) for prefix in rules.prices),
        called,
        decided.rule if isinstance(decided, Refusal) else "",
    )
