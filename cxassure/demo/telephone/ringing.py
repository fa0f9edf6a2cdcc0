"""Ringing a desk: every telephone that suits the call at once, then the desk behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import quote

from cxassure.demo.telephone import context as contexts
from cxassure.demo.telephone.context import Context
from cxassure.demo.telephone.leg import Leg, Wires
from cxassure.demo.telephone.message import Uri
from cxassure.demo.telephone.registrar import Registrar, Seat

OVERFLOW = {"billing-desk": "overflow-desk"}
BUSY = (486, 600, 603)


class Ringer:
    """Knows the desks' telephones; `numbers` are the company's own."""

    def __init__(self, wires: Wires, registrar: Registrar, numbers: Collection[str]) -> None:
        self.wires, self.registrar, self.numbers = wires, registrar, numbers

    def address(self, desk: str, context: Context, private: bool) -> str:
        """A desk as a REFER names it, the context embedded (RFC 3261 section 19.1.1)."""
        told = [*contexts.headers(context), *([("Privacy", "id")] if private else [])]
        embedded = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in told)
        return f"sip:{desk}@{self.wires.place}" + (f"?{embedded}" if embedded else "")

    async def ring(
        self, desk: str, context: Context, shown: str, patience: float, caller: str = ""
    ) -> Leg | str:
        """The telephone that answered, else `busy` or `no-answer` once every desk was tried.

        `caller` is who calls, whatever the desk is shown and told of it."""
        keys = (*context.values(), caller)
        answered = await self._ring(desk, context, shown, patience, keys)
        behind = OVERFLOW.get(desk, "")
        if isinstance(answered, str) and self.registrar.seats(behind, keys):
            return await self._ring(behind, context, shown, patience, keys)
        return answered

    async def _ring(
        self, desk: str, context: Context, shown: str, patience: float, keys: Collection[str]
    ) -> Leg | str:
        asking: dict[asyncio.Task[int], Leg] = {}
        rung: set[Seat] = set()
        try:
            async with asyncio.timeout(patience):
                while True:
                    came = self.registrar.came
                    for seat in self.registrar.seats(desk, keys):
                        if seat not in rung:
                            rung.add(seat)
                            leg = await self._leg(seat, shown)
                            asking[asyncio.create_task(leg.dial(self._told(context, shown)))] = leg
                    winner = await self._first(asking, came)
                    if winner:
                        return winner
                    if rung and all(task.done() for task in asking):
                        busy = all(task.result() in BUSY for task in asking)
                        return "busy" if busy else "no-answer"
        except TimeoutError:
            return "no-answer"
        finally:
            self._let_go(asking)

    async def _first(self, asking: dict[asyncio.Task[int], Leg], came: asyncio.Event) -> Leg | None:
        """Wait for an answer, good or bad, or for another telephone: who took the call."""
        comes = asyncio.ensure_future(came.wait())
        left = {task for task in asking if not task.done()}
        try:
            done, _ = await asyncio.wait({*left, comes}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            comes.cancel()
        for task in done & left:
            if task.result() < 300:
                return asking.pop(task)
        return None

    def _let_go(self, asking: dict[asyncio.Task[int], Leg]) -> None:
        """Stop ringing whoever did not get the call."""
        for task, leg in asking.items():
            if not task.cancel():
                leg.hang_up()

    async def _leg(self, seat: Seat, shown: str) -> Leg:
        tcp = seat.flow.reliable or seat.contact.params.get("transport", "").lower() == "tcp"
        numeric = seat.contact.host.replace(".", "").isdecimal()
        place = seat.contact.place if numeric else seat.flow.peer
        flow = await self.wires.network.to(place, tcp, seat.flow)
        hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        ours = hidden if shown in ("", "anonymous") else f"<{self._own(shown)}>"
        return await Leg.outgoing(self.wires, seat.contact, flow, ours)

    def _own(self, user: str) -> Uri:
        return Uri(user, self.wires.network.host, self.wires.network.port)

    def _told(self, context: Context, shown: str) -> contexts.Headers:
        known = [] if shown in ("", "anonymous") else [shown]
        asserted = [("P-Asserted-Identity", f"<{self._own(user)}>") for user in known]
        return [*contexts.headers(context), *asserted]
