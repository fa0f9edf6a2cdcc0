"""The customer's way from party to party: which hop holds, and which is the first that broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cxassure.report.cause import called
from cxassure.report.tally import MARKS
from cxassure.run import Run, StepRun
from cxassure.verdict import worst


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
    """The parties in the order in which the customer met them."""
    met: dict[str, list[StepRun]] = {}
    for step in run.steps:
        if step.party and step.part == "steps":
            met.setdefault(step.party, []).append(step)
    bad, broken = run.first_bad, False
    for number, (party, steps) in enumerate(met.items()):
        state = worst(s.verdict for s in steps if not s.optional)
        at_the_hop = bad is not None and bad is steps[0] and number > 0
        arrow = "" if not number else "broken" if at_the_hop else "cut" if broken else "whole"
        broken = broken or bool(bad and bad.party == party)
        yield Hop(party, steps[0].channel, "unreached" if state == "skipped" else state, arrow)


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
    place = next((n for n, hop in enumerate(way) if hop.party == party), 0)
    if len(way) < 2:
        return ""
    good = f"last hop known good {_hop(way, place - 1)}"
    if way[place].arrow == "broken":
        said = f"first broken hop {_hop(way, place)}"
        return f"{said}, {good}" if place > 1 else f"{said}, {_name(way[0])} held"
    reached = f"every hop to it held, last {_hop(way, place)}" if place else "no hop was come to"
    return f"broken within {_name(way[place])}; {reached}"


def _hop(way: Sequence[Hop], place: int) -> str:
    return f"{_name(way[place - 1])} → {_name(way[place])}"


def _name(hop: Hop) -> str:
    return called(hop.channel) or hop.party
