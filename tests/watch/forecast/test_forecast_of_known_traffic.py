"""Forecasts of traffic whose rule is known: what is found, how sure, and what never changes."""

import math
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from traffic import BLACK_FRIDAYS, CHRISTMAS_EVES, expected, traffic

from cxassure.forecast import Service, Traffic
from cxassure.peak import Easter, Nth, Shifted, Yearly
from cxassure.spec import moments
from cxassure.watch.days import days as days_of
from cxassure.watch.forecast import covered, forecast
from cxassure.watch.forecast import dates as recurring_dates

FIRST, LAST = date(2024, 1, 1), date(2026, 8, 31)
SERVICE = Service(seconds={"web": 300.0, "ivr": 240.0})
MADE = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)


def told(known, since=LAST, service=SERVICE):
    return forecast(known, service, since, MADE)


def two_years(**more):
    peaks = dict.fromkeys(BLACK_FRIDAYS, 4.5) | dict.fromkeys(CHRISTMAS_EVES, 2.5)
    return traffic(FIRST, LAST, peaks=peaks, growth=1.2, **more)


TWO_YEARS = two_years()


def test_the_peaks_that_nobody_wrote_down_are_found_with_their_dates_and_multiples():
    found = told(TWO_YEARS)
    assert [(r.name, r.start, r.rule) for r in found.rises] == [
        ("black-friday", date(2026, 11, 27), "1 day after fourth Thursday of November"),
        ("christmas-eve", date(2026, 12, 24), "24 December"),
    ]
    assert found.enough
    assert found.growth == pytest.approx(1.2, rel=0.02)
    for rise, multiple in zip(found.rises, (4.5, 2.5), strict=True):
        assert rise.multiple.mid == pytest.approx(multiple, rel=0.06)
        assert rise.by_day == pytest.approx(multiple, rel=0.1)
        assert rise.multiple.low < multiple < rise.multiple.high
        usual = expected(rise.start, FIRST, growth=1.2)
        assert rise.contacts.low < usual * multiple < rise.contacts.high
        assert rise.contacts.mid == pytest.approx(usual * multiple, rel=0.1)


@pytest.mark.parametrize("seed", range(2, 12))
def test_what_comes_lies_in_the_band_that_was_told(seed):
    """The year after is made by the same rule, and straying as much, but was not seen."""
    known = two_years(seed=seed, stray=0.06)
    for rise in told(known).rises:
        multiple = 4.5 if rise.name == "black-friday" else 2.5
        assert rise.contacts.low < expected(rise.start, FIRST, growth=1.2) * multiple
        assert expected(rise.start, FIRST, growth=1.2) * multiple < rise.contacts.high


def test_busiest_hours_become_concurrency_by_channel():
    rise = told(TWO_YEARS).rises[0]
    web, ivr = rise.demands
    assert (web.channel, ivr.channel) == ("web", "ivr")
    busiest = expected(rise.start, FIRST, growth=1.2) * 4.5 * 0.7 / 12
    assert web.busiest.mid == pytest.approx(busiest, rel=0.12)
    assert web.at_once == pytest.approx(web.busiest.mid * 300 / 3600)
    assert web.needed > web.busiest.high * 300 / 3600
    assert not web.assumed
    assert "Little" in web.method
    plain = told(TWO_YEARS, service=Service(staffed=("ivr",)))
    assert plain.rises[0].demands[0].assumed
    assert plain.rises[0].demands[1].method == "Erlang C, 80% within 20 s"


def test_quiet_traffic_proposes_nothing_and_says_so():
    found = told(traffic(FIRST, LAST, stray=0.1))
    assert found.rises == ()
    assert any("no day" in note for note in found.notes)
    assert [d.channel for d in found.ordinary] == ["web", "ivr"]


def test_a_new_level_and_a_new_weekday_are_no_peaks():
    """Traffic that doubles for good, and days that grow slowly, are not busy days."""
    known = traffic(FIRST, LAST, peaks={FIRST + timedelta(days=n): 1.7 for n in range(500, 974)})
    assert told(known).rises == ()
    assert told(traffic(FIRST, LAST, growth=6.0)).rises == ()


