"""What a channel is: a session class whose verbs and facets are its methods.

A channel is a subclass of `Session`. Methods marked `@verb` are what can be done, methods marked
`@facet` what can be seen; their signatures are the grammar of the language, their docstrings the
reference. Keyword parameters of `open` are the options that a party may set.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal, NewType, Protocol, TypeAlias, TypeVar

from cxassure.errors import Broken
from cxassure.events import Who, traceparent
from cxassure.settings import Calls, Target
from cxassure.text import Raw

REHEARSAL_HEADER = "X-Rehearsal-Time"
"""The header that carries the instant a run is rehearsed for, ISO 8601 with offset (RFC 3339)."""

Seconds = NewType("Seconds", float)
"""A length of time: written `5s` or `500ms` in a journey, a float of seconds in code."""


class Clock(Protocol):
    """Customer time in seconds from some origin; `now` never goes back."""

    def now(self) -> float: ...


class RealClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation as its session keeps it: `at` and `ends` on the session's own clock."""

    who: Who
    what: str
    text: str
    at: float
    ends: float
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """`text` for a person, with how it is `unlike` what it should sound like."""
        unlike = self.data.get("unlike")
        return f"{self.text} [{unlike}]".strip() if unlike else self.text


class Spelling(Protocol):
    """How what was spoken compares with what an author wrote: of marks, capitals and the way in
    which numbers are written a speaker says nothing."""

    def says(self, heard: Sequence[str], expected: str, whole: bool = False) -> bool:
        """Whether `expected` is said in `heard`; with `whole` nothing else is."""

    def written(self, text: str) -> str:
        """`text` as it is compared, for a person to see."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Facet value for what was said: observations in order, compared as one text.

    The engine finds the shortest prefix that suits a matcher; its last observation is the matched
    one, from which the time of coming and the start of the next `listen` follow.
    """

    items: tuple[Seen, ...]
    spelling: Spelling | None = None
    """Given where it was spoken; what was written is compared as it stands."""

    @property
    def text(self) -> str:
        return " ".join(item.text for item in self.items)

    @property
    def shown(self) -> str:
        """`text` for a person; of several parts of one sound the last tells what it is unlike."""
        shown = [
            one.text if one.data.get("unlike") == after.data.get("unlike") else one.shown
            for one, after in pairwise(self.items)
        ]
        return " ".join([*shown, *(item.shown for item in self.items[-1:])]).strip()

    def says(self, expected: str, whole: bool = False) -> bool:
        """Whether `expected` was spoken, however it is written."""
        if self.spelling is None:
            return False
        return self.spelling.says([item.text for item in self.items], expected, whole)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong that nobody had to ask for: `what` in words, with its seconds.

    `verdict` is what the step under way comes to at least. Where the journey looks at one of
    `facets` itself, it is the journey's to judge, and the trouble is only told.
    """

    what: str
    verdict: Literal["failed", "degraded"]
    expected: str = ""
    facets: frozenset[str] = frozenset()


Value: TypeAlias = "str | bool | int | float | Heard | list[str] | Mapping[str, Any]"


class Unseen(Exception):
    """Raised by a facet that this line cannot see (`audio` over twiml): never passed."""


class ArgumentType(Protocol):
    """A class of one's own that an argument may be read as (a web locator)."""

    KEYS: ClassVar[frozenset[str]]

    @classmethod
    def read(cls, raw: Raw) -> Any:
        """The value in `raw`; raises `errors.Misread`."""


_F = TypeVar("_F", bound=Callable[..., Any])


def verb(*, passive: bool = False) -> Callable[[_F], _F]:
    """Marks a method as something a party can do.

    A passive verb (`listen`, `wait`) does nothing to the company: what it reads begins where the
    party's last matched observation ended, not where the step began.
    """

    def mark(method: _F) -> _F:
        method.cx_verb = {"passive": passive}  # type: ignore[attr-defined]
        return method

    return mark


