"""A caller and an agent who talk, until one hangs up or the agent passes the caller on."""

from __future__ import annotations

import asyncio

from cxassure.demo.company import Company
from cxassure.demo.telephone import g711
from cxassure.demo.telephone.context import Context
from cxassure.demo.telephone.leg import Leg
from cxassure.demo.telephone.message import REASONS, Address, address, response
from cxassure.demo.telephone.registrar import DESKS
from cxassure.demo.telephone.ringing import Ringer
from cxassure.demo.telephone.room import Room
from cxassure.demo.telephone.transactions import Served

COMFORT = g711.tone(0.25, 523, level=5_000) + b"\xff" * 16_000
"""What is heard on hold: a note every 2 seconds and a quarter."""

DROPS_AFTER, PATIENCE = 5.0, 20.0


class Talk:
    """One room with the caller in it and the agents that come and go."""

    def __init__(
        self,
        ringer: Ringer,
        company: Company,
        caller: Leg,
        agent: Leg,
        context: Context,
        shown: str,
        announcement: bytes = b"",
    ) -> None:
        self._ringer, self._company, self._caller = ringer, company, caller
        self._context, self._shown, self._announcement = context, shown, announcement
        self._room, self._agents = Room(COMFORT), [agent]
        self._referred: asyncio.Queue[tuple[Leg, str, Leg | None] | None] = asyncio.Queue()

    async def run(self) -> str:
        """`completed` when the last agent has gone, `back` when the caller goes to the tree."""
        self._room.join(self._caller.line)
        self._caller.hand_over = self._hand_over
        self._seat(self._agents[0])
        errands = [asyncio.ensure_future(self._announce()), asyncio.ensure_future(self._drop())]
        try:
            while self._agents:
                moved = await self._next()
                if moved and await self._move(*moved):
                    return "back"
                self._agents = [each for each in self._agents if not each.ended.is_set()]
            return "completed"
        finally:
            for errand in errands:
                errand.cancel()
            await asyncio.gather(*errands, return_exceptions=True)
            self._room.empty()
            for agent in self._agents:
                agent.hang_up()

    def _seat(self, agent: Leg) -> None:
        agent.on_refer = lambda served, to: self._refer(agent, served, to)
        self._room.join(agent.line)
        caller, broken = self._caller.line, self._company.broken
        if broken("agent-cannot-hear-caller"):
            self._room.mutes.add((caller, agent.line))
        if broken("caller-cannot-hear-agent"):
            self._room.mutes.add((agent.line, caller))

    async def _announce(self) -> None:
        if self._announcement:
            await self._room.announce(self._announcement)

    async def _drop(self) -> None:
        if self._company.broken("drops-after-answer"):
            await self._company.pause(DROPS_AFTER)
            self._caller.hang_up()

    def _hand_over(self) -> list[Leg]:
        """Gives the agents to another talk; this one, which was to consult them, is over."""
        given, self._agents = self._agents, []
        for agent in given:
            self._room.leave(agent.line)
        self._referred.put_nowait(None)
        return given

    async def _next(self) -> tuple[Leg, str, Leg | None] | None:
        """Wait until an agent hangs up (None) or wants to pass the caller on, to whom, and in the
        place of which call of its own."""
        waits = [asyncio.ensure_future(each.ended.wait()) for each in self._agents]
        asked = asyncio.ensure_future(self._referred.get())
        try:
            await asyncio.wait({*waits, asked}, return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            for wait in (*waits, asked):
                wait.cancel()
            for agent in self._agents:
                if agent.ended.is_set():
                    self._room.leave(agent.line)

    def _refer(self, agent: Leg, served: Served, to: Address) -> None:
        """An agent's REFER is taken for a desk, or for a number of ours: back to the tree; with
        Replaces (RFC 3891) for whom the agent has consulted in a call through here."""
        number = to.uri.user
        if number not in DESKS and number not in self._ringer.numbers:
            served.refuse(404, agent.tag)
            return
        replaces = {name.lower(): value for name, value in to.uri.headers}.get("replaces", "")
        consulted = self._ringer.wires.named(replaces)
        if replaces and (consulted is None or consulted.ended.is_set() or number not in DESKS):
            served.refuse(481, agent.tag)
            return
        taken = response(served.request, 202, agent.tag)
        taken.headers.append(("Contact", agent.contact))
        served.respond(taken)
        self._referred.put_nowait((agent, number, consulted))

    async def _move(self, agent: Leg, number: str, consulted: Leg | None) -> bool:
        """Pass the caller on, telling the agent how it goes; True when it goes to the tree."""
        await self._notify(agent, 100)
        if number not in DESKS:
            await self._notify(agent, 200)
            agent.hang_up()
            return True
        rung = await self._ring(number, consulted)
        if isinstance(rung, str):
            await self._notify(agent, 486 if rung == "busy" else 480)
            return False
        self._agents.append(rung)
        self._seat(rung)
        await self._notify(agent, 200)
        if not self._announcement:  # in a conference the first agent stays as long as it likes
            self._room.leave(agent.line)
            agent.hang_up()
        return False

    async def _ring(self, desk: str, consulted: Leg | None) -> Leg | str:
        """The desk's telephone: the one that was consulted, else whichever answers now."""
        if consulted:
            return next(iter(consulted.hand_over()), "no-answer")
        context = {**self._context, "queue": desk.removesuffix("-desk")}
        patience = PATIENCE * self._company.speed
        caller = address(self._caller.theirs).uri.user
        return await self._ringer.ring(desk, context, self._shown, patience, caller)

    async def _notify(self, agent: Leg, status: int) -> None:
        state = "terminated;reason=noresource" if status >= 200 else "active;expires=60"
        headers = [("Event", "refer"), ("Subscription-State", state),
                   ("Content-Type", "message/sipfrag;version=2.0")]  # fmt: skip
        if not agent.ended.is_set():
            await agent.ask("NOTIFY", headers, f"SIP/2.0 {status} {REASONS[status]}\r\n")
