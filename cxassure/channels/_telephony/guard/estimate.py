"""What the calls of a journey would cost at most, before any is placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cxassure.channels._telephony.guard.deciding import Refusal, Standing, Wish, decide
from cxassure.channels._telephony.guard.numbers import masked, plain
from cxassure.channels._telephony.guard.prices import cost, per_minute
from cxassure.probe import Probe
from cxassure.settings import Calls, Target

LINES = ("twilio",)
"""The lines that cost money by the minute whatever the workspace says."""


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
    """The calls over a line that costs money, in the order of their steps."""
    found = []
    for step in probe.every_step():
        party = probe.parties[step.party]
        target = targets.get(party.target)
        if target and target.over in LINES and step.verb in ("dial", "answer"):
            seconds = min(rules.longest, probe.budget or rules.longest)
            found.append(_one(step.index, target, seconds, rules, called=step.verb == "answer"))
    return found


def _one(step: int, target: Target, seconds: float, rules: Calls, *, called: bool) -> Estimate:
    number = plain(str(target.options.get("number") or target.address))
    price = per_minute(number, rules.prices, target.over)
    wish = Wish(number, target.over, seconds, called)
    decided = decide(wish, rules, Standing())
    return Estimate(
        step,
        target.name,
        masked(number) if rules.masked else number,
        round(seconds / 60, 2),
        cost(price, seconds),
        any(number.startswith(prefix) for prefix in rules.prices),
        called,
        decided.rule if isinstance(decided, Refusal) else "",
    )
