"""Whether both ends of a call hear each other: a marker from each, looked for at the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cxassure.channel import Opening, Unseen
from cxassure.channels._telephony.audio.marker import LENGTH

if TYPE_CHECKING:
    from cxassure.channels._telephony.live.talk import Talk

TRAVEL = 1.5
"""Seconds that a marker is waited for: a mixer's buffer, a jitter buffer, a busy machine."""
LOOK, MANNERS = 0.2, 5.0
"""Seconds between two looks, and for which what is being said is not talked down."""
FRESH = 2.0
"""Seconds for which a proof is believed."""
TRIES = 4
"""Markers that are sent before one is taken not to arrive."""
UP, DOWN = "up", "down"
"""The caller's marker and the agent's."""


class Bridge:
    """The calls of one run. Only one proof is made at a time: a marker is anybody's."""

    def __init__(self) -> None:
        self.talks: list[Talk] = []
        self._proved: tuple[float, str, object, object] | None = None
        self._turn = asyncio.Lock()

    @classmethod
    async def of(cls, opening: Opening) -> Bridge:
        async def make() -> Bridge:
            return cls()

        bridge: Bridge = await opening.run.once("telephony bridge", make)
        return bridge

    def other(self, talk: Talk) -> Talk | None:
        """Who may be at the other end: the party of the other kind whose call is up."""
        others = [one for one in self.talks if one.who != talk.who and one.up and one.leg]
        return others[-1] if others else None

    async def audio(self, talk: Talk, fresh: float = FRESH) -> str | None:
        """`both ways`, or who does not hear whom; None while that cannot be known. A proof of
        these calls that is less than `fresh` seconds old is believed."""
        async with self._turn:
            other = self.other(talk)
            if other is None or not talk.up:
                if not any(one.who != talk.who for one in self.talks):
                    raise Unseen("no party of this journey is at the other end")
                return None
            await _hushed(talk, other)
            caller, agent = (talk, other) if talk.who == "customer" else (other, talk)
            if said := self._known(caller, agent, fresh):
                return said
            there, back = await _both(caller, agent)
            if not (caller.up and agent.up):
                return None
            said = _words(there, back)
            self._proved = (caller.session.clock.now(), said, caller.call, agent.call)
        return said

    def _known(self, caller: Talk, agent: Talk, fresh: float) -> str:
        """What was proven of these calls less than `fresh` seconds ago."""
        if not self._proved or self._proved[2:] != (caller.call, agent.call):
            return ""
        return self._proved[1] if caller.session.clock.now() - self._proved[0] < fresh else ""


def _words(there: bool, back: bool) -> str:
    if there and back:
        return "both ways"
    if there:
        return "one way: the caller does not hear the agent"
    return "one way: the agent does not hear the caller" if back else "neither way"


async def _hushed(*talks: Talk) -> None:
    """Waits, but not for ever, until what is being said was heard: a marker would talk it down."""
    for _ in range(round(MANNERS / LOOK)):
        if not any(talk.listening and talk.listening.pending for talk in talks):
            return
        await asyncio.sleep(LOOK)


async def _both(caller: Talk, agent: Talk) -> tuple[bool, bool]:
    """Whether the caller is heard by the agent, and the agent by the caller."""
    _deafen(caller, agent, TRIES * TRAVEL)
    try:
        return await asyncio.gather(_arrives(caller, agent, UP), _arrives(agent, caller, DOWN))
    finally:
        _deafen(caller, agent, LENGTH)


def _deafen(caller: Talk, agent: Talk, seconds: float) -> None:
    """Neither takes a marker for a voice."""
    for talk in (caller, agent):
        if talk.listening:
            talk.listening.deaf_until = talk.session.clock.now() + seconds


async def _arrives(sender: Talk, hearer: Talk, direction: str) -> bool:
    """Whether a marker of `sender`, sent some times at most, is found at `hearer`."""
    from cxassure.channels._telephony.audio.marker import find, marker

    for _ in range(TRIES):
        if not (sender.up and hearer.up and sender.leg and hearer.leg):
            return False
        recording = hearer.leg.recording
        if recording is None:
            return False
        since = recording.seconds
        playing = sender.leg.play(marker(direction))
        for _ in range(round(TRAVEL / LOOK)):
            await asyncio.sleep(LOOK)
            if find(recording.heard.cut(max(since - 0.1, 0)), direction).present:
                return True
        playing.stop()
    return False
