"""What `cxassure check` looks at beside journeys: the calendar, messages, and what is waived."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from counter import JOURNEYS, Counter

SALE = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Sale\n%sEND:VEVENT\n"
YEAR = datetime.now(UTC).year
TIMED = f"DTSTART:{YEAR}1127T080000Z\n"
CALENDAR = """\
peaks:
  feast: {holidays: ZZ}
  none: {ics: cal/none.ics}
  broken: {ics: cal/broken.ics}
  fetched: {ics: "https://shop.example/sales.ics"}
  nobody: {start: 1 May, journeys: {tags: [smok]}}
windows:
  freeze: {kind: blackout, start: Sommerfest in DE}
message_windows:
  closed: {holidays: QQ, target: office, says: closed}
  again: {ics: cal/broken.ics, target: office, says: closed}
"""
TOLD = (
    ("cal/broken.ics", "this is no valid ICS calendar"),
    ("cxassure.yaml:2:3", "no holidays are known for «ZZ»"),
    ("cxassure.yaml:3:3", "none.ics cannot be read"),
    ("cxassure.yaml:5:3", "was not fetched yet"),
    ("cxassure.yaml:6:3", "«nobody» is about no journey that there is"),
    ("cxassure.yaml:8:3", "no holiday in DE is called «Sommerfest»"),
    ("cxassure.yaml:10:3", "no holidays are known for «QQ»"),
    ("cxassure.yaml:10:3", "nobody can hear «closed»: only api parties go to «office»"),
    ("cxassure.yaml:11:3", "nobody can hear «again»: only api parties go to «office»"),
)


def settled(counter: Counter, text: str) -> Counter:
    """The workspace with `text` before its settings, and a calendar that is broken."""
    settings = (counter.root / "cxassure.yaml").read_text()
    counter.write("cxassure.yaml", text + settings)
    counter.write("cal/broken.ics", SALE % TIMED)
    return counter


def test_all_problems_of_calendars_are_told_with_their_places(counter: Counter) -> None:
    told = settled(counter, CALENDAR).ask("check", "--json")
    assert told.code == 2
    rows = told.json["problems"]
    places = [f"{r['path']}:{r['line']}:{r['column']}".removesuffix(":0:0") for r in rows]
    assert places == [place for place, _ in TOLD]
    for row, (_, what) in zip(rows, TOLD, strict=True):
        assert what in row["what"]


def test_calendars_are_told_beside_what_is_wrong_in_journeys(counter: Counter) -> None:
    counter.write("journeys/bad.yaml", "journey: bad\n")
    told = settled(counter, CALENDAR).ask("check").err
    assert "journeys/bad.yaml:1:" in told
    assert "«ZZ»" in told
    assert "about no journey" not in told  # nobody can say


def test_a_named_file_is_not_all_that_peaks_and_waivers_may_be_about(counter: Counter) -> None:
    text = "peaks: {sale: {start: 1 May, journeys: {names: [other]}}}\n" + waived("other")
    counter.write("journeys/other.yaml", JOURNEYS["fine"].replace("fine", "other"))
    settled(counter, text)
    assert counter.ask("check").code == 0
    assert counter.ask("check", "journeys/fine.yaml").code == 0
    (counter.root / "journeys/other.yaml").unlink()
    assert "«sale» is about no journey" in counter.ask("check").err


def test_a_peak_whose_event_has_no_end_is_told(counter: Counter) -> None:
    settled(counter, "peaks: {sale: {ics: cal/sale.ics}}\n")
    counter.write("cal/sale.ics", SALE % TIMED + "END:VCALENDAR\n")
    told = f"cxassure.yaml:1:9: «Sale» of {YEAR}-11-27 lasts no time"
    assert told in counter.ask("check").err
    counter.write("cal/sale.ics", SALE % (TIMED + "DURATION:P1D\n") + "END:VCALENDAR\n")
    assert counter.ask("check").code == 0


def test_without_calendars_none_of_their_libraries_is_loaded(counter: Counter) -> None:
    script = "import sys, atexit; from cxassure.surfaces.cli import main\n"
    script += "atexit.register(lambda: print(*sys.modules)); main(['check'])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=counter.root, capture_output=True, text=True, check=True
    )
    assert "no problems" in done.stdout
    loaded = {"holidays", "icalendar", "recurring_ical_events", "dateutil", "cronsim"}
    assert not loaded & set(done.stdout.split())


# Waivers


def waived(*names: str, until: str = "2099-01-01") -> str:
    told = ", ".join(f"'{name}'" for name in names)
    return f"waivers:\n  - {{journeys: [{told}], owner: kim, reason: vendor, until: {until}}}\n"


def test_a_waiver_for_what_there_is_not_is_told_with_a_guess(counter: Counter) -> None:
    done = settled(counter, waived("fine", "fin")).ask("check")
    assert done.code == 2
    assert "cxassure.yaml:2:25: no journey is called «fin»" in done.err
    assert "did you mean «fine»?" in done.err


@pytest.mark.parametrize("name", ["fine", "f*", "rows[[]a]", "rows[a]"])
def test_a_waiver_names_journeys_globs_and_rows(counter: Counter, name: str) -> None:
    rows = JOURNEYS["fine"].replace("fine", "rows") + "rows: [{id: a}, {id: b}]\n"
    counter.write("journeys/rows.yaml", rows)
    assert settled(counter, waived(name)).ask("check").code == 0


def test_a_waiver_that_has_ended_may_name_what_is_gone(counter: Counter) -> None:
    assert settled(counter, waived("gone", until="2020-01-01")).ask("check").code == 0
