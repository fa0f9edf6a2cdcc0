"""A caller's line straight to a voice agent's socket, as Twilio's Media Streams would reach it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cxassure.channel import RealClock, Session
from cxassure.channels._http.options import read_options
from cxassure.channels._telephony.carrier.call import sid
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.keys import keys, lasts, without_pauses
from cxassure.channels._telephony.carrier.lengths import NOTICEABLE
from cxassure.channels._telephony.carrier.media import MediaStream, Utterance, encoded
from cxassure.channels._telephony.carrier.socket import opened
from cxassure.channels._telephony.carrier.told import timeline
from cxassure.channels._telephony.carrier.voice import RATE, Offline, Voice, tone
from cxassure.channels._telephony.carrier.webhook import REHEARSED, Account, Webhooks
from cxassure.channels._telephony.rtp.recording import LONGEST
from cxassure.channels.ivr.recognised import Recognised
from cxassure.channels.ivr.turns import Turns, told
from cxassure.errors import Broken, CannotLook
from cxassure.text import span

CALLER = "+12025550143"
STEP = 0.05
QUIET = 1.0
"""Seconds without a sound behind which nothing more is likely to come by itself."""


class MediaStreamOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent is told of the call. `parameters` are the stream's customParameters,
    `auth_token` signs the handshake, `language` is what is spoken; `recogniser` and its
    `recogniser_options` make words out of it."""

    number: str = "+12025550100"
    from_: str = msgspec.field(default=CALLER, name="from")
    account_sid: str = ""
    auth_token: str = ""
    language: str = "en-US"
    recogniser: str = "whisper"
    recogniser_options: dict[str, Any] = {}
    parameters: dict[str, str] = {}
    headers: dict[str, str] = {}


