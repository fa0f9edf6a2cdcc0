"""A call whose sound reaches us live: what is said is heard as it comes, answers are sound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.voice import Voice
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.public import Door, Public
from cxassure.channels._telephony.twilio.stream import CallStream, keys_as_sound
from cxassure.channels._telephony.twilio.tape import Spoken
from cxassure.errors import CannotLook

CONNECTING = 15.0
"""Seconds in which Twilio has to open the stream of a call that is up."""
STEP = 0.05


class Talk:
    """One call's way over a media stream. `told` gets each utterance in order, `key` each key,
    `said` what is about to be said, with its sound."""

    def __init__(
        self,
        public: Public,
        door: Door,
        account_sid: str,
        clock: HeardClock,
        voice: Voice,
        told: Callable[[Spoken], Awaitable[None]],
        key: Callable[[str], None],
        said: Callable[[str, Sound], None],
    ) -> None:
        self.public, self.door, self.clock, self.voice = public, door, clock, voice
        self._told, self._said = told, said
        self._pending: list[Spoken] = []
        self._came = asyncio.Event()
        self.stream = CallStream(account_sid, self._spoken, key)
        door.stream = self.stream

    @property
    def url(self) -> str:
        return self.public.stream_url(self.door)

    def _spoken(self, said: Spoken) -> None:
        self._pending.append(said)
        self._came.set()

    async def connected(self) -> None:
        """Waits for the stream. Raises `CannotLook` when Twilio does not reach us."""
        try:
            async with asyncio.timeout(CONNECTING):
                await self.stream.connected.wait()
        except TimeoutError:
            asked = " (requests came that Twilio had not signed)" if self.public.refused else ""
            raise CannotLook(
                f"Twilio did not open the call's stream within {CONNECTING:g} s{asked}",
                f"does {self.public.root} lead to this machine, WebSockets too?",
            ) from None

    async def press(self, keys: str) -> float:
        """Sends keys as tones; gives the seconds that it took."""
        return await self._play(keys_as_sound(keys))

    async def say(self, text: str, language: str) -> float:
        """Says something in a voice of this machine; gives the seconds that it took."""
        sound = await self.voice.speak(text, language)
        self._said(text, sound)
        return await self._play(sound)

    async def _play(self, sound: Sound) -> float:
        self.clock.release()
        began = time.monotonic()
        await self.stream.play(sound)
        return time.monotonic() - began

    async def attend(self, until: float) -> None:
        """Waits for something new; what was said is heard before the clock goes on."""
        rest = min(STEP * 4, max(until - time.monotonic(), 0.005))
        self._came.clear()
        if not self._pending:
            try:
                async with asyncio.timeout(rest):
                    await self._came.wait()
            except TimeoutError:
                self.clock.release()
                return
        self.clock.hold()
        while self._pending:
            await self._told(self._pending.pop(0))
        self.clock.release()

    @property
    def settled(self) -> bool:
        tape = self.stream.tape
        quiet = time.monotonic() - tape.quiet_since > 1.5
        return self.stream.over.is_set() or (not tape.voiced and not self._pending and quiet)

    @property
    def silent(self) -> bool:
        """Whether nobody at the other end is speaking, and all that was said has been heard."""
        return not self.stream.tape.voiced and not self._pending

    async def close(self) -> None:
        self.public.shut(self.door)

    def recorded(self) -> bytes:
        """All that came in, as WAV."""
        from cxassure.channels._telephony.rtp.g711 import MU, decode

        return Sound(decode(MU, bytes(self.stream.heard)), 8_000).wav()
