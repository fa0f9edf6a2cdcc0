"""Every change of clocks in the zone database from 2025 to 2035: gaps, folds, and what is due."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import pytest
from calendars import calendar, probe, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.peak import cadence, zone, zones
from cxassure.watch import due
from cxassure.watch.cadence import EPOCH, count, instants
from cxassure.watch.wall import instant

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


class Change(NamedTuple):
    """At `at` the clocks of `zone` go from one offset to another."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    def first(self, wall: datetime) -> datetime:
        """The first instant, near the change, at which clocks show `wall` or later."""
        early = (wall - self.before).replace(tzinfo=UTC)
        return early if early < self.at else max(self.at, (wall - self.after).replace(tzinfo=UTC))

    @property
    def kind(self) -> tuple[object, ...]:
        """Changes of one kind differ by date alone."""
        return self.before, self.after, (self.at + self.before).time()


def offset(name: str, at: datetime) -> timedelta:
    found = at.astimezone(zone(name)).utcoffset()
    assert found is not None
    return found


def changes_of(name: str) -> Iterator[Change]:
    at, now = FIRST, offset(name, FIRST)
    while at < LAST:
        if (then := offset(name, at + DAY)) != now:
            low, high = at, at + DAY
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
                low, high = (middle, high) if offset(name, middle) == now else (low, middle)
            yield Change(name, high, now, then)
            now = then
        at += DAY


@cache
def changes() -> tuple[Change, ...]:
    """Of links and copies of a zone only one is looked at."""
    folder = files("tzdata").joinpath("zoneinfo")
    distinct = {folder.joinpath(*n.split("/")).read_bytes(): n for n in sorted(zones())}
    return tuple(change for name in distinct.values() for change in changes_of(name))


@cache
def kinds() -> tuple[Change, ...]:
    return tuple({change.kind: change for change in changes()}.values())


def walls(change: Change) -> Iterator[datetime]:
    """Wall times around a change, those inside the gap or fold and on its edges among them."""
    edges = sorted(
        {
            (change.at + change.before).replace(tzinfo=None),
            (change.at + change.after).replace(tzinfo=None),
        }
    )
    middle = edges[0] + (edges[1] - edges[0]) / 2
    for point in (*edges, middle):
        for step in (-61, -1, 0, 1, 60, 1799):
            yield point.replace(microsecond=0) + timedelta(seconds=step)


def test_the_database_has_changes_both_ways_and_by_half_an_hour():
    sizes = {change.after - change.before for change in changes()}
    assert {HOUR, -HOUR, HOUR / 2, -HOUR / 2, 2 * HOUR, -2 * HOUR} <= sizes
    assert len(changes()) > 1000


def test_a_wall_time_is_the_first_instant_at_which_clocks_show_it_or_later():
    wrong = [
        (change, wall)
        for change in changes()
        for wall in walls(change)
        if instant(wall, zone(change.zone)) != change.first(wall)
    ]
    assert wrong == []


def cron(text: str, change: Change, since: datetime, until: datetime) -> list[datetime]:
    return list(instants(cadence(text), EPOCH, zone(change.zone), since, until))


@pytest.mark.parametrize("nudge", [-30, 0, 15, 30, 45, 60, 75])
def test_a_daily_time_is_run_once_a_day_whatever_clocks_do(nudge: int):
    for change in kinds():
        wall = (change.at + change.before + timedelta(minutes=nudge)).replace(tzinfo=None, second=0)
        days = [wall + n * DAY for n in (-1, 0, 1)]
        since, until = change.first(days[0]), change.first(days[2]) + MINUTE
        expected = [change.first(day) for day in days]
        assert cron(f"{wall.minute} {wall.hour} * * *", change, since, until) == expected, change


ASKED: dict[str, Callable[[datetime, int], bool]] = {
    "*/10 {h} * * *": lambda wall, h: wall.minute % 10 == 0 and wall.hour == h,
    "5,35 {h}-23 * * *": lambda wall, h: wall.minute in (5, 35) and wall.hour >= h,
    "0 */2 * * *": lambda wall, h: wall.minute == 0 and wall.hour % 2 == 0,
}


@pytest.mark.parametrize("text", ASKED)
def test_times_in_a_gap_are_run_at_its_end_and_in_a_fold_once(text: str):
    for change in kinds():
        begin = min(change.at + change.before, change.at + change.after).replace(tzinfo=None)
        day = begin.replace(hour=0, minute=0, second=0)
        minutes = (day + n * MINUTE for n in range(-1440, 2 * 1440))
        since, until = change.first(day - HOUR), change.first(day + DAY + HOUR)
        slots = {change.first(wall) for wall in minutes if ASKED[text](wall, begin.hour)}
        expected = sorted(at for at in slots if since <= at < until)
        assert cron(text.format(h=begin.hour), change, since, until) == expected, change


@pytest.mark.parametrize("text", ["*/5 * * * *", "0 * * * *"])
def test_every_hour_is_every_hour_that_really_passes(text: str):
    for change in kinds():
        since, until = change.at - 3 * HOUR, change.at + 3 * HOUR
        real = (since.replace(second=0) + n * MINUTE for n in range(361))
        local = [(at, at.astimezone(zone(change.zone)).minute) for at in real]
        expected = [
            at for at, m in local if since <= at < until and m % (5 if "5" in text else 60) == 0
        ]
        assert cron(text, change, since, until) == expected, change


def test_beginning_anywhere_finds_the_same_times():
    for change in kinds():
        wall = (change.at + change.before).replace(tzinfo=None)
        text = f"{wall.minute},{(wall.minute + 30) % 60} {wall.hour},{(wall.hour + 1) % 24} * * *"
        end = change.at + 2 * DAY
        whole = cron(text, change, change.at - DAY, end)
        for step in range(-90, 150, 7):
            since = change.at + step * MINUTE
            assert cron(text, change, since, end) == [at for at in whole if at >= since], change


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_period_is_stepped_in_utc_across_any_change(data: st.DataObject):
    change = data.draw(st.sampled_from(changes()))
    period = data.draw(st.sampled_from([60, 300, 420, 900, 3600, 86400]))
    since = change.at - timedelta(seconds=data.draw(st.integers(0, 90000)))
    until = change.at + timedelta(seconds=data.draw(st.integers(1, 90000)))
    often = cadence(f"{period}s")
    found = list(instants(often, change.at, zone(change.zone), since, until))
    assert {later - at for at, later in pairwise(found)} <= {timedelta(seconds=period)}
    assert len(found) == count(often, change.at, zone(change.zone), since, until)
    assert all((at - change.at) % timedelta(seconds=period) == timedelta(0) for at in found)


def test_what_people_write_on_the_two_nights_in_berlin():
    berlin = calendar("zone: Europe/Berlin")
    early, late = probe("early", every="30 2 * * *"), probe("often", every="30 * * * *")
    spring = [d.at for d in due(berlin, [early], utc("2026-03-28T12:00"), utc("2026-03-30T12:00"))]
    assert spring == [utc("2026-03-29T01:00"), utc("2026-03-30T00:30")]  # 03:00 CEST, 02:30 CEST
    autumn = [d.at for d in due(berlin, [early], utc("2026-10-24T12:00"), utc("2026-10-26T12:00"))]
    assert autumn == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]  # 02:30 CEST, 02:30 CET
    night = [d.at for d in due(berlin, [late], utc("2026-10-25T00:00"), utc("2026-10-25T02:00"))]
    assert night == [utc("2026-10-25T00:30"), utc("2026-10-25T01:30")]
