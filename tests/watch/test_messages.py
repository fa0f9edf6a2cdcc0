"""Message windows come to dates, and a wall time to the instant that is rehearsed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure import spec
from cxassure.errors import Misread
from cxassure.peak import Calendar, zone
from cxassure.probe import FORMAT, Party, Probe
from cxassure.settings import MessageWindow
from cxassure.watch import Messages, settled, unheard
from cxassure.watch.messages import SLACK
from cxassure.watch.wall import instant

NEW_YORK = zone("America/New_York")
FILE = """\
message_windows:
  feast: {start: 20 December, end: 26 December, zone: America/New_York, target: line, says: Happy}
environments: {here: {targets: {line: {address: demo}, other: {address: demo}}}}
"""


def probe(target: str = "line", **more: object) -> Probe:
    parties = {"caller": Party(channel="ivr", target=target)}
    return Probe(format=FORMAT, journey="call", parties=parties, **more)  # type: ignore[arg-type]


def windows(tmp_path: Path, text: str = FILE) -> tuple[MessageWindow, ...]:
    (tmp_path / "cxassure.yaml").write_text(text)
    return spec.read_settings(tmp_path).message_windows


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(windows(tmp_path_factory.mktemp("here")), Calendar())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("2026-12-19T23:59", False),
        ("2026-12-20T00:00", True),
        ("2026-12-26T23:59", True),
        ("2026-12-27T00:00", False),
        ("2031-12-24T13:00", True),
    ],
)
def test_a_message_is_due_from_its_start_until_before_its_end(
    messages: Messages, when: str, due: bool
) -> None:
    (one,) = messages.announced(probe(), at(when))
    assert one.due is due
    assert one.at == when.replace("T", " ") + " America/New_York"


def test_the_nearest_window_is_told_to_who_is_outside(messages: Messages) -> None:
    told = [messages.announced(probe(), at(f"{day}T12:00"))[0].told for day in DAYS]
    span = "from {0}-12-20 00:00 to {0}-12-27 00:00 America/New_York"
    assert told == [
        "only " + span.format(2026),
        span.format(2026),
        "only " + span.format(2026),
        "only " + span.format(2027),
    ]


DAYS = ("2026-11-22", "2026-12-22", "2026-12-30", "2027-10-01")


def test_a_message_concerns_who_goes_to_its_target_in_its_journeys(tmp_path: Path) -> None:
    text = FILE.replace("says: Happy", "says: Happy, journeys: {tags: [smoke]}")
    only_smoke = Messages(windows(tmp_path, text), Calendar())
    then = at("2026-12-24T13:00")
    assert only_smoke.announced(probe(tags=("smoke",)), then)
    assert not only_smoke.announced(probe(), then)
    assert not only_smoke.announced(probe("other", tags=("smoke",)), then)


def over(*channels: str) -> Probe:
    """A journey that goes to the line over these channels."""
    parties = {channel: Party(channel=channel, target="line") for channel in channels}
    return Probe(format=FORMAT, journey="call", parties=parties)


@pytest.mark.parametrize(
    ("channels", "heard"),
    [
        (("ivr",), True),
        (("chat",), True),
        (("web",), True),
        (("api",), False),
        (("agent", "inbox", "api"), False),
        (("api", "ivr"), True),
    ],
)
def test_a_message_concerns_who_can_hear_it(
    messages: Messages, channels: tuple[str, ...], heard: bool
) -> None:
    then = at("2026-12-24T13:00")
    assert bool(messages.announced(over(*channels), then)) is heard
    assert bool(messages.edges([over(*channels)], then)) is heard


def test_a_channel_that_cannot_be_loaded_is_left_to_the_run_to_tell(messages: Messages) -> None:
    assert messages.announced(over("telepathy"), at("2026-12-24T13:00"))


def test_a_message_that_no_journey_can_hear_is_told_at_its_place(messages: Messages) -> None:
    found = messages.windows
    (deaf,) = unheard(found, [over("api"), over("inbox"), probe("other")])
    assert (deaf.place.line, deaf.what) == (
        2,
        "nobody can hear «feast»: only api, inbox parties go to «line»",
    )
    (nobody,) = unheard(found, [probe("other")])
    assert nobody.what == "nobody can hear «feast»: none of its journeys goes to «line»"
    assert "ivr, chat or web party at line" in nobody.hint
    assert unheard(found, [over("api"), probe()]) == []


def lasting(tmp_path: Path, start: datetime, end: datetime) -> Messages:
    """A message that is due between two moments by the real clock."""
    said = f"start: {start:%F %R}, end: {end:%F %R}, zone: UTC"
    dates = "start: 20 December, end: 26 December, zone: America/New_York"
    return Messages(windows(tmp_path, FILE.replace(dates, said)), Calendar())


def test_by_the_real_clock_a_message_that_changes_during_the_run_is_left_out(
    tmp_path: Path,
) -> None:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    (within,) = lasting(tmp_path, now - hour, now + hour).announced(probe(budget=60.0))
    assert within.due
    (outside,) = lasting(tmp_path, now + hour, now + 2 * hour).announced(probe(budget=60.0))
    assert not outside.due
    assert not lasting(tmp_path, now + hour, now + 2 * hour).announced(probe(budget=7200.0))
    assert not lasting(tmp_path, now - hour, now + SLACK).announced(probe(budget=60.0))


def test_the_edges_are_a_minute_before_and_at_each_end(messages: Messages) -> None:
    found = messages.edges([probe(), probe("other")], at("2026-12-22T08:00"))
    assert [f"{edge:%F %R}" for edge in found] == [
        "2026-12-19 23:59",
        "2026-12-20 00:00",
        "2026-12-26 23:59",
        "2026-12-27 00:00",
    ]
    assert {str(edge.tzinfo) for edge in found} == {"America/New_York"}
    assert messages.edges([probe("other")], at("2026-12-22T08:00")) == []


# Which instant a wall time is


def test_a_wall_time_that_is_skipped_is_the_first_instant_after_and_told() -> None:
    found, told = settled(datetime(2026, 3, 8, 2, 30), "America/New_York", "UTC")
    assert found == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert told == "2026-03-08 02:30 does not exist in America/New_York: it is taken as 03:00"


def test_a_wall_time_that_comes_twice_is_its_first_coming_and_told() -> None:
    found, told = settled(datetime(2026, 11, 1, 1, 30), "America/New_York", "UTC")
    assert found.astimezone(UTC) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert told == "2026-11-01 01:30 comes twice in America/New_York: the first is taken, -0400"


def test_an_offset_settles_the_instant_and_the_zone_only_shows_it() -> None:
    wall = datetime.fromisoformat("2026-11-01T01:30-05:00")
    found, told = settled(wall, "America/New_York", "UTC")
    assert (str(found.tzinfo), told) == ("America/New_York", "")
    assert found.astimezone(UTC) == wall.astimezone(UTC)
    assert settled(wall, "", "Europe/Berlin") == (wall, "")


def test_without_a_zone_the_calendars_is_meant() -> None:
    found, _ = settled(datetime(2026, 12, 24, 13), "", "Europe/Berlin")
    assert found == datetime(2026, 12, 24, 12, tzinfo=UTC)
    with pytest.raises(Misread, match="is no time zone"):
        settled(datetime(2026, 12, 24, 13), "Europe/Berlim", "UTC")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(
        ["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]
    ),
)
def test_a_settled_time_is_the_wall_time_unless_something_is_told(
    wall: datetime, name: str
) -> None:
    found, told = settled(wall, name, "UTC")
    assert found.astimezone(UTC) == instant(wall, zone(name))
    assert told or found.replace(tzinfo=None, fold=0) == wall
