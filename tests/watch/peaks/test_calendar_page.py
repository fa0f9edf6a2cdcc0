"""The page about the calendar: what it shows can be read, what can be written is on it."""

import re
from pathlib import Path

import pytest
from calendars import calendar, probe, utc

from cxassure.peak import EVERY, KINDS, Ladder, zone
from cxassure.spec.moments import moment
from cxassure.spec.peaks import CALENDAR_KEYS, PEAK_KEYS, WINDOW_KEYS
from cxassure.watch import due
from cxassure.watch.days import days

PAGE = (Path(__file__).parents[3] / "docs" / "calendar.md").read_text("utf-8")
WORDS = sorted({*CALENDAR_KEYS, *PEAK_KEYS, *WINDOW_KEYS, *KINDS, *EVERY})
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", BLOCKS, ids=range(len(BLOCKS)))
def test_every_calendar_that_is_shown_can_be_read(text: str):
    assert calendar(text).entries


@pytest.mark.parametrize("key", WORDS)
def test_every_word_of_the_calendar_is_on_its_page(key: str):
    code = re.findall(r"```.*?```|`[^`\n]+`", PAGE, re.DOTALL)
    assert any(re.search(rf"\b{key}\b", span) for span in code)


def test_every_rule_for_a_day_that_is_shown_gives_days():
    table = PAGE.partition("### Days")[2].partition("A time of day")[0]
    shown = [text for line in table.splitlines()[4:] for text in re.findall(r"`([^`]+)`", line)]
    rules = [text for text in shown if text not in ("first", "fifth", "last")]
    assert len(rules) >= 14
    assert [text for text in rules if not days(moment(text).day, 2026)] == []


def test_the_default_ladder_is_the_one_that_is_shown():
    shown = re.search(r"Without a `ladder` it is `(.+?)`", PAGE)
    assert shown
    (peak,) = calendar(f"peaks: {{p: {{start: 1 May, ladder: {shown[1]}}}}}").peaks
    assert peak.ladder == Ladder()


NIGHTS = {
    '"30 2 * * *"': (["03:00"], ["02:30"]),
    '"*/10 2 * * *"': (["03:00"], ["02:00", "02:10", "02:20", "02:30", "02:40", "02:50"]),
    '"30 * * * *"': (["01:30", "03:30"], ["02:30", "02:30"]),
}


@pytest.mark.parametrize("every", NIGHTS)
def test_the_two_nights_are_as_they_are_shown(every: str):
    assert f"`every: {every}`" in PAGE
    for day, expected in zip(("2026-03-29", "2026-10-25"), NIGHTS[every], strict=True):
        found = calendar("zone: Europe/Berlin")
        one = probe(every=every.strip('"'))
        # An hour on both sides of the change, which is at 01:00 UTC.
        runs = due(found, [one], utc(f"{day}T00:00"), utc(f"{day}T02:00"))
        assert [f"{d.at.astimezone(zone('Europe/Berlin')):%H:%M}" for d in runs] == expected
