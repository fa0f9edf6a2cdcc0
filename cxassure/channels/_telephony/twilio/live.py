"""A caller with a public address: the sound of each call comes and goes over a media stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from cxassure.channel import Opening
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.voice import Voice
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.documents import streaming
from cxassure.channels._telephony.twilio.options import TwilioOptions
from cxassure.channels._telephony.twilio.placed import Placed
from cxassure.channels._telephony.twilio.public import Public
from cxassure.channels._telephony.twilio.talk import Talk
from cxassure.channels._telephony.twilio.tape import Spoken


class Hearer(Protocol):
    """Who is told what comes in, and what goes out."""

    @property
    def told(self) -> Callable[[Spoken], Awaitable[None]]: ...

    @property
    def key(self) -> Callable[[str], None]: ...

    @property
    def said(self) -> Callable[[str, Sound], None]: ...


class LiveWay:
    """The way of one caller's calls."""

    def __init__(
        self,
        public: Public,
        options: TwilioOptions,
        clock: HeardClock,
        voice: Voice,
        hearer: Hearer,
    ) -> None:
        self.public, self.options, self.clock = public, options, clock
        self.voice, self.hearer = voice, hearer
        self.talk: Talk | None = None

    @classmethod
    async def of(
        cls,
        opening: Opening,
        options: TwilioOptions,
        clock: HeardClock,
        voice: Voice,
        hearer: Hearer,
    ) -> LiveWay:
        public = await Public.of(opening, options.public, options.listen)
        return cls(public, options, clock, voice, hearer)

    def document(self) -> str:
        """The document that the next call begins with."""
        door = self.public.door(self.options.auth_token)
        self.talk = Talk(
            self.public,
            door,
            self.options.account_sid,
            self.clock,
            self.voice,
            self.hearer.told,
            self.hearer.key,
            self.hearer.said,
        )
        return streaming(self.talk.url)

    async def begin(self, placed: Placed) -> None:
        await self._talk.connected()

    async def press(self, keys: str) -> float:
        return await self._talk.press(keys)

    async def say(self, text: str) -> float:
        return await self._talk.say(text, self.options.language)

    async def attend(self, until: float) -> None:
        await self._talk.attend(until)

    @property
    def settled(self) -> bool:
        return self._talk.settled

    @property
    def silent(self) -> bool:
        return self._talk.silent

    def recorded(self) -> bytes:
        return self._talk.recorded()

    async def close(self) -> None:
        if self.talk:
            await self.talk.close()

    @property
    def _talk(self) -> Talk:
        assert self.talk is not None
        return self.talk
