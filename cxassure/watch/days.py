"""Rules to dates: which days a rule gives in a year."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from cxassure.errors import Misread
from cxassure.peak import Easter, Fixed, Holiday, Nth, Rule, Shifted, Yearly
from cxassure.text import clip, guess

DAY = timedelta(days=1)
ANY = range(2024, 2036)
"""Years in which a holiday's name is looked for before it is called unknown."""


@lru_cache(4096)
def days(rule: Rule, year: int) -> tuple[date, ...]:
    """The dates of `rule` in `year`, in order; mostly one. Raises `Misread` for a holiday that
    there is not."""
    if isinstance(rule, Fixed):
        return (rule.on,) if rule.on.year == year else ()
    if isinstance(rule, Shifted):
        # An anchor of a neighbouring year may be shifted into this one.
        anchors = [day for near in (year - 1, year, year + 1) for day in days(rule.rule, near)]
        moved = (_shift(rule, day) for day in anchors)
        return tuple(sorted({day for day in moved if day.year == year}))
    if isinstance(rule, Holiday):
        return _named(rule, year)
    found = _single(rule, year)
    return (found,) if found else ()


def _single(rule: Yearly | Nth | Easter, year: int) -> date | None:
    if isinstance(rule, Yearly):
        exists = rule.day <= calendar.monthrange(year, rule.month)[1]
        return date(year, rule.month, rule.day) if exists else None
    if isinstance(rule, Nth):
        return _nth(rule, year)
    from dateutil import easter  # type: ignore[import-untyped]

    way = easter.EASTER_ORTHODOX if rule.orthodox else easter.EASTER_WESTERN
    found: date = easter.easter(year, way)
    return found


def _nth(rule: Nth, year: int) -> date | None:
    """None where the month has no fifth one."""
    first, length = calendar.monthrange(year, rule.month)
    found = range(1 + (rule.weekday - first) % 7, length + 1, 7)
    index = rule.nth - 1 if rule.nth > 0 else rule.nth
    return date(year, rule.month, found[index]) if index < len(found) else None


def _shift(rule: Shifted, day: date) -> date:
    """So many days on or back, or to the nearest such weekday that is not `day` itself."""
    step = -DAY if rule.back else DAY
    if rule.weekday is None:
        return day + rule.days * step
    day += step
    while day.weekday() != rule.weekday:
        day += step
    return day


def _named(rule: Holiday, year: int) -> tuple[date, ...]:
    """The first day of each run of days that bear the name: a feast of three days begins once."""
    found = {
        day
        for day, names in holidays(rule.country, rule.subdivision, year).items()
        if rule.name.casefold() in map(str.casefold, names)
    }
    if not found:
        check_names(rule.country, rule.subdivision, (rule.name,))
    return tuple(sorted(day for day in found if day - DAY not in found))


@lru_cache(512)
def holidays(country: str, subdivision: str, year: int) -> Mapping[date, tuple[str, ...]]:
    """The public holidays of a country in `year` with their English names, where it has such.

    Days off that are moved because a holiday falls on a weekend are not among them: traffic
    follows the feast. Raises `Misread` for a country or subdivision that is not known.
    """
    import holidays as library

    known = library.list_supported_countries(include_aliases=False)
    if country not in known:
        hint = "its two letters by ISO 3166-1, such as US, GB or DE"
        raise Misread(f"no holidays are known for «{clip(country, 40)}»", hint)
    if subdivision and subdivision not in known[country]:
        what = f"{country} has no part «{clip(subdivision, 40)}»"
        raise Misread(what, guess(subdivision, known[country]))
    languages = library.list_localized_countries(include_aliases=False).get(country, [])
    found = library.country_holidays(
        country,
        subdiv=subdivision or None,
        years=year,
        expand=False,
        observed=False,
        language=next((one for one in ("en_US", "en_GB") if one in languages), None),
    )
    return {day: tuple(name.split("; ")) for day, name in sorted(found.items())}


def check_names(country: str, subdivision: str, names: tuple[str, ...]) -> None:
    """Raises `Misread` for a name that no holiday has in years around now."""
    known = {
        n for year in ANY for all_ in holidays(country, subdivision, year).values() for n in all_
    }
    for name in names:
        if name.casefold() not in map(str.casefold, known):
            what = f"no holiday in {country} is called «{clip(name, 60)}»"
            raise Misread(what, guess(name, known))
