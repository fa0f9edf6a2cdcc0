"""What fell due while nobody looked: missed with the reason, the newest caught up on a ladder."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cxassure.errors import CannotLook
from cxassure.peak import Between, Calendar, Fixed, Hours, Moment, Peak, Slot, Window
from cxassure.probe import FORMAT, Probe
from cxassure.store.ledger import Ledger
from cxassure.surfaces.scheduler import Habits, Scheduler, entries
from cxassure.surfaces.scheduler.driving import Missed
from cxassure.surfaces.scheduler.entries import SILENT, Entries
from cxassure.surfaces.scheduler.scheduler import DIED, NOT_RUNNING, STOPPED
from cxassure.watch import Schedule

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
HERE = Habits(grace=0.0)
PROBE = Probe(format=FORMAT, journey="fine", every="1h")


class Quick:
    """A driver whose runs take no time; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.drove: list[str] = []
        self.missed: list[Slot] = []
        self.there: dict[str, tuple[str, str]] = {}
        self.count = 0
        self.one = asyncio.Semaphore(1)

    def room(self, probe: Probe) -> asyncio.Semaphore:
        return self.one

    def begin(self) -> str:
        self.count += 1
        return f"c{self.count}"

    async def drive(self, probe: Probe, campaign: str) -> tuple[str, str] | None:
        self.drove.append(probe.name)
        return "passed", ""

    def miss(self, campaign: str, missed: Sequence[Missed]) -> None:
        self.missed += [slot for _, slot in missed]

    def elsewhere(self, slot: Slot) -> bool:
        return slot.campaign == "elsewhere"

    def found(self, slot: Slot) -> tuple[str, str] | None:
        return self.there.get(slot.campaign)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


async def looked_back(
    ledger: Ledger, calendar: Calendar, ago: timedelta, probe: Probe = PROBE, habits: Habits = HERE
) -> Quick:
    """Everybody went away `ago`, and comes back now."""
    driver, now = Quick(), datetime.now(UTC)
    ledger.acquaint([probe.name], now - ago)
    ledger.write([], [], now - ago)
    schedule = Schedule(calendar, [probe])
    made = Scheduler([probe], schedule, ledger, driver, habits, lambda slot: None, pytest.fail)
    made.look_back()
    await made.drain()
    return driver


def today() -> Calendar:
    """A peak that has begun five hours ago, looked at each hour by its own ladder."""
    start = (datetime.now(UTC) - 5 * HOUR).replace(second=0, microsecond=0)
    day = Moment(day=Fixed(on=start.date()), minute=start.hour * 60 + start.minute)
    return Calendar(peaks=(Peak(name="sale", dates=Between(start=day, lasts=86400), zone="UTC"),))


async def test_ordinary_runs_of_a_time_without_a_scheduler_are_missed(ledger: Ledger) -> None:
    driver = await looked_back(ledger, Calendar(), 5 * HOUR)
    assert len(driver.missed) in (4, 5)
    assert {slot.why for slot in driver.missed} == {NOT_RUNNING}
    assert {slot.state for slot in ledger.since(datetime(2000, 1, 1, tzinfo=UTC))} == {"missed"}
    assert driver.drove == []
    assert ledger.open() == []


async def test_the_newest_run_of_a_ladder_is_caught_up(ledger: Ledger) -> None:
    probe = Probe(format=FORMAT, journey="fine")
    driver = await looked_back(ledger, today(), timedelta(minutes=10), probe)
    assert driver.drove == ["fine"]
    assert len(driver.missed) in (9, 10)
    newest = ledger.since(datetime(2000, 1, 1, tzinfo=UTC))[-1]
    assert (newest.state, newest.verdict) == ("done", "passed")


async def test_nothing_is_caught_up_into_a_blackout(ledger: Ledger) -> None:
    """The run was due before the window began; by now it may not be started any more."""
    now = datetime.now(UTC)
    began = now - timedelta(minutes=2)
    dark = Hours(
        start=began.hour * 60 + began.minute, end=(began.hour * 60 + began.minute + 30) % 1440
    )
    window = Window(name="dark", kind="blackout", dates=dark, zone="UTC")
    calendar = Calendar(peaks=today().peaks, windows=(window,))
    probe = Probe(format=FORMAT, journey="fine")
    driver = await looked_back(ledger, calendar, timedelta(minutes=10), probe)
    assert driver.drove == []
    assert 6 <= len(driver.missed) <= 8


