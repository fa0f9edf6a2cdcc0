"""Peaks and the calendar they stand in, as written: rules not yet turned into dates, times not yet
into instants; and `Due`, an instant at which a probe is to be run."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from cxassure.errors import Misread, Place
from cxassure.text import YEAR, clip, guess, seconds

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAY = 86400
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)
EVERY = {"hourly": 3600, "daily": DAY, "weekly": 7 * DAY}
NOWHERE = Place("")
_LONG = re.compile(r"(\d{1,4})(d|w)")
_CRON = re.compile(r"[\w*/,#-]+( [\w*/,#-]+){4}")


class Frozen(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """Shared options of the calendar's parts: they can be compared and be keys."""


# Days: which dates a rule gives in a year


class Fixed(Frozen, frozen=True, tag=True):
    """One date, once."""

    on: date


class Yearly(Frozen, frozen=True, tag=True):
    """`24 December`: the same date every year (29 February only where there is one)."""

    month: int
    day: int


class Nth(Frozen, frozen=True, tag=True):
    """`fourth Friday of November`; `nth` is 1 to 5, or -1 for the last. `weekday` 0 is Monday."""

    nth: int
    weekday: int
    month: int


class Easter(Frozen, frozen=True, tag=True):
    """Easter Sunday of the western churches, or of the orthodox ones."""

    orthodox: bool = False


class Holiday(Frozen, frozen=True, tag=True):
    """`Thanksgiving Day in US`: a public holiday by its English name; DE-BY is Bavaria."""

    name: str
    country: str
    subdivision: str = ""


class Shifted(Frozen, frozen=True, tag=True):
    """`Thursday before Easter`, `2 days after …`: so many days, or to the nearest weekday."""

    rule: Rule
    days: int = 0
    weekday: int | None = None
    back: bool = False


Rule: TypeAlias = Fixed | Yearly | Nth | Easter | Holiday | Shifted


class Moment(Frozen, frozen=True):
    """A day, and minutes of wall time after its midnight; None where no time was written."""

    day: Rule
    minute: int | None = None


# Dates: when a peak or window is


class Between(Frozen, frozen=True, tag=True):
    """From `start` until the first `end` after it, or for `lasts` seconds, or to the day's end."""

    start: Moment
    end: Moment | None = None
    lasts: int = 0


class Holidays(Frozen, frozen=True, tag=True):
    """Public holidays of a country, each a whole day; all of them when `names` is empty."""

    country: str
    subdivision: str = ""
    names: tuple[str, ...] = ()


class Feed(Frozen, frozen=True, tag=True):
    """The events of an ICS file or address whose summary holds `matching`, in whatever case."""

    source: str
    matching: str = ""


class Hours(Frozen, frozen=True, tag=True):
    """From one minute of the day to another, over midnight where `end` is not later.

    `days` are the weekdays on which it begins.
    """

    start: int
    end: int
    days: tuple[int, ...] = tuple(range(7))


Dates: TypeAlias = Between | Holidays | Feed | Hours


# How often


class Cadence(Frozen, frozen=True):
    """How often: every `period` seconds, or at the times of a `cron` text; neither is never."""

    said: str
    period: int = 0
    cron: str = ""


ORDINARY = Cadence(said="ordinary")
"""A rung that adds nothing to what is run anyway."""


class Rung(Frozen, frozen=True):
    """A step of the ladder: from `before` seconds before the start until the next rung."""

    name: str
    before: int
    cadence: Cadence


class Ladder(Frozen, frozen=True):
    """How often a peak's journeys are run before (earliest first), during and after it."""

    rungs: tuple[Rung, ...] = (
        Rung(name="T-28d", before=28 * DAY, cadence=Cadence(said="daily", period=DAY)),
        Rung(name="T-48h", before=48 * 3600, cadence=Cadence(said="hourly", period=3600)),
        Rung(name="T-2h", before=2 * 3600, cadence=Cadence(said="5m", period=300)),
    )
    during: Cadence = Cadence(said="1m", period=60)
    after: Cadence = Cadence(said="15m", period=900)
    after_for: int = DAY


class Journeys(Frozen, frozen=True):
    """Which journeys: any of the tags, any of the severities, any of the names (globs)."""

    tags: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Peak(Frozen, frozen=True):
    """Days of much traffic. `uplift` is the expected multiple of ordinary traffic, 0 for unsaid.

    Before the start the ladder's runs must be over by `finish_before` seconds before it, where
    that is not None. `place` is where it is written.
    """

    name: str
    dates: Dates
    zone: str
    title: str = ""
    uplift: float = 0.0
    journeys: Journeys = Journeys()
    ladder: Ladder = Ladder()
    finish_before: int | None = None
    place: Place = NOWHERE


