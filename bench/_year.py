"""A year in virtual time: journeys, peaks, outages and slips of the network, looked at and told.

The world knows what was broken when; `Year.judge` holds every message against it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo

from cxassure.incident import Fault, Kind, Message, Observation, Rules, State, Vantage
from cxassure.watch.incidents import decide
from cxassure.watch.incidents.tracks import EFFECTS

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Sydney")
PEAKS = (
    ("Valentine", 0, date(2026, 2, 13)), ("clocks forward", 0, date(2026, 3, 8)),
    ("spring sale", 1, date(2026, 3, 29)), ("clocks back", 2, date(2026, 4, 5)),
    ("Mother's Day", 0, date(2026, 5, 9)), ("end of year", 2, date(2026, 6, 30)),
    ("summer sale", 1, date(2026, 7, 25)), ("clocks forward there", 2, date(2026, 10, 4)),
    ("autumn sale", 1, date(2026, 10, 25)), ("Halloween", 0, date(2026, 11, 1)),
    ("Black Friday", 0, date(2026, 11, 27)), ("Christmas Eve", 1, date(2026, 12, 24)),
)  # fmt: skip
"""Twelve days of local time; six of them are days on which a clock changes."""

Line: TypeAlias = tuple[str, str, str]
MINUTE = timedelta(minutes=1)
OWNERS = ("checkout", "care", "voice", "web")
RULES = Rules(names=OWNERS, otherwise=("support",), ours=("ops",))
MISSED = timedelta(seconds=RULES.missed)


@dataclass(frozen=True)
class Journey:
    """`lines` are (row, place); `host` is what breaks; `zone` that of its maintenance window."""

    name: str
    host: str
    owner: str
    severity: str
    zone: ZoneInfo
    lines: tuple[tuple[str, str], ...]


@dataclass
class Outage:
    """What was broken for whom from `start` until before `end`, and whether it was told.

    `must` is the moment from which it had to be: two looks in a row along one line had found it,
    the newer one outside maintenance, and where nobody looked for `MISSED`. It is the
    other face (`face_of`) of one that it followed without a good look between.
    """

    kind: Kind
    where: str
    trouble: str
    start: datetime
    end: datetime
    first: datetime | None = None
    face_of: Outage | None = None
    must: datetime | None = None
    told: datetime | None = None

    @property
    def cause(self) -> tuple[str, str, str]:
        return self.kind, self.where, self.trouble


@dataclass
class Year:
    """`days` from `first`, looked at every `ordinary`, every `busy` on peak days.

    `slips` is the share of looks that fail though nothing is broken; `lonely` slips never come
    within three looks of another bad one of a line, and never along two lines at once.
    """

    seed: int = 0
    journeys: int = 40
    first: date = date(2026, 1, 1)
    days: int = 365
    ordinary: timedelta = 60 * MINUTE
    busy: timedelta = MINUTE
    outages: int = 300
    slips: float = 0.001
    lonely: bool = True
    rules: Rules = RULES
    messages: list[Message] = field(default_factory=list)
    broken: list[Outage] = field(default_factory=list)
    looks: int = 0
    slipped: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.all = [self._journey(n) for n in range(self.journeys)]
        self.start = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        self.broken = sorted(self._outages(), key=lambda one: one.start)
        self.before: dict[Line, Outage | None] = {}
        self.shaken: dict[Line, int] = {}
        self.shown: dict[tuple[Line, Kind], Outage] = {}
        self.quiet_until = self.start

    def _journey(self, n: int) -> Journey:
        rows = ("desktop", "mobile") if n % 3 == 0 else ("",)
        places = ("fra", "iad") if n % 4 == 0 else ("fra",)
        return Journey(
            name=f"journey-{n}",
            host=f"host-{n % 8}",
            owner=OWNERS[n % len(OWNERS)],
            severity=("critical", "major", "minor")[n % 3],
            zone=ZoneInfo(ZONES[n % 3]),
            lines=tuple((row, place) for row in rows for place in places),
        )

    def _outages(self) -> Iterator[Outage]:
        """Of one host one after another, often close; of the places we look from; of the worker."""
        wheres = [*(("failed", f"host-{n}") for n in range(8)), ("error", "fra"), ("missed", "")]
        for kind, where in wheres:
            at = self.start
            for _ in range(self.outages // len(wheres)):
                gap = self.dice.choice((5, 40, 60 * 24, 60 * 24 * 10)) * self.dice.random()
                length = 10 ** self.dice.uniform(-0.3, 3)
                begin = at + MINUTE * gap
                at = begin + MINUTE * length
                trouble = self.dice.choice(("HTTP 503", "no reply", "time-out"))
                yield Outage(kind, where, trouble, begin, at)  # type: ignore[arg-type]
                gap = self.days * 1440 * 10 / self.outages
                at += MINUTE * gap * self.dice.random() * self.dice.choice((0, 1, 2))

    # Looking

    def ticks(self) -> Iterator[datetime]:
        """Moments at which it is looked: in steps of UTC, denser on peak days of their zone."""
        peaks = {(ZoneInfo(ZONES[zone]), day) for _, zone, day in PEAKS}
        at, end = self.start, self.start + timedelta(days=self.days)
        while at < end:
            yield at
            hot = any(at.astimezone(zone).date() == day for zone, day in peaks)
            at += self.busy if hot else self.ordinary

    def run(self) -> Year:
        state = State()
        ahead = list(reversed(self.broken))
        now_broken: list[Outage] = []
        for at in self.ticks():
            while ahead and ahead[-1].start <= at:
                now_broken.append(ahead.pop())
            now_broken = [one for one in now_broken if one.end > at]
            seen = [self._look(j, line, at, now_broken) for j in self.all for line in j.lines]
            state, said = decide(state, seen, self.rules, at)
            self.messages += said
        self.state = state
        return self

    def _look(
        self, journey: Journey, line: tuple[str, str], at: datetime, broken: list[Outage]
    ) -> Observation:
        self.looks += 1
        row, place = line
        outage = next((o for o in broken if self._hits(o, journey, place)), None)
        local = at.astimezone(journey.zone)
        window = "weekly" if local.weekday() == 6 and local.hour == 2 else ""
        slip = not outage and not window and self._slips((journey.name, row, place), at)
        kind: Kind | None = outage.kind if outage else "failed" if slip else None
        fault = None
        if kind:
            host = outage.where if outage else journey.host
            fault = Fault(kind=kind, host=host, group=outage.trouble if outage else "slip")
        if outage:
            self._note(outage, (journey.name, row, place), at, window)
        self._remember((journey.name, row, place), outage, kind)
        return Observation(
            at=at,
            journey=journey.name,
            row=row,
            verdict=kind or "passed",
            vantage=Vantage(place=place),
            severity=journey.severity,
            owner=journey.owner,
            window=window,
            fault=fault,
        )

    @staticmethod
    def _hits(outage: Outage, journey: Journey, place: str) -> bool:
        if outage.kind == "failed":
            return outage.where == journey.host
        return outage.kind == "missed" or outage.where == place

    def _note(self, outage: Outage, line: Line, at: datetime, window: str) -> None:
        before, shown = self.before.get(line), self.shown.get((line, outage.kind))
        outage.first = outage.first or at
        earlier = shown and shown.first and shown.first < outage.first
        if earlier and outage.must is None and outage.face_of is None:
            outage.face_of = shown  # whatever line it goes on along: the others join it there
        long = outage.kind != "missed" or at - outage.first >= MISSED
        if before is outage and long and not window and outage.must is None:
            outage.must = at

    def _remember(self, line: Line, outage: Outage | None, kind: Kind | None) -> None:
        """What each kind of trouble last showed on a line, unless it was seen well since."""
        self.before[line] = outage
        left = 3 if outage else self.shaken.pop(line, 0) - 1
        if left > 0:
            self.shaken[line] = left
        for other, bad in EFFECTS[kind or "passed"].items():
            if not bad:
                self.shown.pop((line, other), None)
            elif outage:
                self.shown[line, other] = outage

    def _slips(self, line: Line, at: datetime) -> bool:
        if self.dice.random() >= self.slips:
            return False
        if self.lonely and (at < self.quiet_until or line in self.shaken):
            return False
        self.slipped += 1
        self.quiet_until = at + 4 * self.ordinary
        return True

    # Judging

    def judge(self) -> dict[str, list[str]]:
        """What should never be: outages untold, or told later than they were confirmed; incidents
        told twice; alerts without an outage."""
        opened = [m for m in self.messages if m.word in ("opened", "reopened")]
        groundless = [m for m in opened if not self._grounded(m)]
        for outage in self.broken:
            outage.told = self._told(outage, opened)
        found = [o for o in self.broken if o.must]
        return {
            "untold": [str(o) for o in found if not o.told],
            "late": [str(o) for o in found if o.must and o.told and o.told > o.must],
            "twice": self._twice(opened),
            "groundless": [str(m) for m in groundless],
        }

    def _grounded(self, said: Message) -> bool:
        """Whether something was broken, at the time, for all that are named as affected."""
        now = [o for o in self.broken if o.start <= said.at < o.end and o.kind == said.fault.kind]
        known = {j.name: j for j in self.all}
        return any(
            all(
                self._hits(outage, known[one.name.partition("[")[0]], one.vantage or outage.where)
                for one in said.affected
                if one.until is None
            )
            for outage in now
        )

    def _told(self, outage: Outage, opened: list[Message]) -> datetime | None:
        """When somebody heard of it: at its opening, at that of the incident it goes on with, or
        at that of the outage whose other face it is."""
        if outage.face_of and (told := self._told(outage.face_of, opened)):
            return told
        found = outage.must or outage.end
        for said in opened:
            ended = self.ends.get((said.incident, said.times), self.finish)
            new = outage.start <= said.at < outage.end
            if self._is(said, outage) and (new or said.at <= found <= ended):
                return said.at
        return None

    @staticmethod
    def _is(said: Message, outage: Outage) -> bool:
        return (said.fault.kind, said.fault.host, said.fault.group) == outage.cause

    @property
    def finish(self) -> datetime:
        return self.start + timedelta(days=self.days)

    @cached_property
    def ends(self) -> dict[tuple[str, int], datetime]:
        """When each incident was said to be over, by its id and how often it had opened."""
        over = (m for m in self.messages if m.word in ("resolved", "lapsed"))
        return {(m.incident, m.times): m.at for m in over}

    @staticmethod
    def _twice(opened: list[Message]) -> list[str]:
        heard = Counter((m.incident, m.times, m.to) for m in opened)
        return [str(key) for key, count in heard.items() if count > 1]
