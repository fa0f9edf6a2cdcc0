"""An agent's desk over twilio: a number of the account, which the company rings for real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Seconds, Seen, Session, Unseen
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.carrier.told import timeline
from cxassure.channels._telephony.carrier.voice import Offline, Voice
from cxassure.channels._telephony.guard.gate import Guard
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.entering import enter
from cxassure.channels._telephony.twilio.evidence import keep_taken
from cxassure.channels._telephony.twilio.hearing import Listener
from cxassure.channels._telephony.twilio.incoming import Incoming, Ringing
from cxassure.channels._telephony.twilio.lending import Lending
from cxassure.channels._telephony.twilio.options import TwilioOptions, number_of, options_of
from cxassure.channels._telephony.twilio.public import Public
from cxassure.channels._telephony.twilio.tape import Spoken, check_voice
from cxassure.channels._telephony.twilio.together import NO_PROOF, Side, Together
from cxassure.errors import Broken, CannotLook
from cxassure.events import Who
from cxassure.text import clip, span

_STEP = 0.1
_NOT_HERE = "agents over twilio have no way to {}"


class TwilioDesk:
    """One desk. Its number leads to us from `open` to `close`; the last ring counts."""

    Options = TwilioOptions
    rehearses: ClassVar[bool] = False
    side: Side = "agent"
    heard_live = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock = HeardClock()
        self.voice: Voice = Offline()
        self.incoming: Incoming | None = None
        self.lending: Lending | None = None
        self.gathered = ""
        self._told: set[str] = set()
        self._closed = False

    async def open(self, wanted: str) -> None:
        if wanted:
            raise CannotLook("«for» has no meaning over twilio", "each run has its own number")
        opening = self.session.opening
        options = options_of(opening)
        number = number_of(opening, options)
        if not options.public:
            raise CannotLook(
                f"target «{opening.target.name}» needs `public`: Twilio has to reach this machine",
                "write public: https://… as your tunnel names it, and listen: PORT",
            )
        check_voice()
        guard = Guard(opening, "twilio", options.account_sid)
        account = await enter(opening, options, guard)
        self.listener = await Listener.of(opening, options)
        self.together = await Together.of(opening)
        self.together.legs.append(self)
        public = await Public.of(opening, options.public, options.listen)
        self.options, self.guard, self.number = options, guard, number
        self.incoming = Incoming(public, options, account, guard, number, self)
        self.lending = Lending(account, guard.ledger, number)
        await self.lending.borrow(self.incoming.url)

    # What comes in: told by `Incoming`

    def rung(self, ring: Ringing) -> None:
        shown = self.guard.shown
        context = {name: shown(text) for name, text in ring.context.items()}
        self.session.note("line", "rang", shown(self.number), context=context)

    async def told(self, said: Spoken) -> None:
        """Something was heard: the customer's words, or what the company says to the agent."""
        made = await self.listener.make_out(said.sound)
        if made.kind == "tone":
            self.gathered += made.text
        if made.kind == "nothing":
            return
        customer = made.who == "customer" or (
            not made.who and self.together.said_by("customer", said.began, said.ended)
        )
        who: Who = "company"
        what: str = made.kind
        if made.kind == "words":
            who, what = ("customer", "speech") if customer else ("company", "prompt")
        self.session.record(Seen(who, what, made.text, said.began, said.ended))

    def expecting(self, texts: tuple[str, ...]) -> None:
        """The texts that the coming step looks for."""
        self.listener.expected = texts

    def said(self, text: str, sound: Sound) -> None:
        """What this agent is about to say: the caller knows it by its sound."""
        self.listener.voices.keep("agent", text, sound)

    def key(self, key: str) -> None:
        self.gathered += key
        self.session.note("customer", "tone", key)

    @property
    def ring(self) -> Ringing | None:
        return self.incoming.ring if self.incoming else None

    # Verbs

    async def _rung(self, patience: float) -> Ringing:
        """The ring that is to be answered; raises `Broken` when none comes."""
        until = self.clock.now() + patience
        while self.ring is None or self.ring.state != "ringing":
            if self.clock.now() >= until:
                seen = f"{self.ring.state}" if self.ring else "no call came in"
                raise Broken(
                    f"{self.guard.shown(self.number)} was not rung within {span(patience)}",
                    expected=f"{self.guard.shown(self.number)} rings",
                    seen=seen,
                )
            await self.attend(until)
        return self.ring

    async def answer(self, wanted: str, patience: float) -> None:
        if wanted:
            raise CannotLook("«for» has no meaning over twilio", "each run has its own number")
        ring = await self._rung(patience)
        assert self.incoming is not None
        self.session.note("agent", "answered", self.guard.shown(self.number))
        await self.incoming.answer(ring, self.clock, self.voice)

    async def decline(self, patience: float) -> None:
        ring = await self._rung(patience)
        self.session.note("agent", "declined", self.guard.shown(self.number))
        ring.decline()
        await self._until_not_ringing(ring, patience)

    async def let_ring(self, patience: float) -> None:
        await self._until_not_ringing(await self._rung(patience), patience)

    async def _until_not_ringing(self, ring: Ringing, patience: float) -> None:
        until = self.clock.now() + patience
        while ring.state in ("ringing", "declining") and self.clock.now() < until:
            await self.attend(until)

    def _talking(self) -> Ringing:
        ring = self.ring
        if ring is None or ring.talk is None:
            raise Broken("the agent is in no call", expected="a call", seen="none")
        if ring.ended:
            raise Broken(
                f"the call had ended: {ring.ended[1]}",
                expected="the customer on the line",
                seen=ring.ended[1],
            )
        return ring

    async def speak(self, text: str, patience: float) -> None:
        ring = self._talking()
        assert ring.talk is not None
        began = time.monotonic()
        took = await ring.talk.say(text, self.options.language)
        self.session.record(Seen("agent", "said", text, began, began + took))
        self.together.say("agent", began, took)

    async def press(self, digits: str, patience: float) -> None:
        pressed = keys(digits)
        self._talking()
        took = sum(map(lasts, pressed))
        self.session.note("agent", "pressed", without_pauses(pressed), took=took)
        await self.send(pressed)

    async def send(self, keys: str) -> None:
        """Keys as sound, unsaid: the proof of two-way audio sends them too."""
        if self.ring and self.ring.talk:
            await self.ring.talk.press(keys)

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        raise CannotLook(_NOT_HERE.format("pass a customer on"), "transfer over sip, or over twiml")

    async def hold(self, held: bool) -> None:
        raise CannotLook(_NOT_HERE.format("hold a customer"), "hold over sip")

    async def hang_up(self) -> None:
        ring = self.ring
        if ring and ring.talk and not ring.ended:
            self.session.note("agent", "hung up")
            self.together.hung_up["agent"] = time.monotonic()
            assert self.incoming is not None
            await self.incoming.hang_up(ring)
            self._tell_end()

    async def attend(self, until: float) -> None:
        assert self.incoming is not None
        ring = self.ring
        if ring and ring.talk and not ring.ended:
            await ring.talk.attend(until)
        else:
            await asyncio.sleep(min(_STEP, max(until - self.clock.now(), 0)))
        await self.incoming.look()
        self._tell_end()

    def _tell_end(self) -> None:
        ring = self.ring
        if ring and ring.ended and ring.sid not in self._told:
            self._told.add(ring.sid)
            by, how = ring.ended
            ring.ended = (self.together.ended_by("customer") if by == "other" else by, how)
            self.session.note("line", "hung up", how, by=ring.ended[0])

    # What is seen

    @property
    def joined(self) -> bool:
        ring = self.ring
        return bool(ring and ring.talk and not ring.ended)

    @property
    def settled(self) -> bool:
        ring = self.ring
        return ring is not None and (
            ring.ended is not None or (ring.talk is not None and ring.talk.settled)
        )

    @property
    def context(self) -> Mapping[str, str] | None:
        return self.ring.context if self.ring else None

    @property
    def rang(self) -> bool:
        return self.ring is not None

    @property
    def ringing(self) -> Seconds | None:
        return Seconds(self.ring.lasted) if self.ring else None

    @property
    def call(self) -> Mapping[str, Any] | None:
        return self.ring.fields(self.guard.shown, self.number) if self.ring else None

    async def audio(self) -> str | None:
        if not self.together.possible:
            raise Unseen(NO_PROOF)
        return await self.together.audio()

    def transcript(self) -> str | None:
        raise Unseen("a telephone call brings no transcript to the desk")

    async def witness(self) -> None:
        keep = self.session.opening.keep
        await keep("desk.txt", timeline(self.session.course).encode(), "text/plain")
        if self.ring and self.ring.talk:
            heard = clip(str(self.call), 2_000)
            await keep_taken(keep, self.ring.talk.recorded(), heard)

    async def close(self) -> None:
        try:
            if self.incoming:
                await self.incoming.close()
        finally:
            if self.lending:
                await self.lending.give_back()
        if self.session.opening.trace and not self._closed:
            await self.witness()
        self._closed = True
