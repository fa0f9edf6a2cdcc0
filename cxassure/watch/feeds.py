"""ICS calendars (RFC 5545) read: which events begin in a year, and what is refused before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cxassure.errors import Misread, Place, Problem, SpecError
from cxassure.peak import Calendar, Feed, zone, zones
from cxassure.text import clip
from cxassure.watch.wall import at_minute, instant

FOLDER = "calendars"
"""Where copies of fetched calendars are kept, below the workspace; they are to be committed."""

LARGEST = 5_000_000
EVENTS = 2_000
"""Events in a year: more are no calendar of peaks."""

_TAME = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}
_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_RULE = re.compile(r"(?:RRULE|EXRULE)(?:;[^:]*)?:(.*)", re.IGNORECASE)
_BROKEN = (ValueError, LookupError, AttributeError, TypeError, OverflowError)
"""What the libraries raise for a file that is not as RFC 5545 has it; much of it only when its
events are asked for."""

_ANEW = "export it again (RFC 5545)"
_AT = re.compile(
    r"(?:DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID)"
    r'(?:;(?:"[^"]*"|[^":])*?)?;TZID=("[^"]*"|[^";:,]*)',
    re.IGNORECASE,
)
"""The beginning of a property that gives times, as far as its zone."""


class Event(NamedTuple):
    """One coming of an event; aware times, a whole day from midnight to midnight. `lasting` is
    whether it has an end that is not its start, as it is written."""

    start: datetime
    end: datetime
    summary: str
    lasting: bool = True


def is_address(source: str) -> bool:
    """Whether `source` is to be fetched: an https address, or a secret that holds one."""
    return source.startswith(("https://", "http://", "${"))


def copy_of(source: str, root: Path) -> Path:
    """Where the text of `source` stands: the file itself, or the copy of what was fetched.

    The copy is named by what is written, so a secret address never shows in it.
    """
    if not is_address(source):
        return root / source
    slug = re.sub(r"[^a-z0-9]+", "-", source.removeprefix("https://").casefold()).strip("-")[:60]
    return root / FOLDER / f"{slug}-{hashlib.sha256(source.encode()).hexdigest()[:8]}.ics"


def load(calendar: Calendar, root: Path, live: frozenset[str] = frozenset()) -> Calendar:
    """`calendar` with the text of its feeds, and the targets that are dialled for real.

    Nothing is fetched. Raises `SpecError` for feeds that cannot be read or are refused.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for entry in calendar.entries:
        if isinstance(entry.dates, Feed) and entry.dates.source not in texts:
            source = entry.dates.source
            try:
                texts[source] = _read(copy_of(source, root), source)
                problems += refusals(texts[source], _shown(copy_of(source, root), root))
            except Misread as wrong:
                problems.append(Problem(entry.place, wrong.what, wrong.hint))
    if problems:
        raise SpecError(problems)
    return msgspec.structs.replace(calendar, feeds=tuple(texts.items()), live=live)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _read(path: Path, source: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        if is_address(source):
            what = f"the calendar {clip(source, 80)} was not fetched yet"
            raise Misread(what, "type: cxassure peaks --fetch") from None
        raise Misread(f"{clip(str(path), 120)} cannot be read: {wrong.strerror}", "") from None
    return decoded(data, clip(source, 80))


def decoded(data: bytes, what: str) -> str:
    """The text of a calendar. Raises `Misread` when it is none."""
    if len(data) > LARGEST:
        raise Misread(f"{what} is larger than 5 MB", "give a calendar of the peaks alone")
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise Misread(f"{what} is no ICS calendar", "it must begin with BEGIN:VCALENDAR")
    return text


def refusals(text: str, path: str) -> list[Problem]:
    """Recurrences that would never finish expanding, files that cannot be parsed, zones that
    nobody knows and events that end before they start."""
    if found := list(_recurring(text, path)):
        return found
    try:
        parsed = _parsed(text)
    except _BROKEN as wrong:
        what = f"this is no valid ICS calendar: {clip(str(wrong), 120)}"
        return [Problem(Place(path), what, _ANEW)]
    return [*_nowhere(text, path, _defined(parsed)), *_backwards(text, path, parsed)]


def _recurring(text: str, path: str) -> Iterator[Problem]:
    for number, line in _unfolded(text):
        if (rule := _RULE.fullmatch(line)) and (wrong := _wild(rule[1].upper())):
            hint = "peaks come daily at most, at one time of the day: take this event out"
            yield Problem(Place(path, number, 1), f"a rule that repeats {wrong}", hint)


def _nowhere(text: str, path: str, defined: set[str]) -> Iterator[Problem]:
    """Each zone that is neither known nor defined in the file, where it is named first."""
    named: dict[str, int] = {}
    for number, line in _unfolded(text):
        if found := _AT.match(line):
            named.setdefault(found[1].strip('"'), number)
    for name, number in named.items():
        if not _known(name, defined):
            hint = "name one of IANA (Europe/Berlin) or of Windows, or define it: BEGIN:VTIMEZONE"
            yield Problem(Place(path, number, 1), f"«{clip(name, 40)}» is no time zone", hint)


def _defined(parsed: Any) -> set[str]:
    return {str(one["TZID"]).strip("/") for one in parsed.walk("VTIMEZONE") if "TZID" in one}


def _known(name: str, defined: set[str]) -> bool:
    """Whether a zone is defined, of IANA or of Windows; after a slash its maker may stand before
    the name (RFC 5545, 3.2.19)."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    plain = name.strip("/")
    parts = plain.split("/") if name.startswith("/") else [plain]
    ends = {"/".join(parts[at:]) for at in range(len(parts))}
    return plain in defined or plain in WINDOWS_TO_OLSON or not ends.isdisjoint(zones())


def _backwards(text: str, path: str, parsed: Any) -> Iterator[Problem]:
    """Events that end before they start: whoever expands them takes one for the other."""
    begun = (n for n, line in _unfolded(text) if line.strip().upper() == "BEGIN:VEVENT")
    for number, event in zip(begun, parsed.walk("VEVENT"), strict=False):
        if not _cancelled(event) and _ends_early(event):
            what = f"«{clip(str(event.get('SUMMARY', '')), 60)}» ends before it starts"
            yield Problem(Place(path, number, 1), what, "change its DTSTART or its DTEND")


def _ends_early(event: Any) -> bool:
    """What cannot be read is told with its year (`events`)."""
    import recurring_ical_events  # type: ignore[import-untyped]

    times = recurring_ical_events.EventAdapter(event)
    try:
        return _aware(times.raw_end, "UTC") < _aware(times.raw_start, "UTC")
    except _BROKEN:
        return False


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) with continuation lines joined to the line that they continue."""
    begun, kept = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in (" ", "\t"):
            kept += line[1:]
            continue
        yield begun, kept
        begun, kept = number, line
    yield begun, kept


def _wild(rule: str) -> str:
    """What is too much about a recurrence, or ""."""
    parts = dict(part.partition("=")[::2] for part in rule.strip().split(";"))
    if (frequency := parts.get("FREQ", "")) not in _TAME:
        return f"«{clip(frequency, 20).lower()}»"
    interval = parts.get("INTERVAL", "1")
    if not interval.isdecimal() or int(interval[:9]) < 1:
        return "after no time"
    return "several times a day" if any("," in parts.get(key, "") for key in _PARTS) else ""


@lru_cache(64)
def _parsed(text: str) -> Any:
    import icalendar

    return icalendar.Calendar.from_ical(text)


@lru_cache(256)
def events(source: str, text: str, year: int, home: str) -> tuple[Event, ...]:
    """The events of `text` that begin in `year`, floating ones in the zone `home`.

    Raises `Misread` when there are too many, or one that cannot be read.
    """
    if not text:
        raise Misread(f"the calendar {clip(source, 80)} was not read", "load it first")
    found: list[Event] = []
    try:
        for one in _near(text, year, home):
            if one.start.astimezone(zone(home)).year == year:
                found.append(one)
            if len(found) > EVENTS:
                what = f"{clip(source, 80)} has more than {EVENTS} events in {year}"
                raise Misread(what, "give a calendar of the peaks alone")
    except _BROKEN as wrong:
        what = f"{clip(source, 80)} has an event that cannot be read: {clip(str(wrong), 120)}"
        raise Misread(what, _ANEW) from None
    return tuple(sorted(found))


def _near(text: str, year: int, home: str) -> Iterator[Event]:
    """The events of `year` that are not cancelled, and of a day more on both sides: what begins in
    this year here may begin in another there."""
    import recurring_ical_events

    query = recurring_ical_events.of(_parsed(text), skip_bad_series=False)
    for event in query.between(date(year - 1, 12, 31), date(year + 1, 1, 2)):
        if not _cancelled(event):
            yield _event(event, home)


def _cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _event(event: Any, home: str) -> Event:
    start, end, summary = event.start, event.end, str(event.get("SUMMARY", ""))
    return Event(_aware(start, home), _aware(end, home), summary, start != end)


def _aware(value: date, home: str) -> datetime:
    """`value` as an instant, by our own zones where the calendar names one of them."""
    if not isinstance(value, datetime):
        return at_minute(value, 0, zone(home))
    key = getattr(value.tzinfo, "key", None) if value.tzinfo else home
    if key is None:
        return value
    try:
        return instant(value.replace(tzinfo=None), zone(key))
    except Misread:
        return value


def fetch(calendar: Calendar, root: Path, secret: Callable[[str], str]) -> list[Path]:
    """Fetches the feeds that are addresses and keeps copies; `secret` gives a secret by its name.

    Only addresses written in the calendar are asked. Raises `UsageError` or `CannotLook`.
    """
    from cxassure.watch.fetching import fetched

    sources = {
        entry.dates.source: None
        for entry in calendar.entries
        if isinstance(entry.dates, Feed) and is_address(entry.dates.source)
    }
    return [fetched(source, copy_of(source, root), secret) for source in sources]
