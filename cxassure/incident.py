"""Incidents: what a look at a journey found, what is wrong since when, and what is said to whom.

Every struct is frozen and goes to JSON and back (`encode`, `decode`): a store keeps the `State`, an
outbox the `Message`s. Moments are in UTC, lengths of time in seconds.
"""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal, TypeVar

import msgspec

from cxassure.text import plain
from cxassure.verdict import Verdict

Kind = Literal["failed", "error", "missed"]
KINDS: tuple[Kind, ...] = ("failed", "error", "missed")
"""What can be wrong: the customer's experience, our looking, or that nobody looked at all."""

Loud = Literal["loud", "normal", "quiet"]
Word = Literal[
    "opened", "joined", "reopened", "acknowledged", "reminded", "escalated", "resolved", "lapsed",
    "undelivered", "test",
]  # fmt: skip
WORDS: tuple[Word, ...] = Word.__args__  # type: ignore[attr-defined]

LOUDER = ("minor", "major", "critical")
LOUDS: tuple[Loud, ...] = ("quiet", "normal", "loud")
"""Severities, and how loudly something is said, each louder than the one before."""

_VARIES = re.compile(r"«[^»]*»|\d+(?:[.,:]\d+)*")


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Shared options of everything here."""


class Fault(Frozen, frozen=True):
    """What failures have in common that come from one root cause.

    `step` is what was being done, `host` whom it was done to, `connector` over which line, `group`
    the kind of trouble: a code from outside, a facet, or the words of the reason.
    """

    kind: Kind
    env: str = ""
    step: str = ""
    host: str = ""
    connector: str = ""
    group: str = ""

    def agrees(self, other: Fault) -> bool:
        """Whether both are the same trouble, be it seen over different connectors."""
        return msgspec.structs.replace(other, connector=self.connector) == self


class Vantage(Frozen, frozen=True):
    """From where it was looked: each another pair of eyes on the same journey and row."""

    place: str = ""
    browser: str = ""
    number: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.place, self.browser, self.number)))


class Account(Frozen, frozen=True):
    """What a person needs to know of one failure. Texts are masked, and data: never markup."""

    step: str = ""
    expected: str = ""
    seen: str = ""
    customer: str = ""
    cause: str = ""
    runbook: str = ""
    link: str = ""
    again: str = ""
    last_good: datetime | None = None


class Observation(Frozen, frozen=True):
    """One look at a journey: the verdict of a run that ended at `at`, or of one that was missed.

    A `missed` run's `at` is the moment when it was found to be missed, `due` when it should have
    been made, its `vantage.place` where. `window` names the
    maintenance window that it was made in, `every` is how often this line is looked along (0 when
    nobody knows). `fault` is there for failed, error and missed.
    """

    at: datetime
    journey: str
    verdict: Verdict
    row: str = ""
    env: str = ""
    vantage: Vantage = Vantage()
    run: str = ""
    severity: str = "major"
    owner: str = ""
    window: str = ""
    every: float = 0.0
    due: datetime | None = None
    fault: Fault | None = None
    account: Account = Account()

    @property
    def name(self) -> str:
        """`journey` or `journey[row]`."""
        return f"{self.journey}[{self.row}]" if self.row else self.journey

    def line(self, kind: Kind) -> str:
        """The line of sight that it is a look along, as far as it matters for `kind`.

        A browser or number that was not had is not known; the place is, also of a missed run.
        """
        seen = str(self.vantage) if kind == "failed" else self.vantage.place
        return "|".join((kind, self.env, self.name, seen))


class Look(Frozen, frozen=True):
    """A look as it is remembered: when, and whether it was bad."""

    at: datetime
    bad: bool


class Track(Frozen, frozen=True):
    """One line of sight on which something of a kind is wrong, since its `first` bad look.

    `last` is the newest bad look, `looks` the newest ones of all. `goods` counts the good looks
    since, of which the first was at `well`. `incident` is the id of the one it belongs to; `other`
    is a bad look that seems to have another cause, after it was well at `parted`.
    """

    first: Observation
    last: Observation
    looks: tuple[Look, ...]
    goods: int = 0
    well: datetime | None = None
    incident: str = ""
    other: Observation | None = None
    parted: datetime | None = None

    @property
    def fault(self) -> Fault:
        assert self.last.fault is not None
        return self.last.fault

    @property
    def since(self) -> datetime:
        """Since when it is bad: of a run that was missed, since it was due."""
        return self.first.due or self.first.at


class Affected(Frozen, frozen=True):
    """A line that an incident touches; `until` is its first good look, `None` while it fails."""

    name: str
    vantage: str
    severity: str
    owner: str
    since: datetime
    until: datetime | None = None
    waived: str = ""


class Incident(Frozen, frozen=True):
    """One root cause, from the first bad look (`since`) to the last journey's recovery (`ended`).

    `told` says who has been told how loudly, and so hears of its end; `spoke` is when somebody was
    told last. `count` numbers its messages; `rung` counts the escalations, `times` the openings.
    """

    id: str
    fault: Fault
    since: datetime
    opened: datetime
    severity: str
    lead: Observation
    affected: dict[str, Affected]
    spoke: datetime
    told: dict[str, Loud] = {}
    count: int = 0
    rung: int = 0
    times: int = 1
    acknowledged: str = ""
    ended: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The journeys it touches, each once, in the order in which they came."""
        return tuple(dict.fromkeys(one.name for one in self.affected.values()))


