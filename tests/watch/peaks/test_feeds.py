"""ICS calendars: what is read, what is refused, what is fetched and when."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import icalendar
import pytest
from calendars import calendar, probe, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.errors import CannotLook, Misread, SpecError, UsageError
from cxassure.watch import Schedule, fetch, load
from cxassure.watch.feeds import copy_of, decoded, events, refusals
from cxassure.watch.occurring import occurrences

HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//shop//EN\n"
SALES = """BEGIN:VEVENT
UID:1
SUMMARY:Summer sale, all shops
DTSTART;TZID=America/New_York:20260601T080000
DTEND;TZID=America/New_York:20260601T200000
RRULE:FREQ=YEARLY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Team outing
DTSTART;VALUE=DATE:20260701
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Flash SALE
DTSTART:20261101T013000
DTEND:20261101T023000
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:sale in UTC
DTSTART:20261231T233000Z
DTEND:20270101T030000Z
END:VEVENT
"""
TAIL = "END:VCALENDAR\n"
PEAK = "peaks: {sales: {ics: %s, matching: sale, zone: America/New_York}}"


def written(folder: Path, events: str) -> str:
    (folder / "sales.ics").write_text(HEAD + events + TAIL)
    return PEAK % "sales.ics"


def starts(folder: Path, events: str, year: int = 2026) -> list[str]:
    found = load(calendar(written(folder, events)), folder)
    return [
        f"{o.start:%m-%d %H:%M}-{o.end:%H:%M}" for o in occurrences(found, found.peaks[0], year)
    ]


def test_events_whose_summary_matches_are_peaks(tmp_path: Path):
    assert starts(tmp_path, SALES) == [
        "06-01 12:00-00:00",  # its own zone
        "11-01 05:30-07:30",  # floating: the peak's zone, from the first 01:30 to 02:30
        "12-31 23:30-03:00",
    ]
    assert starts(tmp_path, SALES, 2028) == ["06-01 12:00-00:00"]
    assert starts(tmp_path, SALES, 2029) == []


def test_a_whole_day_is_from_midnight_to_midnight_of_the_peak(tmp_path: Path):
    events = SALES.replace("Team outing", "Sale day")
    assert "07-01 04:00-04:00" in starts(tmp_path, events)


def test_a_moved_or_cancelled_event_is_heeded(tmp_path: Path):
    moved = (
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Summer sale\n"
        "RECURRENCE-ID;TZID=America/New_York:20270601T080000\n"
        "DTSTART;TZID=America/New_York:20270602T080000\n"
        "DTEND;TZID=America/New_York:20270602T090000\nEND:VEVENT\n"
    )
    assert starts(tmp_path, SALES + moved, 2027)[-1] == "06-02 12:00-13:00"
    gone = SALES.replace("COUNT=3\n", "COUNT=3\nEXDATE;TZID=America/New_York:20280601T080000\n")
    assert starts(tmp_path, gone, 2028) == []


WEEKS = """BEGIN:VEVENT
UID:7
SUMMARY:Sale
DTSTART:20261201T100000
DTEND:20261201T110000
RRULE:FREQ=WEEKLY;COUNT=3
END:VEVENT
"""
SECOND = """BEGIN:VEVENT
UID:7
SUMMARY:Sale
RECURRENCE-ID:20261208T100000
DTSTART:20261208T100000
DTEND:20261208T110000
STATUS:CANCELLED
END:VEVENT
"""


def test_what_has_the_status_cancelled_is_no_peak(tmp_path: Path):
    first, second, third = (f"12-{day} 15:00-16:00" for day in ("01", "08", "15"))
    assert starts(tmp_path, WEEKS) == [first, second, third]
    assert starts(tmp_path, WEEKS + SECOND) == [first, third]
    future = SECOND.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
    assert starts(tmp_path, WEEKS + future) == [first]
    assert starts(tmp_path, WEEKS.replace("RRULE", "STATUS:Cancelled\nRRULE")) == []
    assert starts(tmp_path, WEEKS.replace("RRULE", "STATUS:CONFIRMED\nRRULE"))[0] == first


REFUSED = {
    "FREQ=SECONDLY": "«secondly»",
    "FREQ=MINUTELY;COUNT=5": "«minutely»",
    "FREQ=HOURLY": "«hourly»",
    "FREQ=DAILY;INTERVAL=0": "after no time",
    "FREQ=DAILY;BYSECOND=0,1,2,3": "several times a day",
    "COUNT=3": "«»",
}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_rule_that_would_not_end_is_refused_with_its_line(tmp_path: Path, rule: str):
    events = SALES.replace("FREQ=YEARLY;COUNT=3", rule[:9] + "\n " + rule[9:])
    with pytest.raises(SpecError) as told:
        starts(tmp_path, events)
    (problem,) = told.value.problems
    assert str(problem.place) == "sales.ics:9:1"
    assert problem.what == f"a rule that repeats {REFUSED[rule]}"
    assert "daily at most" in problem.hint


BROKEN = {
    "": "is no ICS calendar",
    "PK\x03\x04": "is no ICS calendar",
    HEAD + "BEGIN:VEVENT\nDTSTART:soon\n": "no valid ICS calendar",
    HEAD + "no colon here\n" + TAIL: "no valid ICS calendar",
    "BEGIN:VCALENDAR\n" + "x" * 5_000_001: "larger than 5 MB",
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_file_that_is_no_calendar_is_told(tmp_path: Path, text: str):
    (tmp_path / "sales.ics").write_text(text)
    with pytest.raises(SpecError) as told:
        load(calendar(PEAK % "sales.ics"), tmp_path)
    assert BROKEN[text] in str(told.value)


def test_a_file_that_is_not_there_is_told_at_the_peak(tmp_path: Path):
    with pytest.raises(SpecError) as told:
        load(calendar(PEAK % "nothing.ics"), tmp_path)
    assert "cxassure.yaml:1:9: " in str(told.value)
    assert "nothing.ics cannot be read" in str(told.value)


def test_too_many_events_are_told(tmp_path: Path):
    event = "BEGIN:VEVENT\nUID:%d\nSUMMARY:sale\nDTSTART:20260601T000000Z\nEND:VEVENT\n"
    found = load(calendar(written(tmp_path, "".join(event % n for n in range(2001)))), tmp_path)
    with pytest.raises(SpecError, match="more than 2000 events in 2026"):
        Schedule(found, [probe()]).check(utc("2026-01-01"), utc("2026-02-01"))


SALE = "BEGIN:VEVENT\nUID:1\nSUMMARY:Sale\n%sEND:VEVENT\n"
DAY = "DTSTART;VALUE=DATE:20261127\n"
UNREADABLE = {
    "a day with dashes": SALE % "DTSTART:2026-11-27\n",
    "no start": SALE % "",
    "two starts": SALE % (DAY + DAY),
    "another calendar": "CALSCALE:JULIAN\n" + SALE % DAY,
    "an end after all years": SALE % (DAY + "DURATION:P99999999D\n"),
    "two names": SALE % (DAY + "UID:2\n"),
    "a pause of many digits": SALE % (DAY + f"RRULE:FREQ=DAILY;INTERVAL={'9' * 5000}\n"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_event_that_cannot_be_read_is_told_at_its_peak(tmp_path: Path, name: str):
    schedule = Schedule(load(calendar(written(tmp_path, UNREADABLE[name])), tmp_path), [probe()])
    with pytest.raises(SpecError) as told:
        schedule.check(utc("2026-01-01"), utc("2026-02-01"))
    assert "cxassure.yaml:1:9: sales.ics has an event that cannot be read" in str(told.value)
    assert "export it again (RFC 5545)" in str(told.value)
    with pytest.raises(UsageError, match="cannot be read"):
        schedule.coming(utc("2026-01-01"), utc("2026-12-31"))


TIMED = "DTSTART;TZID=%s:20261201T100000\nDTEND;TZID=%s:20261201T110000\n"
OWN = """BEGIN:VTIMEZONE
TZID:/Nowhere
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0300
TZOFFSETTO:+0300
END:STANDARD
END:VTIMEZONE
"""


def in_zone(name: str) -> str:
    return SALE % (TIMED % (name, name))


def test_a_zone_that_nobody_knows_is_refused_where_it_is_first_named(tmp_path: Path):
    assert starts(tmp_path, OWN + in_zone("Nowhere")) == ["12-01 07:00-08:00"]
    for name in ("Nowhere", "europe/berlin", '"(UTC-05:00) Here, there"'):
        with pytest.raises(SpecError) as told:
            starts(tmp_path, in_zone(name) + SALES)
        (problem,) = told.value.problems
        assert str(problem).startswith(f"sales.ics:7:1: «{name.strip(chr(34))}» is no time zone")
        assert "BEGIN:VTIMEZONE" in problem.hint


ZONES = {
    "Europe/Berlin": "12-01 09:00-10:00",
    '"Europe/Berlin"': "12-01 09:00-10:00",
    "/Europe/Berlin": "12-01 09:00-10:00",
    "Eastern Standard Time": "12-01 15:00-16:00",
    "UTC": "12-01 10:00-11:00",
}


@pytest.mark.parametrize("name", ZONES)
def test_zones_of_iana_and_of_windows_are_known(tmp_path: Path, name: str):
    assert starts(tmp_path, in_zone(name)) == [ZONES[name]]


BACKWARDS = [
    "DTSTART:20261201T100000\nDTEND:20261201T090000\n",
    "DTSTART:20261201T100000\nDURATION:-PT1H\n",
    "DTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261203\n",
]


@pytest.mark.parametrize("times", BACKWARDS)
def test_an_event_that_ends_before_it_starts_is_refused(tmp_path: Path, times: str):
    with pytest.raises(SpecError) as told:
        starts(tmp_path, SALES + SALE % times)
    assert "sales.ics:28:1: «Sale» ends before it starts" in str(told.value)
    assert starts(tmp_path, SALE % (times + "STATUS:CANCELLED\n")) == []


ENDLESS = [
    "DTSTART:20261201T100000\n",
    "DTSTART:20261201T100000\nDTEND:20261201T100000\n",
    "DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201\n",
]


@pytest.mark.parametrize("times", ENDLESS)
def test_a_peak_of_no_time_is_told(tmp_path: Path, times: str):
    with pytest.raises(Misread, match="«Sale» of 2026-12-01 lasts no time") as told:
        starts(tmp_path, SALE % times)
    assert "DTEND after its DTSTART in sales.ics" in told.value.hint
    assert starts(tmp_path, (SALE % times).replace("Sale", "Reminder")) == []


def test_an_event_in_an_hour_that_clocks_leave_out_is_none_that_day(tmp_path: Path):
    times = "DTSTART:20260307T020000\nDTEND:20260307T023000\nRRULE:FREQ=DAILY;COUNT=3\n"
    assert starts(tmp_path, SALE % times) == ["03-07 07:00-07:30", "03-09 06:00-06:30"]


LINES = (HEAD + SALES + TAIL).splitlines()
ODD = (
    *("", "-", "²", "T", ";", "9" * 20, "2026", "00010101", "99991231T235959Z", "\x00"),
    *("STATUS:CANCELLED", "DTEND;TZID=Nowhere:20260601T080000", "DTEND:20250101T000000"),
    *("EXDATE:20260601", "RDATE:x", "RECURRENCE-ID:20260601T080000", "UID:2", "SEQUENCE:x"),
    *("DURATION:P99999999D", "DURATION:-P1D", "CALSCALE:JULIAN", "X-WR-TIMEZONE:Mars"),
    *("BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "RRULE:FREQ=WEEKLY;UNTIL=2026"),
)


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    """A calendar with lines lost, doubled, or strange in one place."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(1, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[at])))
        odd = draw(st.sampled_from(ODD) | st.text(max_size=8))
        lines[at : at + 1] = draw(
            st.sampled_from(
                ([], [lines[at]] * 2, [lines[at], odd], [lines[at][:cut] + odd], [odd, lines[at]])
            )
        )
    return "\n".join(lines)


