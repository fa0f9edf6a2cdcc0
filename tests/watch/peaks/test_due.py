"""The ladder, ordinary cadence and windows: what is due when, and why."""

import time
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

import msgspec
import pytest
from calendars import calendar, caller, probe, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.errors import UsageError
from cxassure.peak import Calendar, Due, zone
from cxassure.probe import Probe
from cxassure.watch import due, next_due
from cxassure.watch.choosing import chosen
from cxassure.watch.ladder import coming

FRIDAY = """
peaks:
  black-friday:
    zone: America/New_York
    start: day after fourth Thursday of November
    lasts: 24h
"""
START = utc("2026-11-27T05:00")
WIDE = utc("2026-10-01"), utc("2026-12-31")


def times(found: Calendar, one: Probe, since: str, until: str) -> list[str]:
    return [f"{d.at:%H:%M}" for d in due(found, [one], utc(since), utc(until))]


def test_the_default_ladder_has_its_five_stretches():
    found = list(due(calendar(FRIDAY), [probe()], *WIDE))
    counts = {why: sum(d.why == why for d in found) for why in {d.why for d in found}}
    assert counts == {
        "T-28d: daily": 26,
        "T-48h: hourly": 46,
        "T-2h: 5m": 24,
        "during: 1m": 1440,
        "after: 15m": 96,
    }
    assert (found[0].at, found[-1].at) == (
        START - timedelta(days=28),
        START + timedelta(days=2, minutes=-15),
    )
    assert {d.peak for d in found} == {"black-friday"}


def test_rounds_are_counted_as_they_are_due():
    for one in coming(calendar(FRIDAY), *WIDE):
        for s in one.stretches:
            assert s.rounds == sum(1 for _ in s.instants(s.start, s.end))


def test_a_rung_ends_where_the_next_begins():
    (one,) = coming(calendar(FRIDAY), *WIDE)
    assert all(early.end == late.start for early, late in pairwise(one.stretches))


def test_a_ladder_of_one_s_own_takes_the_place_of_the_rungs_and_no_more():
    text = FRIDAY + "    ladder: {T-1h: 30m, after: 20m for 1h, during: ordinary}"
    got = times(calendar(text), probe(), "2026-11-20", "2026-12-10")
    assert got == ["04:00", "04:30", "05:00", "05:20", "05:40"]
    text = FRIDAY + "    ladder: {T-1h: 30m}"
    assert len(times(calendar(text), probe(), "2026-11-20", "2026-12-10")) == 2 + 1440 + 96


def test_a_cron_text_may_be_a_rung_in_the_zone_of_the_peak():
    text = FRIDAY + '    ladder: {T-2d: "30 6,18 * * *", during: ordinary, after: ordinary}'
    assert times(calendar(text), probe(), "2026-11-20", "2026-12-10") == ["11:30", "23:30"] * 2


def test_the_ordinary_cadence_goes_on_and_meets_the_ladder_in_one_run():
    found = list(due(calendar(FRIDAY), [probe(every="30m")], *WIDE))
    at = {d.at: d for d in found}
    assert len(at) == len(found)
    assert at[START] == Due(
        at=START, journey="pay", peak="black-friday", why="during: 1m; every 30m"
    )
    assert at[utc("2026-10-01T00:30")].peak == ""
    assert at[utc("2026-10-01T00:30")].why == "every 30m"


def test_two_peaks_at_once_give_one_run_with_both_reasons():
    text = FRIDAY + "  sale: {start: 2026-11-27 05:00, ladder: {during: 1h}}"
    found = {d.at: d for d in due(calendar(text), [probe()], START, START + timedelta(hours=1))}
    assert found[START].peak == "black-friday"
    assert found[START].why == "during: 1m; sale during: 1h"


def test_a_journey_without_every_and_peak_is_never_due():
    assert next_due(Calendar(), probe(), START) is None


def test_a_peak_is_about_its_journeys():
    text = FRIDAY + "    journeys: {tags: [holiday, sale], severity: [critical], names: [gift-*]}"
    (peak,) = calendar(text).peaks
    right = probe("gift-card", tags=("sale", "web"), severity="critical")
    assert chosen(peak.journeys, right)
    for changed in ({"journey": "pay"}, {"tags": ("web",)}, {"severity": "major"}):
        assert not chosen(peak.journeys, msgspec.structs.replace(right, **changed))


# Windows


def test_nothing_is_run_in_a_blackout():
    text = "windows: {w: {kind: blackout, from: 02:00, to: 04:00, zone: Europe/Berlin}}"
    got = times(calendar(text), probe(every="30m"), "2026-12-01", "2026-12-01T04:00")
    assert got == ["00:00", "00:30", "03:00", "03:30"]


def test_a_run_that_could_not_be_over_before_a_blackout_is_not_started():
    text = "windows: {w: {kind: blackout, from: 02:00, to: 04:00, must_finish_before: true}}"
    found = calendar(text)
    day = "2026-12-01T01:00", "2026-12-01T02:00"
    assert times(found, probe(every="5m", budget=600.0), *day)[-1] == "01:50"
    assert times(found, probe(every="5m", budget=601.0), *day)[-1] == "01:45"
    assert times(found, probe(every="5m"), *day)[-1] == "01:55"


