"""The suite that every recogniser is held to, ours and third parties' alike.

In a test file, name a recogniser; pytest finds the checks by itself::

    class TestParrotRecogniser(RecogniserConformance):
        recogniser = "parrot"

        @pytest.fixture
        def options(self): return {"cage": "north"}
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from cxassure.channels._telephony.audio.hearing import Hearing, listen
from cxassure.channels._telephony.audio.likeness import differences, likeness
from cxassure.channels._telephony.audio.noise import noise
from cxassure.channels._telephony.audio.recogniser import Recogniser, Said, recogniser
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.errors import CannotLook, CxassureError, UsageError

HEAVY = "av ctranslate2 faster_whisper httpx numpy pocketsphinx torch webrtcvad".split()
ENOUGH = 0.6
"""The likeness to what is said from which on it was heard."""
_MADE: dict[str, Recogniser] = {}


class RecogniserConformance:
    """Set `recogniser`, and give its `options` as a fixture. `led`: it answers with the expected
    texts whatever is said, and so must never be asked whether a prompt is the right one."""

    recogniser: ClassVar[str] = ""
    led: ClassVar[bool] = False
    text: ClassVar[str] = "for orders press one for returns press two"
    other: ClassVar[str] = "the office is closed please call back tomorrow"
    language: ClassVar[str] = "en"

    def spoken(self) -> Sound:
        """Somebody who says `text`, 8,000 samples a second."""
        from cxassure.channels._telephony.audio.voices import read_aloud

        return read_aloud(self.text).at(8000)

    def engine(self, options: Mapping[str, Any]) -> Recogniser:
        """Made once, as it is beside calls: one for all prompts."""
        key = f"{self.recogniser} {sorted(options.items())!r}"
        if key not in _MADE:
            _MADE[key] = recogniser(self.recogniser, dict(options))
        return _MADE[key]

    def test_it_says_what_it_is(self, options: Mapping[str, Any]) -> None:
        _must(bool(type(self.engine(options)).__doc__), "it says nothing about itself")

    def test_options_it_does_not_know_are_refused(self, options: Mapping[str, Any]) -> None:
        try:
            recogniser(self.recogniser, {**options, "no_such_option": 1})
        except UsageError as wrong:
            _must("no_such_option" in str(wrong), "it does not say which option is wrong")
        else:
            raise AssertionError("an unknown option was taken")

    def test_nothing_heavy_is_loaded_before_it_is_made(self) -> None:
        script = (
            "import sys; from cxassure.channels._telephony.audio.recogniser import recogniser_class"
            f"; recogniser_class({self.recogniser!r}); print(*sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        _must(done.returncode == 0, done.stderr)
        heavy = set(HEAVY) & set(done.stdout.split())
        _must(not heavy, f"{', '.join(heavy)}: import what is heavy where it is first needed")

    def test_it_hears_what_is_said(self, options: Mapping[str, Any]) -> None:
        said = self.heard(options, [self.text])
        alike = likeness(self.text, differences(self.text, said.text, self.language))
        _must(alike >= ENOUGH, f"«{self.text}» was heard as «{said.text}»")
        _must(0 < said.confidence <= 1, f"its confidence is {said.confidence}, not 0 to 1")

    def test_words_come_in_order_and_within_the_sound(self, options: Mapping[str, Any]) -> None:
        said, last = self.heard(options, [self.text]), 0.0
        for word in said.words:
            _must(bool(word.text), "a word is empty")
            _must(last <= word.start <= word.end, f"«{word.text}» begins before the one before it")
            _must(0 <= word.confidence <= 1, f"«{word.text}» has a confidence beyond 0 to 1")
            last = word.start
        _must(last <= self.spoken().seconds, "a word begins after the sound is over")

    def test_what_it_weighs_belongs_to_the_texts_it_was_asked_about(
        self, options: Mapping[str, Any]
    ) -> None:
        asked = [self.text] if self.led else [self.text, self.other]
        said = self.heard(options, asked)
        for name, told in (("losses", said.losses), ("whole", said.whole), ("told", said.told)):
            _must(len(told) in (0, len(asked)), f"{name} has not one place for each expected text")
        for text, losses in zip(asked, said.losses, strict=False):
            many = len(differences(text, said.text, self.language))
            _must(len(losses) == many, f"«{text}» differs at {many} places, not {len(losses)}")

    def test_it_is_not_led_by_what_is_expected(self, options: Mapping[str, Any]) -> None:
        if self.led:
            return
        heard = listen(self.engine(options), self.spoken(), [self.other], self.language)
        assert heard.judgement is not None
        _must(not heard.judgement.suits, f"«{self.text}» was taken for «{self.other}»")

    def test_nothing_is_heard_where_nobody_speaks(self, options: Mapping[str, Any]) -> None:
        engine = self.engine(options)
        hiss = noise("hiss", 2.0)
        quiet = Sound((hiss.samples // 64).astype(hiss.samples.dtype), hiss.rate)
        for sound in (quiet, replace(quiet, samples=quiet.samples[:0])):
            said = listen(engine, sound, [self.text], self.language).said
            _must(said.text == "", f"where nobody speaks it hears «{said.text}»")

    def test_the_same_sound_is_heard_alike_twice(self, options: Mapping[str, Any]) -> None:
        engine, sound = self.engine(options), self.spoken()
        one, other = (engine.hear(sound, [self.text], self.language) for _ in range(2))
        _must(one.text == other.text, f"once it hears «{one.text}», then «{other.text}»")

    def test_a_language_it_does_not_know_is_refused_in_words(
        self, options: Mapping[str, Any]
    ) -> None:
        try:
            self.heard(options, [self.text], "xx")
        except CannotLook as wrong:
            _must(bool(wrong.hint), "it refuses and does not say what to do")

    def test_it_works_in_a_process_of_its_own(self, options: Mapping[str, Any]) -> None:
        async def once() -> Said:
            async with Hearing(self.recogniser, options, patience=120) as hearing:
                return (await hearing.hear(self.spoken(), [self.text], self.language)).said

        try:
            said = asyncio.run(once())
        except CxassureError as wrong:
            raise AssertionError(f"beside a call it fails: {wrong}") from None
        _must(bool(said.text), "in a process of its own it hears nothing")

    def heard(
        self, options: Mapping[str, Any], expected: Sequence[str], language: str = ""
    ) -> Said:
        return self.engine(options).hear(self.spoken(), expected, language or self.language)


def _must(true: bool, what: str) -> None:
    if not true:
        raise AssertionError(what)