def test_too_little_data_is_said_and_nothing_is_proposed():
    short = traffic(date(2026, 7, 10), LAST, peaks={date(2026, 8, 14): 9.0})
    found = told(short)
    assert not found.enough
    assert (found.days, found.rises, found.ordinary) == (53, (), ())
    assert "too little" in found.notes[0]
    for empty in (Traffic(channels={}), Traffic(channels={"web": {}})):
        assert not told(empty).enough
    nought = traffic(FIRST, LAST, level=0.0)
    assert not told(nought).enough
    assert "no traffic" in told(nought).notes[0]


def test_less_than_thirteen_months_know_no_growth_and_are_less_sure():
    year = traffic(date(2025, 10, 1), LAST, peaks={BLACK_FRIDAYS[2]: 4.5}, growth=1.2)
    (rise,) = told(year).rises
    (sure,) = (r for r in told(TWO_YEARS).rises if r.name == "black-friday")
    assert told(year).growth is None
    assert any("13 months" in note for note in told(year).notes)
    wide, narrow = rise.contacts, sure.contacts
    assert wide.high / wide.low > narrow.high / narrow.low
    assert rise.multiple.high / rise.multiple.low > sure.multiple.high / sure.multiple.low


def test_what_came_once_and_not_again_is_left_out():
    known = traffic(FIRST, LAST, peaks={date(2024, 6, 12): 5.0})
    found = told(known)
    assert found.rises == ()
    assert any("did not come again" in note for note in found.notes)


def test_what_came_once_says_that_its_rule_is_a_guess():
    (rise,) = told(traffic(FIRST, LAST, peaks={date(2026, 3, 11): 3.0})).rises
    assert rise.rule == "second Wednesday of March"
    assert rise.start == date(2027, 3, 10)
    assert "nobody can tell" in rise.why


def test_days_that_follow_one_another_are_one_peak():
    days: dict[date, float] = {}
    for friday in BLACK_FRIDAYS:
        days |= {friday - timedelta(days=1): 2.0, friday: 5.0, friday + timedelta(days=3): 3.0}
        days |= {friday + timedelta(days=1): 2.5, friday + timedelta(days=2): 1.1}
    (rise,) = told(traffic(FIRST, LAST, peaks=days)).rises
    assert (rise.start, rise.busiest, rise.days) == (date(2026, 11, 26), date(2026, 11, 27), 5)
    assert (rise.rule, rise.until) == (
        "fourth Thursday of November",
        "4 days after fourth Thursday of November",
    )


def test_what_the_calendar_says_already_is_marked():
    found = covered(told(TWO_YEARS), {"sale": [(date(2026, 11, 26), date(2026, 11, 30))]})
    assert [rise.written for rise in found.rises] == ["sale", ""]


def test_days_are_those_of_the_zone():
    peaks = dict.fromkeys(BLACK_FRIDAYS, 4.5)
    known = traffic(FIRST, LAST, peaks=peaks, zone="America/New_York")
    (rise,) = told(known).rises
    assert rise.start == date(2026, 11, 27)
    assert rise.multiple.mid == pytest.approx(4.5, rel=0.05)
    shifted = told(structs.replace(known, zone="Asia/Tokyo"))
    assert 4.5 - shifted.rises[0].multiple.mid > 0.3


def test_gaps_are_no_quiet_days():
    gappy = two_years()
    for hours in gappy.channels.values():
        for at in [at for at in hours if at.day in (3, 17) or at.hour in (2, 3)]:
            del hours[at]
    found = told(gappy)
    assert [r.start for r in found.rises] == [r.start for r in told(TWO_YEARS).rises]
    assert found.rises[0].multiple.mid == pytest.approx(4.5, rel=0.06)


@pytest.mark.parametrize("name", recurring_dates.KNOWN)
def test_the_rule_of_a_known_day_reads_back_as_it_was(name):
    rule = recurring_dates.KNOWN[name]
    for back in (0, 1, 3):
        written = recurring_dates.text(rule, back)
        for year in range(2024, 2034):
            (day,) = days_of(rule, year)
            found = [d for y in (year - 1, year) for d in days_of(moments.moment(written).day, y)]
            assert day - timedelta(days=back) in found, written


