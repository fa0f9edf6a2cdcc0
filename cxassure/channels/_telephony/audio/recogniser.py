"""What a recogniser of speech is and gives; which ones there are, ours and third parties'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.errors import CannotLook, UsageError
from cxassure.text import guess

GROUP = "cxassure.recognisers"
BUILT_IN = {
    "whisper": "cxassure.channels._telephony.audio.whisper:Whisper",
    "menu": "cxassure.channels._telephony.audio.menu:MenuGrammar",
    "golden": "cxassure.channels._telephony.audio.repertoire:Repertoire",
    "endpoint": "cxassure.channels._telephony.audio.endpoint:Endpoint",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was heard: seconds from the start of the sound, and how sure it is (0 to 1)."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A recording that was nearly heard: `since` and `until` are the seconds of it in which the
    sound was another one."""

    text: str
    since: float
    until: float

    def __str__(self) -> str:
        where = f"from {self.since:.1f} to {self.until:.1f} s of it"
        return f"the recording «{self.text}» is said otherwise {where}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a recogniser heard; `text` is empty where it heard no speech.

    `losses`: for each expected text, one figure for each of its differences from `text` (as
    `likeness.differences` gives them): how much likelier the sound is as it was heard than as it
    was expected, as a logarithm (nats); 0 or less means that the expected words suit the sound as
    well. `whole`: the same for each expected text in its own writing, infinite where it has `*`.
    Both are empty where an engine cannot tell. `told`: what it hears when it is told to look out
    for each expected text; empty for those that it was not told. `otherwise`: recordings that are
    in the sound but for a word or two; no word of theirs is in `text`.
    """

    text: str
    confidence: float
    words: tuple[Word, ...] = ()
    losses: tuple[tuple[float, ...], ...] = ()
    whole: tuple[float, ...] = ()
    told: tuple[str, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()


class Recogniser(Protocol):
    """An engine, made from its options once a process, asked from one thread at a time."""

    def hear(self, sound: Sound, expected: Sequence[str], language: str) -> Said:
        """What is said in `sound`. `expected` are texts that may be said there (`*` is any
        words); an engine may use them to look closer, never to answer what was not said.
        Blocks. Raises `CannotLook` where it cannot work."""


def recognisers() -> list[str]:
    """Names of all there are, sorted."""
    return sorted({*BUILT_IN, *_points()})


def recogniser(name: str, options: dict[str, Any] | None = None) -> Recogniser:
    """An engine by name; `UsageError` with a guess when there is none of that name or an option
    is unknown, `CannotLook` when something that it needs is missing."""
    made = recogniser_class(name)
    try:
        found: Recogniser = made(**(options or {}))
    except ModuleNotFoundError as wrong:
        raise _missing(name, wrong) from None
    except TypeError as wrong:
        raise UsageError(f"the recogniser «{name}» does not take these options: {wrong}") from None
    return found


def recogniser_class(name: str) -> Any:
    """What makes an engine from its options; raises as `recogniser` does."""
    points = _points()
    if name not in points and name not in BUILT_IN:
        raise UsageError(f"unknown recogniser «{name}»", guess(name, recognisers()))
    try:
        return points[name].load() if name in points else _built_in(BUILT_IN[name])
    except ModuleNotFoundError as wrong:
        raise _missing(name, wrong) from None
    except (ImportError, AttributeError, SyntaxError) as wrong:
        raise CannotLook(
            f"the recogniser «{name}» ({points[name].value}) cannot be loaded: {wrong}",
            "mend its package, or uninstall it",
        ) from None


def _missing(name: str, wrong: ModuleNotFoundError) -> CannotLook:
    what = f"the recogniser «{name}» needs {wrong.name or wrong}"
    ours = name not in _points()
    return CannotLook(what, "`pip install 'cxassure[voice]'`" if ours else "install it beside it")


@cache
def _points() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _built_in(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
