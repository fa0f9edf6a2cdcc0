"""The customer's way from party to party: which hop holds, and which is the first that broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cxassure.report.cause import called
from cxassure.report.customer import decisive
from cxassure.report.tally import MARKS
from cxassure.run import Run, StepRun
from cxassure.text import plain
from cxassure.verdict import worst

SHORTEST = 4
"""Characters of a value that is looked for elsewhere: shorter ones are in many texts."""


@dataclass(slots=True)
class Hop:
    """A party on the customer's way; `state` is its verdict, `arrow` how the way led to it.

    `arrow` is "" for the first, `whole`, `broken` (the hop itself failed), or `cut` (it was never
    come to because something before it broke).
    """

    party: str
    channel: str
    state: str
    arrow: str = ""


def hops(run: Run) -> Iterator[Hop]:
    """The parties in the order in which the customer met them; nobody meets the back office."""
    met: dict[str, list[StepRun]] = {}
    for step in run.steps:
        if step.party and step.part == "steps" and step.channel != "api":
            met.setdefault(step.party, []).append(step)
    bad, broken = run.first_bad, False
    if bad and bad.part == "opening" and bad.party:
        yield from _unopened(bad, met)
        return
    for number, (party, steps) in enumerate(met.items()):
        state = worst(s.verdict for s in steps if not s.optional)
        mine = bad is not None and bad.party == party and number > 0
        at_the_hop = bad is not None and mine and (bad is steps[0] or _untold(run, bad))
        arrow = "" if not number else "broken" if at_the_hop else "cut" if broken else "whole"
        broken = broken or bool(bad and bad.party == party)
        yield Hop(party, steps[0].channel, "unreached" if state == "skipped" else state, arrow)


def _unopened(bad: StepRun, met: Mapping[str, Sequence[StepRun]]) -> Iterator[Hop]:
    """The way of a customer who could not set out, as a party on it does not open."""
    channels = {party: steps[0].channel for party, steps in met.items()}
    channels.setdefault(bad.party, bad.channel)
    for number, (party, channel) in enumerate(channels.items()):
        mine = party == bad.party
        arrow = "" if not number else "broken" if mine else "cut"
        yield Hop(party, channel, bad.verdict if mine else "unreached", arrow)


def _untold(run: Run, bad: StepRun) -> bool:
    """Whether it broke because this party does not know what an earlier one knew: a value that was
    kept there is expected here, is not heard, and was not told here by the customer."""
    check = decisive(bad)
    before = run.steps[: run.steps.index(bad)]
    elsewhere = [kept.value for s in before if s.party != bad.party for kept in s.kept]
    told = _bare(" ".join(str(s.argument) for s in [*before, bad] if s.party == bad.party))
    wanted, seen = (_bare(check.expected), _bare(check.seen)) if check else ("", "")
    values = (_bare(value) for value in elsewhere if len(value) >= SHORTEST)
    return any(one in wanted and one not in seen and one not in told for one in values)


def _bare(text: str) -> str:
    """Without spaces, so that a number is the same when it is read out."""
    return "".join(plain(text).split())


def drawn(way: Sequence[Hop]) -> str:
    """`web shopper ✓ → chat asker ✓ ✗→ IVR caller ✗ ⇢ desk agent ·`."""
    arrows = {"whole": "→ ", "broken": "✗→ ", "cut": "⇢ "}
    return " ".join(
        f"{arrows.get(hop.arrow, '')}{called(hop.channel)} {hop.party} {_mark(hop)}" for hop in way
    )


def _mark(hop: Hop) -> str:
    return MARKS.get(hop.state, "·")  # type: ignore[call-overload, no-any-return]


def broken_at(way: Sequence[Hop], party: str) -> str:
    """`first broken hop IVR → desk, last known good chat → IVR`; "" where there is one party only.

    `party` is that of the step that broke.
    """
    place = next((n for n, hop in enumerate(way) if hop.party == party), None)
    if len(way) < 2 or place is None:
        return ""
    if place and way[0].state == "unreached":
        return f"{_name(way[place])} does not open, so that nothing of the way was gone"
    if way[place].arrow == "broken":
        said = f"first broken hop {_hop(way, place)}"
        good = f"last known good {_hop(way, place - 1)}" if place > 1 else f"{_name(way[0])} held"
        return f"{said}, {good}"
    held = f"; the hop to it held, {_hop(way, place)}" if place else ""
    ahead = f", before the hop to {_name(way[place + 1])}" if place + 1 < len(way) else ""
    return f"broken within {_name(way[place])}{ahead}{held}"


def _hop(way: Sequence[Hop], place: int) -> str:
    return f"{_name(way[place - 1])} → {_name(way[place])}"


def _name(hop: Hop) -> str:
    return called(hop.channel) or hop.party
