"""What a journey costs its customer: a fold over the stream, done as it grows.

Contacts, turns, key presses, words heard, seconds waited and on hold, time to human and to the
first response, re-asks; how a voice agent took its turns, how pages were painted. The fold knows
at which step each figure grew, so that a broken promise is blamed on the step that broke it.
`effort` makes one figure of them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import fsum
from typing import Any

from cxassure.events import AnyEvent, Observed, StepStarted
from cxassure.matcher import squeezed
from cxassure.text import plain

UNITS = {
    "contacts": "",
    "turns": "",
    "key_presses": "",
    "words_heard": "",
    "waited": "s",
    "hold": "s",
    "time_to_human": "s",
    "re_asks": "",
    "first_audio": "s",
    "turn_p50": "s",
    "turn_p95": "s",
    "recovery": "s",
    "loops": "",
    "first_response": "s",
    "first_paint": "s",
    "largest_paint": "s",
    "layout_shift": "",
}
"""The measures by name, with their units; promises are made on these."""

TURNS = frozenset(("said", "pressed", "picked", "dialled"))
SPOKEN = frozenset(("prompt", "reply", "speech"))
HUMAN = frozenset(("answered", "joined"))
WAITS = frozenset(("silence", "music", "ringing", "queue"))
HELD = frozenset(("music", "queue"))
AGENT = ("first_audio", "turn_p50", "turn_p95", "recovery", "loops")
"""What a line to a voice agent tells of its turns, once a call; the worst call counts."""
VITALS = ("first_paint", "largest_paint", "layout_shift")
"""What a browser tells of each page, when its window closes; the worst page counts."""
SCORES = frozenset(("layout_shift",))
"""Measures that are no lengths of time and no counts either: their limits may be fractions."""
MEASURED = frozenset(("first_response", *VITALS))
"""What only some runs have a figure of: none is not nought."""
ANSWERS = SPOKEN | {"said"}
"""What the company, or a person of it, answers a contact with."""

_SENTENCE = re.compile(r"[^.!?;:]+[.!?;:]*")
_FACT = "\0"
"""Stands for the fact, however a sentence names it."""
_REQUESTS = (
    r"please|kindly|enter|type|key in|say|tell|give|provide|share|send|need|ask (?:you )?for|"
    r"(?:may|can|could) (?:i|we)\b(?! help| assist)|(?:could|can) you|would you mind|"
    r"do you (?:have|know|remember)|what (?:is|was)|what's|which"
)
_ASKS = re.compile(rf"\b(?:{_REQUESTS})\b")
_ASIDE = re.compile(
    rf"\b(?:about|by|in|on|regarding|under|with|without) (?:(?:an?|my|that|the|this|your) )?{_FACT}"
)
"""A question may mention the fact and be about something else."""
_CONFIRMS = re.compile(
    r"\b(is that|is this|is it|correct|right\?|did you mean|confirm|was that|you said|you entered|"
    r"about order|about that|to hear|press \d)\b"
)
_HAS = re.compile(
    r"\b(?:(?<!may )(?<!can )(?<!could )(?:i|we) (?:see|found|have(?! to))|"
    r"thanks for|thank you for|while (?:i|we))\b"
    rf"(?:(?!\b(?:{_REQUESTS})\b)[^,]){{0,80}}{_FACT}|"
    rf"{_FACT} (?:is|was|has been) (?:found|noted|received|saved)\b"
)
"""What was found, or is thanked for, is there; no more politeness than that acquits a request."""
_SHORT = (
    r" ?(?:#(?! ?\d)|nr\b\.?(?! ?\d)|no\.(?! ?\d| (?-i:[A-Z])|$)|"
    r"no(?=[?!,;:)]|\.(?! ?\d)|$| (?:again|and|first|from|now|please|so)\b))"
)
"""`no.`, `nr` or `#` behind what is numbered, where the number itself does not follow. A full stop
behind which a sentence begins is left to end its own."""


def asks_for(text: str, fact: str, value: str) -> bool:
    """Whether `text` asks the customer for `fact`, whose value the company already has.

    A sentence asks when it names the fact, in whatever order of words, and requests it. One that
    reads the value back is a confirmation and does not count, nor does one that offers a choice.
    """
    if _says(text, value):
        return False
    named = _named(plain(fact)).sub(_FACT, " ".join(text.split()))
    return any(_requests(sentence) for sentence in _SENTENCE.findall(plain(named)))


def _requests(sentence: str) -> bool:
    if _FACT not in sentence or _CONFIRMS.search(sentence) or _HAS.search(sentence):
        return False
    questions = "?" in sentence and not _ASIDE.search(sentence)
    return bool(_ASKS.search(sentence)) or questions


@lru_cache(256)
def _named(fact: str) -> re.Pattern[str]:
    """The ways to name a fact: `order number`, `number of your order`, `order no.`, `order #`."""
    *first, last = map(re.escape, fact.split() or [fact])
    ways, thing = [" ".join([*first, last])], " ".join(first)
    if first:
        ways.append(rf"{thing}['’]s {last}")
        ways.append(rf"\b{last} (?:of|for|on) (?:my|that|the|this|your) (?:\w+ )?{thing}(?!\w)")
    if first and last == "number":
        ways.append(rf"\b{thing}{_SHORT}")
    return re.compile("|".join(ways), re.IGNORECASE)


def _says(text: str, value: str) -> bool:
    """Whether `value` stands in `text`, spelt out digit by digit or not."""
    return bool(value) and squeezed(value) in squeezed(text)


EFFORT = {
    "waited": 1.0,
    "words_heard": 0.4,
    "key_presses": 2.0,
    "turns": 5.0,
    "re_asks": 45.0,
}
"""What a unit of each figure costs the customer, in seconds; docs/effort.md gives the reasons."""

AGAIN = 120.0
"""Seconds that it costs to have to turn to the company once more."""
HALF = 180.0
"""The cost, in seconds, that is half of the greatest effort."""


def effort(figures: Mapping[str, float]) -> float:
    """The effort index: from 0, none at all, towards 100. It never falls as a figure grows."""
    costs = [price * max(0.0, figures.get(name, 0.0)) for name, price in EFFORT.items()]
    cost = fsum([*costs, AGAIN * max(0.0, figures.get("contacts", 0.0) - 1)])
    return 100.0 * (1.0 - HALF / (cost + HALF))  # each operation keeps the order, rounded too


@dataclass(slots=True)
class Measures:
    """Figures so far, and `grew`: at which step and when each reached each of its values."""

    figures: dict[str, float] = field(
        default_factory=lambda: {
            "contacts": 0,
            "turns": 0,
            "key_presses": 0,
            "words_heard": 0,
            "waited": 0.0,
            "hold": 0.0,
            "re_asks": 0,
        }
    )
    grew: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    asked_again: list[tuple[int, str, str]] = field(default_factory=list)
    _step: int = 0
    _contact: float | None = None
    _talking: set[str] = field(default_factory=set)
    _unanswered: dict[str, float] = field(default_factory=dict)
    _came: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, event: AnyEvent, facts: dict[str, str]) -> None:
        """Takes one event; `facts` are those whose values the company has been told by now."""
        if isinstance(event, StepStarted):
            self._step = event.index
        elif isinstance(event, Observed):
            self._take(event, facts)

    def _take(self, event: Observed, facts: dict[str, str]) -> None:
        self._answer(event)
        if event.who == "customer" and event.what in TURNS:
            self._turn(event)
        if event.what == "pressed" and event.who == "customer":
            self._grow("key_presses", len(event.text.replace(" ", "")))
        if event.what in WAITS:
            self._grow("waited", event.seconds)
        if event.what in HELD:
            self._grow("hold", event.seconds)
        if event.what in SPOKEN and event.who == "company":
            self._grow("words_heard", len(event.text.split()))
            self._ask(event, facts)
        if event.what == "turns" and event.who == "line":
            self._worst(AGENT, event.data, self._step)
        if event.what == "page":
            self._came.setdefault((event.party, event.data.get("url", "")), self._step)
        if event.what == "vitals" and event.who == "line":
            self._vitals(event)
        self._human(event)

    def _answer(self, event: Observed) -> None:
        """How long the company took to answer at first: the slowest contact counts."""
        if self._begins(event):
            self._unanswered[event.party] = event.at
        elif event.who in ("company", "agent") and event.what in ANSWERS:
            since = self._unanswered.pop(event.party, None)
            if since is not None:
                told = {"first_response": max(event.at - since, 0.0)}
                self._worst(("first_response",), told, self._step)

    def _begins(self, event: Observed) -> bool:
        """Whether the company owes an answer from here: to a call that was picked up (where the
        line does not say when: dialled), to a chat that was opened, to its first word."""
        if event.who == "customer":
            first = event.what in TURNS and event.party not in self._talking
            return first or event.what in ("dialled", "opened")
        return event.what == "connected" and event.party in self._unanswered

    def _vitals(self, event: Observed) -> None:
        """Blamed on the step in which the page came, not on that in which its window closed."""
        for page in event.data.get("pages", ()):
            step = self._came.get((event.party, page.get("url", "")), self._step)
            self._worst(VITALS, page, step)

    def _worst(self, names: Iterable[str], told: Mapping[str, Any], step: int) -> None:
        for name in names:
            value, known = told.get(name), self.figures.get(name, 0.0)
            if isinstance(value, int | float) and value >= known:
                self._grow(name, value - known, step)

    def _turn(self, event: Observed) -> None:
        """Every call is a contact, and the first word of every other conversation."""
        if event.what == "dialled" or event.party not in self._talking:
            self._grow("contacts", 1)
        self._talking.add(event.party)
        self._grow("turns", 1)

    def _human(self, event: Observed) -> None:
        """Time to human counts from the first contact in words or by phone, not from the shop."""
        if self._contact is None and event.who == "customer" and event.what in TURNS:
            self._contact = event.at
        human = event.who == "agent" and event.what in HUMAN
        if human and "time_to_human" not in self.figures:
            began = event.at if self._contact is None else self._contact
            self._grow("time_to_human", event.at - began)

    def _ask(self, event: Observed, facts: dict[str, str]) -> None:
        for fact, value in facts.items():
            if asks_for(event.text, fact, value):
                self._grow("re_asks", 1)
                self.asked_again.append((event.step, fact, event.text))

    def _grow(self, name: str, by: float, step: int | None = None) -> None:
        self.figures[name] = self.figures.get(name, 0) + by
        at = self._step if step is None else step
        self.grew.setdefault(name, []).append((at, self.figures[name]))

    def step_over(self, name: str, limit: float) -> int | None:
        """The step at which `name` first went over `limit`, `None` when it never did."""
        return next((step for step, value in self.grew.get(name, ()) if value > limit), None)

    def items(self) -> Iterator[tuple[str, float, str]]:
        """(name, value, unit) of every figure that there is."""
        for name, value in self.figures.items():
            yield name, round(value, 3), UNITS[name]
