"""Trouble that a session noticed unasked: what the step under way comes to by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace

from cxassure.channel import Session
from cxassure.engine.stepping import Ending, Party, in_doubt
from cxassure.verdict import worst

Witness = Callable[[Session, str], Awaitable[None]]


def noticed(parties: Iterable[Party], acting: Party | None = None) -> Iterator[Ending]:
    """Every trouble that was not taken yet, as an ending. What this machine may have done itself
    is an error where it would be a failure, and else it is only told."""
    for party in parties:
        found, party.session.troubles = party.session.troubles, []
        for one in found:
            name = "" if party is acting else party.name
            ending = Ending(one.verdict, one.what, one.expected, one.what, party=name)
            if one.verdict == "failed" or not party.session.doubt:
                yield in_doubt(ending, party.session)


async def troubled(
    ending: Ending, acting: Party, parties: Iterable[Party], witness: Witness
) -> Ending:
    """The ending of a step, or the worst trouble of any party where that is worse."""
    found = list(noticed(parties, acting))
    total = worst(one.verdict for one in (*found, ending))
    if total == ending.verdict:
        return ending
    told = next(one for one in found if one.verdict == total)
    if total in ("failed", "error"):
        await witness(acting.session, told.why)
    return replace(told, branch=ending.branch, came=ending.came)