@given(st.dates(date(2020, 1, 1), date(2033, 12, 31)), st.integers(0, 6))
def test_every_day_has_a_rule_that_gives_it_and_reads_back(day, back):
    for one in recurring_dates.candidates(day):
        assert one.suits(day)
        assert one.after(day) > day
        assert isinstance(one.rule, Nth | Yearly | Easter | Shifted)
        read = moments.moment(recurring_dates.text(one.rule, back)).day
        assert day - timedelta(days=back) in days_of(read, (day - timedelta(days=back)).year)


# What must not change


def numbers(found):
    """All numbers in a forecast, by what they are about."""
    bands = [d.busiest for d in found.ordinary] + [r.contacts for r in found.rises]
    bands += [d.busiest for r in found.rises for d in r.demands]
    multiples = [r.multiple for r in found.rises]
    shares = [
        found.growth or 0.0,
        found.noise,
        *(m for r in found.rises for m in (r.by_day, r.by_season)),
    ]
    counts = [d.needed for d in found.ordinary] + [d.needed for r in found.rises for d in r.demands]
    return bands, multiples, shares, counts


def small():
    """Half a year with two peaks."""
    first = date(2025, 1, 6)
    peaks = {first + timedelta(days=60): 3.0, first + timedelta(days=130): 2.0}
    return traffic(first, first + timedelta(days=180), peaks=peaks, channels=(("web", 1.0),))


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e6))
def test_counting_in_other_units_changes_no_multiple(factor):
    plain, scaled = told(small()), small()
    for hours in scaled.channels.values():
        for at in hours:
            hours[at] *= factor
    other = told(scaled)
    assert [r.start for r in plain.rises] == [r.start for r in other.rises]
    for mine, theirs in zip(numbers(plain)[1], numbers(other)[1], strict=True):
        assert (theirs.low, theirs.mid, theirs.high) == pytest.approx(
            (mine.low, mine.mid, mine.high)
        )
    for mine, theirs in zip(numbers(plain)[0], numbers(other)[0], strict=True):
        assert theirs.mid == pytest.approx(mine.mid * factor)
        assert theirs.high == pytest.approx(mine.high * factor)


@settings(max_examples=15, deadline=None)
@given(st.integers(-300, 300))
def test_another_week_changes_no_multiple(weeks):
    plain, by = small(), timedelta(weeks=weeks)
    later = {n: {at + by: c for at, c in hours.items()} for n, hours in plain.channels.items()}
    mine, theirs = told(plain), told(Traffic(channels=later), since=LAST + by)
    assert sorted(r.multiple.mid for r in mine.rises) == pytest.approx(
        sorted(r.multiple.mid for r in theirs.rises)
    )
    assert sorted(r.past[0] + by for r in mine.rises) == sorted(r.past[0] for r in theirs.rises)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(57, 200),
    st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1e12)), max_size=20),
    st.integers(0, 30),
)
def test_no_number_is_negative_or_none_at_all(seed, length, spikes, gap):
    """Whatever stands in the file: nought for weeks, holes, days of a million times as much."""
    chance, first = random.Random(seed), datetime(2026, 1, 1, tzinfo=UTC)
    hours = {
        first + timedelta(hours=n): chance.choice([0.0, 1.0, 50.0]) for n in range(length * 24)
    }
    for day, count in spikes:
        for hour in range(24):
            if (at := first + timedelta(days=day, hours=hour)) in hours:
                hours[at] = count
    for at in chance.sample(sorted(hours), min(gap * 24, len(hours) - 1)):
        del hours[at]
    found = told(Traffic(channels={"web": hours}), since=date(2026, 1, 1))
    bands, multiples, shares, counts = numbers(found)
    for band in bands + multiples:
        assert 0 <= band.low <= band.mid <= band.high < math.inf
    assert all(0 <= share < math.inf for share in shares)
    assert all(count >= 0 for count in counts)
