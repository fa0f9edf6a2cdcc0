"""A party's call as it goes: followed through transfers, heard, spoken into, told about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cxassure.channel import Seen, Session
from cxassure.channels._telephony.live import speech, told
from cxassure.channels._telephony.live.bridge import Bridge
from cxassure.channels._telephony.live.keyed import Keyed
from cxassure.channels._telephony.live.listening import Listening
from cxassure.channels._telephony.live.options import SipOptions, length
from cxassure.channels._telephony.live.phone import Phone
from cxassure.channels._telephony.live.unasked import Unasked
from cxassure.channels._telephony.live.understanding import Understanding
from cxassure.channels._telephony.sip import events
from cxassure.errors import Broken, CannotLook
from cxassure.events import Who
from cxassure.text import clip, plain, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.rtp.leg import Leg
    from cxassure.channels._telephony.sip.call import Call
    from cxassure.channels._telephony.sip.referring import Referral

SLOW = 2.0
"""Seconds for making out a known recording from which a caller may have acted too late."""


class Talk:
    """One party on one telephone; a new call, or one that took its place, is followed.

    `who` is the party (customer or agent). What happens is recorded in the session; `news` wakes
    who attends.
    """

    def __init__(self, session: Session, who: Who) -> None:
        self.session, self.who = session, who
        self.call: Call | None = None
        self.calls: list[Call] = []
        self.leg: Leg | None = None
        self.listening: Listening | None = None
        self.phone: Phone | None = None
        self.keyed = Keyed(session)
        self.passed_to = ""
        """The address to which this party has sent the other on."""
        self.holds = False
        """Whether this party has put the other on hold."""
        self._news = asyncio.Event()
        self._told_end = False

    # Its life

    async def open(self, options: SipOptions) -> None:
        self.options = options
        self.phone = Phone(self.session.opening, options)
        self.understanding = Understanding(self.session.opening, options)
        await self._look_out(options)
        self.listening = Listening(
            self.session,
            options,
            self.understanding,
            self._news.set,
            self.who == "customer",
            self.unasked,
        )
        await speech.look_over(self.session.opening, options)
        await self.understanding.open()
        await self.phone.open()
        self.phone.agent.obey = self._obey

    async def _look_out(self, options: SipOptions) -> None:
        """For trouble, with all other calls of this run."""
        bridge = await Bridge.of(self.session.opening)
        self.unasked = Unasked(self.session, options)
        self.unasked.other = partial(bridge.other, self)
        self.unasked.prove = partial(bridge.audio, self)

    def expecting(self, texts: tuple[str, ...]) -> None:
        """What the step under way expects to be said: recognition is told."""
        self.understanding.expected = texts

    async def close(self) -> None:
        if self.phone:
            await self.unasked.close()
        if self.listening:
            await self.listening.close()
        if self.phone:
            await self.phone.close()

    # The call, wherever it goes

    def take(self, call: Call, leg: Leg) -> None:
        """This is the party's call from now on."""
        self.call, self.leg, self._told_end = call, leg, False
        self.calls.append(call)
        call.watchers.append(self._happened)
        leg.keys.listen(self.keyed.heard)
        if leg.agreed:
            self._follow(leg)

    def go_back(self, call: Call, leg: Leg) -> None:
        """An earlier call is the one that counts again."""
        self.call, self.leg = call, leg
        if not call.ended:
            self._follow(leg)

    def _follow(self, leg: Leg) -> None:
        if self.listening and self.listening.leg is not leg:
            self.listening.follow(leg)

    async def _obey(self, call: Call, referral: Referral) -> Leg:
        """Media for the call that the far end's REFER asks us to make."""
        assert self.phone
        leg = await self.phone.leg()
        asyncio.get_running_loop().call_soon(self._moved, call, leg)
        return leg

    def _moved(self, call: Call, leg: Leg) -> None:
        """The call asked for is placed as soon as its media is there; it is ours from then on."""
        new = call.moved_to
        if new is None and not call.ended:
            asyncio.get_running_loop().call_later(0.02, self._moved, call, leg)
        elif new is not None:
            self.take(new, leg)

    def _happened(self, call: Call, event: events.Happened) -> None:
        if isinstance(event, events.Transferring):
            self.session.note("line", "transferring", event.reason, code=event.code)
        if call is self.call:
            self._mine(call, event)
        self._news.set()

    def _mine(self, call: Call, event: events.Happened) -> None:
        session = self.session
        early = isinstance(event, events.Progress) and event.early
        if (isinstance(event, events.Answered) or early) and self.leg and self.listening:
            self._follow(self.leg)
        if isinstance(event, events.Answered):
            self.unasked.call(event.at)
        if isinstance(event, events.Referred):
            session.note("line", "referred", clip(event.to, 200), code=event.code)
        elif isinstance(event, events.Changed) and event.by == "them":
            session.note("line", "held" if event.held else "resumed", event.identity)
        elif isinstance(event, events.Key):
            self.keyed.told(event)
        elif isinstance(event, events.Trouble):
            session.opening.finding(clip(event.what))
        elif isinstance(event, events.Ended):
            self._over(event)

    def _over(self, ended: events.Ended) -> None:
        if self.listening:
            self.listening.stop()
        by = told.by(ended, self.who)
        self.session.note("line", "hung up", ended.words, by=by, code=ended.code, q850=ended.q850)

    @property
    def quiet_for(self) -> float:
        """Seconds of dead air that has not ended yet."""
        return self.listening.dead_air if self.listening and self.up else 0.0

    @property
    def up(self) -> bool:
        return self.call is not None and self.call.state == "up"

    @property
    def ended(self) -> bool:
        return self.call is not None and self.call.ended is not None

    def must_be_up(self) -> Call:
        """The call; raises `Broken` when it has ended."""
        call = self.call
        if call is None:
            raise CannotLook("there is no call", "a caller dials first, an agent answers")
        if call.ended:
            raise Broken(
                f"the call had ended: {told.ending(call, self.who)}",
                expected="the call to be up",
                seen=self.last_heard(),
                code=str(call.ended.code or ""),
            )
        return call

    def last_heard(self) -> str:
        heard = [s for s in self.session.seen if s.what in ("prompt", "speech", "music")]
        return clip(heard[-1].text or heard[-1].what) if heard else "nothing"

    # Time

    async def attend(self, until: float) -> None:
        """Returns when something has happened, or at `until`."""
        left = until - self.session.clock.now()
        if self._news.is_set() or left <= 0:
            self._news.clear()
            await asyncio.sleep(0)
        else:
            try:
                async with asyncio.timeout(min(left, 0.25)):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
        if self.listening and self.up:
            self.listening.look()
        if self.listening and self.listening.trouble:
            trouble, self.listening.trouble = self.listening.trouble, None
            raise trouble

    @property
    def settled(self) -> bool:
        """Nothing more comes by itself: the call is over, or nothing is said or made out."""
        if self.call is None:
            return True
        pending = self.listening is not None and self.listening.pending
        quiet = self.listening is not None and self.listening.quiet_since is not None
        return not pending and (self.ended or quiet)

    @property
    def behind(self) -> bool:
        """Whether something that was heard is still being made out."""
        return self.listening is not None and self.listening.behind

    @property
    def doubt(self) -> str:
        """Why what was heard cannot be trusted: this machine did not keep up with the sound."""
        legs = self.phone.legs if self.phone else []
        skipped = sum(leg.skipped for leg in legs)
        slowest = self.understanding.slowest if self.phone else 0.0
        if skipped:
            worst = max(leg.lag.worst for leg in legs)
            why = f"it stalled for up to {span(worst)}"
        elif slowest >= SLOW:
            why = f"it took {span(slowest)} to make out what was said"
        else:
            return ""
        return f"this machine was too busy to hear the call: {why}"

    async def hush(self, patience: float) -> None:
        """Waits until nobody speaks and all is made out, as one does who has manners."""
        assert self.listening
        until = self.session.clock.now() + patience
        while self.listening.pending and self.session.clock.now() < until and not self.ended:
            await self.attend(until)
        self.must_be_up()

    async def spend(self, seconds: float) -> None:
        """Lets time pass."""
        until = self.session.clock.now() + seconds
        while self.session.clock.now() < until:
            await self.attend(until)

    # What the party does

    async def press(self, keys: str) -> None:
        """Presses keys in the way that the target takes them."""
        from cxassure.channels._telephony.carrier.keys import PAUSES

        call, options, leg = self.must_be_up(), self.options, self.leg
        assert leg
        self.unasked.keyed = True
        if self.listening:
            self.listening.acted()
        if options.dtmf != "info":
            plain = keys.replace("W", "ww")
            long, gap = length(options.key), length(options.gap)
            playing = leg.keys.send(plain, by=options.dtmf, length=long, pause=gap)
            await playing.ended()
            return
        for key in keys:
            if key in PAUSES:
                await asyncio.sleep(PAUSES[key])
            elif (code := await call.key(key, round(length(options.key) * 1000))) >= 300:
                raise Broken(f"the key {key} was refused (SIP {code})", code=str(code))

    async def say(self, text: str) -> float:
        """Says a text, or plays a WAV file; the seconds that it took. The others know it by."""
        seed = self.session.opening.seed
        sound = await asyncio.to_thread(speech.spoken, text, self.options, seed)
        self.must_be_up()
        assert self.leg and self.listening
        self.understanding.voices.keep(self.who, text, sound)
        self.listening.acted(sound.seconds)
        began = self.leg.recording.seconds if self.leg.recording else 0.0
        playing = self.leg.play(sound)
        self.session.note(self.who, "said", text, took=sound.seconds)
        while not playing.over and not self.ended:
            await self.attend(self.session.clock.now() + 0.2)
        if self.ended:
            playing.stop()
        self.unasked.spoke(self, began)
        return playing.heard

    async def hang_up(self) -> None:
        if self.call and not self.call.ended:
            self.session.note(self.who, "hung up")
            await self.call.hang_up()
        if self.listening:
            await self.listening.finish()
        await self.unasked.finish()

    @property
    def stopped_after(self) -> float | None:
        """Seconds from the last key or word over a prompt to the prompt's end, or until now while
        it goes on; None where nothing was cut short, or that is not known yet.

        A prompt that broke off in a sentence has ended by the next one's beginning; where the
        sentence was said to its end, by the first pause, or where none comes because the answer
        follows at once, by the sentence that was expected.
        """
        from cxassure.channels._telephony.audio.barge_in import barge_in

        listening = self.listening
        if listening is None or listening.cut_at is None or listening.listener is None:
            return None
        at, now = listening.cut_at, self.session.clock.now()
        said = [s for s in self.session.seen if s.what == "prompt" and s.text and s.ends > at]
        if not said:
            return None
        if said[0].at > at:
            return said[0].at - at
        after = barge_in(listening.listener.voiced, at, now).stopped_after
        return self._answered_at(said, now) - at if after is None else after

    def _answered_at(self, said: list[Seen], now: float) -> float:
        """When the first sentence began that the step expects; now where none has come."""
        expected = [plain(text) for text in self.understanding.expected]
        return next((s.at for s in said if any(e in plain(s.text) for e in expected)), now)

    def fields(self) -> Mapping[str, Any] | None:
        """What `call` is asked about."""
        return told.call_fields(self.call, self.who) if self.call else None
