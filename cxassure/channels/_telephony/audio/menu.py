"""Recognition offline by a grammar: the numbers in a prompt whose other words are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxassure.channels._telephony.audio.likeness import ANY, pieces
from cxassure.channels._telephony.audio.recogniser import Said, Word
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.errors import CannotLook

RATE = 16_000
DIGITS = "zero oh one two three four five six seven eight nine".split()
_HINT = "use the recogniser whisper for other prompts"


class MenuGrammar:
    """pocketsphinx with a grammar made of the expected texts, each digit a slot.

    Exact about digits and menu options and cheap, but it forces whatever is said into one of the
    expected texts: it tells which number stands in a prompt that is known to be the right one,
    never whether it is the right one. English.
    """

    def __init__(self) -> None:
        import pocketsphinx

        self._decoder: Any = pocketsphinx.Decoder(samprate=RATE, lm=None, loglevel="FATAL")

    def check(self, language: str) -> None:
        """Raises `CannotLook` for another language than English."""
        if not language.lower().startswith("en"):
            raise CannotLook("a grammar needs expected texts, in English", _HINT)

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        """See `Recogniser`. Raises `CannotLook` without an expected text, for another language
        than English, for words that are not in the dictionary, and for numbers that are not
        read digit by digit."""
        self.check(language)
        if not expected:
            raise CannotLook("a grammar needs expected texts", _HINT)
        if not spoken(sound):
            return Said("", 0.0)
        rules = " | ".join(f"({self._rule(text)})" for text in expected)
        self._decoder.add_jsgf_string("menu", f"#JSGF V1.0;\ngrammar menu;\n{_RULES}"
                                      f"public <said> = {rules};\n")  # fmt: skip
        self._decoder.activate_search("menu")
        self._decoder.start_utt()
        self._decoder.process_raw(sound.at(RATE).samples.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return Said("", 0.0) if found is None else self._said(found.hypstr)

    def _rule(self, text: str) -> str:
        return " ".join(self._slot(word, piece.written)
                        for piece in pieces(text) for word in piece.words)  # fmt: skip

    def _slot(self, word: str, written: str) -> str:
        if word == ANY:
            raise CannotLook("a grammar cannot take any words (*)", _HINT)
        if word.isdigit() and (len(word) == 1 or len(written.split()) == len(word)):
            return " ".join(["<digit>"] * len(word))
        if any(map(str.isdigit, word)):
            raise CannotLook(f"«{written}» is not read digit by digit", _HINT)
        if self._decoder.lookup_word(word) is None:
            raise CannotLook(f"the dictionary does not know «{word}»", _HINT)
        return word

    def _said(self, text: str) -> Said:
        words = tuple(
            Word(one.word.partition("(")[0], one.start_frame / 100, (one.end_frame + 1) / 100, 1.0)
            for one in self._decoder.seg()
            if not one.word.startswith(("<", "["))
        )
        return Said(text, 1.0 if words else 0.0, words)


_RULES = f"<digit> = {' | '.join(DIGITS)};\n"
