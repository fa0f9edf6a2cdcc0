"""10,000 probes, 500 due a second: our scheduler and ledger, against APScheduler's job store."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from cxassure.peak import Calendar, Slot
from cxassure.probe import FORMAT, Probe
from cxassure.store.ledger import Ledger
from cxassure.surfaces.scheduler import Habits, Scheduler
from cxassure.surfaces.scheduler.coming import offset
from cxassure.watch import Schedule

PROBES = 10_000
AHEAD = 5.0
"""Seconds that we have to register before the first run is due."""

TRIAL = 200
"""Jobs by which it is guessed how long the rival takes to register all."""

PERIOD = 20
"""Seconds between two runs of a probe: 500 of 10,000 are due each second."""

late_of_rival: list[float] = []


class Null:
    """Runs that do nothing but say how late they were begun."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.missed = 0
        self.space = asyncio.Semaphore(10**6)

    def room(self, probe: Probe) -> asyncio.Semaphore:
        return self.space

    def begin(self) -> str:
        return "none"

    async def drive(self, probe: Probe, campaign: str) -> tuple[str, str]:
        ready = time.time() - offset(probe.name, PERIOD).total_seconds()
        self.late.append(ready % PERIOD)
        return "passed", ""

    def miss(self, campaign: str, missed: Sequence[Any]) -> None:
        self.missed += len(missed)

    def elsewhere(self, slot: Slot) -> bool:
        return False

    def found(self, slot: Slot) -> None:
        return None


def named(number: int) -> Probe:
    return Probe(format=FORMAT, journey=f"probe-{number}", every=f"{PERIOD}s")


async def ours(folder: Path, lasts: float) -> dict[str, float]:
    """Every run has its row before it is begun, and again when it has ended."""
    probes, driver, ledger = [named(n) for n in range(PROBES)], Null(), Ledger(folder)
    troubles: list[str] = []
    await asyncio.sleep((PERIOD - AHEAD - time.time()) % PERIOD)  # so that all are due from then on
    began = time.monotonic()
    schedule = Schedule(Calendar(), probes)
    habits = Habits(jitter=PERIOD)
    made = Scheduler(probes, schedule, ledger, driver, habits, lambda slot: None, troubles.append)
    since = made.looked
    made.look_back()
    made.start()
    registering = time.monotonic() - began
    await asyncio.sleep(AHEAD - registering)
    spent, until = time.process_time(), datetime.now(UTC) + timedelta(seconds=lasts)
    await asyncio.sleep(lasts)
    spent, missed = time.process_time() - spent, driver.missed
    made.stop()  # what waits for its row in this moment is missed, rightly, and not counted
    await made.drain()
    rows = ledger.since(since - timedelta(seconds=PERIOD))
    entered = {(slot.probe, slot.at) for slot in rows if slot.state == "done"}
    lost = sum(
        key not in entered for probe in probes for key in wanted(schedule, probe, since, until)
    )
    ledger.close()
    figures = told(driver.late, registering, spent, lasts)
    return {**figures, "lost": lost, "missed": missed, "troubles": len(troubles)}


def wanted(
    schedule: Schedule, probe: Probe, since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """The keys whose start, with the probe's offset, lay before `until`, a second aside."""
    edge = until - offset(probe.name, PERIOD) - timedelta(seconds=1)
    return [(probe.name, one.at) for one in Schedule(schedule.calendar, [probe]).due(since, edge)]


async def rival_fires(phase: float) -> None:
    late_of_rival.append((time.time() - phase) % PERIOD)


def add(clock: AsyncIOScheduler, number: int, base: float) -> None:
    phase = base + offset(f"probe-{number}", PERIOD).total_seconds()
    begin = datetime.fromtimestamp(phase, UTC)
    trigger = IntervalTrigger(seconds=PERIOD, start_date=begin, timezone=UTC)
    clock.add_job(rival_fires, trigger, [phase], id=str(number), misfire_grace_time=None)


def stored(folder: Path, name: str) -> AsyncIOScheduler:
    url = f"sqlite:///{folder / name}"
    clock = AsyncIOScheduler(jobstores={"default": SQLAlchemyJobStore(url=url)}, timezone=UTC)
    clock.start(paused=True)
    return clock


async def rival(folder: Path, lasts: float) -> dict[str, float]:
    """As its guide says: jobs in SQLite. Nothing is written about runs, and none may be dropped."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    trial, began = stored(folder, "trial.db"), time.monotonic()
    for number in range(TRIAL):
        add(trial, number, time.time() + 3600)
    base = time.time() + 2 * (time.monotonic() - began) * PROBES / TRIAL + 2
    trial.shutdown(wait=False)
    clock, began = stored(folder, "jobs.db"), time.monotonic()
    for number in range(PROBES):
        add(clock, number, base)
    registering = time.monotonic() - began
    await asyncio.sleep(max(0.0, base - time.time() - 0.5))
    spent = time.process_time()
    clock.resume()
    await asyncio.sleep(max(0.0, base + lasts - time.time()))
    clock.pause()
    spent = time.process_time() - spent
    await asyncio.sleep(0.5)
    clock.shutdown(wait=False)
    figures = told(late_of_rival, registering, spent, lasts)
    wanted = sum(
        int((lasts - 1 - offset(f"probe-{n}", PERIOD).total_seconds()) // PERIOD + 1)
        for n in range(PROBES)
    )
    return {**figures, "lost": max(0, wanted - len(late_of_rival))}


def told(late: list[float], registering: float, spent: float, lasts: float) -> dict[str, float]:
    """Lateness in ms; CPU in seconds for a second of the clock."""
    ordered = sorted(late) or [float("nan")]

    def part(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

    return {
        "runs": len(late),
        "p50_ms": part(0.5),
        "p99_ms": part(0.99),
        "worst_ms": part(1.0),
        "cpu_share": round(spent / lasts, 3),
        "registering_s": round(registering, 2),
    }


def main(quick: bool) -> None:
    lasts = 10.0 if quick else 60.0
    figures = {"probes": PROBES, "due_per_s": PROBES // PERIOD, "seconds": lasts}
    sides: dict[str, Any] = {}
    for name, side in {"ours": ours, "apscheduler_sqlalchemy": rival}.items():
        with tempfile.TemporaryDirectory() as folder:
            sides[name] = asyncio.run(side(Path(folder), lasts))
        print(name, sides[name], flush=True)
    print(json.dumps({"bench": "schedule", "figures": {**figures, **sides}}))


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
