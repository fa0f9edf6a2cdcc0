"""How spoken words are compared with written ones: marks, capitals and figures are the writer's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cxassure.channels._telephony.audio.likeness import ANY
from cxassure.channels._telephony.audio.normal import normalise, same

_SENTENCE = re.compile(r"(?<=[.?!;])\s+")
_FIRST, _LAST = "\x02", "\x03"
"""Stand before the first and behind the last word where nothing else may be said."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The `Spelling` of a line that speaks `language`: `two` is `2`, `10.48 pounds` is `£10.48`.

    `*` in an expected text stands for any words; in one that was said it is the key, `star`.
    """

    language: str = "en"

    def says(self, heard: Sequence[str], expected: str, whole: bool = False) -> bool:
        """Whether the words of `expected` are said in `heard`, in a row but for what `*` stands
        for; with `whole` nothing else is."""
        want, got = _words(expected, self.language), [w for one in heard for w in self._said(one)]
        if not any(word != ANY for word in want):
            return ANY in want and bool(got)
        if whole:
            want, got = (_FIRST, *want, _LAST), [_FIRST, *got, _LAST]
        at = 0
        for run in _runs(want):
            found = _found(run, got, at)
            if found is None:
                return False
            at = found + len(run)
        return True

    def written(self, text: str) -> str:
        """`text` as it is compared; an expected one with its `*`."""
        return " ".join(_words(text, self.language))

    def _said(self, text: str) -> Iterator[str]:
        """A number never goes on over the end of a sentence."""
        for sentence in _SENTENCE.split(text.replace(ANY, " star ")):
            yield from _words(sentence, self.language)


@lru_cache(maxsize=4096)
def _words(text: str, language: str) -> tuple[str, ...]:
    return normalise(text, language).words


def _runs(words: Sequence[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for word in (*words, ANY):
        if word != ANY:
            run.append(word)
        elif run:
            yield run
            run = []


def _found(run: Sequence[str], words: Sequence[str], since: int) -> int | None:
    """Where a run of words begins in others, at `since` or behind."""
    places = range(since, len(words) - len(run) + 1)
    return next((at for at in places if all(map(same, run, words[at:]))), None)
