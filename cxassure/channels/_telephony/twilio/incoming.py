"""Calls that come in on a number of ours: they ring on until the agent decides, then are live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.voice import Voice
from cxassure.channels._telephony.guard.gate import Guard, Live
from cxassure.channels._telephony.twilio.account import UNDER_WAY, TwilioAccount
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.documents import refusing, ringing_on, streaming
from cxassure.channels._telephony.twilio.options import TwilioOptions
from cxassure.channels._telephony.twilio.public import Public
from cxassure.channels._telephony.twilio.talk import Talk
from cxassure.channels._telephony.twilio.tape import Spoken
from cxassure.errors import CannotLook

DECIDING = 8.0
"""Seconds that Twilio is let wait for an answer; it gives up after 15."""
_ABOUT = {"From": "caller", "To": "called", "CallerName": "caller name", "ForwardedFrom": "via"}
_SIP = "SipHeader_"


class Hearer(Protocol):
    """Who sits at the desk."""

    def rung(self, ring: Ringing) -> None: ...

    @property
    def told(self) -> Callable[[Spoken], Awaitable[None]]: ...

    @property
    def key(self) -> Callable[[str], None]: ...

    @property
    def said(self) -> Callable[[str, Sound], None]: ...


class Ringing:
    """One call that came in. `state` is ringing, answered, declining, declined or stopped; `ended`
    by whom (`other`: the other end) and how."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self.sid, self.caller = form.get("CallSid", ""), form.get("From", "")
        self.context = {name: form[key] for key, name in _ABOUT.items() if form.get(key)}
        for key, text in form.items():
            if key.startswith(_SIP):
                self.context[key.removeprefix(_SIP)] = text
        self.state, self.decided = "ringing", asyncio.Event()
        self.began, self.until = time.monotonic(), 0.0
        self.answered: float | None = None
        self.ended: tuple[str, str] | None = None
        self.over: float | None = None
        self.live: Live | None = None
        self.talk: Talk | None = None

    def decline(self) -> None:
        self.state = "declining"
        self.decided.set()

    def stop(self, state: str, by: str, how: str) -> None:
        """It rings no more, or is over."""
        if self.ended:
            return
        now = time.monotonic()
        self.until = self.until or now
        self.state = state if self.answered is None else self.state
        self.ended, self.over = (by, how), now
        if self.live:
            self.live.ended(self.duration, how)

    @property
    def duration(self) -> float:
        if self.answered is None:
            return 0.0
        return (self.over or time.monotonic()) - self.answered

    @property
    def lasted(self) -> float:
        """Seconds that it rang, or has been ringing."""
        return (self.until or time.monotonic()) - self.began

    def fields(self, shown: Callable[[str], str], number: str) -> dict[str, Any]:
        """What can be asked of the call: `carrier.told.CallFields`."""
        up = {"ringing": "ringing", "answered": "in-progress"}
        missed = {"declined": "busy", "stopped": "no-answer"}.get(self.state, "completed")
        told: dict[str, Any] = {
            "sid": self.sid,
            "caller": shown(self.caller),
            "called": shown(number),
            "duration": self.duration,
            "status": missed if self.ended else up.get(self.state, "ringing"),
        }
        if self.ended:
            told |= {"ended_by": self.ended[0], "ending": self.ended[1]}
        return told


class Incoming:
    """All calls to one number while it leads to us; `ring` is the last."""

    def __init__(
        self,
        public: Public,
        options: TwilioOptions,
        account: TwilioAccount,
        guard: Guard,
        number: str,
        hearer: Hearer,
    ) -> None:
        self.public, self.options, self.account = public, options, account
        self.guard, self.number, self.hearer = guard, number, hearer
        self.ring: Ringing | None = None
        self._asked = 0.0
        self._trouble: CannotLook | None = None
        self._door = public.door(options.auth_token)
        self._door.webhook = self._webhook

    @property
    def url(self) -> str:
        return self.public.webhook_url(self._door)

    async def _webhook(self, form: Mapping[str, str]) -> str:
        """Twilio asks what to do with a call: ring on, pick up, refuse."""
        ring = self.ring
        if ring is None or ring.sid != form.get("CallSid"):
            if ring and not ring.ended:
                return refusing()  # one desk, one call
            ring = self.ring = Ringing(form)
            if not await self._let_in(ring):
                return refusing()
        try:
            async with asyncio.timeout(DECIDING):
                await ring.decided.wait()
        except TimeoutError:
            return ringing_on(self.url)
        if ring.talk is None:
            ring.stop("declined", "agent", "declined by the agent")
            return refusing()
        return streaming(ring.talk.url)

    async def _let_in(self, ring: Ringing) -> bool:
        """Calls that come in cost money too: the guard rails hold for them."""
        seconds = self.options.longest
        try:
            ring.live = await self.guard.leave(self.number, called=True, seconds=seconds)
        except CannotLook as wrong:
            self._trouble = wrong
            ring.stop("declined", "line", str(wrong.what))
            return False
        ring.live.placed(ring.sid)
        self.hearer.rung(ring)
        return True

    async def answer(self, ring: Ringing, clock: HeardClock, voice: Voice) -> None:
        """Picks up; returns when sound goes."""
        door = self.public.door(self.options.auth_token)
        hearer, sid = self.hearer, self.options.account_sid
        ring.talk = Talk(self.public, door, sid, clock, voice, hearer.told, hearer.key, hearer.said)
        ring.until = time.monotonic()
        ring.decided.set()
        await ring.talk.connected()
        ring.state, ring.answered = "answered", time.monotonic()

    async def look(self) -> None:
        """Notices that a call has ended, and ends one that lasts too long."""
        if self._trouble:
            trouble, self._trouble = self._trouble, None
            raise trouble
        ring = self.ring
        if ring is None or ring.ended:
            return
        if ring.talk and ring.talk.stream.over.is_set():
            ring.stop("answered", "other", "hung up at the other end")
        elif ring.live and ring.duration > ring.live.seconds:
            await self.hang_up(ring, "line", "ended at the longest that a live call may last")
        elif time.monotonic() - self._asked > self.options.poll:
            self._asked = time.monotonic()
            call = await self.account.ask(lambda client: client.calls(ring.sid).fetch())
            if call.status not in UNDER_WAY:
                state = "declined" if ring.state == "declining" else "stopped"
                ring.stop(state, "other", "hung up at the other end")

    async def hang_up(
        self, ring: Ringing, by: str = "agent", how: str = "hung up by the agent"
    ) -> None:
        if not ring.ended:
            await self.account.end(ring.sid)
            ring.stop("stopped", by, how)

    async def close(self) -> None:
        """Ends the call that is up; whoever rings later is refused."""
        ring = self.ring
        try:
            if ring and not ring.ended:
                await self.hang_up(ring, how="the journey was over")
        finally:
            self.public.shut(self._door)
            if ring and ring.talk:
                await ring.talk.close()
