"""`cxassure peaks`, as a process: text, JSON, ICS; and a year's schedule to the byte."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import icalendar
import pytest

JOURNEY = """
journey: {name}
severity: {severity}
tags: [{tag}]
every: {every}
budget: 2m
parties:
  asker: {{channel: chat, target: bot}}
steps:
  - asker: {{say: When are you open?}}
    expect: {{reply: {{contains: nine}}}}
"""
CALENDAR = """
zone: Europe/Berlin
environments:
  live: {targets: {bot: {address: "https://bot.example", over: http}}}
peaks:
  black-friday:
    title: Black Friday
    zone: America/New_York
    start: day after fourth Thursday of November
    end: Monday after fourth Thursday of November
    uplift: 4.5
    journeys: {tags: [holiday], severity: [critical]}
    ladder: {T-7d: daily, T-48h: hourly, T-2h: 5m, during: 15m, after: 1h}
    must_finish_before: T-1h
  easter:
    start: Thursday before Easter 18:00
    end: Monday after Easter 12:00
    ladder: {T-2d: "30 6,18 * * *", during: 6h, after: ordinary}
  feasts: {holidays: {country: US, names: [Independence Day]}, ladder: {during: 3h}}
  sale: {ics: sale.ics, zone: Asia/Tokyo, ladder: {T-1d: 8h, during: 2h}}
windows:
  night: {kind: blackout, from: 01:30, to: 02:30, must_finish_before: true}
  upgrade: {kind: maintenance, from: 22:00, to: 02:00, days: [Sunday], zone: America/Sao_Paulo}
