"""From sound to text: by the company's own recordings first, by a recogniser where they end."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from cxassure.channel import Opening
from cxassure.channels._telephony.live.options import SipOptions
from cxassure.channels._telephony.live.speech import of_target
from cxassure.errors import CannotLook, UsageError
from cxassure.text import clip, plain

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.hearing import Hearing
    from cxassure.channels._telephony.audio.judging import Judgement
    from cxassure.channels._telephony.audio.recogniser import Said, Word
    from cxassure.channels._telephony.audio.sound import Sound

ENOUGH = 0.4
"""The share of what is voiced that recordings must explain to stand for the whole: the rest is
breath, the ends of words, and music that goes over into a prompt. What is not known is not told."""
_SENTENCE = re.compile(r"[.?!]['\"]?$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A part of what was said, `start` and `end` in seconds of its sound."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Understood:
    """What was said, sentence by sentence as matchers see it; `confidence` 0 to 1, `by` what, and
    `data` that says how it came about."""

    sentences: tuple[Sentence, ...]
    confidence: float
    by: str
    data: dict[str, Any] = field(default_factory=dict)


def sentences(words: Sequence[Word]) -> list[Sentence]:
    """Words with their times, put together up to each full stop."""
    found: list[Sentence] = []
    said: list[Word] = []
    for place, word in enumerate(words, 1):
        said.append(word)
        if _SENTENCE.search(word.text) or place == len(words):
            text = " ".join(one.text for one in said)
            found.append(Sentence(text, said[0].start, word.end))
            said = []
    return found


class Ears:
    """The recognisers of one command, each a process of its own, begun when first needed."""

    def __init__(self) -> None:
        self._made: dict[str, Hearing] = {}

    @classmethod
    async def of(cls, opening: Opening) -> Ears:
        async def make() -> Ears:
            return cls()

        ears: Ears = await opening.campaign.once("telephony ears", make)
        return ears

    def hearing(self, name: str, options: dict[str, Any]) -> Hearing:
        from cxassure.channels._telephony.audio.hearing import Hearing

        key = f"{name} {sorted(options.items())!r}"
        if key not in self._made:
            self._made[key] = Hearing(name, options)
        return self._made[key]

    async def close(self) -> None:
        for hearing in self._made.values():
            hearing.close()


class OwnVoices:
    """What parties of this run said, kept as recordings for the others to know it by."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cxassure-said-")
        self._coming = Path(self.folder) / "coming"  # what comes into the folder comes whole
        self._coming.mkdir()
        self.said: dict[str, str] = {}

    @classmethod
    async def of(cls, opening: Opening) -> OwnVoices:
        async def make() -> OwnVoices:
            return cls()

        voices: OwnVoices = await opening.run.once("telephony voices", make)
        return voices

    @property
    def folder(self) -> str:
        return self._folder.name

    def keep(self, who: str, text: str, sound: Sound) -> None:
        """Puts what `who` says away before it is said; others read the folder meanwhile."""
        from cxassure.channels._telephony.audio.repertoire import SCRIPT, slug

        name = f"{slug(text)[:120] or 'sound'}.wav"
        self.said[plain(text)] = who
        with (Path(self.folder) / SCRIPT).open("a", encoding="utf-8") as script:
            script.write(f"{' '.join(text.split())}\n")
        (self._coming / name).write_bytes(sound.wav())
        (self._coming / name).replace(Path(self.folder) / name)

    async def close(self) -> None:
        self._folder.cleanup()