class MediaStreamLine:
    """One call at a time, in real time: words go out as sound, sound that comes is recognised."""

    Options = MediaStreamOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    rehearses: ClassVar[bool] = True
    hears_keys: ClassVar[bool] = False

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock = RealClock()
        self.voice: Voice = Offline()
        self.turns = Turns()
        self._media: MediaStream | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: tuple[str, str, float] | None = None
        self._trouble: BaseException | None = None
        self._spoke = False
        self._quiet_since = 0.0
        self._recognising = 0
        self._kept = (bytearray(), bytearray())
        self._closed = False

    async def open(self, caller: str, headers: Mapping[str, str]) -> None:
        target = self.session.opening.target
        self.options = read_options(self.session.opening, MediaStreamOptions)
        self._caller = caller or self.options.from_
        self._account = Account(
            target.name,
            target.address,
            number=self.options.number,
            account_sid=self.options.account_sid or sid("AC", target.name),
            auth_token=self.options.auth_token,
            headers={**self.options.headers, **headers},
        )
        self._webhooks = await Webhooks.open(self.session.opening)
        tone(0)
        options = self.options
        self.voice = await Recognised.of(
            self.session.opening, options.recogniser, options.recogniser_options
        )

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None:
        if self._media and not self._ended:
            raise CannotLook("a call is up already", "hang_up first")
        await self._leave()
        called = number or self.options.number
        self.session.note("customer", "dialled", called)
        url, self._called = self._account.url, called
        try:
            socket = await opened(self._webhooks, self._account, url, _nothing, 31920, patience)
        except Fault as fault:
            raise fault.broken() from None
        self._ended, self._sid = None, sid("CA", self.session.opening.run_id, self.clock.now())
        start = {
            "streamSid": sid("MZ", self._sid),
            "accountSid": self._account.account_sid,
            "callSid": self._sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {**self._rehearsed(), **self.options.parameters, **data},
        }
        self._kept = (bytearray(), bytearray())
        self._media = MediaStream(socket, start, self._heard, self._complain, self._keep)
        self.turns = Turns(time.perf_counter())
        self._quiet_since = time.perf_counter()
        self._run(self._media.run())
        if isinstance(self.voice, Recognised):
            self._run(self.voice.begin())
        self.session.note("line", "connected", called, caller=caller or self._caller)

    def _rehearsed(self) -> dict[str, str]:
        """An agent is told the instant where it looks for all else that it is told of a call."""
        when = self.session.opening.when
        return {REHEARSED: when} if when else {}

    def _run(self, what: Any) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self._trouble = task.exception()

    def _complain(self, what: str) -> None:
        self.session.opening.finding(f"Twilio would warn: {Fault(31951, what)}")

    def _keep(self, heard: bytes, said: bytes) -> None:
        """A frame of both directions; a call that goes on for longer loses its end."""
        if len(self._kept[0]) < LONGEST * RATE:
            self._kept[0].extend(heard)
            self._kept[1].extend(said)

    def _heard(self, said: Utterance) -> None:
        self.turns.agent_spoke(said.began, said.ended)
        if said.began - self._quiet_since >= NOTICEABLE:
            self._note("silence", "", self._quiet_since, said.began)
        self._quiet_since = said.ended
        self._recognising += 1
        self._run(self._recognise(said))

    async def _recognise(self, said: Utterance) -> None:
        try:
            words = await self.voice.hear(said.sound, self.options.language)
        finally:
            self._recognising -= 1
        about = {"cut": True} if said.cleared else {}
        if words is None:
            self._note("sound", span(said.ended - said.began), said.began, said.ended, **about)
        elif words:
            self.turns.agent_said(words)
            self._note("prompt", words, said.began, said.ended, **about)

    def _note(self, what: str, text: str, began: float, ended: float, **data: Any) -> None:
        from cxassure.channel import Seen

        shift = self.clock.now() - time.perf_counter()
        self.session.record(Seen("company", what, text, began + shift, ended + shift, data))

    async def press(self, digits: str, at_once: bool, patience: float) -> None:
        pressed, media = keys(digits), self._up()
        took = sum(map(lasts, pressed))
        self.session.note("customer", "pressed", without_pauses(pressed), took=took)
        for key in pressed:
            if without_pauses(key):
                await media.key(key)
            await asyncio.sleep(lasts(key))
        self.turns.caller_spoke(time.perf_counter())

    async def say(self, text: str, at_once: bool, patience: float) -> None:
        """With manners one speaks when the agent has finished; `at_once` interrupts it."""
        media = self._up()
        if not at_once:
            await self._turn(media, patience)
        sound = await self.voice.speak(text, self.options.language)
        self.session.note("customer", "said", text, took=sound.seconds)
        if not media.silent:
            self.turns.caller_interrupted(time.perf_counter())
        media.say(encoded(sound))
        self._spoke, self._quiet_since = True, time.perf_counter() + sound.seconds
        self.turns.caller_spoke(self._quiet_since)
        await asyncio.sleep(sound.seconds)
        self._up()

    async def _turn(self, media: MediaStream, patience: float) -> None:
        until = self.clock.now() + patience
        while not media.silent or self._recognising:
            if self.clock.now() >= until:
                raise Broken(
                    f"the agent did not stop talking within {span(patience)}",
                    expected="the caller's turn",
                    seen="the agent talking",
                )
            await self.attend(until)
            self._up()

    def _up(self) -> MediaStream:
        """The stream; raises `Broken` when the agent has closed it."""
        if self._media is None:
            raise CannotLook("there is no call", "the first step of a caller is «dial»")
        self._look()
        if self._ended:
            raise Broken(
                f"the call had ended: {self._ended[1]}", expected="the call to be up", seen="closed"
            )
        return self._media

    def expecting(self, texts: tuple[str, ...]) -> None:
        """The texts that the coming step looks for."""
        if isinstance(self.voice, Recognised):
            self.voice.expected = texts

    def _look(self) -> None:
        """Notices that the agent has hung up; tells trouble of ours."""
        if self._trouble:
            raise self._trouble
        if self._media and self._media.socket.closed and not self._ended:
            self._end("company", "hung up by the company")

    def _end(self, by: str, how: str) -> None:
        now = time.perf_counter()
        figures = self._figures(now)
        self._ended = (by, how, now)
        self.session.note("line", "turns", told(figures), **figures)
        self.session.note("line", "hung up", how, by=by)

    def _figures(self, now: float) -> dict[str, float | int]:
        talking = self._media is not None and not self._media.silent
        return self.turns.fields(now, talking=talking)

    async def hang_up(self) -> None:
        if self._media and not self._ended:
            self.session.note("customer", "hung up")
            await self._media.stop()
            self._end("customer", "hung up by the caller")
            await self._leave()

    async def attend(self, until: float) -> None:
        await asyncio.sleep(min(STEP, max(until - self.clock.now(), 0)))
        self._look()

    @property
    def behind(self) -> bool:
        """Whether something that was heard is still being made out."""
        return self._recognising > 0

    @property
    def settled(self) -> bool:
        if self._media is None or self._ended:
            return not self._recognising
        quiet = time.perf_counter() - self._quiet_since > QUIET
        answered = self.turns.waiting_since is None
        return answered and quiet and self._media.silent and not self._recognising

    @property
    def call(self) -> Mapping[str, Any] | None:
        if self._media is None:
            return None
        until = self._ended[2] if self._ended else time.perf_counter()
        fields: dict[str, Any] = {
            "status": "completed" if self._ended else "in-progress",
            "caller": self._caller,
            "called": self._called,
            "sid": self._sid,
            "duration": until - self.turns.connected,
            **self._figures(until),
        }
        if self._ended:
            fields |= {"ended_by": self._ended[0], "ending": self._ended[1]}
        return fields

    @property
    def quiet_for(self) -> float:
        """While the caller waits for an answer; between turns nobody minds silence."""
        if self._media is None or self._ended or not self._media.silent:
            return 0.0
        since = self.turns.waiting_since
        return time.perf_counter() - since if since is not None else 0.0

    def audio(self) -> str:
        heard = self.turns.first is not None
        return "both ways" if heard and self._spoke else "one way" if heard else "none"

    async def witness(self) -> None:
        if self._media:
            keep = self.session.opening.keep
            await keep("call.txt", timeline(self.session.course).encode(), "text/plain")
            await keep("call.wav", self._recorded(), "audio/wav")
            fields = json.dumps(self.call, indent=1, ensure_ascii=False)
            await keep("call.json", fields.encode(), "application/json")

    def _recorded(self) -> bytes:
        """The call as WAV: what was heard left, what was said right."""
        from cxassure.channels._telephony.rtp.g711 import MU, decode
        from cxassure.channels._telephony.rtp.recording import Recording

        recording = Recording(RATE)
        heard, said = (decode(MU, bytes(side)) for side in self._kept)
        recording.beat(heard, said, 0.0)
        return recording.wav()

    async def _leave(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._media:
            await self._media.socket.close()

    async def close(self) -> None:
        if self._media and not self._ended:
            await self._media.stop()
            self._end("customer", "the journey was over")
        await self._leave()
        if self.session.opening.trace and not self._closed:
            await self.witness()
        self._closed = True
        if hasattr(self, "_webhooks"):
            await self._webhooks.close()


def _nothing() -> None:
    """Messages are taken frame by frame; nobody needs to be woken."""