"""
SALE = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Spring sale
DTSTART;TZID=Australia/Lord_Howe:20260404T013000
DTEND;TZID=Australia/Lord_Howe:20260405T033000
RRULE:FREQ=MONTHLY;BYDAY=1SA
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cxassure.yaml").write_text(CALENDAR)
    (tmp_path / "sale.ics").write_text(SALE)
    (tmp_path / "journeys").mkdir()
    for name, severity, tag, every in (
        ("ask", "critical", "holiday", "6h"),
        ("often", "minor", "smoke", '"15 2,14 * * *"'),
    ):
        text = JOURNEY.format(name=name, severity=severity, tag=tag, every=every)
        (tmp_path / "journeys" / f"{name}.yaml").write_text(text)
    return tmp_path


def peaks(
    folder: Path, *said: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    start = "from cxassure.surfaces.cli import main; main()"
    command = [sys.executable, "-c", start, "peaks", "-C", str(folder), *said]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(environ or {})}
    )


SPAN_2027 = ("--from", "2027-01-01T00:00Z", "--until", "2028-01-01T00:00Z")
# Changes when a law changes a holiday or a clock: look at the rows before putting a new hash here.
COUNT_2027 = 4796
HASH_2027 = "9aa4705110e25eb79e614cefe55bcd94365d962f7d65c86f8eab41dd074c4c29"
MACHINES = [
    {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
    {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "2", "LANG": "ja_JP"},
    {"TZ": "UTC", "PYTHONTZPATH": "", "LANGUAGE": "de", "PYTHONHASHSEED": "3"},
]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine["TZ"])
def test_a_year_is_the_same_to_the_byte_on_any_machine(workspace: Path, machine: dict[str, str]):
    done = peaks(workspace, *SPAN_2027, "--json", environ=machine)
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    assert len(rows) == COUNT_2027
    assert hashlib.sha256(done.stdout.encode()).hexdigest() == HASH_2027


def test_json_lists_what_is_due(workspace: Path):
    done = peaks(workspace, "--from", "2026-11-27T03:50Z", "--until", "2026-11-27T06:01Z", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == [
        row("03:50", "T-2h: 5m"),
        row("03:55", "T-2h: 5m"),
        row("05:00", "during: 15m"),
        row("05:15", "during: 15m"),
        row("05:30", "during: 15m"),
        row("05:45", "during: 15m"),
        row("06:00", "during: 15m; every 6h"),
    ]


def row(at: str, why: str) -> dict[str, object]:
    return {
        "at": f"2026-11-27T{at}:00Z",
        "journey": "ask",
        "row": "",
        "peak": "black-friday",
        "why": why,
        "window": None,
    }


def test_without_an_end_json_goes_to_the_end_of_the_next_ladder(workspace: Path):
    done = peaks(workspace, "--from", "2026-11-10", "--zone", "UTC", "--json")
    assert json.loads(done.stdout)[-1]["at"] == "2026-12-02T04:00:00Z"


def test_text_has_the_peak_s_zone_and_the_reader_s(workspace: Path):
    done = peaks(workspace, "--from", "2026-11-10", "--until", "2026-12-01", "--zone", "Asia/Tokyo")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:4] == [
        "black-friday · Black Friday · 4.5 times ordinary traffic · 1 journey, 1 probe",
        "           America/New_York           yours",
        "  starts   Fri 27 Nov 2026 00:00 EST  Fri 27 Nov 2026 14:00 JST",
        "  ends     Tue  1 Dec 2026 00:00 EST  Tue  1 Dec 2026 14:00 JST",
    ]
    plain = peaks(workspace, "--from", "2026-11-10", environ={"TZ": "Asia/Kolkata"})
    assert "Fri 27 Nov 2026 10:30 IST" in plain.stdout


def test_ics_goes_to_a_file_or_to_stdout(workspace: Path):
    said = ("--from", "2026-11-10", "--until", "2026-12-01", "--ics")
    done = peaks(workspace, *said, str(workspace / "out.ics"))
    assert (done.returncode, done.stdout) == (0, "")
    kept = (workspace / "out.ics").read_bytes()
    events = icalendar.Calendar.from_ical(kept).walk("VEVENT")
    assert str(events[0]["SUMMARY"]) == "Black Friday"
    assert peaks(workspace, *said, "-").stdout.startswith("BEGIN:VCALENDAR")


WRONG = {
    ("--from", "soon"): "«soon» is no time",
    ("--from", "0001-01-01"): "«0001-01-01» is no time",
    ("--until", "2000-01-01"): "nothing lies from",
    ("--from", "1990-01-01", "--until", "2099-01-01"): "twenty years at most",
    ("--zone", "Mars/Base"): "«Mars/Base» is no time zone",
}


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_command_is_told(workspace: Path, said: tuple[str, ...]):
    done = peaks(workspace, *said)
    assert (done.returncode, done.stdout) == (2, "")
    assert WRONG[said] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_calendar_is_told_with_all_its_places(workspace: Path):
    text = CALENDAR.replace("day after fourth Thursday", "day after fourth Thirsday")
    (workspace / "cxassure.yaml").write_text(text.replace("kind: blackout", "kind: blakout"))
    done = peaks(workspace)
    assert done.returncode == 2
    assert "cxassure.yaml:9:12: «Thirsday» is no day of the week" in done.stderr
    assert "cxassure.yaml:22:17: «blakout» is no kind of window" in done.stderr


def test_a_peak_about_nothing_is_told(workspace: Path):
    (workspace / "cxassure.yaml").write_text(CALENDAR.replace("tags: [holiday]", "tags: [holidy]"))
    done = peaks(workspace)
    assert done.returncode == 2
    assert "cxassure.yaml:6:3: «black-friday» is about no journey that there is" in done.stderr


def test_a_calendar_without_peaks_says_so(workspace: Path):
    (workspace / "cxassure.yaml").write_text(CALENDAR.split("peaks:")[0])
    done = peaks(workspace)
    assert done.returncode == 2
    assert "has no peaks" in done.stderr
    ordinary = peaks(workspace, "--from", "2026-01-01", "--until", "2026-01-02", "--json")
    assert len(json.loads(ordinary.stdout)) == 6
    for journey in (workspace / "journeys").iterdir():
        journey.write_text(re.sub("every: .*\n", "", journey.read_text()))
    nothing = peaks(workspace, "--json")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "has no peaks" in nothing.stderr


DARK = """
environments: {live: {targets: {bot: {address: "https://bot.example", over: http}}}}
peaks:
  sale:
    start: 2026-11-27 06:00
    lasts: 2h
    ladder: {T-2h: 30m, during: 10m, after: 30m for 2h}
    must_finish_before: T-1h
windows:
  freeze: {kind: blackout, start: 2026-11-27 05:45, end: 2026-11-27 08:15}
"""


def test_only_rounds_that_come_are_counted_and_a_dark_peak_is_warned_of(workspace: Path):
    (workspace / "cxassure.yaml").write_text(DARK)
    said = ("--from", "2026-11-01", "--until", "2026-12-01", "--zone", "UTC")
    lines = peaks(workspace, *said).stdout.splitlines()
    (before,) = (line for line in lines if "T-2h" in line)
    assert before.endswith("30m, 2 of 4 rounds")
    (during,) = (number for number, line in enumerate(lines) if "during" in line)
    assert lines[during].endswith("10m, 0 of 12 rounds")
    assert lines[during + 1].strip() == (
        "warning: nothing is run then: windows of the calendar forbid every round"
    )
    (after,) = (line for line in lines if "after " in line)
    assert after.endswith("30m, 3 of 4 rounds")
    listed = json.loads(peaks(workspace, *said, "--json").stdout)
    rungs = {one["at"] for one in listed if one["peak"] and "during" not in one["why"]}
    assert len(rungs) == 2 + 3


def test_ics_makes_the_folder_that_is_missing(workspace: Path):
    said = ("--from", "2026-11-10", "--until", "2026-12-01", "--ics")
    assert peaks(workspace, *said, str(workspace / "new" / "folder" / "out.ics")).returncode == 0
    assert (workspace / "new" / "folder" / "out.ics").read_bytes().startswith(b"BEGIN")
