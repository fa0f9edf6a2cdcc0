"""What is wrong in a calendar is told with its place and a way out, everything at once."""

import pytest
from calendars import calendar, probe, read, utc
from hypothesis import given
from hypothesis import strategies as st

from cxassure.errors import Misread
from cxassure.peak import Cadence, Ladder, cadence, length, zone
from cxassure.spec.peaks import PEAK_KEYS, WINDOW_KEYS
from cxassure.watch import Schedule
from cxassure.watch.looking import problems

WRONG = {
    "zone: Europe/Berln": ("1:7: «Europe/Berln» is no time zone", "Europe/Berlin"),
    "peaks: {p: {start: soon}}": ("1:20: «soon» names no day", "fourth Friday of November"),
    "peaks: {p: {zone: CET9, start: 1 May}}": (
        "1:19: «CET9» is no time zone",
        "Africa/Ceuta or CET",
    ),
    "peaks: {p: {title: x}}": ("1:9: «p» must say when it is", "start:"),
    "peaks: {p: {start: 1 May, ics: a.ics}}": ("1:9: «p» must say when it is", "or ics:"),
    "peaks: {p: {holidays: US, lasts: 3d}}": ("1:27: «lasts» does not go", "leave one"),
    "peaks: {p: {start: 1 May, end: 2 May, lasts: 3d}}": ("1:39: «end» and «lasts»", "leave one"),
    "peaks: {p: {starts: 1 May}}": ("1:13: unknown key «starts»", "did you mean «start»"),
    "peaks: {p: {start: 2026-05-02, end: 2026-05-01}}": ("1:32: it ends before", "change"),
    "peaks: {p: {start: 2026-05-02 09:00, end: 2026-05-02 08:00}}": ("1:38: it ends", "change"),
    "peaks: {p: {start: 2026-01-02, end: 2026-05-01}}": ("1:32: a peak of 119 days", "92 days"),
    "peaks: {p: {start: 1 May, lasts: 93d}}": ("1:34: longer than 92 days", "shorter"),
    "peaks: {p: {start: 1 May, uplift: lots}}": ("1:35: «lots» is no multiple", "4.5"),
    "peaks: {p: {start: 1 May, ladder: {T-1y: daily}}}": ("1:36: «T-1y» is no rung", "T-28d"),
    "peaks: {p: {start: 1 May, ladder: {T-200d: daily}}}": ("1:36: «T-200d»", "180 days"),
    "peaks: {p: {start: 1 May, ladder: {T-0h: daily}}}": ("1:36: «T-0h» is no rung", "T-2h"),
    "peaks: {p: {start: 1 May, ladder: {T-1d: often}}}": ("1:42: «often» does not say", "hourly"),
    "peaks: {p: {start: 1 May, ladder: {during: 0s}}}": ("1:44: «0s» does not say", "5m"),
    'peaks: {p: {start: 1 May, ladder: {during: "9 25 * * *"}}}': ("is no cron text", "minute"),
    'peaks: {p: {start: 1 May, ladder: {during: "0 0 31 4 *"}}}': ("is no cron text", "minute"),
    "peaks: {p: {start: 1 May, ladder: {after: 5m for 40d}}}": ("1:43: a peak is over", "31d"),
    "peaks: {p: {start: 1 May, must_finish_before: noon}}": ("1:47: «noon» is no time", "T-1h"),
    "peaks: {p: {start: 1 May, journeys: {severity: [high]}}}": ("«high» is no severity", "major"),
    "peaks: {p: {holidays: Germany}}": ("1:23: «Germany» is no country", "DE-BY"),
    "peaks: {p: {holidays: {names: [Easter]}}}": ("«» is no country", "two letters"),
    "peaks: {p: {ics: 'http://a.example/b.ics'}}": ("fetched by https only", "https"),
    "peaks: {p: {from: 09:00, to: 10:00}}": ("unknown key «from»", "known"),
    "windows: {w: {kind: nap, from: 21:00, to: 22:00}}": ("1:21: «nap» is no kind", "quiet"),
    "windows: {w: {from: 21:00, to: 22:00}}": ("1:11: window «w» has no kind", "blackout"),
    "windows: {w: {kind: quiet, from: 21:00}}": ("1:28: «from» needs a «to»", "07:00"),
    "windows: {w: {kind: quiet, from: 9pm, to: 22:00}}": ("«9pm» is no time of day", "06:30"),
    "windows: {w: {kind: quiet, from: 21:00, to: 22:00, days: [Fryday]}}": ("«Fryday»", "Friday"),
    "peaks: [black-friday]": ("1:8: «peaks» must hold pairs", "{name: value}"),
    "peaks: {p: soon}": ("1:12: «p» must hold pairs", "{name: value}"),
    "peaks: {black friday: {start: 1 May}}": ("cannot name a peak", "«black-friday»"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_slip_is_told_with_its_place_and_a_way_out(text: str):
    _, found = read(text)
    what, hint = WRONG[text]
    assert what in str(found[0])
    assert hint in found[0].hint
    assert str(found[0]).startswith("cxassure.yaml:1:")


def test_rungs_that_begin_together_are_told_however_they_are_written():
    _, found = read("peaks: {p: {start: 1 May, ladder: {T-60m: hourly, T-1d: daily, T-1h: 5m}}}")
    (problem,) = found
    assert str(problem).startswith("cxassure.yaml:1:64: «T-1h» begins when «T-60m» does")


def test_all_slips_are_told_at_once():
    _, found = read("zone: X\npeaks:\n  p: {start: soon, uplift: x}\nwindows:\n  w: {kind: nap}\n")
    assert [p.place.line for p in found] == [1, 3, 3, 5, 5]


KEYS = st.sampled_from([*PEAK_KEYS, *WINDOW_KEYS, "during", "T-1d", "country", "tags"])
VALUES = st.recursive(
    st.text("0123456789:-T dhmUSEaster*,/{}", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["zone", "peaks", "windows"]), VALUES)
def test_no_calendar_raises(key: str, value: object):
    import json

    read(json.dumps({key: {"p": value} if isinstance(value, dict) else value}))


def test_numbers_and_times_stay_as_they_are_written():
    found = calendar("windows: {w: {kind: quiet, from: 06:30, to: 7:15}}").windows[0].dates
    assert (found.start, found.end) == (390, 435)


def test_a_ladder_that_is_not_written_is_the_default_one():
    assert calendar("peaks: {p: {start: 1 May}}").peaks[0].ladder == Ladder()


def test_lengths_and_cadences():
    assert [length(text) for text in ("90s", "5m", "36h", "3d", "2w")] == [
        90, 300, 129600, 259200, 1209600,
    ]  # fmt: skip
    assert cadence(" daily ") == Cadence(said="daily", period=86400)
    assert cadence("30  6 * * MON-FRI").cron == "30 6 * * MON-FRI"
    for text in ("5", "0s", "1.5s", "* * * *", "* * * * * *", "9999d", "${env.X}"):
        with pytest.raises(Misread):
            cadence(text)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Europe", "europe/berlin", "UTC\n"])
def test_only_names_of_zones_are_opened(name: str):
    with pytest.raises(Misread):
        zone(name)


def told(text: str) -> list[str]:
    probes = [probe(tags=("holiday",))]
    since, until = utc("2026-01-01"), utc("2027-01-01")
    return [str(p) for p in problems(calendar(text), probes, since, until)]


def test_a_peak_about_no_journey_is_told():
    (found,) = told("peaks: {p: {start: 1 May, journeys: {tags: [holidy]}}}")
    assert "cxassure.yaml:1:9: «p» is about no journey" in found
    assert "did you mean «holiday»" in found


def test_what_only_computing_shows_is_told():
    assert "no holidays are known for «QQ»" in told("peaks: {p: {holidays: QQ}}")[0]
    (found,) = told("peaks: {p: {holidays: {country: US, names: [Thanksgiving]}}}")
    assert "«Thanksgiving Day»" in found
    assert "lasts 363 days" in told("peaks: {p: {start: 2 May, end: 29 April}}")[0]
    assert told("peaks: {p: {start: 2 May, end: 4 May}}") == []


def test_a_schedule_reads_as_people_want_it():
    text = """
zone: Europe/Berlin
peaks:
  black-friday:
    title: Black Friday
    zone: America/New_York
    start: day after fourth Thursday of November
    uplift: 4.5x
    must_finish_before: T-1h
"""
    schedule = Schedule(calendar(text), [probe(), probe("buy", row="a"), probe("buy", row="b")])
    comings = schedule.coming(utc("2026-06-01"), utc("2026-12-31"))
    berlin = zone("Europe/Berlin")
    assert list(schedule.lines(comings, lambda at: at.astimezone(berlin))) == [
        "black-friday · Black Friday · 4.5 times ordinary traffic · 2 journeys, 3 probes",
        "           America/New_York           yours",
        "  starts   Fri 27 Nov 2026 00:00 EST  Fri 27 Nov 2026 06:00 CET",
        "  ends     Sat 28 Nov 2026 00:00 EST  Sat 28 Nov 2026 06:00 CET",
        "  finish   Thu 26 Nov 2026 23:00 EST  Fri 27 Nov 2026 05:00 CET"
        "  runs before the peak must be over",
        "  T-28d    Fri 30 Oct 2026 01:00 EDT  Fri 30 Oct 2026 06:00 CET   daily, 26 rounds",
        "  T-48h    Wed 25 Nov 2026 00:00 EST  Wed 25 Nov 2026 06:00 CET   hourly, 46 rounds",
        "  T-2h     Thu 26 Nov 2026 22:00 EST  Fri 27 Nov 2026 04:00 CET   5m, 12 of 24 rounds",
        "  during   Fri 27 Nov 2026 00:00 EST  Fri 27 Nov 2026 06:00 CET   1m, 1440 rounds",
        "  after    Sat 28 Nov 2026 00:00 EST  Sat 28 Nov 2026 06:00 CET   15m, 96 rounds",
        "",
    ]
