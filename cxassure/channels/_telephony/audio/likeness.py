"""How expected words are laid beside heard ones, and where the two differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from cxassure.channels._telephony.audio.normal import is_number, normalise, same

ANY = "*"
"""In an expected text: any words, or none."""
_SWALLOWED = 0.01
"""What a word costs that `*` takes: nearly nothing, but the fewest are taken."""
_MISSED = 1.25
"""What an expected word costs that was not heard; one heard too much costs 1."""
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b")
_WIDEST = 12
"""Words as written that one date, price or number may take."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What cannot be divided without changing its meaning: a word, or a whole number or date."""

    written: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the texts part: the words of each side, and the pieces `start` to `end` heard."""

    expected: str
    heard: str
    start: int
    end: int

    @property
    def number(self) -> bool:
        """Whether a number differs: there is no nearly right order number. `6th` for `6` is one
        word for another."""
        sides = [_ORDINAL.sub("", side) for side in (self.expected, self.heard)]
        return sides[0] != sides[1] and any(map(is_number, " ".join(sides).split()))

    @property
    def alike(self) -> float:
        """0 to 1 by the letters that both share, in order."""
        one, other = self.expected.replace(" ", ""), self.heard.replace(" ", "")
        return SequenceMatcher(None, one, other, autojunk=False).ratio()


@lru_cache(maxsize=1024)
def pieces(text: str, language: str = "en") -> tuple[Piece, ...]:
    """`text` in pieces whose normalised words, one after another, are those of the whole."""
    written, whole = text.split(), normalise(text, language).words
    found: list[Piece] = []
    at = taken = 0
    while at < len(written):
        wide, words = _shortest(written[at:], whole[taken:], language)
        found.append(Piece(" ".join(written[at : at + wide]), words))
        at, taken = at + wide, taken + len(words)
    return tuple(found)


def _shortest(
    written: Sequence[str], whole: tuple[str, ...], language: str
) -> tuple[int, tuple[str, ...]]:
    """How many words as written make the next normalised ones; all, where none do."""
    for wide in range(1, min(_WIDEST, len(written)) + 1):
        words = normalise(" ".join(written[:wide]), language).words
        if words == whole[: len(words)] and not _goes_on(written[wide:], words, whole, language):
            return wide, words
    return len(written), whole


def differences(
    expected: str, heard: str, language: str = "en", *, part: bool = True
) -> tuple[Difference, ...]:
    """Where `heard` departs from `expected`, in order.

    `*` in the expected text stands for any words. With `part` the expected text may be a part of
    what was heard.
    """
    want = [word for piece in pieces(expected, language) for word in piece.words]
    got = [(word, at) for at, piece in enumerate(pieces(heard, language)) for word in piece.words]
    words = _compounds([word for word, _ in got], set(want))
    owner = [got[place][1] for place, _ in words] + [len(pieces(heard, language))]
    want = [word for _, word in _compounds(want, {word for word, _ in got})]
    want = [ANY, *want, ANY] if part else want
    return tuple(_differences(_beside(want, [word for _, word in words]), owner))


def _compounds(words: Sequence[str], others: set[str]) -> list[tuple[int, str]]:
    """(place, word), where two neighbours that the other side writes as one are one."""
    found: list[tuple[int, str]] = []
    for place, word in enumerate(words):
        if found and found[-1][0] == place - 1 and found[-1][1] + word in others:
            found[-1] = (place - 1, found[-1][1] + word)
        else:
            found.append((place, word))
    return found


def likeness(expected: str, found: Sequence[Difference], language: str = "en") -> float:
    """0 to 1: the share of the expected letters that was heard; near misses count in part."""
    wanted = [word for word in normalise(expected, language).words if word != ANY]
    size = sum(map(len, wanted)) or 1
    lost = sum(
        max(len(one.expected.replace(" ", "")), 1) * (1 if one.number else 1 - one.alike)
        for one in found
    )
    return max(0.0, 1 - lost / size)


def _goes_on(
    rest: Sequence[str], words: tuple[str, ...], whole: tuple[str, ...], language: str
) -> bool:
    """Whether a number that is found takes the next word as well: `half past six` after `six`."""
    if not rest or not words or not is_number(words[-1]):
        return False
    following = whole[len(words) : len(words) + 1]
    return normalise(rest[0], language).words[:1] != following


_Pair = tuple[str, str, int]
"""An expected word or "", a heard word or "", and the place of the heard one."""


def _differences(pairs: Sequence[_Pair], owner: Sequence[int]) -> Iterator[Difference]:
    """Neighbouring pairs that are not the same, joined; words only divided otherwise are none.

    `owner` names the piece of each heard word, and after the last the end.
    """
    for run in _runs(pairs):
        want = " ".join(word for word, _, _ in run if word)
        got = " ".join(word for _, word, _ in run if word)
        if want.replace(" ", "") == got.replace(" ", "") or same(want, got):
            continue
        places = [at for _, word, at in run if word]
        start = owner[places[0] if places else run[0][2]]
        end = max(owner[places[-1] + 1], start + 1) if places else start
        yield Difference(want, got, start, end)


def _runs(pairs: Sequence[_Pair]) -> Iterator[list[_Pair]]:
    run: list[_Pair] = []
    for pair in pairs:
        if pair[0] == ANY or (pair[0] and pair[1] and same(pair[0], pair[1])):
            if run:
                yield run
            run = []
        else:
            run.append(pair)
    if run:
        yield run


def _beside(want: Sequence[str], got: Sequence[str]) -> list[_Pair]:
    """The cheapest way to lay one beside the other (Levenshtein); what `*` swallows is free."""
    cost = [[0.0] * (len(got) + 1) for _ in range(len(want) + 1)]
    for i in range(len(want) + 1):
        for j in range(len(got) + 1):
            if i or j:
                cost[i][j] = min(price for price, _, _ in _moves(want, got, cost, i, j))
    pairs: list[_Pair] = []
    i, j = len(want), len(got)
    while i or j:
        _, one, other = min(_moves(want, got, cost, i, j), key=lambda move: move[0])
        swallowed = bool(i) and want[i - 1] == ANY
        pairs.append((
            ANY if swallowed else want[i - 1] if one else "",
            got[j - 1] if other else "",
            j - 1 if other else j,
        ))  # fmt: skip
        i, j = i - one, j - other
    return pairs[::-1]


def _moves(
    want: Sequence[str], got: Sequence[str], cost: Sequence[Sequence[float]], i: int, j: int
) -> Iterator[tuple[float, int, int]]:
    """(price, expected words used, heard words used) of each last step to (i, j)."""
    free = bool(i) and want[i - 1] == ANY
    if i and j and not free:
        yield cost[i - 1][j - 1] + _price(want[i - 1], got[j - 1]), 1, 1
    if i:
        yield cost[i - 1][j] + (0 if free else _MISSED), 1, 0
    if j:
        yield cost[i][j - 1] + (_SWALLOWED if free else 1), 0, 1


@lru_cache(maxsize=16384)
def _price(one: str, other: str) -> float:
    """Of taking one word for another: less than leaving one out, least for words alike."""
    if same(one, other):
        return 0.0
    return 1.2 - 0.6 * SequenceMatcher(None, one, other, autojunk=False).ratio()