def facet(*, fields: type | None = None) -> Callable[[_F], _F]:
    """Marks a method as something a party can see.

    It returns a `Value`, `None` while there is nothing to see yet, or raises `Unseen`. `fields` is
    a TypedDict that names the keys of a facet which returns a mapping; without it any key goes.
    Parameters select what is looked at (`count(of=…)`).
    """

    def mark(method: _F) -> _F:
        method.cx_facet = {"fields": fields}  # type: ignore[attr-defined]
        return method

    return mark


_STARTING = 30.0
"""Seconds that a shared thing may take to start before its scope gives it up."""


class Scope:
    """Things shared by the sessions of one run, or of all runs of one command, made once by key.

    What has an async `close` is closed in reverse order when the scope ends.
    """

    def __init__(self) -> None:
        self._made: dict[str, asyncio.Future[Any]] = {}

    async def once(self, key: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """What `make` gave for `key`: begun for the first who asks, waited for by all.

        It is made in a task of its own: whoever asks may be cancelled without harm to the others.
        """
        if key not in self._made:
            task = self._made[key] = asyncio.ensure_future(make())
            task.add_done_callback(lambda done: self._drop_failed(key, done))
        return await asyncio.shield(self._made[key])

    def _drop_failed(self, key: str, done: asyncio.Future[Any]) -> None:
        if (done.cancelled() or done.exception()) and self._made.get(key) is done:
            del self._made[key]

    def forget(self, key: str) -> None:
        """The next who asks for `key` makes it anew (a browser that has died)."""
        self._made.pop(key, None)

    async def close(self) -> None:
        """What is still being made is waited for, as it has to be closed too."""
        for future in reversed(list(self._made.values())):
            await asyncio.wait({future}, timeout=_STARTING)
            if not future.done():
                future.cancel()
            elif not future.cancelled() and not future.exception():
                made = future.result()
                if hasattr(made, "close"):
                    await made.close()
        self._made.clear()


def _never_quiet() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Calling:
    """What a line must know before it rings a real telephone: the rules, the file in which live
    calls are written down, and `quiet`, which says why nobody is to be rung now, "" where fine."""

    rules: Calls
    ledger: Path
    quiet: Callable[[], str] = _never_quiet


@dataclass(slots=True)
class Opening:
    """What a session is given: who it is, where to go, and the ways out of it.

    `observe` records a line of the transcript and gives its second of the journey, `keep` puts
    evidence away, `finding` says something worth telling that is no failure, `conceals` tells
    whether a text holds a secret. All mask secrets before anything leaves the engine.
    """

    party: str
    channel: str
    target: Target
    targets: Mapping[str, Target]
    observe: Callable[[Seen], float | None]
    keep: Callable[[str, bytes, str], Awaitable[None]]
    finding: Callable[[str], None]
    conceals: Callable[[str], bool]
    run: Scope
    campaign: Scope
    run_id: str = ""
    seed: int = 0
    browser: str = ""
    synthetic_header: str = "X-Synthetic-Test"
    trace: bool = False
    rehearsed: datetime | None = None
    """The instant that is rehearsed, aware and in the zone asked for; None for a run of today."""
    step: int = 0
    """The step that is under way, or was the party's last; set by the engine."""
    calling: Calling | None = None
    """Without it no real telephone may be rung."""
    judges: frozenset[str] = frozenset()
    """The facets that the journey looks at by itself, whoever's they are."""
    acts: tuple[tuple[str, Raw], ...] = ()
    """What this party is to do: each step's verb, and its argument as it is written."""

    @property
    def marks(self) -> dict[str, str]:
        """The headers by which the company knows our traffic, for when it is meant, and of which
        trace it is part (W3C Trace Context)."""
        own = {self.synthetic_header: self.run_id or "1"} if self.synthetic_header else {}
        own |= {"traceparent": traceparent(self.run_id, self.step)} if self.run_id else {}
        return own | ({REHEARSAL_HEADER: self.when} if self.rehearsed else {})

    @property
    def when(self) -> str:
        """The rehearsed instant as it is sent: `2026-12-24T13:00:00-05:00`, "" for today."""
        return self.rehearsed.isoformat(timespec="seconds") if self.rehearsed else ""


class Session:
    """One party's end of a channel. Subclasses add verbs and facets and mind the hooks below."""

    patience: ClassVar[float] = 10.0
    """Seconds allowed to an expectation that sets no `within`."""
    heavy: ClassVar[bool] = False
    """True where a session costs a browser: such probes are counted apart."""
    lines: ClassVar[tuple[str, ...]] = ()
    """What a target's `over` may be, the default first; empty where there is just one way."""
    rehearses: ClassVar[bool] = False
    """True where another date than today's can be carried to the company, or makes no difference.
    A channel with lines says it of each: on the connector."""
    announces: ClassVar[str] = ""
    """The facet in which announcements to all customers are heard or seen; "" where none are."""

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        self.opening = opening
        self.connector = connector
        self.clock: Clock = RealClock()
        self.seen: list[Seen] = []
        self._dated: dict[int, float] = {}
        self.window = 0
        """Where facets begin to read in `seen`; set by the engine as each step begins."""
        self.matched = 0
        """Where the last matched observation ended; set by the engine when a step ends."""
        self.limit = self.patience
        """Seconds that the step now under way may take; set by the engine."""
        self.look_on = 5.0
        """Seconds that are looked on past `limit`, to tell late from never; set by the engine."""
        self.troubles: list[Trouble] = []
        """What went wrong unasked; the engine takes it at the end of each step."""

    async def open(self) -> None:
        """Gets ready. Raises `CannotLook` when this side cannot."""

    def expecting(self, texts: tuple[str, ...]) -> None:
        """Told before each step: the texts that its expectations name. A line that has to make
        words out of sound may listen for them; others need not care."""

    async def attend(self, until: float) -> None:
        """Returns when there may be something new to see, or when `clock` has reached `until`."""
        await asyncio.sleep(min(0.05, max(until - self.clock.now(), 0)))

    @property
    def settled(self) -> bool:
        """True when nothing more will come before the customer acts.

        Expectations of absence (`not`, `at_most`, `equals`) are only believed then.
        """
        return True

    @property
    def final(self) -> bool:
        """True when nothing that this party sees can change before it acts again, however long one
        looks: what does not hold then is told at once."""
        return False

    @property
    def behind(self) -> bool:
        """True while something that was heard already is still being made out: when it came, it
        came then, however long this side takes; the engine waits for it."""
        return False

    @property
    def doubt(self) -> str:
        """Why what was seen cannot be held against the company (this machine stalled while sound
        came); empty where it can. A step that fails in doubt is an error."""
        return ""

    async def read(self, locator: Raw) -> str:
        """The text of the thing that `locator` points at, for `keep`. Raises `Broken`."""
        raise Broken(f"a {self.opening.channel} party has no things to point at")

    async def witness(self, why: str) -> None:
        """Keeps evidence of the moment at which a step was found broken."""

    async def close(self) -> None:
        """Hangs up, closes, leaves nothing behind. Must bear being called at any moment."""

    def note(self, who: Who, what: str, text: str = "", *, took: float = 0.0, **data: Any) -> Seen:
        """Records that `who` did or said `what`, lasting `took` seconds and ending that long on."""
        now = self.clock.now()
        seen = Seen(who, what, text, now, now + took, data)
        self.record(seen)
        return seen

    def trouble(self, trouble: Trouble) -> None:
        """Tells of something wrong, and has it judged unless the journey does so itself."""
        self.opening.finding(trouble.what)
        if not trouble.facets & self.opening.judges:
            self.troubles.append(trouble)

    def record(self, seen: Seen) -> None:
        """Records an observation whose times are already known."""
        self.seen.append(seen)
        if (at := self.opening.observe(seen)) is not None:
            self._dated[id(seen)] = at

    @property
    def course(self) -> list[Seen]:
        """`seen` in order, with its times in seconds of the journey and not of a clock."""
        dated = ((self._dated.get(id(seen), seen.at), seen) for seen in self.seen)
        moved = (replace(s, at=at, ends=at + s.ends - s.at) for at, s in dated)
        return sorted(moved, key=lambda one: one.at)

    def heard(self, *what: str) -> Heard | None:
        """What was seen of these kinds since the window began, None when there was nothing."""
        items = tuple(s for s in self.seen[self.window :] if not what or s.what in what)
        return Heard(items) if items else None