class Deploy(Frozen, frozen=True):
    """A deployment: `what` was put into `env` (all of them when empty) at `at`.

    `target` names what of it, `link` is where it is told; both are for people only.
    """

    at: datetime
    what: str
    env: str = ""
    target: str = ""
    link: str = ""


class State(Frozen, frozen=True):
    """All that is remembered between two decisions; empty when all is well.

    `tracks` go by kind and line, `incidents` by id (those just ended stay for a while).
    """

    tracks: dict[str, Track] = {}
    incidents: dict[str, Incident] = {}
    deploys: tuple[Deploy, ...] = ()

    def open(self) -> list[Incident]:
        """Incidents that have not ended, the first opened first."""
        return [one for one in self.incidents.values() if one.ended is None]


# Rules


class Escalation(Frozen, frozen=True):
    """Who is told too, when nobody has acknowledged within `after`."""

    after: float
    to: tuple[str, ...]


class Loudness(Frozen, frozen=True):
    """How loudly a severity is told: who hears it besides the owner, how often it is said again."""

    loud: Loud = "normal"
    also: tuple[str, ...] = ()
    remind: float = 0.0
    escalate: tuple[Escalation, ...] = ()


class Waiver(Frozen, frozen=True):
    """`owner` has decided, for `reason`, that failures of `journeys` (globs) may be, `until`."""

    journeys: tuple[str, ...]
    owner: str
    reason: str
    until: datetime

    def covers(self, seen: Observation, now: datetime) -> bool:
        """Whether it holds for this failure at this moment: for failures only, never for errors."""
        names = (seen.journey, seen.name)
        fitting = any(g == n or fnmatchcase(n, g) for g in self.journeys for n in names)
        return fitting and seen.verdict == "failed" and now < self.until


LOUDNESS: dict[str, Loudness] = {
    "critical": Loudness(loud="loud", remind=900.0),
    "major": Loudness(remind=3600.0),
    "minor": Loudness(loud="quiet"),
}


class Rules(Frozen, frozen=True):
    """When to speak and to whom. The rules are told with examples in `docs/incidents.md`.

    `bad` of the last `of` looks confirm a failure, or another line of sight within `together`.
    `good` looks in a row and `calm` seconds without a bad one end it; within `reopen` of its end
    it is the same incident again. After a deployment nothing opens for `settle`. A look older
    than `late` begins nothing; runs that were missed are told when nobody looked for `missed`. A
    line that nobody looked along for `forget`, and for three times as long as it is usual there, is
    let go.
    """

    bad: int = 2
    of: int = 3
    together: float = 600.0
    good: int = 2
    calm: float = 300.0
    reopen: float = 3600.0
    settle: float = 0.0
    late: float = 1800.0
    missed: float = 300.0
    forget: float = 26 * 3600.0
    names: tuple[str, ...] = ()
    owners: dict[str, tuple[str, ...]] = {}
    otherwise: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    severities: dict[str, Loudness] = {}
    waivers: tuple[Waiver, ...] = ()

    def loudness(self, severity: str) -> Loudness:
        return self.severities.get(severity) or LOUDNESS.get(severity) or LOUDNESS["major"]

    def waiver(self, seen: Observation, now: datetime) -> Waiver | None:
        """The waiver that holds for this failure now, if there is one."""
        return next((one for one in self.waivers if one.covers(seen, now)), None)


class Recipient(Frozen, frozen=True):
    """Somebody who can be told: by which sender, and that sender's options as they are written.

    Options may hold `${secret.name}` and `${env.NAME}`.
    """

    name: str
    sender: str
    options: dict[str, str] = {}


class Alerts(Frozen, frozen=True):
    """The `alerts:` block: who can be told, the rules, and whom to ping every `ping_every`.

    `address` is the web address under which people see the reports folder, without a `/` at its
    end; nothing where they do not.
    """

    recipients: dict[str, Recipient] = {}
    rules: Rules = Rules()
    address: str = ""
    ping: str = ""
    ping_every: float = 60.0


# What is said


class Message(Frozen, frozen=True):
    """One thing said to one recipient. `id` is the same however often it is sent.

    `incident` is the same for all that is said of one incident. `why` says what `word` does not:
    who acknowledged it, what could not be delivered.
    """

    id: str
    to: str
    word: Word
    at: datetime
    incident: str = ""
    fault: Fault = Fault(kind="failed")
    severity: str = "major"
    loud: Loud = "normal"
    lead: str = ""
    since: datetime | None = None
    ended: datetime | None = None
    times: int = 1
    owner: str = ""
    affected: tuple[Affected, ...] = ()
    account: Account = Account()
    deploy: Deploy | None = None
    why: str = ""


class Posting(Frozen, frozen=True):
    """A message on its way: how often it was tried, when it is tried next, why it failed last."""

    message: Message
    next: datetime
    tries: int = 0
    why: str = ""
    told: bool = False


_T = TypeVar("_T")


def encode(thing: msgspec.Struct) -> bytes:
    """JSON of anything here."""
    return msgspec.json.encode(thing)


def decode(data: bytes, kind: type[_T]) -> _T:
    """What `encode` made; `msgspec.DecodeError` when it is no such thing."""
    return msgspec.json.decode(data, type=kind)


def group(why: str) -> str:
    """The words of a reason without what differs from run to run: numbers and quoted text."""
    return _VARIES.sub("#", plain(why))[:120]


def louder(severity: str) -> int:
    """The rank of a severity; one that nobody knows is taken as major."""
    return LOUDER.index(severity) if severity in LOUDER else LOUDER.index("major")
