"""The guard rails of calls over SIP: asked before each is placed, told when it is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cxassure.channel import Opening
from cxassure.channels._telephony.guard.gate import (
    Live,
    leave_for_sip,
    may_ring,
    stays_here,
)
from cxassure.channels._telephony.guard.numbers import masked
from cxassure.channels._telephony.sip.events import Answered, Ended, Happened
from cxassure.text import span

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.call import Call


class Rails:
    """The gate of one party's telephone; calls on this machine need no leave but their number's."""

    def __init__(self, opening: Opening, proxy: str) -> None:
        self._opening, self._proxy = opening, proxy

    async def leave(self, uri: str) -> Minded | None:
        live = await leave_for_sip(self._opening, uri, self._proxy)
        return Minded(live, self._opening) if live else None

    def shown(self, uri: str, number: str) -> str:
        """A number at `uri` as it may stand in a report."""
        calling = self._opening.calling
        hidden = calling and calling.rules.masked and not stays_here(uri, self._proxy)
        return masked(number) if hidden else number

    def check(self, uri: str) -> None:
        may_ring(self._opening, uri, self._proxy)


class Minded:
    """One call: written down as over when it is, hung up when it has lasted as long as it may."""

    def __init__(self, live: Live, opening: Opening) -> None:
        self._live, self._opening = live, opening
        self._answered: float | None = None
        self._limit: asyncio.TimerHandle | None = None

    def __call__(self, call: Call, event: Happened) -> None:
        if isinstance(event, Answered):
            self._answered = event.at
            self._live.placed(call.call_id)
            loop = asyncio.get_running_loop()
            self._limit = loop.call_later(self._live.seconds, self._too_long, call)
        elif isinstance(event, Ended):
            if self._limit:
                self._limit.cancel()
            lasted = event.at - self._answered if self._answered else 0.0
            self._live.ended(lasted, event.words)

    def _too_long(self, call: Call) -> None:
        longest = span(self._live.seconds)
        self._opening.finding(f"the call was hung up: it had lasted {longest}, calls: longest")
        call.agent.spawn(call.hang_up())

    def never_placed(self) -> None:
        self._live.ended(0.0, "it was never placed")
