"""How a rehearsal speaks and hears where sound is wanted (media streams): a seam, and its default.

`Exchange.voice` may be set to another engine. Without any a caller's words are a tone of their
length, and what the company says is told as sound that nobody could make out.
"""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from typing import TYPE_CHECKING, Protocol

from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.recogniser import Recogniser
    from cxassure.channels._telephony.audio.sound import Sound

RATE = 8_000
TONE, LOUD = 440.0, 8_000.0
_HEARING = threading.Lock()
"""A recogniser is asked by one at a time."""


class Voice(Protocol):
    """`speak` gives words as sound, 8,000 samples a second; `hear` gives what was said in a sound,
    None where nobody here can tell. Both may take their time, neither may block the loop."""

    async def speak(self, text: str, language: str) -> Sound: ...

    async def hear(self, sound: Sound, language: str) -> str | None: ...


class Offline:
    """Speaks and hears with the engines that are installed; else speaks in tones, hears nothing."""

    async def speak(self, text: str, language: str) -> Sound:
        from cxassure.channels._telephony.audio.speaking import say
        from cxassure.channels._telephony.audio.voices import engines

        if engines():
            return await asyncio.to_thread(say, text, rate=RATE)
        return tone(spoken(text))

    async def hear(self, sound: Sound, language: str) -> str | None:
        try:
            return await asyncio.to_thread(_heard, sound, language)
        except CannotLook:
            return None


def _heard(sound: Sound, language: str) -> str:
    with _HEARING:
        return _engine().hear(sound, (), language).text


@cache
def _engine() -> Recogniser:
    """Loaded once: it takes a second, and memory."""
    from cxassure.channels._telephony.audio.recogniser import recogniser

    return recogniser("whisper")


def tone(seconds: float) -> Sound:
    """A steady tone that stands for speech of that length. Raises `CannotLook` without numpy."""
    try:
        import numpy as np
    except ImportError:
        raise CannotLook("sound needs numpy", "pip install 'cxassure[voice]'") from None
    from cxassure.channels._telephony.audio.sound import Sound

    time = np.arange(round(seconds * RATE)) / RATE
    return Sound((LOUD * np.sin(2 * np.pi * TONE * time)).astype(np.int16), RATE)
