"""What is made of something that was said on a call: words, music, keys, or sound."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cxassure.channel import Opening
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.live.understanding import Ears
from cxassure.text import plain, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.hearing import Heard, Hearing

Kind = Literal["words", "music", "tone", "nothing"]
ENGINE = "whisper"


@dataclass(frozen=True, slots=True)
class Made:
    """`text` is what was said, the keys, or how long music lasted."""

    kind: Kind
    text: str


class Listener:
    """One party's way from sound to text. `expected` are the texts that the step now under way
    looks for: where the sound bears one out that was written otherwise, it stands in brackets."""

    def __init__(self, hearing: Hearing, language: str) -> None:
        self._hearing, self._language = hearing, language
        self.expected: tuple[str, ...] = ()

    @classmethod
    async def of(cls, opening: Opening, language: str) -> Listener:
        """Begins the recogniser, which all parties share. Raises `CannotLook` without one."""
        ears = await Ears.of(opening)
        hearing = ears.hearing(ENGINE, {})
        await hearing.start()
        return cls(hearing, language)

    async def make_out(self, sound: Sound) -> Made:
        """Keys are found first, then music; the rest is asked of the recogniser."""
        keys, music = await asyncio.to_thread(_without_words, sound)
        if keys:
            return Made("tone", keys)
        if music:
            return Made("music", span(sound.seconds))
        text = _text(await self._hearing.hear(sound, self.expected, self._language))
        return Made("words", text) if text else Made("nothing", "")


def _text(heard: Heard) -> str:
    text, judged = heard.said.text, heard.judgement
    if text and judged and judged.suits and plain(judged.expected) not in plain(text):
        return f"{text} [{judged.expected}]"
    return text


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
