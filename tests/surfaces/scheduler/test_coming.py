"""The runs that are to come: none twice, none lost, each probe at its own offset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cxassure.peak import Due
from cxassure.probe import FORMAT, Probe
from cxassure.surfaces.scheduler.coming import Coming, offset

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROBE = Probe(format=FORMAT, journey="fine")


def each(period: int) -> Callable[[Probe, datetime], Due]:
    """Due every `period` seconds after noon."""

    def next_due(probe: Probe, instant: datetime) -> Due:
        steps = (instant - NOON) // timedelta(seconds=period) + 1
        return Due(at=NOON + timedelta(seconds=period * steps), journey=probe.journey)

    return next_due


@given(st.text(min_size=1), st.floats(0, 3600))
def test_a_probe_has_the_same_offset_always_and_below_the_spread(name: str, spread: float) -> None:
    assert offset(name, spread) == offset(name, spread)
    assert timedelta(0) <= offset(name, spread) <= timedelta(seconds=spread)


def test_offsets_spread_evenly() -> None:
    tenths = [int(offset(f"probe-{n}", 10.0).total_seconds()) for n in range(2000)]
    counts = [tenths.count(n) for n in range(10)]
    assert min(counts) > 140
    assert max(counts) < 260


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20), st.integers(1, 60))
def test_however_late_the_clock_asks_every_due_run_is_taken_once(
    pauses: list[int], period: int
) -> None:
    """As APScheduler does: it asks on until it is ahead of now, and once more at the end."""
    coming = Coming(PROBE, each(period), NOON, timedelta(seconds=0.5))
    fires, now, taken = coming.get_next_fire_time(None, NOON), NOON, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        last = None
        while fires <= now:
            last, fires = fires, coming.get_next_fire_time(fires, now)
        if last:
            assert coming.get_next_fire_time(last, now) == fires
        taken += coming.take(now)
        assert coming.first is not None
        assert coming.first + timedelta(seconds=0.5) > now
    wanted = int((now - NOON).total_seconds() - 0.5) // period
    assert [one.at for one in taken] == [
        NOON + timedelta(seconds=period * n) for n in range(1, wanted + 1)
    ]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 300), st.floats(0, 30))
def test_when_the_calendar_changes_nothing_that_was_due_is_lost_and_nothing_is_due_twice(
    period: int, other: int, after: int, jitter: float
) -> None:
    """The old calendar counts up to the change, the new one from there on."""
    change = NOON + timedelta(seconds=after + 0.25)
    coming = Coming(PROBE, each(period), NOON, timedelta(seconds=jitter))
    taken = [one.at for one in _until(coming, change)]
    made = coming.onward(PROBE, each(other), change)
    end = change + timedelta(seconds=100)
    taken += [one.at for one in _until(made, end + timedelta(seconds=jitter))]
    before = [NOON + timedelta(seconds=n) for n in range(period, after + 1, period)]
    later = [NOON + timedelta(seconds=n) for n in range(0, after + 200, other)]
    wanted = before + [at for at in later if change < at <= end]
    assert [at for at in taken if at <= end] == wanted


def _until(coming: Coming, now: datetime) -> list[Due]:
    """What is taken when the clock asks until `now`."""
    fires = coming.get_next_fire_time(None, NOON)
    while fires <= now:
        fires = coming.get_next_fire_time(fires, now)
    return coming.take(now)
