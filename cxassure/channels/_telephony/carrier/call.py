"""One call as the carrier has it: who speaks with whom, its state, what it takes, how it ended."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cxassure.channels._telephony.carrier.clock import VirtualClock
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import NOTICEABLE, heard_of
from cxassure.channels._telephony.carrier.webhook import Account
from cxassure.events import Who

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Sound
    from cxassure.channels._telephony.carrier.progress import Progress
    from cxassure.channels._telephony.carrier.room import Room
    from cxassure.channels._telephony.carrier.stream import Tap
    from cxassure.channels._telephony.carrier.walker import GoTo

Role = Literal["customer", "agent"]


class Gone(Exception):
    """The call has ended: nothing more is to be done on it."""


class CalledAway(Exception):
    """What the call waited for has come."""


class Moved(Exception):
    """The call is to go on elsewhere: somebody has sent it to another document."""


class Taker(Protocol):
    """Something that takes what the caller enters: a Gather, a Record."""

    @property
    def takes(self) -> frozenset[str]: ...

    def key(self, key: str) -> None: ...

    def speak(self, text: str, ends: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """`by` is company, customer, agent or line; `how` says it in words; `at` virtual seconds."""

    by: str
    how: str
    at: float


def never() -> bool:
    return False


def sid(kind: str, *of: object) -> str:
    """A Twilio identifier: two letters and 32 hex digits, the same for the same thing."""
    return kind + hashlib.sha256("\0".join(map(str, of)).encode()).hexdigest()[:32]


@dataclass(eq=False, slots=True)
class Call:
    """A leg. `status` is Twilio's CallStatus; `waits` while it is the caller's turn, `asking`
    while a webhook is asked what to do.

    `fault` is why the carrier had to break the call off, `trouble` why we could not go on.
    `walked` while a document is carried out on it, `moved` where it has been sent meanwhile; a leg
    on its `own` is no longer its parent's to end.
    """

    sid: str
    account: Account
    clock: VirtualClock
    ear: Ear
    caller: str
    called: str
    direction: str = "inbound"
    role: Role = "customer"
    parent: Call | None = None
    status: str = "ringing"
    waits: bool = False
    taker: Taker | None = None
    room: Room | None = None
    star_ends: bool = False
    starred: bool = False
    ready: bool = False
    recorded: bool = False
    asking: bool = False
    queued: str = ""
    fault: Fault | None = None
    trouble: Exception | None = None
    ended: Ending | None = None
    placed: float = 0.0
    ringing_since: float = 0.0
    answered: float | None = None
    away: Callable[[], bool] = never
    walked: bool = False
    moved: GoTo | None = None
    own: bool = False
    label: str = ""
    carries: Callable[[float, float], Sound] | None = None
    """The sound that came in on it between two moments, where there is any: for recordings."""
    progress: Progress | None = None
    taps: list[Tap] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.placed = self.ringing_since = self.clock.now()

    async def until(self, holds: Callable[[], bool] = never, seconds: float = math.inf) -> bool:
        """Waits until `holds()` or `seconds` have passed; says whether it holds.

        Raises `Gone` when the call has ended, `Moved` when it has been sent elsewhere, `CalledAway`
        when what it is held for has come.
        """
        await self.clock.until(
            lambda: holds() or self.ended is not None or self.moved is not None or self.away(),
            seconds,
        )
        if self.ended:
            raise Gone
        if self.moved:
            raise Moved
        if self.away():
            raise CalledAway
        return holds()

    def connect(self) -> None:
        """The company picks up, if it has not yet."""
        if self.status != "ringing" or self.ended:
            return
        self.status, self.answered = "in-progress", self.clock.now()
        if self.answered - self.ringing_since >= NOTICEABLE:
            self.rang(self.called, self.ringing_since)
        self.ear.note("line", "connected", self.called)
        self.ear.end()
        self.clock.stir()

    def rang(self, whom: str, since: float) -> None:
        """The caller has heard ringing from `since` until now."""
        self.ear.past("line", "ringing", whom, since)
        self.ringing_since = self.clock.now()

    async def sound(
        self,
        what: str,
        text: str,
        seconds: float,
        stops: Callable[[], bool] = never,
        who: Who = "company",
        **data: Any,
    ) -> None:
        """Lets the caller hear something, up to the moment in which `stops()`; records it then."""
        self.ear.begin()
        for tap in self.taps if what == "prompt" else ():
            tap.hears(text, "outbound")
        began, cut = self.clock.now(), True
        try:
            cut = await self.until(stops, seconds)
        finally:
            if cut:
                data = {**data, "cut": True, "whole": text}
                lasted = self.clock.now() - began
                text = heard_of(text, lasted) if what == "prompt" else text
            self.ear.past(who, what, text, began, **data)
            self.ear.end()

    @property
    def takes(self) -> frozenset[str]:
        """What the call would take from its end now: `keys`, `speech`, both or none."""
        if self.ended:
            return frozenset()
        if self.room:
            return frozenset(("keys", "speech"))
        return self.taker.takes if self.taker else frozenset()

    def key(self, key: str) -> bool:
        """One key pressed now; says whether anybody took it."""
        taken = "keys" in self.takes
        for tap in self.taps:
            tap.key(key)
        if self.room and taken:
            self.room.key(self, key)
            self.starred |= self.star_ends and key == "*"
        elif self.taker and taken:
            self.taker.key(key)
        self.clock.stir()
        return taken

    def speak(self, text: str, seconds: float) -> bool:
        """Speech that begins now and lasts `seconds`; says whether anybody took it."""
        taken = "speech" in self.takes
        for tap in self.taps:
            tap.hears(text, "inbound")
        if self.room and taken:
            self.room.speak(self, text, seconds)
        elif self.taker and taken:
            self.taker.speak(text, self.clock.now() + seconds)
        self.clock.stir()
        return taken

    def end(self, by: str, how: str, status: str = "completed") -> None:
        """Ends the call, unless it has ended; whoever waits for it is told."""
        if self.ended:
            return
        self.ended = Ending(by, how, self.clock.now())
        self.status, self.waits = status, False
        if self.room:
            self.room.leave(self)
        self.ear.begin()
        self.ear.note("line", "hung up", how, by=by)
        self.clock.stir()

    @property
    def duration(self) -> int:
        """Whole seconds that the call was up, as a carrier counts them."""
        if self.answered is None:
            return 0
        return math.ceil((self.ended.at if self.ended else self.clock.now()) - self.answered)
