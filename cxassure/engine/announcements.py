"""Announcements: whether customers were told what they must be told now, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cxassure import matcher
from cxassure.channel import Heard
from cxassure.engine.settling import checks, look, settle
from cxassure.engine.stepping import GUARD, Ending, Party
from cxassure.engine.stream import Stream
from cxassure.errors import CxassureError
from cxassure.events import Checked
from cxassure.probe import Expectation
from cxassure.settings import Announced


@dataclass(slots=True)
class _Ear:
    """One message, and what one party has come across of it: the step of its greeting, the step
    at which the message came, and the last thing heard or seen."""

    announced: Announced
    party: str
    facet: str
    greeted: int | None = None
    came: int | None = None
    word: str = "heard"
    seen: str = ""
    unseen: str = ""


@dataclass(slots=True)
class Announcements:
    """Listens with every party whose target may announce something.

    A party is all ears from its first step to its last: a greeting may be cut into many prompts.
    What is written on a page is waited for on the first one, as a page may be slow; a call is
    never held up, as waiting would change it.
    """

    announced: Sequence[Announced]
    ears: dict[str, list[_Ear]] = field(default_factory=dict)

    async def look(self, step: int, party: Party, target: str) -> None:
        """Takes in what `party` has come across by the end of `step`."""
        for ear in self._of(party, target):
            try:
                async with asyncio.timeout(party.session.limit + GUARD):
                    await _listen(ear, party, step)
            except CxassureError:
                continue  # the page or call is gone: a step says why
            except Exception as fault:  # a line that cannot see it, or a fault of ours
                ear.unseen = str(fault) or f"{ear.facet} could not be told"

    def _of(self, party: Party, target: str) -> list[_Ear]:
        facet = party.session.announces
        if party.name not in self.ears:
            wanted = [one for one in self.announced if one.window.target == target and facet]
            self.ears[party.name] = [_Ear(one, party.name, facet) for one in wanted]
        return self.ears[party.name]

    def judged(self, stream: Stream, whole: bool) -> Iterator[Ending]:
        """Tells each message as a check, and gives its ending.

        What did not come is only held against a `whole` journey: one that broke off may not have
        got so far. What nobody listened for in a whole one is unseen, never passed.
        """
        ears = [ear for ears in self.ears.values() for ear in ears]
        for ear in [*ears, *(self._deaf(ears) if whole else ())]:
            came = ear.came is not None
            if came or whole or not ear.announced.due:
                right = came == ear.announced.due or (ear.unseen and not came)
                ending = Ending() if right else _wrong(ear)
                stream.emit(_checked(ear, ending, stream))
                yield ending

    def _deaf(self, ears: Sequence[_Ear]) -> Iterator[_Ear]:
        """The messages that nobody could listen for: all who could have heard them stayed away."""
        for one in self.announced:
            if not any(ear.announced is one for ear in ears):
                unseen = f"nobody who could hear it came to «{one.window.target}»"
                yield _Ear(one, "", "message", unseen=unseen)


async def _listen(ear: _Ear, party: Party, step: int) -> None:
    if ear.came is not None:
        return
    session, must = party.session, ear.announced.window.says
    window, session.window = session.window, 0
    try:
        value = await look(session, party.grammar.facets[ear.facet], {})
        ear.word = "heard" if isinstance(value, Heard | None) else "seen"
        first = ear.greeted is None and not isinstance(value, Heard)
        patience = session.limit if first and ear.announced.due else 0.0
        ear.greeted = step if ear.greeted is None and value is not None else ear.greeted
        asked = checks(party.grammar, [Expectation(facet=ear.facet, must=must)])
        if await settle(session, asked, session.clock.now(), patience):
            ear.came = step
        ear.seen = asked[0].seen or ear.seen
    finally:
        session.window = window


def _wrong(ear: _Ear) -> Ending:
    said = matcher.words(ear.announced.window.says).removeprefix("contains ")
    was = f"was not {ear.word}" if ear.announced.due else f"was {ear.word}"
    told, at = ear.announced.told, ear.announced.at
    name = ear.announced.window.when.name
    return Ending(
        "failed",
        f"{name} {said} must be {ear.word} {told}; {was} at {at}",
        expected=f"{ear.party}: {_expected(ear)}",
        seen=ear.seen or "nothing",
    )


def _expected(ear: _Ear) -> str:
    said = matcher.words(ear.announced.window.says)
    return f"{ear.facet} {said}" if ear.announced.due else f"{ear.facet} not {said}"


def _judgement(ear: _Ear, ending: Ending) -> Literal["passed", "failed", "unseen"]:
    if ending.verdict == "failed":
        return "failed"
    return "unseen" if ear.unseen and ear.came is None else "passed"


def _checked(ear: _Ear, ending: Ending, stream: Stream) -> Checked:
    """The step to look at is the one where it came, else the one with the greeting."""
    return Checked(
        step=stream.step,
        at=round(stream.now(), 4),
        facet=ear.facet,
        expected=_expected(ear),
        verdict=_judgement(ear, ending),
        seen=ear.seen,
        why=ending.why or ear.unseen,
        blamed=ear.greeted if ear.came is None else ear.came,
    )