@settings(max_examples=250)
@given(mutilated())
def test_a_mutilated_calendar_is_refused_or_gives_events_and_never_anything_else(text: str):
    text = decoded(text.encode("utf-8", "replace"), "sales.ics")
    if not refusals(text, "sales.ics"):
        try:
            found = events("sales.ics", text, 2026, "Europe/Berlin")
        except Misread as wrong:
            assert wrong.hint
        else:
            assert all(one.start.tzinfo and one.end.tzinfo for one in found)


# Fetching


@pytest.fixture
def host() -> Iterator[ThreadingHTTPServer]:
    """Gives a calendar at /sales.ics, a page at /page, and a redirect elsewhere at /away."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "http://localhost:1/sales.ics")
                self.end_headers()
                return
            good = self.path.startswith("/sales.ics") or self.path == "/page"
            self.send_response(200 if good else 404)
            self.end_headers()
            self.wfile.write((HEAD + SALES + TAIL if "sales" in self.path else "<p>").encode())

        def log_message(self, *said: object) -> None:
            """Tests are quiet."""

    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = asked  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_calendar_is_fetched_when_asked_for_and_only_then(
    tmp_path: Path, host: ThreadingHTTPServer
):
    found = calendar(PEAK % '"${secret.feed}"')
    with pytest.raises(SpecError, match="not fetched yet") as told:
        load(found, tmp_path)
    assert "cxassure peaks --fetch" in str(told.value)
    address = f"http://127.0.0.1:{host.server_port}/sales.ics?key=s3cret"
    assert host.asked == []
    (copy,) = fetch(found, tmp_path, {"feed": address}.__getitem__)
    assert copy.parent == tmp_path / "calendars"
    assert "s3cret" not in str(copy)
    loaded = load(found, tmp_path)
    assert len(occurrences(loaded, loaded.peaks[0], 2026)) == 3
    assert host.asked == ["/sales.ics?key=s3cret"]


FETCHED = {
    "/page": "is no ICS calendar",
    "/nothing": "answers 404",
    "/away": "leads to another host",
}


@pytest.mark.parametrize("path", FETCHED)
def test_what_gives_no_calendar_is_told_without_the_secret(
    tmp_path: Path, host: ThreadingHTTPServer, path: str
):
    found = calendar(PEAK % '"${secret.feed}"')
    address = f"http://127.0.0.1:{host.server_port}{path}"
    with pytest.raises(CannotLook) as told:
        fetch(found, tmp_path, lambda name: address)
    assert FETCHED[path] in str(told.value)
    assert "127.0.0.1" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://shop.example/a.ics", "file:///etc/passwd", "ftp://x"])
def test_only_https_is_fetched(tmp_path: Path, address: str):
    with pytest.raises(UsageError, match="by https only"):
        fetch(calendar(PEAK % '"${secret.feed}"'), tmp_path, lambda name: address)


def test_a_host_that_cannot_be_reached_is_told(tmp_path: Path):
    with pytest.raises(CannotLook, match="cannot be reached"):
        fetch(calendar(PEAK % '"https://127.0.0.1:1/a.ics"'), tmp_path, str)


def test_copies_of_two_addresses_are_two(tmp_path: Path):
    names = {
        copy_of(s, tmp_path) for s in ("https://a.example/x", "https://a.example/x?", "${secret.x}")
    }
    assert len(names) == 3


# Export


def test_a_ladder_exported_is_a_calendar_again_and_the_same_each_time(tmp_path: Path):
    text = "peaks: {sale: {title: 'Sale; 50 %, all', start: 2026-11-27, uplift: 2}}"
    schedule = Schedule(calendar(text), [probe()])
    comings = schedule.coming(utc("2026-11-01"), utc("2026-12-31"))
    data = schedule.ics(comings, utc("2026-11-01"))
    assert data == schedule.ics(comings, utc("2026-11-01"))
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [str(e["SUMMARY"]) for e in events] == [
        "Sale; 50 %, all",
        "Sale; 50 %, all: T-28d: daily",
        "Sale; 50 %, all: T-48h: hourly",
        "Sale; 50 %, all: T-2h: 5m",
        "Sale; 50 %, all: during: 1m",
        "Sale; 50 %, all: after: 15m",
    ]
    assert events[0].start == datetime(2026, 11, 27, tzinfo=UTC)
    assert len({str(e["UID"]) for e in events}) == 6
    (tmp_path / "sales.ics").write_bytes(data)
    again = load(calendar("peaks: {again: {ics: sales.ics, matching: 'during'}}"), tmp_path)
    assert occurrences(again, again.peaks[0], 2026)[0].start == utc("2026-11-27")
