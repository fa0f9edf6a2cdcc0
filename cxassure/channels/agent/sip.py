"""An agent's desk over SIP: a telephone that is registered, or only listens, and rings for real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from cxassure.channel import Clock, RealClock, Seconds, Session, Unseen
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.live import told
from cxassure.channels._telephony.live.bridge import Bridge
from cxassure.channels._telephony.live.evidence import put_away
from cxassure.channels._telephony.live.options import SipOptions, options_of
from cxassure.channels._telephony.live.proofs import instead, proofs
from cxassure.channels._telephony.live.talk import Talk
from cxassure.channels._telephony.sip.media import refused
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.errors import Broken, CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.rtp.leg import Leg
    from cxassure.channels._telephony.sip.call import Call

DECLINED, BUSY = 603, 486


class SipDesk:
    """One telephone at a desk: it may ring several times, the last ring is the one that counts."""

    Options = SipOptions
    rehearses: ClassVar[bool] = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self.talk = Talk(session, "agent")
        self.rings: list[Incoming] = []
        self._answered: float | None = None
        self._closed = False
        self._wanted: str | None = None
        self._customer: tuple[Call, Leg] | None = None
        """The customer's call, while the agent has a word with somebody else."""

    async def open(self, wanted: str) -> None:
        self.options = options_of(self.session.opening)
        await self.talk.open(self.options)
        assert self.talk.phone
        self.talk.phone.agent.incoming = self._rung
        self.bridge = await Bridge.of(self.session.opening)
        self.bridge.talks.append(self.talk)
        await self._register(wanted)

    async def _register(self, wanted: str) -> None:
        """Takes the desk's place; `wanted` only takes calls of that customer, case or order."""
        if self._wanted is not None and wanted in ("", self._wanted):
            return
        self._wanted = wanted
        assert self.talk.phone
        await self.talk.phone.register({self.options.for_header: wanted} if wanted else {})

    async def _rung(self, ring: Incoming) -> None:
        """A call has come; while there is another it is refused as busy."""
        if self.talk.call and not self.talk.ended:
            ring.reject(BUSY)
            return
        assert self.talk.phone
        leg = await self.talk.phone.leg()
        self.rings.append(ring)
        self._answered = None
        self.talk.take(ring, leg)
        await ring.ring()
        context = dict(told.context_of(ring))
        self.session.note("line", "rang", context.get("called", ""), context=context)

    @property
    def ring(self) -> Incoming | None:
        return self.rings[-1] if self.rings else None

    async def _ringing(self, patience: float) -> Incoming:
        """The ring that is to be answered; raises `Broken` when none comes."""
        until = self.clock.now() + patience
        while self.ring is None or self.ring.state != "ringing":
            if self.clock.now() >= until:
                address = self.session.opening.target.address
                raise Broken(
                    f"{address} was not rung" + (" any more" if self.rings else ""),
                    expected=f"{address} rings",
                    seen=instead(self.bridge, self.talk),
                )
            await self.attend(until)
        return self.ring

    async def answer(self, wanted: str, patience: float) -> None:
        await self._register(wanted)
        ring = await self._ringing(patience)
        assert self.talk.leg
        try:
            await ring.answer(self.talk.leg)
        except Exception as wrong:
            if refused(wrong) or isinstance(wrong, CannotLook):
                raise Broken(
                    f"the call could not be answered: {wrong}", expected="a call", seen=ring.state
                ) from None
            raise
        self._answered = self.clock.now()
        self.session.note("agent", "answered", self.session.opening.target.name)

    async def decline(self, patience: float) -> None:
        ring = await self._ringing(patience)
        self.session.note("agent", "declined", self.session.opening.target.name)
        ring.reject(DECLINED)

    async def let_ring(self, patience: float) -> None:
        ring = await self._ringing(patience)
        until = self.clock.now() + patience
        while ring.state == "ringing" and self.clock.now() < until:
            await self.attend(until)

    async def speak(self, text: str, patience: float) -> None:
        self._in_a_call()
        await self.talk.hush(patience)
        await self.talk.say(text)

    async def press(self, digits: str, patience: float) -> None:
        pressed = keys(digits)
        self._in_a_call()
        await self.talk.hush(patience)
        lasting = sum(map(lasts, pressed))
        self.session.note("agent", "pressed", without_pauses(pressed), took=lasting)
        await self.talk.press(pressed)

    def _in_a_call(self) -> None:
        if self._answered is None:
            raise Broken("the agent is in no call", expected="a call", seen="none")
        self.talk.must_be_up()

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        """Sends the customer on by REFER; `attended` to whom the agent has consulted. A party of
        this run answers in a step of its own: it is left to that step how it goes."""
        self._in_a_call()
        if attended:
            if self._customer is None:
                await self.consult(to, patience)
            await self._spoken_to(to, patience)
        call, other = self.talk.call, None
        if self._customer:
            other = call if attended else None
            call = self._customer[0]
        assert call
        self.talk.passed_to = self._address(to)
        self.session.note("agent", "transferred", self.talk.passed_to)
        asked = await call.refer(self.talk.passed_to, other)
        waits = 200 <= asked.code < 300 and not self._plays(to)
        code = await asked.result(patience) if waits else asked.code
        if not 200 <= code < 300:
            raise Broken(
                f"the transfer to {to} was not made (SIP {code})",
                expected=f"{to} takes the customer",
                seen=f"SIP {code} {asked.reason}".strip(),
                code=str(code),
            )
        if attended and self._customer:  # whom the agent spoke to is the customer's from here on
            self.talk.go_back(*self._customer)
            self._customer = None

    def _address(self, to: str) -> str:
        target = self.session.opening.targets.get(to)
        assert self.talk.phone
        return target.address if target else self.talk.phone.address_of(to)

    def _plays(self, to: str) -> bool:
        """Whether a party of this run sits at the desk that is meant."""
        others = (talk for talk in self.bridge.talks if talk is not self.talk)
        return any(
            talk.who == "agent" and talk.session.opening.target.name == to for talk in others
        )

    async def consult(self, to: str, patience: float) -> None:
        """A call of the agent's own beside the customer's, who is put on hold; it says for whom it
        is, as our telephones do where they register. Returns when it rings, or was answered."""
        self._in_a_call()
        phone, call, leg = self.talk.phone, self.talk.call, self.talk.leg
        assert phone and call and leg
        if self._customer:
            raise CannotLook("the agent is consulting already", "transfer or resume first")
        await self.hold(True)
        self._customer = (call, leg)
        self.session.note("agent", "consulted", self._address(to))
        marks = {self.options.for_header: self._wanted} if self._wanted else {}
        self.talk.take(*await phone.call(self._address(to), "", marks))
        until = self.clock.now() + patience
        while self.talk.call and self.talk.call.state == "calling" and self.clock.now() < until:
            await self.attend(until)
        if not self._plays(to):
            await self._spoken_to(to, patience)

    async def _spoken_to(self, to: str, patience: float) -> None:
        """Waits for the answer of whom the agent consults; without one it is given up."""
        call, until = self.talk.call, self.clock.now() + patience
        assert call
        while not call.ended and call.state != "up" and self.clock.now() < until:
            await self.attend(until)
        if call.state == "up":
            return
        await self._back_to_customer()
        raise Broken(
            f"{to} did not answer the agent",
            expected="an answer",
            seen=call.ended.words if call.ended else "ringing",
            hint="consult, have the other party answer, then transfer" if self._plays(to) else "",
        )

    async def _back_to_customer(self) -> None:
        """The call beside the customer's is over."""
        customer, self._customer = self._customer, None
        if customer is None:
            return
        if self.talk.call and not self.talk.call.ended:
            await self.talk.call.hang_up()
        self.talk.go_back(*customer)

    async def hold(self, held: bool) -> None:
        """Puts the customer on hold, or takes the customer back."""
        if not held:
            await self._back_to_customer()
        self._in_a_call()
        assert self.talk.call
        code = await (self.talk.call.hold() if held else self.talk.call.resume())
        self.session.note("agent", "held" if held else "resumed", code=code)
        self.talk.holds = held and code < 300
        if code >= 300:
            raise Broken(f"the far end refused that (SIP {code})", code=str(code))

    async def hang_up(self) -> None:
        if self._answered is not None:
            await self.talk.hang_up()

    async def attend(self, until: float) -> None:
        await self.talk.attend(until)

    def expecting(self, texts: tuple[str, ...]) -> None:
        self.talk.expecting(texts)

    @property
    def settled(self) -> bool:
        return self.talk.settled and (self.ring is None or self.ring.state != "ringing")

    @property
    def context(self) -> Mapping[str, str] | None:
        return told.context_of(self.ring) if self.ring else None

    @property
    def rang(self) -> bool:
        return bool(self.rings)

    @property
    def ringing(self) -> Seconds | None:
        ring = self.ring
        if ring is None:
            return None
        over = self._answered or (ring.ended.at if ring.ended else self.clock.now())
        return Seconds(over - ring.began)

    @property
    def call(self) -> Mapping[str, Any] | None:
        return self.talk.fields()

    def transcript(self) -> str | None:
        raise Unseen("a telephone call brings no transcript to the desk")

    async def audio(self) -> str | None:
        return await self.bridge.audio(self.talk)

    async def proofs(self) -> Mapping[str, str | float] | None:
        """The six proofs of the transfer to this desk."""
        return await proofs(self.bridge, self.talk)

    @property
    def live(self) -> Talk:
        return self.talk

    async def witness(self) -> None:
        await put_away(self.talk, "desk")

    async def close(self) -> None:
        if not self._closed and self.session.opening.trace:
            await self.witness()
        self._closed = True
        await self.talk.close()
