"""An agent's desk over twiml: rung by the run's own exchange when the company dials its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Clock, RealClock, Seconds, Session, Unseen
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.exchange import Exchange
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.told import (
    call_fields,
    ending,
    evidence,
    timeline,
    why_not,
)
from cxassure.errors import Broken, CannotLook
from cxassure.text import span

_ADDRESS = re.compile(r"(client|queue|conference):\s*\S.*|sips?:\S+|(tel:)?\+?[\d\s().-]{3,20}")


class TwimlDesk:
    """One desk: it may ring several times, the last ring is the one that counts."""

    rehearses: ClassVar[bool] = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self.address = session.opening.target.address
        self.rings: list[Ring] = []
        self._told = False

    async def open(self, wanted: str) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise CannotLook(
                f"«{self.address}» is no desk that a carrier can ring",
                "write client:NAME, +NUMBER, sip:USER@HOST, queue:NAME or conference:NAME",
            )
        if wanted:
            raise CannotLook("«for» has no meaning over twiml", "each run has its own calls")
        self.exchange = await Exchange.of(self.session.opening)
        self.clock = self.exchange.clock
        self.exchange.desks.append(self)

    def rung(self, ring: Ring) -> None:
        """The exchange rings this desk."""
        self.rings.append(ring)
        self.session.note("line", "rang", ring.address, context=dict(ring.context))

    @property
    def ring(self) -> Ring | None:
        return self.rings[-1] if self.rings else None

    async def _rung(self, patience: float) -> Ring:
        """The ring that is to be answered; raises `Broken` and why when none comes."""
        until = self.clock.now() + patience
        while self.ring is None or self.ring.state != "ringing":
            await self.exchange.clock.idle()
            if self.ring and self.ring.state == "ringing":
                break
            hopeless = not self.exchange.api and all(call.ended for call in self.exchange.calls)
            if hopeless or self.clock.now() >= until:
                raise self._not_rung()
            await self.attend(until)
        return self.ring

    def _not_rung(self) -> Exception:
        for call in self.exchange.calls:
            if call.trouble:
                return call.trouble
        fault = next((call.fault for call in self.exchange.calls if call.fault), None)
        return Broken(
            f"{self.address} was not rung" + (" any more" if self.rings else ""),
            expected=f"{self.address} rings",
            seen=why_not(self.exchange, self.address),
            code=str(fault.code) if fault else "",
        )

    async def answer(self, wanted: str, patience: float) -> None:
        if wanted:
            raise CannotLook("«for» has no meaning over twiml", "each run has its own calls")
        ring = await self._rung(patience)
        self.session.note("agent", "answered", self.address)
        self._told = False
        ring.answer(Ear(self.clock, self.session.record, minds_silence=False))
        await self.exchange.clock.idle()

    async def decline(self, patience: float) -> None:
        ring = await self._rung(patience)
        self.session.note("agent", "declined", self.address)
        ring.decline()
        await self.exchange.clock.idle()

    async def let_ring(self, patience: float) -> None:
        ring = await self._rung(patience)
        until = self.clock.now() + patience
        while ring.state == "ringing" and self.clock.now() < until:
            await self.attend(until)

    async def speak(self, text: str, patience: float) -> None:
        ring = await self._taking("speech", patience)
        self.session.note("agent", "said", text, took=spoken(text))
        ring.leg.speak(text, spoken(text))
        await self._spend(spoken(text))

    async def press(self, digits: str, patience: float) -> None:
        pressed = keys(digits)
        ring = await self._taking("keys", patience)
        self.session.note(
            "agent", "pressed", without_pauses(pressed), took=sum(map(lasts, pressed))
        )
        for key in pressed:
            if without_pauses(key):
                ring.leg.key(key)
            await self._spend(lasts(key))

    async def _taking(self, what: str, patience: float) -> Ring:
        """The answered ring, once somebody is there who takes keys or speech."""
        ring, until = self.ring, self.clock.now() + patience
        if ring is None or ring.state in ("ringing", "stopped", "declined"):
            raise Broken("the agent is in no call", expected="a call", seen="none")
        while what not in ring.leg.takes:
            if ring.leg.ended:
                raise Broken(
                    f"the call had ended: {ending(ring.leg)}",
                    expected="the customer on the line",
                    seen=ring.leg.ended.how,
                )
            if self.clock.now() >= until:
                raise Broken(
                    f"the customer was not joined within {span(patience)}",
                    expected="the customer on the line",
                    seen="nobody",
                )
            await self.attend(until)
        return ring

    async def _spend(self, seconds: float) -> None:
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            await self.exchange.clock.advance(until)
        await self.exchange.clock.idle()

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        raise CannotLook("an agent cannot pass the customer on over twiml", "run it over sip")

    async def hold(self, held: bool) -> None:
        raise CannotLook("an agent cannot hold the customer over twiml", "run it over sip")

    async def hang_up(self) -> None:
        if self.ring and self.ring.state == "answered" and not self.ring.leg.ended:
            self.session.note("agent", "hung up")
            self.ring.leg.end("agent", "hung up by the agent")
            await self.exchange.clock.idle()

    async def attend(self, until: float) -> None:
        await self.exchange.clock.advance(until)
        leg = self.ring.leg if self.ring else None
        if leg and leg.ended and not self._told:
            self._told = True
            if leg.trouble:
                raise leg.trouble
            if leg.fault:
                raise leg.fault.broken()

    @property
    def settled(self) -> bool:
        """Nothing more comes by itself once the ringing is over and the customer is there."""
        if self.ring is None:
            return all(call.ended for call in self.exchange.calls)
        leg = self.ring.leg
        return self.ring.state != "ringing" and (leg.ended is not None or leg.room is not None)

    @property
    def context(self) -> Mapping[str, str] | None:
        return self.ring.context if self.ring else None

    @property
    def rang(self) -> bool:
        return bool(self.rings)

    @property
    def ringing(self) -> Seconds | None:
        return Seconds(self.ring.lasted) if self.ring else None

    @property
    def call(self) -> Mapping[str, Any] | None:
        return call_fields(self.ring.leg) if self.ring else None

    def audio(self) -> str:
        raise Unseen("over twiml no sound is carried: run it over a real line")

    def transcript(self) -> str | None:
        raise Unseen("a telephone call brings no transcript to the desk")

    async def witness(self) -> None:
        keep = self.session.opening.keep
        await keep("desk.txt", timeline(self.session.course).encode(), "text/plain")
        if self.exchange.calls:
            await keep("call.json", evidence(self.exchange.calls), "application/json")

    async def close(self) -> None:
        if self.ring and self.ring.state == "answered":
            self.ring.leg.end("agent", "the journey was over")
