"""What is made of something that was said on a call: words, music, keys, or sound."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.carrier.voice import Voice
from cxassure.text import span

Kind = Literal["words", "music", "tone", "sound", "nothing"]


@dataclass(frozen=True, slots=True)
class Made:
    """`text` is what was said, the keys, or how long a sound lasted."""

    kind: Kind
    text: str


async def make_out(sound: Sound, voice: Voice, language: str) -> Made:
    """Keys are found first, then music; the rest is asked of the recogniser."""
    keys, music = await asyncio.to_thread(_without_words, sound)
    if keys:
        return Made("tone", keys)
    if music:
        return Made("music", span(sound.seconds))
    words = await voice.hear(sound, language)
    if words is None:
        return Made("sound", span(sound.seconds))
    return Made("words", words) if words else Made("nothing", "")


def _without_words(sound: Sound) -> tuple[str, bool]:
    import numpy as np

    from cxassure.channels._telephony.audio.tones import is_music
    from cxassure.channels._telephony.rtp.tones import Ear

    silent = np.zeros(sound.rate // 4, np.int16)
    ear = Ear(sound.rate)
    found = ear.feed(np.concatenate((sound.samples, silent)))
    length = sum(took for _, _, took in found)
    keys = "".join(key for key, _, _ in found) if length > sound.seconds / 4 else ""
    return keys, not keys and is_music(sound)
