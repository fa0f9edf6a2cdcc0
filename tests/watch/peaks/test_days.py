"""Rules as people write them, and the days that they give."""

from datetime import date

import pytest
from calendars import calendar, utc
from hypothesis import given
from hypothesis import strategies as st

from cxassure.errors import Misread
from cxassure.peak import MONTHS, WEEKDAYS
from cxassure.spec.moments import minute, moment, rule
from cxassure.watch.days import days
from cxassure.watch.occurring import occurrences

DAYS = {
    "2026-11-27": ["2026-11-27"],
    "24 December": ["2026-12-24", "2027-12-24"],
    "December 24": ["2026-12-24", "2027-12-24"],
    "29 February": ["2028-02-29"],
    "fourth Friday of November": ["2026-11-27", "2027-11-26"],
    "last Monday of May": ["2026-05-25", "2027-05-31"],
    "fifth Friday of January": ["2026-01-30", "2027-01-29"],
    "fifth Sunday of January": ["2027-01-31", "2028-01-30"],
    "1st mon in sep": ["2026-09-07", "2027-09-06"],
    "Easter": ["2026-04-05", "2027-03-28"],
    "orthodox Easter": ["2026-04-12", "2027-05-02"],
    "Thursday before Easter": ["2026-04-02", "2027-03-25"],
    "2 days before Easter": ["2026-04-03", "2027-03-26"],
    "1 week after Easter": ["2026-04-12", "2027-04-04"],
    "day after fourth Thursday of November": ["2026-11-27", "2027-11-26"],
    "Monday after fourth Thursday of November": ["2026-11-30", "2027-11-29"],
    "Saturday before 24 December": ["2026-12-19", "2027-12-18"],
    "3 weeks before Saturday before 24 December": ["2026-11-28", "2027-11-27"],
    "Thanksgiving Day in US": ["2026-11-26", "2027-11-25"],
    "day after Thanksgiving Day in US": ["2026-11-27", "2027-11-26"],
    "corpus christi in DE-BY": ["2026-06-04", "2027-05-27"],
    "Chinese New Year (Spring Festival) in CN": ["2026-02-17", "2027-02-06"],
    "day before 1 January": ["2026-12-31", "2027-12-31"],
}


@pytest.mark.parametrize("text", DAYS)
def test_a_rule_gives_its_days(text: str):
    found = [str(day) for year in range(2026, 2029) for day in days(rule(text), year)]
    assert found[: len(DAYS[text])] == DAYS[text]


def test_black_friday_is_not_always_the_fourth_friday():
    assert days(rule("fourth Friday of November"), 2030) == (date(2030, 11, 22),)
    assert days(rule("day after fourth Thursday of November"), 2030) == (date(2030, 11, 29),)


@given(
    st.integers(1, 5), st.sampled_from(WEEKDAYS), st.sampled_from(MONTHS), st.integers(1970, 2100)
)
def test_the_nth_weekday_is_one_and_has_n_minus_one_before_it(
    nth: int, weekday: str, month: str, year: int
):
    word = "first second third fourth fifth".split()[nth - 1]
    found = days(rule(f"{word} {weekday} of {month}"), year)
    for day in found:
        assert (day.strftime("%A %B"), (day.day - 1) // 7) == (f"{weekday} {month}", nth - 1)
    assert found or nth == 5


WRONG = {
    "fourth Fryday of November": "did you mean «Friday»",
    "fourth Friday of Novembre": "did you mean «November»",
    "31 November": "write a day that exists",
    "2026-02-30": "write a date that exists",
    "soon": "fourth Friday of November",
    "zeroth Friday of November": "fourth Friday of November",
    "": "fourth Friday of November",
    "24 December 25:00": "06:30 or 18:00",
    "2026-11-27 06:61": "06:30 or 18:00",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_names_no_day_is_told_with_a_way_out(text: str):
    with pytest.raises(Misread) as told:
        moment(text)
    assert WRONG[text] in told.value.hint


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str):
    for read in (moment, rule, minute):
        try:
            read(text)
        except Misread as told:
            assert told.what


@pytest.mark.parametrize("text", ["2026-11-27 06:00", "2026-11-27T06:00", "27 November at 06:00"])
def test_a_time_stands_behind_its_day(text: str):
    assert moment(text).minute == 360


def test_a_holiday_that_there_is_not_is_told_with_a_guess():
    with pytest.raises(Misread) as told:
        days(rule("Thanksgivin Day in US"), 2026)
    assert "«Thanksgiving Day»" in told.value.hint
    with pytest.raises(Misread, match="no holidays are known for «QQ»"):
        days(rule("Easter Monday in QQ"), 2026)
    with pytest.raises(Misread, match="DE has no part «XX»"):
        days(rule("Easter Monday in DE-XX"), 2026)


def spans(text: str, year: int = 2026) -> list[tuple[str, str]]:
    found = calendar(text)
    (entry,) = found.entries
    return [
        (f"{o.start:%m-%d %H:%M}", f"{o.end:%m-%d %H:%M}") for o in occurrences(found, entry, year)
    ]


def test_a_peak_ends_with_its_last_day_unless_a_time_is_written():
    start = "peaks: {p: {zone: America/New_York, start: 2026-11-27"
    assert spans(start + "}}") == [("11-27 05:00", "11-28 05:00")]
    assert spans(start + ", end: 2026-11-30}}") == [("11-27 05:00", "12-01 05:00")]
    assert spans(start + ", end: 2026-11-30 12:00}}") == [("11-27 05:00", "11-30 17:00")]
    assert spans(start + " 06:00, lasts: 36h}}") == [("11-27 11:00", "11-28 23:00")]


def test_the_end_is_the_first_after_the_start():
    text = "peaks: {p: {start: 24 December, end: 2 January}}"
    assert spans(text) == [("12-24 00:00", "01-03 00:00")]
    assert spans("peaks: {p: {start: Thursday before Easter 18:00, end: Easter Monday in DE}}") == [
        ("04-02 18:00", "04-07 00:00")
    ]


def test_holidays_are_whole_days_in_the_peak_s_zone():
    text = "peaks: {p: {zone: America/New_York, holidays: {country: US, names: [Labor Day]}}}"
    assert spans(text) == [("09-07 04:00", "09-08 04:00")]
    assert len(spans("peaks: {p: {holidays: DE-BY}}")) == 12


def test_hours_go_over_midnight_and_keep_their_weekdays():
    night = (
        "windows: {w: {kind: quiet, zone: Europe/Berlin, from: 21:00, to: 08:00, days: [Fri, Sat]}}"
    )
    assert spans(night)[:2] == [("01-02 20:00", "01-03 07:00"), ("01-03 20:00", "01-04 07:00")]
    whole = spans("windows: {w: {kind: quiet, from: 00:00, to: 24:00}}")
    assert [end for _, end in whole[:-1]] == [start for start, _ in whole[1:]]


def test_a_fixed_date_comes_once():
    found = calendar("peaks: {p: {start: 2026-11-27}}")
    assert [len(occurrences(found, found.peaks[0], y)) for y in (2025, 2026, 2027)] == [0, 1, 0]
    assert occurrences(found, found.peaks[0], 2026)[0].start == utc("2026-11-27")
