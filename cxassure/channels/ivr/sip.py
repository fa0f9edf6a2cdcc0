"""A caller's line over SIP: a real call with sound, on the real clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxassure.channel import Clock, RealClock, Seen, Session
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.live import told
from cxassure.channels._telephony.live.bridge import Bridge
from cxassure.channels._telephony.live.evidence import put_away
from cxassure.channels._telephony.live.keyed import AWAITED, taken_down
from cxassure.channels._telephony.live.options import SipOptions, options_of
from cxassure.channels._telephony.live.talk import Talk
from cxassure.channels._telephony.sip.events import Ended
from cxassure.channels._telephony.sip.placing import Outgoing
from cxassure.errors import Broken, CannotLook
from cxassure.text import span

OURS = (401, 403, 407)
"""Answers by which a trunk refuses us, not a company its customers."""
NO_ANSWER = 408
"""What a call comes to that nothing was heard of at all."""


class SipLine:
    """One telephone that places calls; one at a time. A transfer by REFER is obeyed."""

    Options = SipOptions
    rehearses: ClassVar[bool] = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self.talk = Talk(session, "customer")
        self._closed = False

    async def open(self, caller: str, headers: Mapping[str, str]) -> None:
        options = options_of(self.session.opening)
        self._caller, self._headers = caller, dict(headers)
        await self.talk.open(options)
        self.bridge = await Bridge.of(self.session.opening)
        self.bridge.talks.append(self.talk)

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None:
        phone = self.talk.phone
        if phone is None:
            raise CannotLook("this telephone is not there", "open it first")
        if self.talk.call and not self.talk.ended:
            raise CannotLook("a call is up already", "hang_up first")
        headers = self._headers | {k.removeprefix("SipHeader_"): v for k, v in data.items()}
        dialled = number or phone.way.uri.user
        self.session.note("customer", "dialled", phone.rails.shown(str(phone.way.uri), dialled))
        call, leg = await phone.call(number, caller or self._caller, headers)
        self.talk.take(call, leg)
        until = self.clock.now() + patience
        while not self.talk.up and not self.talk.ended:
            if self.clock.now() >= until:
                self._not_picked_up(call, patience)
            await self.attend(until)
        if self.talk.ended and not told.answered(call):
            self._not_answered()
        if taken := told.answered(call):
            self.talk.unasked.rang(taken.at - taken.took, taken.took)

    def _not_picked_up(self, call: Outgoing, patience: float) -> None:
        """Raises: it rang and rang, or nothing at all came back."""
        if call.heard_of:
            raise Broken(f"nobody picked up within {span(patience)}", seen=call.state)
        raise self._silent(f"no reply to INVITE within {span(patience)}")

    def _silent(self, why: str) -> Broken | CannotLook:
        """Nothing came from the company's exchange, or from our own trunk."""
        assert self.talk.phone
        proxy = self.talk.options.proxy
        hint = "is it up, is the address right, does a firewall drop SIP on the way there?"
        if proxy:
            return CannotLook(f"nothing answers at our trunk {proxy}: {why}", hint)
        what = f"nothing answers at {self.talk.phone.way.uri}: {why}"
        return Broken(what, expected="a reply from the company's exchange", seen="none", hint=hint)

    def _not_answered(self) -> None:
        """Raises why: what is our own side's matter is an error, all else the company's."""
        assert self.talk.call and self.talk.call.ended
        ended = self.talk.call.ended
        code = str(ended.code or "")
        if ended.code in OURS and ended.by == "them":
            raise CannotLook(f"our trunk refused the call (SIP {code}): {ended.words}", ended.check)
        if proxy := self._silent_proxy(ended):
            raise CannotLook(f"our trunk {proxy} did not answer: {ended.words}", "is it up?")
        if ended.by == "network" and not getattr(self.talk.call, "heard_of", True):
            raise self._silent(ended.words.rpartition(": ")[0] or ended.words)
        raise Broken(
            f"the call was not answered: {ended.words}" + (f" (SIP {code})" if code else ""),
            expected="the company picks up",
            seen=ended.words,
            hint=f"look at {ended.check}" if ended.check else "",
            code=code,
        )

    def _silent_proxy(self, ended: Ended) -> str:
        """Our own first hop, where nothing came back from there."""
        unheard = ended.by == "network" and ended.code in (0, NO_ANSWER, 503)
        return self.talk.options.proxy if unheard else ""

    async def press(self, digits: str, at_once: bool, patience: float) -> None:
        pressed = keys(digits)
        self.talk.must_be_up()
        if not at_once:
            await self.talk.hush(patience)
        lasting = sum(map(lasts, pressed))
        self.session.note("customer", "pressed", without_pauses(pressed), took=lasting)
        await self.talk.press(pressed)

    async def say(self, text: str, at_once: bool, patience: float) -> None:
        self.talk.must_be_up()
        if not at_once:
            await self.talk.hush(patience)
        await self.talk.say(text)

    async def hang_up(self) -> None:
        await self.talk.hang_up()

    async def attend(self, until: float) -> None:
        await self.talk.attend(until)

    def expecting(self, texts: tuple[str, ...]) -> None:
        self.talk.expecting(texts)

    @property
    def settled(self) -> bool:
        return self.talk.settled

    @property
    def call(self) -> Mapping[str, Any] | None:
        return self.talk.fields()

    @property
    def quiet_for(self) -> float:
        return self.talk.quiet_for

    def recorded(self, seen: Sequence[Seen]) -> bool | None:
        """Whether the caller is taken down, by what was `seen`."""
        quiet_since = self.talk.listening.quiet_since if self.talk.listening else None
        quiet = self.clock.now() - quiet_since if quiet_since is not None else 0.0
        return taken_down(seen, AWAITED if self.talk.ended else quiet)

    async def audio(self) -> str | None:
        return await self.bridge.audio(self.talk)

    @property
    def live(self) -> Talk:
        return self.talk

    async def witness(self) -> None:
        await put_away(self.talk, "call")

    async def close(self) -> None:
        if not self._closed and self.session.opening.trace:
            await self.witness()
        self._closed = True
        await self.talk.close()
