"""A caller's line over twiml: the call is placed on the run's own exchange, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from cxassure.channel import Clock, RealClock, Seen, Session, Unseen
from cxassure.channels._http.options import read_options
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.exchange import Exchange
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.carrier.told import call_fields, ending, evidence, timeline
from cxassure.channels._telephony.carrier.webhook import Account
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip, span

CALLER = "+12025550143"
"""The number that calls where none is given: one that is kept for fiction."""
_ASKED = {"keys": "keys", "speech": "words"}


class TwimlOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a target may say about the number that stands behind its webhook.

    `number` is dialled, `method` the webhook's, `auth_token` signs the requests, `status_callback`
    is told of the call's end, `fallback` asked when the webhook breaks. `api` is the port on
    loopback (`any`: a free one) where the company's programs find Twilio's REST API; `settle` is
    how many real seconds they have to act before time goes on.
    """

    number: str = "+12025550100"
    method: str = "POST"
    auth_token: str = ""
    account_sid: str = ""
    status_callback: str = ""
    fallback: str = ""
    api: str = ""
    settle: float = 0.1
    from_: str = msgspec.field(default=CALLER, name="from")
    headers: dict[str, str] = {}


class TwimlLine:
    """One telephone; one call at a time."""

    Options = TwimlOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    rehearses: ClassVar[bool] = True

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self.current: Call | None = None
        self._told = False

    async def open(self, caller: str, headers: Mapping[str, str]) -> None:
        target = self.session.opening.target
        options = read_options(self.session.opening, TwimlOptions)
        method = options.method.upper()
        if method not in ("GET", "POST"):
            raise CannotLook(f"method «{method}» of target «{target.name}» is not GET or POST")
        self.caller = caller or options.from_
        self.account = Account(
            target.name,
            target.address,
            method,
            options.number,
            options.account_sid,
            options.auth_token,
            options.status_callback,
            options.fallback,
            {**options.headers, **headers},
        )
        self.exchange = await Exchange.of(self.session.opening)
        self.clock = self.exchange.clock
        if options.api:
            await self._open_to_programs(options)

    async def _open_to_programs(self, options: TwimlOptions) -> None:
        """The company's own programs may place and move calls, with the account's keys."""
        name = self.session.opening.target.name
        port = "0" if options.api == "any" else options.api
        if not port.isdecimal() or len(port) > 5 or int(port) > 65_535:
            what = f"api «{clip(options.api, 40)}» of target «{name}» is no port"
            raise CannotLook(what, "or write: any")
        if not options.auth_token:
            raise CannotLook(
                f"target «{name}» has an api and no auth_token",
                "programs sign in with account_sid and auth_token: give both",
            )
        self.account = self.exchange.account(self.account)
        await self.exchange.open_to_programs(
            self.session.opening, self.account, int(port), options.settle
        )

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None:
        if self.current and not self.current.ended:
            raise CannotLook("a call is up already", "hang_up first")
        account = replace(self.account, number=number or self.account.number)
        self.session.note("customer", "dialled", account.number)
        ear = Ear(self.clock, self.session.record)
        call = self.exchange.place(account, caller or self.caller, ear, data)
        self.current, self._told = call, False
        until = self.clock.now() + patience
        while call.status == "ringing" and not call.ended and not self._rings_a_desk(call):
            if self.clock.now() >= until:
                raise Broken(f"nobody picked up within {span(patience)}", seen="ringing")
            await self.attend(until)
        self._tell()
        if call.answered is None and call.ended:
            busy = call.status == "busy"
            raise Broken(
                "the line was busy" if busy else f"the call was {ending(call)}",
                expected="the company picks up",
                seen=call.ended.how,
                code="486" if busy else "",
            )

    def _rings_a_desk(self, call: Call) -> bool:
        """A desk of this journey is rung, though the company has not picked up itself."""
        return any(ring.leg.parent is call and ring.desks for ring in self.exchange.rings)

    async def press(self, digits: str, at_once: bool, patience: float) -> None:
        pressed, call = keys(digits), self._up()
        if not at_once:
            await self._asked_for("keys", call, patience)
        self.session.note(
            "customer", "pressed", without_pauses(pressed), took=sum(map(lasts, pressed))
        )
        for place, key in enumerate(pressed, 1):
            if without_pauses(key) and not call.key(key) and not call.ended:
                self._lost(key, last=place == len(pressed))
            await self._spend(lasts(key))
        await self._aftermath(call, patience)

    def _lost(self, key: str, *, last: bool) -> None:
        """A closing # behind a number whose length is known is a habit and harmless."""
        if not (last and key == "#"):
            self.session.opening.finding(f"key {key} was pressed while nothing asked for keys")

    async def say(self, text: str, at_once: bool, patience: float) -> None:
        call = self._up()
        if not at_once:
            await self._asked_for("speech", call, patience)
        self.session.note("customer", "said", text, took=spoken(text))
        if not call.speak(text, spoken(text)):
            self.session.opening.finding(f"nobody listened to «{clip(text, 60)}»")
        await self._spend(spoken(text))
        await self._aftermath(call, patience)

    async def _asked_for(self, what: str, call: Call, patience: float) -> None:
        """Waits until the call takes keys or speech, as a caller does who has manners."""
        until = self.clock.now() + patience
        while what not in call.takes:
            if self.clock.now() >= until:
                raise Broken(
                    f"no {_ASKED[what]} were asked for within {span(patience)}",
                    expected=f"to be asked for {_ASKED[what]}",
                    seen=self._last_heard(),
                )
            await self.attend(until)
            call = self._up()

    def _last_heard(self) -> str:
        heard = [s for s in self.session.seen if s.what in ("prompt", "speech", "music")]
        return clip(heard[-1].text) if heard else "nothing"

    def _up(self) -> Call:
        """The call; raises `Broken` when it has ended."""
        if self.current is None:
            raise CannotLook("there is no call", "the first step of a caller is «dial»")
        self._tell()
        if self.current.ended:
            raise Broken(
                f"the call had ended: {ending(self.current)}",
                expected="the call to be up",
                seen=self._last_heard(),
                code=str(self.current.fault.code) if self.current.fault else "",
            )
        return self.current

    async def _spend(self, seconds: float) -> None:
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            await self.exchange.clock.advance(until)

    async def _aftermath(self, call: Call, patience: float) -> None:
        """A webhook that breaks on what the caller did is told in the step that did it."""
        await self.exchange.clock.idle()
        until = self.clock.now() + patience
        while call.asking and not call.fault and self.clock.now() < until:
            await self.exchange.clock.advance(until)
        await self._see_through()

    async def attend(self, until: float) -> None:
        await self.exchange.clock.advance(until)
        await self._see_through()

    async def _see_through(self) -> None:
        """Once it is known that the call breaks, hears it out to its end and tells."""
        call = self.current
        while call and (call.fault or call.trouble) and not call.ended:
            await self.exchange.clock.advance(self.clock.now() + 1)
        self._tell()

    def _tell(self) -> None:
        call = self.current
        if call is None or not call.ended or self._told:
            return
        self._told = True
        if call.trouble:
            raise call.trouble
        if call.fault:
            raise call.fault.broken()

    async def hang_up(self) -> None:
        call = self.current
        if call and not call.ended:
            self.session.note("customer", "hung up")
            call.end("customer", "hung up by the caller")
            await self.exchange.clock.idle()

    @property
    def settled(self) -> bool:
        call = self.current
        return call is None or call.ended is not None or call.waits or call.room is not None

    @property
    def call(self) -> Mapping[str, Any] | None:
        return call_fields(self.current) if self.current else None

    @property
    def quiet_for(self) -> float:
        call = self.current
        if call is None or call.ended or call.ear.quiet_since is None:
            return 0.0
        return self.clock.now() - call.ear.quiet_since

    def recorded(self, seen: Sequence[Seen]) -> bool:
        """A recording is told by the carrier: there was none."""
        return False

    def audio(self) -> str:
        raise Unseen("over twiml no sound is carried: run it over a real line")

    async def witness(self) -> None:
        if self.current is None:
            return
        keep = self.session.opening.keep
        await keep("call.txt", timeline(self.session.course).encode(), "text/plain")
        await keep("call.json", evidence([self.current]), "application/json")

    async def close(self) -> None:
        if self.current:
            self.current.end("customer", "the journey was over")