WindowKind = Literal["blackout", "maintenance", "quiet", "message"]
KINDS: tuple[WindowKind, ...] = ("blackout", "maintenance", "quiet")


class Window(Frozen, frozen=True):
    """`blackout`: nothing is run. `maintenance`: run, but nobody is told. `quiet`: no live calls.

    `message`: something is to be heard then (`settings.MessageWindow`); it is no window of the
    calendar. With `finish_before` a run that could not be over when the window begins is not
    started.
    """

    name: str
    kind: WindowKind
    dates: Dates
    zone: str
    journeys: Journeys = Journeys()
    finish_before: bool = False
    place: Place = NOWHERE


class Calendar(Frozen, frozen=True):
    """All that says when to look. `zone` is that of `every:` and of what names none.

    `feeds` holds the text of each ICS source; `live` names the targets that are dialled for real.
    Both are filled in before anything is computed.
    """

    zone: str = "UTC"
    peaks: tuple[Peak, ...] = ()
    windows: tuple[Window, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()
    live: frozenset[str] = frozenset()

    @property
    def entries(self) -> tuple[Peak | Window, ...]:
        """Peaks, then windows."""
        return (*self.peaks, *self.windows)


# What comes of it


class Occurrence(Frozen, frozen=True):
    """A peak or window come to dates: from `start` until before `end`, in UTC."""

    start: datetime
    end: datetime


class Due(Frozen, frozen=True):
    """A probe is to be run at `at` (UTC). `peak` is empty for a run that is due on any day.

    `why` names the rungs or the cadence. `window` names a maintenance window that it falls into.
    """

    at: datetime
    journey: str
    row: str = ""
    peak: str = ""
    why: str = ""
    window: str = ""


SlotState = Literal["due", "done", "missing", "missed"]


class Slot(Frozen, frozen=True):
    """What became of a due run, whose key is `probe` (its name) and `at` (UTC).

    `due`: to be started, or started where `campaign` says so; `done`: there is a result;
    `missing`: to be written down as missed in `campaign`; `missed`: that is written.
    """

    probe: str
    at: datetime
    state: SlotState = "due"
    campaign: str = ""
    verdict: str = ""
    why: str = ""


def length(text: str) -> int:
    """Whole seconds, a year at most, in `3d`, `2w`, or what `text.seconds` reads.

    Raises `Misread`.
    """
    if found := _LONG.fullmatch(text.strip()):
        value: float = int(found[1]) * DAY * (7 if found[2] == "w" else 1)
    else:
        value = seconds(text)
    if not 1 <= value <= YEAR or value != int(value):
        raise Misread(f"«{clip(text, 40)}» is no number of whole seconds", "write it as 90s or 5m")
    return int(value)


@lru_cache(4096)
def cadence(text: str) -> Cadence:
    """How often `5m`, `hourly`, `daily`, `weekly` or a cron text of five fields means.

    `ordinary` is a cadence that adds nothing. Raises `Misread`; whether the fields of a cron text
    make sense is looked at by who computes them.
    """
    said = " ".join(text.split())
    if said in EVERY:
        return Cadence(said=said, period=EVERY[said])
    if said == ORDINARY.said:
        return ORDINARY
    if _CRON.fullmatch(said):
        return Cadence(said=said, cron=said)
    try:
        return Cadence(said=said, period=length(said))
    except Misread:
        what = f"«{clip(text, 40)}» does not say how often"
        hint = 'write 5m, hourly, daily, weekly or five cron fields: "30 6 * * MON-FRI"'
        raise Misread(what, hint) from None


@lru_cache(1)
def zones() -> tuple[str, ...]:
    """The names of all IANA time zones."""
    from importlib.resources import files

    return tuple(files("tzdata").joinpath("zones").read_text("utf-8").split())


@lru_cache(None)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises `Misread` with a guess.

    It is read from the package tzdata and not from the machine, whose own copy may be of another
    year: a schedule is the same wherever it is computed.
    """
    from importlib.resources import files
    from zoneinfo import ZoneInfo

    if name not in zones():
        near = guess(name.rpartition("/")[2], {z.rpartition("/")[2] for z in zones()})
        found = [z for z in zones() if f"«{z.rpartition('/')[2]}»" in near and "mean" in near]
        hint = " or ".join(found[:3]) or "Continent/City, such as Europe/Berlin; or UTC"
        raise Misread(f"«{clip(name, 40)}» is no time zone", f"write {hint}")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