def test_in_maintenance_it_is_run_and_said():
    text = "windows: {up: {kind: maintenance, from: 02:00, to: 04:00, days: [Tuesday]}}"
    found = due(calendar(text), [probe(every="1h")], utc("2026-12-01"), utc("2026-12-01T06:00"))
    assert [d.window for d in found] == ["", "", "up", "up", "", ""]


def test_quiet_hours_are_for_calls_that_ring_for_real():
    text = "windows: {night: {kind: quiet, from: 21:00, to: 08:00}}"
    rehearsed = calendar(text)
    live = msgspec.structs.replace(rehearsed, live=frozenset({"line"}))
    day = "2026-12-01T05:00", "2026-12-01T10:00"
    assert len(times(rehearsed, caller(every="1h"), *day)) == 5
    assert times(live, caller(every="1h"), *day) == ["08:00", "09:00"]
    assert len(times(live, probe(every="1h"), *day)) == 5


def test_the_ladder_before_a_peak_must_be_over_by_its_mark():
    text = FRIDAY + "    must_finish_before: T-1h"
    found = [d.at for d in due(calendar(text), [probe(budget=600.0)], *WIDE)]
    before = [at for at in found if at < START]
    assert before[-1] == START - timedelta(minutes=70)
    assert START in found


# As a function


TEXT = (
    FRIDAY
    + """
    journeys: {tags: [holiday]}
  easter: {start: Thursday before Easter, end: Easter, zone: Europe/Berlin}
  feasts: {holidays: US, ladder: {T-1d: 6h, during: 2h, after: "0 * * * *"}}
windows:
  night: {kind: blackout, from: 01:10, to: 03:50, zone: Europe/Berlin, must_finish_before: true}
  upgrade: {kind: maintenance, from: 22:00, to: 02:00, days: [Sun], zone: Asia/Tokyo}
"""
)
PROBES = [
    probe("a", tags=("holiday",), every="17m"),
    probe("b", row="x", every="30 2 * * *"),
    probe("b", row="y"),
]
ANY = st.datetimes(datetime(2025, 1, 1), datetime(2034, 1, 1)).map(lambda at: utc(str(at)))
SPAN = st.integers(0, 40 * 86400).map(lambda s: timedelta(seconds=s))


@settings(max_examples=60, deadline=None)
@given(ANY, SPAN, st.floats(0, 1))
def test_a_span_is_the_sum_of_its_parts(since: datetime, span: timedelta, share: float):
    found, middle = calendar(TEXT), since + span * share
    whole = list(due(found, PROBES, since, since + span))
    assert whole == [*due(found, PROBES, since, middle), *due(found, PROBES, middle, since + span)]
    assert whole == sorted(whole, key=lambda d: (d.at, d.journey, d.row))
    assert len({(d.at, d.journey, d.row) for d in whole}) == len(whole)
    assert list(due(found, reversed(PROBES), since, since + span)) == whole


@settings(max_examples=30, deadline=None)
@given(ANY, st.sampled_from(PROBES))
def test_the_next_one_is_the_first_of_all_that_follow(since: datetime, one: Probe):
    found, at, chain = calendar(TEXT), since, []
    while len(chain) < 20 and (coming_up := next_due(found, one, at)):
        chain.append(coming_up)
        at = coming_up.at
    listed = due(found, [one], since + timedelta(microseconds=1), at + timedelta(microseconds=1))
    assert chain == list(listed)


@settings(max_examples=30, deadline=None)
@given(ANY)
def test_everything_due_is_in_utc_at_whole_seconds_and_outside_blackouts(since: datetime):
    found = calendar(TEXT)
    for one in due(found, PROBES, since, since + timedelta(days=3)):
        assert one.at.utcoffset() == timedelta(0)
        assert one.at.microsecond == 0
        local = one.at.astimezone(zone("Europe/Berlin"))
        assert not 70 <= local.hour * 60 + local.minute < 230


def test_an_every_that_is_none_is_told_with_its_journey():
    with pytest.raises(UsageError) as told:
        next_due(Calendar(), probe(every="now and then", source="journeys/pay.yaml"), START)
    assert "journeys/pay.yaml: «now and then» does not say how often" in told.value.what
    with pytest.raises(UsageError, match="no cron text"):
        next_due(Calendar(), probe(every="61 * * * *"), START)


def test_ten_thousand_probes_have_their_next_run_within_seconds():
    found = calendar(TEXT)
    probes = [probe(f"p{n}", every="5m" if n % 2 else "*/5 6 * * *") for n in range(10_000)]
    next_due(found, probes[0], START)
    begun = time.process_time()
    assert all(next_due(found, one, START) for one in probes)
    assert time.process_time() - begun < 10


def test_a_long_blackout_is_passed_in_one_go():
    text = "windows: {w: {kind: blackout, start: 1 January, end: 30 December}}"
    begun = time.process_time()
    run = next_due(calendar(text), probe(every="10s"), utc("2026-01-02"))
    assert run is not None
    assert run.at == utc("2026-12-31")
    assert time.process_time() - begun < 0.5


def test_an_endless_stream_is_computed_as_it_is_asked_for():
    stream = due(calendar(TEXT), PROBES, utc("2026-01-01"), utc("2100-01-01"))
    assert sum(1 for _ in takewhile(lambda d: d.at < utc("2026-01-02"), stream)) > 80
