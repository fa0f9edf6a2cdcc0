"""Whether a call may be placed: a pure function of the call, the rules and what is under way."""

from __future__ import annotations

from dataclasses import dataclass

from cxassure.channels._telephony.guard.numbers import danger, fits, masked, plain
from cxassure.channels._telephony.guard.prices import cost, per_minute
from cxassure.settings import Calls
from cxassure.text import clip, span


@dataclass(frozen=True, slots=True)
class Wish:
    """A call somebody wants: `address` as written, `line` twilio or sip, `seconds` at most.

    `called`: it is one that comes in, which needs no leave for its number and costs all the same.
    """

    address: str
    line: str
    seconds: float
    called: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is under way and spent: calls that are up, costs of this run and of this day (what is
    reserved for calls that are up included), and why nobody is to be rung now."""

    up: int = 0
    run: float = 0.0
    day: float = 0.0
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """The call may be placed: what is dialled, for how many seconds, and what it may cost."""

    address: str
    seconds: float
    reserved: float
    per_minute: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """The call may not be placed: by which rule, and how that is changed, if it can be."""

    rule: str
    what: str
    hint: str


def decide(wish: Wish, rules: Calls, now: Standing) -> Permit | Refusal:
    """The first rule that is against the call, else the leave to place it."""
    address = plain(wish.address)
    refusal = None if wish.called else _number(address, rules) or _quiet(now)
    if refusal:
        return refusal
    if now.up >= rules.at_once:
        what = f"{now.up} live calls are up, and {rules.at_once} may be at once"
        return Refusal(
            "at_once", what, "wait, or raise calls: at_once; `cxassure calls` lists what is up"
        )
    price = per_minute(address, rules.prices, wish.line)
    seconds = min(wish.seconds, rules.longest)
    reserved = cost(price, seconds)
    return _money(rules, now, seconds, reserved) or Permit(address, seconds, reserved, price)


def _number(address: str, rules: Calls) -> Refusal | None:
    shown = clip(masked(address) if rules.masked else address, 60)
    if refusal := never(address, shown):
        return refusal
    if not any(fits(pattern, address) for pattern in rules.allow):
        what = f"{shown} is not among the numbers that may be dialled"
        return Refusal("allow", what, "add it to calls: allow in cxassure.yaml, if it is yours")
    return None


def never(address: str, shown: str) -> Refusal | None:
    """Why a `plain` address is dialled under no rules at all; `shown` is how it is told."""
    match danger(address):
        case "emergency":
            what = f"«{clip(address, 30)}» is or leads to an emergency number"
            hint = "it is never dialled, whatever calls: allow says"
            return Refusal("emergency", what, hint)
        case "premium":
            what = f"«{shown}» is a premium rate, shared cost or satellite number"
            return Refusal("premium", what, "it is never dialled, whatever calls: allow says")
        case "no number":
            what = f"«{clip(address, 60)}» is no number that can be dialled"
            return Refusal("number", what, "write it whole, as +12025550143 (E.164)")
    return None


def _quiet(now: Standing) -> Refusal | None:
    if not now.quiet:
        return None
    return Refusal(
        "quiet",
        f"nobody is to be telephoned now: {now.quiet}",
        "run it at another time, or change the quiet window in cxassure.yaml",
    )


def _money(rules: Calls, now: Standing, seconds: float, reserved: float) -> Refusal | None:
    ceilings = (("per_run", now.run, rules.per_run), ("per_day", now.day, rules.per_day))
    for name, spent, most in ceilings:
        if reserved and spent + reserved > most:
            return Refusal(
                name,
                f"{span(seconds)} of call may cost {reserved:.2f}, {spent:.2f} is spent or reserved"
                f" and {most:.2f} {rules.currency} the ceiling",
                f"raise calls: {name} in cxassure.yaml, or shorten calls: longest",
            )
    return None
