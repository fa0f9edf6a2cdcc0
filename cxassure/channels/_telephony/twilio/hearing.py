"""What is made of something that was said on a call: words, and whose, music, keys, or sound."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cxassure.channel import Opening
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.live.understanding import ENOUGH, Ears, OwnVoices
from cxassure.channels._telephony.twilio.options import TwilioOptions
from cxassure.errors import CannotLook, UsageError
from cxassure.text import plain, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.hearing import Heard, Hearing

Kind = Literal["words", "music", "tone", "nothing"]


@dataclass(frozen=True, slots=True)
class Made:
    """`text` is what was said, the keys, or how long music lasted; `who` said it, where that is a
    party of this run."""

    kind: Kind
    text: str
    who: str = ""


class Listener:
    """One party's way from sound to text. `expected` are the texts that the step now under way
    looks for."""

    def __init__(self, hearing: Hearing, language: str, voices: OwnVoices) -> None:
        self._hearing, self._language, self.voices = hearing, language, voices
        self.expected: tuple[str, ...] = ()

    @classmethod
    async def of(cls, opening: Opening, options: TwilioOptions) -> Listener:
        """Begins the recogniser, which all parties share that want the same one. Raises
        `CannotLook` without it."""
        ears = await Ears.of(opening)
        hearing = ears.hearing(options.recogniser, options.recogniser_options)
        try:
            await hearing.start()
        except UsageError as wrong:
            name = opening.target.name
            raise CannotLook(f"target «{name}»: {wrong.what}", wrong.hint) from None
        return cls(hearing, options.language, await OwnVoices.of(opening))

    async def make_out(self, sound: Sound) -> Made:
        """Keys are found first, then music, then what parties of this run have said, which is
        known by its sound; the rest is asked of the recogniser."""
        keys, music = await asyncio.to_thread(_without_words, sound)
        if keys:
            return Made("tone", keys)
        if music:
            return Made("music", span(sound.seconds))
        if ours := await asyncio.to_thread(self._ours, sound):
            return ours
        text = written(await self._hearing.hear(sound, self.expected, self._language))
        return Made("words", text) if text else Made("nothing", "")

    def _ours(self, sound: Sound) -> Made | None:
        """What one party of this run has said, where that is all that is heard."""
        if not self.voices.said:
            return None
        from cxassure.channels._telephony.audio.repertoire import Repertoire

        said = Repertoire(loosely=[self.voices.folder]).hear(sound)
        who = {self.voices.said.get(plain(word.text), "") for word in said.words}
        if said.confidence < ENOUGH or len(who) != 1:
            return None
        return Made("words", said.text, who.pop())


def written(heard: Heard) -> str:
    """What was heard; where the sound bears out an expected wording that was written otherwise,
    that wording stands behind it in brackets."""
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
