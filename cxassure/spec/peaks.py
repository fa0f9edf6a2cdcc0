"""Reading the calendar in `cxassure.yaml`: `zone:`, `peaks:` and `windows:`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from cxassure.errors import Misread
from cxassure.journey import SEVERITIES
from cxassure.peak import (
    DAY,
    KINDS,
    ORDINARY,
    Between,
    Cadence,
    Calendar,
    Dates,
    Feed,
    Fixed,
    Holidays,
    Hours,
    Journeys,
    Ladder,
    Peak,
    Rung,
    Window,
    WindowKind,
    cadence,
    length,
    zone,
)
from cxassure.spec import moments
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip, guess

CALENDAR_KEYS = "zone peaks windows".split()
_WAYS = {"start": "end lasts", "holidays": "", "ics": "matching", "from": "to days"}
"""The keys that can say when something is, each with those that go with it."""

DATES = [key for way, others in _WAYS.items() for key in (way, *others.split())]
WINDOW_KEYS = [*DATES, *"zone kind journeys must_finish_before".split()]
PEAK_KEYS = [k for k in DATES if k not in ("from", "to", "days")] + (
    "zone title uplift journeys ladder must_finish_before".split()
)
EARLIEST = 180 * DAY
"""A ladder begins at most this many seconds before its peak."""

LONGEST = 92 * DAY
"""More than a quarter of a year is no peak but a slip of the pen."""

_T = TypeVar("_T")
_RUNG = re.compile(r"T-([1-9]\d{0,6}[smhdw])")
_AFTER = re.compile(r"(.+) for (\w+)")
_COUNTRY = re.compile(r"([A-Za-z]{2})(?:-(\w{1,6}))?")
_UPLIFT = re.compile(r"(\d{1,4}(?:\.\d+)?)[x×]?")


def read_calendar(shape: Shape, raw: dict[str, Raw]) -> Calendar:
    """The calendar in the settings `raw`; what is wrong is said to `shape`."""
    home = shape.typed(_zone, raw["zone"], "UTC", "zone") if "zone" in raw else "UTC"
    peaks = shape.pairs(raw["peaks"], "peaks") if "peaks" in raw else {}
    windows = shape.pairs(raw["windows"], "windows") if "windows" in raw else {}
    read = [Entry(shape, ("peaks", name), value, home).peak() for name, value in peaks.items()]
    kept = [Entry(shape, ("windows", n), value, home).window() for n, value in windows.items()]
    return Calendar(
        zone=home,
        peaks=tuple(peak for peak in read if peak),
        windows=tuple(window for window in kept if window),
    )


class Entry:
    """One peak or window under inspection, at the keys `at`."""

    keys: Sequence[str] = ()
    """What may stand in it, where it is neither a peak nor a window."""

    def __init__(self, shape: Shape, at: tuple[str, str], raw: Raw, home: str) -> None:
        self.shape, self.at, self.name = shape, at, at[1]
        shape.file_name(self.name, at[0].removesuffix("s").replace("_", " "), *at)
        self.raw = shape.pairs(raw, *at)
        shape.only(self.raw, self.keys or (PEAK_KEYS if at[0] == "peaks" else WINDOW_KEYS), *at)
        self.zone = self.typed(_zone, "zone", home)
        self.place = shape.places.key(*at)

    def peak(self) -> Peak | None:
        dates, title = self.dates(), self.typed(str, "title", "")
        uplift = self.typed(_uplift, "uplift", 0.0)
        finish = self.typed(_before, "must_finish_before", None)
        journeys, ladder = self.journeys(), self.ladder()
        if dates is None:
            return None
        return Peak(
            name=self.name,
            dates=dates,
            zone=self.zone,
            title=title,
            uplift=uplift,
            journeys=journeys,
            ladder=ladder,
            finish_before=finish,
            place=self.place,
        )

    def window(self) -> Window | None:
        dates, journeys = self.dates(), self.journeys()
        kind = self.typed(_kind, "kind", None)
        if kind is None and "kind" not in self.raw and self.raw:
            self.say(f"window «{self.name}» has no kind", "write kind: " + " or ".join(KINDS))
        finish = self.shape.flag(
            self.raw.get("must_finish_before", "false"), *self.at, "must_finish_before"
        )
        if dates is None or kind is None:
            return None
        return Window(
            name=self.name,
            kind=kind,
            dates=dates,
            zone=self.zone,
            journeys=journeys,
            finish_before=finish,
            place=self.place,
        )

    def typed(self, read: Callable[[str], _T], key: str, other: _T) -> _T:
        """What `read` makes of the scalar at `key`; `other` if there is none or it is wrong."""
        if key not in self.raw:
            return other
        return self.shape.typed(read, self.raw[key], other, *self.at, key)

    def say(self, what: str, hint: str, *keys: str) -> None:
        self.shape.say(what, hint, *self.at, *keys, key=True)

    # When

    def dates(self) -> Dates | None:
        """When it is, said in exactly one way."""
        ways = [way for way in _WAYS if way in self.raw]
        if len(ways) != 1:
            if self.raw:
                hint = "write start: with end: or lasts:, or holidays:, or ics:"
                more = ", or from: and to:" if self.at[0] != "peaks" else ""
                self.say(f"«{self.name}» must say when it is, in one way", hint + more)
            return None
        for key in DATES:
            if key in self.raw and key not in (ways[0], *_WAYS[ways[0]].split()):
                self.say(f"«{key}» does not go with «{ways[0]}»", "leave one of them out", key)
        read: dict[str, Callable[[], Dates | None]] = {
            "start": self.between,
            "holidays": self.holidays,
            "ics": self.feed,
            "from": self.hours,
        }
        return read[ways[0]]()

    def between(self) -> Between | None:
        start = self.typed(moments.moment, "start", None)
        end = self.typed(moments.moment, "end", None)
        lasts = self.typed(_lasting, "lasts", 0)
        if "end" in self.raw and "lasts" in self.raw:
            self.say("«end» and «lasts» say the same thing", "leave one of them out", "lasts")
        if start and end and isinstance(start.day, Fixed) and isinstance(end.day, Fixed):
            first = (start.day.on, start.minute or 0)
            days = (end.day.on - start.day.on).days
            if first >= (end.day.on, 1440 if end.minute is None else end.minute):
                self.say("it ends before it starts", "change start: or end:", "end")
            elif self.at[0] == "peaks" and days * DAY > LONGEST:
                self.say(f"a peak of {days} days", "make it 92 days at most, or several", "end")
        return Between(start=start, end=end, lasts=lasts) if start else None

    def holidays(self) -> Holidays | None:
        """`US`, `DE-BY`, or `{country: US, names: [Thanksgiving Day]}`."""
        raw, at = self.raw["holidays"], (*self.at, "holidays")
        parts = raw if isinstance(raw, dict) else {"country": raw}
        self.shape.only(parts, ("country", "names"), *at)
        where = (*at, "country") if isinstance(raw, dict) else at
        country = self.shape.typed(_country, parts.get("country", ""), ("", ""), *where)
        names = self.shape.words(parts.get("names", ""), *at, "names")
        return Holidays(country=country[0], subdivision=country[1], names=names)

    def feed(self) -> Feed | None:
        source = self.typed(str.strip, "ics", "")
        if source.startswith("http://"):
            self.say("a calendar is fetched by https only", "write https://…", "ics")
        return Feed(source=source, matching=self.typed(str, "matching", "")) if source else None

    def hours(self) -> Hours | None:
        if "to" not in self.raw:
            self.say("«from» needs a «to»", "write to: 07:00", "from")
            return None
        start = self.typed(moments.minute, "from", 0) % 1440
        days = self.shape.words(self.raw.get("days", ""), *self.at, "days")
        numbers = [self.shape.typed(moments.weekday, d, 0, *self.at, "days") for d in days]
        end = self.typed(moments.minute, "to", 0)
        return Hours(start=start, end=end, days=tuple(sorted({*numbers})) or tuple(range(7)))

    # What and how often

    def journeys(self) -> Journeys:
        if "journeys" not in self.raw:
            return Journeys()
        at = (*self.at, "journeys")
        parts = self.shape.pairs(self.raw["journeys"], *at)
        self.shape.only(parts, ("tags", "severity", "names"), *at)
        words = {key: self.shape.words(parts.get(key, ""), *at, key) for key in parts}
        for severity in words.get("severity", ()):
            if severity not in SEVERITIES:
                hint = "write " + ", ".join(SEVERITIES)
                self.shape.say(f"«{clip(severity, 60)}» is no severity", hint, *at, "severity")
        return Journeys(
            tags=words.get("tags", ()),
            severities=words.get("severity", ()),
            names=words.get("names", ()),
        )

    def ladder(self) -> Ladder:
        """The rungs as written; during and after stay as they are by default unless written."""
        if "ladder" not in self.raw:
            return Ladder()
        at = (*self.at, "ladder")
        raw, plain = self.shape.pairs(self.raw["ladder"], *at), Ladder()
        rungs = [r for key, value in raw.items() if (r := self.rung(key, value))]
        during, after = plain.during, (plain.after, plain.after_for)
        if "during" in raw:
            during = self.shape.typed(often, raw["during"], during, *at, "during")
        if "after" in raw:
            after = self.shape.typed(_after, raw["after"], after, *at, "after")
        self.told_apart(rungs)
        rungs.sort(key=lambda rung: -rung.before)
        return Ladder(rungs=tuple(rungs), during=during, after=after[0], after_for=after[1])

    def told_apart(self, rungs: Sequence[Rung]) -> None:
        """Of two rungs that begin together one would never be climbed."""
        begun: dict[int, str] = {}
        for rung in rungs:
            if (other := begun.setdefault(rung.before, rung.name)) != rung.name:
                what = f"«{rung.name}» begins when «{other}» does"
                self.say(what, "leave one of them out", "ladder", rung.name)

    def rung(self, key: str, raw: Raw) -> Rung | None:
        if key in ("during", "after"):
            return None
        at = (*self.at, "ladder", key)
        try:
            before = _before(key) or _before("")
        except Misread:
            hint = "write T-28d, T-2h (180 days at most), during or after"
            self.shape.say(f"«{clip(key, 40)}» is no rung of a ladder", hint, *at, key=True)
            return None
        return Rung(name=key, before=before, cadence=self.shape.typed(often, raw, ORDINARY, *at))


def often(text: str) -> Cadence:
    """`peak.cadence`, with the fields of a cron text looked at too. Raises `Misread`."""
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    found = cadence(text)
    if found.cron:
        try:
            next(CronSim(found.cron, datetime(2026, 1, 1, tzinfo=UTC)))
        except CronSimError as wrong:
            hint = "minute, hour, day of the month, month, day of the week: 30 6 * * MON-FRI"
            raise Misread(f"«{clip(text, 40)}» is no cron text: {wrong}", hint) from None
        except StopIteration:
            raise Misread(f"«{clip(text, 40)}» never comes", "change the day or month") from None
    return found


def _after(text: str) -> tuple[Cadence, int]:
    """`15m for 24h`: how often, and for how long after the end (a day when not said)."""
    found = _AFTER.fullmatch(text.strip())
    lasting = length(found[2]) if found else Ladder().after_for
    if lasting > 31 * DAY:
        raise Misread("a peak is over after a month", "write 31d at most")
    return often(found[1] if found else text), lasting


def _zone(text: str) -> str:
    return zone(text).key or text


def _kind(text: str) -> WindowKind | None:
    for kind in KINDS:
        if kind == text:
            return kind
    raise Misread(f"«{clip(text, 40)}» is no kind of window", guess(text, KINDS))


def _country(text: str) -> tuple[str, str]:
    if found := _COUNTRY.fullmatch(text.strip()):
        return found[1].upper(), found[2] or ""
    raise Misread(f"«{clip(text, 40)}» is no country", "write its two letters: US, DE or DE-BY")


def _lasting(text: str) -> int:
    if (value := length(text)) <= LONGEST:
        return value
    raise Misread("longer than 92 days", "make it shorter")


def _uplift(text: str) -> float:
    found = _UPLIFT.fullmatch(text.strip())
    if found and float(found[1]) > 0:
        return float(found[1])
    raise Misread(f"«{clip(text, 40)}» is no multiple", "write 4.5 for four and a half times")


def _before(text: str) -> int:
    """Seconds before the start: `T` or `T-1h`."""
    if text.strip() == "T":
        return 0
    found = _RUNG.fullmatch(text.strip())
    if found and (value := length(found[1])) <= EARLIEST:
        return value
    raise Misread(f"«{clip(text, 40)}» is no time before the start", "write T or T-1h")