async def test_who_looked_long_ago_catches_up_only_so_far_and_says_so(ledger: Ledger) -> None:
    said: list[str] = []
    driver, now = Quick(), datetime.now(UTC)
    ledger.acquaint(["fine"], now - timedelta(days=3))
    ledger.write([], [], now - timedelta(days=3))
    habits = Habits(grace=0.0, back=timedelta(days=1))
    schedule = Schedule(Calendar(), [PROBE])
    made = Scheduler([PROBE], schedule, ledger, driver, habits, lambda slot: None, said.append)
    made.look_back()
    await made.drain()
    assert len(driver.missed) in (23, 24)
    assert "is not told" in said[0]


async def test_looking_back_twice_misses_nothing_twice(ledger: Ledger) -> None:
    first = await looked_back(ledger, Calendar(), 5 * HOUR)
    again = await looked_back(ledger, Calendar(), 5 * HOUR)
    assert first.missed
    assert again.missed == []


async def test_a_probe_that_is_new_was_never_due_before(ledger: Ledger) -> None:
    ledger.write([], [], datetime.now(UTC) - 5 * HOUR)
    driver = Quick()
    schedule = Schedule(Calendar(), [PROBE])
    made = Scheduler([PROBE], schedule, ledger, driver, HERE, lambda slot: None, pytest.fail)
    made.look_back()
    await made.drain()
    assert driver.missed == []


async def test_what_was_left_open_is_a_result_where_there_is_one(ledger: Ledger) -> None:
    at = datetime.now(UTC) - HOUR
    left = [
        Slot(probe="fine", at=at, campaign="ran"),
        Slot(probe="fine", at=at + SECOND, campaign="never"),
        Slot(probe="fine", at=at + 2 * SECOND),
        Slot(probe="gone", at=at, state="missing", campaign="written", why="some reason"),
        Slot(probe="gone", at=at + SECOND, state="missing", campaign="not", why="some reason"),
    ]
    ledger.write(left, [], datetime.now(UTC))
    driver = Quick()
    driver.there = {"ran": ("error", "did not end"), "written": ("missed", "some reason")}
    schedule = Schedule(Calendar(), [PROBE])
    made = Scheduler([PROBE], schedule, ledger, driver, HERE, lambda slot: None, pytest.fail)
    made.look_back()
    await made.drain()
    found = {(s.probe, s.at - at): (s.state, s.why) for s in ledger.since(at)}
    assert found == {
        ("fine", 0 * SECOND): ("done", "did not end"),
        ("fine", SECOND): ("missed", DIED),
        ("fine", 2 * SECOND): ("missed", DIED),
        ("gone", 0 * SECOND): ("missed", "some reason"),
        ("gone", SECOND): ("missed", "some reason"),
    }
    assert len(driver.missed) == 3


async def test_what_another_machine_may_be_at_is_left_to_it_for_a_while(ledger: Ledger) -> None:
    at = datetime.now(UTC) - HOUR
    left = [Slot(probe="fine", at=at + n * SECOND, campaign="elsewhere") for n in range(2)]
    ledger.write(left, [], datetime.now(UTC))
    driver = Quick()
    probe = Probe(format=FORMAT, journey="fine", every="1h", budget=1.0)
    schedule = Schedule(Calendar(), [probe])
    made = Scheduler([probe], schedule, ledger, driver, HERE, lambda slot: None, pytest.fail)
    made.look_back()
    assert ledger.open() == left
    done = msgspec.structs.replace(left[0], state="done", verdict="passed")
    ledger.write([], [done])
    await until(lambda: driver.missed)
    await made.drain()
    found = ledger.since(at)
    assert found[0] == done
    assert [(slot.state, slot.why) for slot in found[1:]] == [("missed", DIED)]


