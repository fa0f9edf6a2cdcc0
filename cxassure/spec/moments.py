"""Reading days and times: `fourth Friday of November 06:00`, `Thursday before Easter`."""

from __future__ import annotations

import re
from datetime import date

from cxassure.errors import Misread
from cxassure.peak import (
    MONTHS,
    WEEKDAYS,
    Easter,
    Fixed,
    Holiday,
    Moment,
    Nth,
    Rule,
    Shifted,
    Yearly,
)
from cxassure.text import clip, guess

_NTHS = {
    **dict(zip("first second third fourth fifth".split(), range(1, 6), strict=True)),
    **dict(zip("1st 2nd 3rd 4th 5th".split(), range(1, 6), strict=True)),
    "last": -1,
}
_HINT = (
    "write 2026-11-27, 24 December, fourth Friday of November, Thursday before Easter, "
    "2 days after Easter or Thanksgiving Day in US; then a time, if any"
)
_TIME = re.compile(r"(.*?)(?:(?:\s+at)?\s+|T)(\d{1,2}:\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NTH = re.compile(r"(\w+) (\w+) (?:of|in) (\w+)")
_SHIFT = re.compile(r"(.+?) (before|after) (.+)")
_DAYS = re.compile(r"(?:(?:the )?(day|week)|(\d{1,3}) (day|week)s?)", re.IGNORECASE)
_HOLIDAY = re.compile(r"(.+) in ([A-Za-z]{2})(?:-(\w{1,6}))?")
_YEARLY = re.compile(r"(\d{1,2})\.? (\w+)|(\w+) (\d{1,2})")


def moment(text: str) -> Moment:
    """A day with a time of day or without. Raises `Misread`."""
    said = " ".join(text.split())
    if found := _TIME.fullmatch(said):
        return Moment(day=rule(found[1]), minute=minute(found[2]))
    return Moment(day=rule(said))


def minute(text: str) -> int:
    """Minutes after midnight in `06:30`; `24:00` is the day's end. Raises `Misread`."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    value = int(found[1]) * 60 + int(found[2]) if found else 9999
    if value > 1440 or (found and int(found[2]) > 59):
        raise Misread(f"«{clip(text, 40)}» is no time of day", "write it as 06:30 or 18:00")
    return value


def weekday(text: str) -> int:
    """0 for `Monday`, `monday` or `Mon`. Raises `Misread`."""
    for index, name in enumerate(WEEKDAYS):
        if text.casefold() in (name.casefold(), name[:3].casefold()):
            return index
    raise Misread(f"«{clip(text, 40)}» is no day of the week", guess(text, WEEKDAYS))


def rule(text: str) -> Rule:
    """The rule that gives a day. Raises `Misread`."""
    if _DATE.fullmatch(text):
        return _fixed(text)
    if text.casefold() in ("easter", "orthodox easter"):
        return Easter(orthodox=text[0] in "oO")
    if found := _SHIFT.fullmatch(text):
        return _shifted(found[1], found[2] == "before", rule(found[3]))
    if (found := _NTH.fullmatch(text)) and (nth := _NTHS.get(found[1].casefold())):
        return Nth(nth=nth, weekday=weekday(found[2]), month=_month(found[3]))
    if found := _HOLIDAY.fullmatch(text):
        return Holiday(name=found[1], country=found[2].upper(), subdivision=found[3] or "")
    if found := _YEARLY.fullmatch(text):
        return _yearly(int(found[1] or found[4]), _month(found[2] or found[3]))
    raise Misread(f"«{clip(text, 60)}» names no day", _HINT)


def _fixed(text: str) -> Fixed:
    try:
        return Fixed(on=date.fromisoformat(text))
    except ValueError:
        raise Misread(f"there is no {text}", "write a date that exists, as 2026-11-27") from None


def _shifted(offset: str, back: bool, anchor: Rule) -> Shifted:
    if found := _DAYS.fullmatch(offset):
        days = int(found[2] or 1) * (7 if "week" in (found[1] or found[3]).casefold() else 1)
        return Shifted(rule=anchor, days=days, back=back)
    return Shifted(rule=anchor, weekday=weekday(offset), back=back)


def _yearly(day: int, month: int) -> Yearly:
    try:
        date(2024, month, day)
    except ValueError:
        what = f"{MONTHS[month - 1]} has no day {day}"
        raise Misread(what, "write a day that exists, as 24 December") from None
    return Yearly(month=month, day=day)


def _month(text: str) -> int:
    for index, name in enumerate(MONTHS, 1):
        if text.casefold() in (name.casefold(), name[:3].casefold()):
            return index
    raise Misread(f"«{clip(text, 40)}» is no month", guess(text, MONTHS))