class Understanding:
    """One party's way from sound to text; `slowest` is the longest in seconds that recordings
    were looked for, which takes next to nothing on a machine with time to spare."""

    def __init__(self, opening: Opening, options: SipOptions) -> None:
        self._opening, self._options = opening, options
        self.expected: tuple[str, ...] = ()
        self.slowest = 0.0

    async def open(self) -> None:
        """Begins what the first prompt would otherwise wait for."""
        self._ears = await Ears.of(self._opening)
        self.voices = await OwnVoices.of(self._opening)
        try:
            await self._begin()
        except (CannotLook, UsageError) as wrong:
            raise of_target(self._opening, wrong) from None

    async def _begin(self) -> None:
        from cxassure.channels._telephony.audio.recogniser import recogniser_class
        from cxassure.channels._telephony.audio.repertoire import folder_of

        options = self._options
        recogniser_class(options.recogniser)
        if options.golden:
            folder_of(options.golden)
            await self._known().recall(_silence(), [options.golden])
        foreign = not options.language.lower().startswith("en")
        if options.recogniser != "golden" and (foreign or not options.golden):
            await self._engine().speaks(options.language)

    def _known(self) -> Hearing:
        return self._ears.hearing("golden", {})

    def _engine(self) -> Hearing:
        return self._ears.hearing(self._options.recogniser, self._options.recogniser_options)

    async def recalled(self, sound: Sound, after_music: bool = False) -> Understood | None:
        """What recordings explain, the company's and those of our own parties; None where they do
        not explain enough, unless nothing else could. What is heard before the first of them may
        be music where that was going on. Raises `CannotLook`."""
        folders, own = [one for one in [self._options.golden] if one], [self.voices.folder]
        began = monotonic()
        said = (await self._known().recall(sound, folders, own)).said
        self.slowest = max(self.slowest, monotonic() - began)
        if after_music and said.words:
            head = said.words[0].start
            said = (await self._known().recall(sound.cut(head), folders, own)).said
            said = replace(said, words=tuple(_later(word, head) for word in said.words))
        if said.confidence < ENOUGH or said.otherwise:
            return None
        return self._explained(said, await self._unlike(sound, said))

    def _explained(self, said: Said, unlike: dict[str, Any]) -> Understood:
        by = {self.voices.said.get(plain(word.text), "") for word in said.words}
        speaker = by.pop() if len(by) == 1 else ""
        data = {"known": said.confidence, **unlike, **({"speaker": speaker} if speaker else {})}
        sure = round(min((word.confidence for word in said.words), default=0.0), 3)
        return Understood(tuple(sentences(said.words)), sure, "recordings", data)

    async def _unlike(self, sound: Sound, said: Said) -> dict[str, Any]:
        """How what recordings do not explain stands to the golden prompt that is expected."""
        options = self._options
        if not options.golden:
            return {}
        asked = [options.golden], self.expected, said.words, options.language
        found = await self._known().unlike(sound, *asked) if self.expected else None
        if found is None:
            for one in said.otherwise:
                self._opening.finding(clip(str(one), 300))
            return {}
        if found.known:
            self._opening.finding(clip(str(found), 300))
        return {"unlike": found.told}

    async def recognised(self, sound: Sound) -> Understood:
        """What a recogniser makes of a whole prompt that recordings explain at most in part, and
        how it stands to the expected one of them. Raises `CannotLook` where it cannot work."""
        data: dict[str, Any] = {}
        if self._options.golden or self._options.recogniser == "golden":
            folders = [one for one in [self._options.golden] if one]
            said = (await self._known().recall(sound, folders, [self.voices.folder])).said
            data = await self._unlike(sound, said)
            if self._options.recogniser == "golden":
                return self._explained(said, data)
        heard = await self._engine().hear(sound, self.expected, self._options.language)
        parts = sentences(heard.said.words)
        if not parts and heard.said.text:
            parts = [Sentence(heard.said.text, 0.0, sound.seconds)]
        confidence = heard.said.confidence
        if judged := heard.judgement:
            data |= {"judged": clip(judged.words, 300)}
            confidence = judged.confidence
            parts = _with_expected(parts, heard.said.text, judged)
        return Understood(tuple(parts), round(confidence, 3), self._options.recogniser, data)


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)


def _silence() -> Sound:
    """A sound in which there is nothing to know: recordings are read, and no more."""
    import numpy as np

    from cxassure.channels._telephony.audio.sound import Sound

    return Sound(np.zeros(160, np.int16), 8000)


def _with_expected(parts: Sequence[Sentence], text: str, judged: Judgement) -> list[Sentence]:
    """Where the sound bears an expected wording out that was written otherwise (`10.48` for `ten
    forty eight`), that wording stands behind it in brackets, for matchers and people to see."""
    found = list(parts)
    if found and judged.suits and plain(judged.expected) not in plain(text):
        last = found[-1]
        found[-1] = Sentence(f"{last.text} [{judged.expected}]", last.start, last.end)
    return found
