"""A caller's line over twilio: a real call, placed within the guard rails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Seen, Session, Unseen
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.carrier.lengths import NOTICEABLE
from cxassure.channels._telephony.carrier.told import timeline
from cxassure.channels._telephony.carrier.voice import Offline, Voice
from cxassure.channels._telephony.guard.gate import Guard
from cxassure.channels._telephony.guard.numbers import is_e164, plain
from cxassure.channels._telephony.twilio.account import TwilioAccount
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.entering import enter
from cxassure.channels._telephony.twilio.evidence import keep_call
from cxassure.channels._telephony.twilio.hearing import Listener
from cxassure.channels._telephony.twilio.inline import Inline
from cxassure.channels._telephony.twilio.live import LiveWay
from cxassure.channels._telephony.twilio.options import TwilioOptions, number_of, options_of
from cxassure.channels._telephony.twilio.placed import Placed
from cxassure.channels._telephony.twilio.tape import Spoken, check_voice
from cxassure.channels._telephony.twilio.together import NO_PROOF, Side, Together
from cxassure.channels._telephony.twilio.trouble import failed
from cxassure.errors import Broken, CannotLook
from cxassure.events import Who
from cxassure.text import clip, span

_STEP = 0.1


class TwilioLine:
    """One telephone; one call at a time. With a public address the call is heard live, without one
    by recordings, a piece at a time."""

    Options = TwilioOptions
    rehearses: ClassVar[bool] = False
    side: Side = "customer"

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock = HeardClock()
        self.voice: Voice = Offline()
        self.placed: Placed | None = None
        self.way: Inline | LiveWay | None = None
        self.gathered = ""
        self.heard_live = False
        self._acted: float | None = None
        self._acted_last = self._heard_last = 0.0
        self._told_end = self._closed = False

    async def open(self, caller: str, headers: Mapping[str, str]) -> None:
        opening = self.session.opening
        self.options: TwilioOptions = options_of(opening)
        self.number = number_of(opening, self.options)
        self.caller = plain(caller or self.options.from_)
        if not is_e164(self.caller):
            raise CannotLook(
                f"target «{opening.target.name}» does not say from which number is called",
                "write from: '+1…', a number of the Twilio account or a verified one",
            )
        if headers:
            opening.finding("headers are not carried over the telephone network")
        check_voice()
        self.guard = Guard(opening, "twilio", self.options.account_sid)
        self.guard.check(self.number)
        self.account: TwilioAccount = await enter(opening, self.options, self.guard)
        self.listener = await Listener.of(opening, self.options)
        self.together = await Together.of(opening)
        self.together.legs.append(self)
        self.heard_live = bool(self.options.public)
        if self.heard_live:
            self.way = await LiveWay.of(opening, self.options, self.clock, self.voice, self)
        else:
            self.way = Inline(self.options, self.clock, self.told)

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None:
        if self.placed and not self.placed.ended:
            raise CannotLook("a call is up already", "hang_up first")
        assert self.way is not None
        if data:
            self.session.opening.finding("data is not carried over the telephone network")
        called = plain(number) if number else self.number
        live = await self.guard.leave(called, seconds=self.options.longest)
        placed = Placed(self.account, live, called, plain(caller) if caller else self.caller)
        self.clock.release()
        self.session.note("customer", "dialled", self.guard.shown(called))
        self.placed, self._told_end, self._acted = placed, False, None
        self._heard_last = self._acted_last = 0.0
        await placed.place(self.way.document(), patience)
        await self._answered(placed, patience)
        await self.way.begin(placed)
        self._acted = self.clock.now()
        self.session.note("line", "connected", self.guard.shown(called))

    async def _answered(self, placed: Placed, patience: float) -> None:
        until = time.monotonic() + patience
        while placed.answered is None and not placed.ended:
            if time.monotonic() >= until:
                await placed.hang_up(how="nobody picked up")
                raise Broken(f"nobody picked up within {span(patience)}", seen="ringing")
            await asyncio.sleep(_STEP)
            await placed.look(self.options.poll)
        if placed.answered is None and placed.status == "failed":
            raise failed(*await self.account.complaint(placed.sid))
        if placed.answered is None and placed.ended:
            busy = placed.status == "busy"
            raise Broken(
                "the line was busy" if busy else f"the call was {placed.ended[1]}",
                expected="the company picks up",
                seen=placed.status,
                code="486" if busy else "480" if placed.status == "no-answer" else "",
            )

    async def press(self, digits: str, at_once: bool, patience: float) -> None:
        pressed, way = keys(digits), self._up()
        if not at_once:
            await self._turn("keys", patience)
        await self._up().look(0)
        self._up()
        assert self.way is not None
        self._act()
        took = sum(map(lasts, pressed))
        self.session.note("customer", "pressed", without_pauses(pressed), took=took)
        await self._unless_over(self.way.press(pressed), way)
        self._acted = self.clock.now()

    async def say(self, text: str, at_once: bool, patience: float) -> None:
        placed = self._up()
        if not at_once:
            await self._turn("words", patience)
        assert self.way is not None
        self._up()
        self._act()
        began = time.monotonic()
        await self._unless_over(self.way.say(text), placed)
        took = time.monotonic() - began
        self.session.record(Seen("customer", "said", text, began, began + took))
        self.together.say("customer", began, took)
        self._acted = self.clock.now()

    def _act(self) -> None:
        self.clock.release()
        self._acted_last = self.clock.now()

    async def _unless_over(self, act: Any, placed: Placed) -> None:
        """What is done on a call that ends meanwhile is told as its end."""
        try:
            await act
        except CannotLook:
            await placed.look(0)
            self._up()
            raise

    async def _turn(self, what: str, patience: float) -> None:
        """Waits until the company has said something since the caller did, and for words until it
        has finished: what else it waits for cannot be seen over a telephone."""
        until = self.clock.now() + patience
        assert self.way is not None
        while self._heard_last <= self._acted_last or (what == "words" and not self.way.silent):
            if self.clock.now() >= until:
                raise Broken(
                    f"the company said nothing within {span(patience)}",
                    expected=f"to be asked for {what}",
                    seen=self._last_heard(),
                )
            await self.attend(until)
            self._up()

    def _last_heard(self) -> str:
        heard = [s for s in self.session.seen if s.what in ("prompt", "music")]
        return clip(heard[-1].text) if heard else "nothing"

    def _up(self) -> Placed:
        """The call; raises `Broken` when it has ended."""
        if self.placed is None:
            raise CannotLook("there is no call", "the first step of a caller is «dial»")
        if self.placed.ended:
            self._tell_end()
            raise Broken(
                f"the call had ended: {self.placed.ended[1]}",
                expected="the call to be up",
                seen=self._last_heard(),
            )
        return self.placed

    async def told(self, said: Spoken) -> None:
        """Something was heard. What was being said when the caller acted counts as cut short."""
        made = await self.listener.make_out(said.sound)
        if made.kind == "nothing":
            return
        if made.kind == "tone":
            self.gathered += made.text
        if self._acted is not None and said.began - self._acted >= NOTICEABLE:
            self.session.record(Seen("company", "silence", "", self._acted, said.began))
        self._acted, self._heard_last = None, max(self._heard_last, said.began)
        who: Who = "agent" if made.who == "agent" else "company"
        what: str = made.kind
        if made.kind == "words":
            what = "speech" if who == "agent" else "prompt"
        about: dict[str, Any] = {"gaps": said.gaps} if said.gaps else {}
        if said.began < self._acted_last < said.ended + 1:
            about["cut"] = True
        self.session.record(Seen(who, what, made.text, said.began, said.ended, about))

    def expecting(self, texts: tuple[str, ...]) -> None:
        """The texts that the coming step looks for."""
        self.listener.expected = texts

    def said(self, text: str, sound: Sound) -> None:
        """What this caller is about to say: the agent knows it by its sound."""
        self.listener.voices.keep("customer", text, sound)

    def key(self, key: str) -> None:
        """A key that came as a message beside the sound."""
        self.gathered += key

    @property
    def joined(self) -> bool:
        placed = self.placed
        return self.heard_live and bool(placed and placed.answered and not placed.ended)

    async def send(self, keys: str) -> None:
        if self.way:
            await self.way.press(keys)

    async def attend(self, until: float) -> None:
        if self.placed is None or self.way is None:
            await asyncio.sleep(min(_STEP, max(until - self.clock.now(), 0)))
            return
        await self.way.attend(until)
        await self.placed.look(self.options.poll)
        self._tell_end()

    def _tell_end(self) -> None:
        placed = self.placed
        if placed and placed.ended and not self._told_end:
            self._told_end = True
            by, how = placed.ended
            by = self.together.ended_by("agent") if by == "company" else by
            placed.ended = (by, how)
            self.session.note("line", "hung up", how, by=by)

    async def hang_up(self) -> None:
        if self.placed and not self.placed.ended:
            self.session.note("customer", "hung up")
            self.together.hung_up["customer"] = time.monotonic()
            await self.placed.hang_up()
            self._tell_end()

    @property
    def settled(self) -> bool:
        if self.placed is None or self.way is None:
            return True
        return self.way.settled and (self._acted is None or self.placed.ended is not None)

    @property
    def call(self) -> Mapping[str, Any] | None:
        return self.placed.fields(self.guard.shown) if self.placed else None

    @property
    def quiet_for(self) -> float:
        """While the caller waits for an answer; whose turn it is else cannot be seen."""
        if self.placed is None or self.placed.ended or self._acted is None:
            return 0.0
        return max(self.clock.now() - self._acted, 0.0)

    async def audio(self) -> str | None:
        if not self.together.possible:
            raise Unseen(NO_PROOF)
        return await self.together.audio()

    async def witness(self) -> None:
        if self.placed and self.way:
            keep = self.session.opening.keep
            await keep("call.txt", timeline(self.session.course).encode(), "text/plain")
            await keep_call(keep, self.placed, self.way.recorded(), self.guard.shown)

    async def close(self) -> None:
        try:
            if self.placed and not self.placed.ended:
                await self.placed.hang_up(how="the journey was over")
        finally:
            if self.way:
                await self._put_away(self.way)

    async def _put_away(self, way: Inline | LiveWay) -> None:
        try:
            await way.close()
        except CannotLook as wrong:
            self.session.opening.finding(f"a recording is left at Twilio: {wrong.what}")
        if self.session.opening.trace and not self._closed:
            await self.witness()
        self._closed = True