async def test_a_ledger_that_is_away_for_a_while_loses_and_doubles_nothing() -> None:
    kept: list[Slot] = []
    marks: list[datetime] = []
    said: list[str] = []
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def write(fresh: Sequence[Slot], changed: Sequence[Slot], until: datetime | None) -> set[Slot]:
        if not said:
            raise CannotLook("the disk is full")
        kept.extend(fresh)
        marks.append(until or noon)
        return set(fresh)

    entries = Entries(write, lambda: noon + HOUR, said.append, again=0.01)
    slots = [Slot(probe="fine", at=noon + n * SECOND) for n in range(700)]
    written = [entries.enter(slot) for slot in slots]
    assert all(await asyncio.gather(*written))
    await entries.close()
    assert kept == slots
    assert said == ["the disk is full"]
    assert marks == [noon + 500 * SECOND, noon + HOUR]


class Away:
    """A ledger that can be told not to answer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.away = ledger, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)

    def write(self, *what: Any) -> set[Slot]:
        if self.away:
            raise CannotLook("the store is away")
        return self.ledger.write(*what)


async def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def test_what_a_silent_store_cost_is_told_with_its_reason(ledger: Ledger) -> None:
    probe = Probe(format=FORMAT, journey="fine", every="1s")
    said: list[str] = []
    told: list[Slot] = []
    book, driver = Away(ledger), Quick()
    schedule, habits = Schedule(Calendar(), [probe]), Habits(jitter=0.0)
    made = Scheduler([probe], schedule, book, driver, habits, told.append, said.append)
    made.look_back()
    made.start()
    await until(lambda: driver.drove)
    book.away = True
    await until(lambda: len(made.pending) > 3)
    assert (len(said), driver.missed) == (1, [])
    book.away = False
    before = len(driver.drove)
    await until(lambda: len(driver.drove) > before + 1 and len(driver.missed) > 2)
    made.stop()
    await made.drain()
    found = ledger.since(datetime(2000, 1, 1, tzinfo=UTC))
    assert [slot.at for slot in found] == [found[0].at + n * SECOND for n in range(len(found))]
    missed = [slot for slot in found if slot.state == "missed" and slot.why != STOPPED]
    assert len({slot.why for slot in missed}) == 1
    assert re.fullmatch(rf"{SILENT} from \S+ \S+ to \S+ \S+ UTC", missed[0].why)
    assert Counter(slot.at for slot in told) == Counter(slot.at for slot in found)


async def test_what_fell_due_while_the_store_was_silent_is_not_put_down_to_us(
    ledger: Ledger,
) -> None:
    driver, now = Quick(), datetime.now(UTC)
    ledger.acquaint(["fine"], now - 5 * HOUR)
    ledger.write([], [], now - 5 * HOUR)
    schedule = Schedule(Calendar(), [PROBE])
    made = Scheduler([PROBE], schedule, ledger, driver, HERE, lambda slot: None, pytest.fail)
    made.look_back(silence=(now - 2.5 * HOUR, now))
    await made.drain()
    whys = [slot.why.partition(" from ")[0] for slot in driver.missed]
    assert set(whys[:2]) == {NOT_RUNNING}
    assert set(whys[3:]) == {SILENT}


async def test_a_store_that_stays_silent_is_told_of_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    tried: list[int] = []

    def write(fresh: Sequence[Slot], changed: Sequence[Slot], until: datetime | None) -> set[Slot]:
        tried.append(1)
        if len(tried) < 20:
            raise CannotLook("the store is away", "see to it")
        return set(fresh)

    made = Entries(write, lambda: datetime.now(UTC), said.append, again=0.0)
    assert await made.enter(Slot(probe="fine", at=datetime.now(UTC)))
    await made.close()
    assert len(said) == 1
    assert made.silence is not None
    monkeypatch.setattr(entries, "TOLD", timedelta(0))
    tried.clear()
    made = Entries(write, lambda: datetime.now(UTC), said.append, again=0.0)
    assert await made.enter(Slot(probe="fine", at=datetime.now(UTC)))
    await made.close()
    assert len(said) == 20
