"""Whether what was heard is what was expected: the decision, and everything that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cxassure.channels._telephony.audio.likeness import Difference, differences, likeness
from cxassure.channels._telephony.audio.normal import Change, normalise
from cxassure.channels._telephony.audio.recogniser import Said

WORD, NUMBER, WHOLE, LED = 6.0, 1.5, 5.0, 40.0
"""Nats that the sound may be likelier as it was heard than as expected: by a word, by a number, by
the text in all; and by any word where the recogniser, told what to look out for, hears just that.
Fitted on the first hundred prompts of `./cx bench hearing`."""
BLIND = 0.85
"""The likeness that is enough where an engine gives no figures, if no number differs."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`suits`: the expected prompt was heard. `confidence` 0 to 1: 1 when every word was heard as
    expected; a difference that the sound itself excuses counts half."""

    expected: str
    heard: str
    suits: bool
    confidence: float
    differences: tuple[Difference, ...] = ()
    steps: tuple[Change, ...] = ()

    @property
    def words(self) -> str:
        """Why, for a person: `«1048» heard as «1049»`."""
        if not self.heard:
            return "nothing was said"
        parts = [f"«{one.expected}» heard as «{one.heard}»" for one in self.differences]
        return "; ".join(parts) or "heard word by word"


def judge(
    expected: Sequence[str], said: Said, language: str = "en", *, part: bool = True
) -> Judgement:
    """The judgement on that one of the `expected` texts that suits best.

    `said` must come from a recogniser that was given the same texts in the same order. With `part`
    (the default) more may be said before and after.
    """
    found = [_one(text, said, n, language, part) for n, text in enumerate(expected)]
    return max(found, key=lambda one: (one.suits, one.confidence))


def _one(text: str, said: Said, place: int, language: str, part: bool) -> Judgement:
    steps = (*normalise(text, language).steps, *normalise(said.text, language).steps)
    if not said.text:
        return Judgement(text, "", False, 0.0)
    found = differences(text, said.text, language, part=part)
    letters = likeness(text, found, language)
    told = Judgement(text, said.text, not found, letters, found, steps)
    if not found:
        return told
    if place >= len(said.losses) or len(said.losses[place]) != len(found):
        numbers = any(one.number for one in found)
        return replace(told, suits=letters >= BLIND and not numbers)
    again = said.told[place] if place < len(said.told) else ""
    led = bool(again) and not differences(text, again, language, part=part)
    excused = _excused(found, said, place, led)
    return replace(told, suits=excused, confidence=(1 + letters) / 2 if excused else letters)


def _excused(found: Sequence[Difference], said: Said, place: int, led: bool) -> bool:
    """Whether the sound bears out the expected text. `led`: told what to look out for, the
    recogniser hears just that; without it a number that differs is another number."""
    losses = said.losses[place]
    if any(map(_another_number, found, losses)):
        return False
    if led:
        return max(losses) <= LED
    if any(one.number for one in found):
        return False
    return max(losses) <= WORD or (place < len(said.whole) and said.whole[place] <= WHOLE)


def _another_number(one: Difference, loss: float) -> bool:
    """A recogniser drops and doubles digits, but what it takes for another digit is one."""
    return one.number and _digits(one.expected) == _digits(one.heard) and loss > NUMBER


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
