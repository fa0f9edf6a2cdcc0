"""A scheduler at work: what falls due is entered, run or missed, each once, and then told."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from cxassure.errors import CxassureError
from cxassure.peak import Due, Slot
from cxassure.probe import Probe
from cxassure.surfaces.scheduler.asking import Book, Calendar
from cxassure.surfaces.scheduler.coming import Coming, offset
from cxassure.surfaces.scheduler.driving import Driver, Missed
from cxassure.surfaces.scheduler.entries import AGAIN, SILENT, Entries, Stretch, silent
from cxassure.surfaces.scheduler.habits import Habits
from cxassure.surfaces.scheduler.leaving import left

NOT_RUNNING = "no scheduler was running when it was due"
DIED = "the scheduler was killed before it could start it"
HELD_UP = "the scheduler was held up until a later run was due"
STOPPED = "the scheduler was stopped before it could start it"
TOO_LATE = "its turn came when it might no longer be started"
STILL = "still running"
SECOND = "a second look at a failure"
"""Why a run was made, or not made, that the calendar does not ask for."""

TICK = timedelta(microseconds=1)
MISSED_AT_ONCE = 200
"""Missed runs that are written down as one campaign."""

Tell: TypeAlias = Callable[[Slot], None]
Look: TypeAlias = Callable[[Sequence[Slot]], Awaitable[None]]
"""Told of what ended or was missed before the ledger says so: after a kill it may come again."""


async def _nobody(slots: Sequence[Slot]) -> None:
    """Who looks at nothing."""


class _NotRun(Exception):
    """A due run is not to be, for this reason."""


class Scheduler:
    """Made in a running loop: `look_back`, then `start`, then `drain`."""

    def __init__(
        self,
        probes: Sequence[Probe],
        calendar: Calendar,
        book: Book,
        driver: Driver,
        habits: Habits,
        tell: Tell,
        trouble: Callable[[str], None],
        look: Look = _nobody,
    ) -> None:
        self.probes = {probe.name: probe for probe in probes}
        self.calendar, self.book, self.driver = calendar, book, driver
        self.habits, self.tell, self.trouble = habits, tell, trouble
        self.look = look
        self.looked = datetime.now(UTC)
        self.stopping = False
        self.under_way: dict[str, datetime] = {}
        self.unanswered: set[str] = set()
        self.again: set[str] = set()
        self.pending: dict[tuple[str, datetime], datetime] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.coming: dict[str, Coming] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._left: set[asyncio.Task[None]] = set()
        self.missing: asyncio.Queue[Slot] = asyncio.Queue()
        self.entries = Entries(book.write, self._first, trouble)
        self._misses = asyncio.create_task(self._write_missed())
        self._clock: Any = None

    # What was

    def look_back(self, first: datetime | None = None, silence: Stretch | None = None) -> None:
        """Settles what was left open, and what fell due since anybody looked.

        `first` is since when probes count that were never seen before (default: now); `silence`
        when the store was seen not to answer. Raises `CannotLook`, and then nothing has begun.
        """
        now = self.looked
        until, open_ = self.book.until(), self.book.open()
        since = self.book.acquaint(self.probes, first or now)
        begin = max(until or min(since.values()), now - self.habits.back)
        there = {(slot.probe, slot.at) for slot in self.book.since(begin)}
        if until and begin > until:
            self.trouble(f"what was due from {until:%F %R} to {begin:%F %R} UTC is not told")
        for slot in open_:
            if slot.campaign and self.driver.elsewhere(slot):
                self._leave(slot)
            else:
                self._settle(slot)
        fell: dict[str, list[Due]] = {}
        for one in self.calendar.due(begin, now):
            name = f"{one.journey}[{one.row}]" if one.row else one.journey
            if one.at >= since[name] and (name, one.at) not in there:
                fell.setdefault(name, []).append(one)
        for name, found in fell.items():
            self._caught_up(name, found, silence)

    def _leave(self, slot: Slot) -> None:
        """A run that another machine began: who was only cut off ends it, and says so."""
        probe = self.probes.get(slot.probe)
        task = asyncio.create_task(left(slot, probe, self.book, self._settle))
        self._left.add(task)
        task.add_done_callback(self._left.discard)

    def _settle(self, slot: Slot) -> None:
        """A slot of a scheduler that died: its result is found, or it is missed."""
        if found := self.driver.found(slot):
            state = "missed" if slot.state == "missing" else "done"
            verdict, why = found
            ended = msgspec.structs.replace(slot, state=state, verdict=verdict, why=why)
            self._go(self._done([ended]))
            return
        why = slot.why or DIED
        again = msgspec.structs.replace(slot, state="missing", campaign="", why=why)
        self.entries.amend(again)
        self.missing.put_nowait(again)

    def _caught_up(self, name: str, found: list[Due], silence: Stretch | None) -> None:
        """Of what fell due unseen the newest is run where the ladder asks for it; all else is
        missed."""
        newest = found[-1]
        fresh = (self.looked - newest.at).total_seconds() <= self.habits.grace
        wanted = newest.peak or self.habits.catch_up or fresh
        if wanted and self.calendar.may_start(self.probes[name], newest.at, self.looked):
            found = found[:-1]
            self._begin(name, newest)
        for one in found:
            then = silence and silence[0] <= one.at <= silence[1]
            self._miss(name, one.at, silent(silence) if then else NOT_RUNNING)

    # What comes

    def start(self) -> None:
        """From now on what falls due is run."""
        from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]
            AsyncIOScheduler,
        )

        self._clock = AsyncIOScheduler(timezone=UTC)
        for probe in self.probes.values():
            self._expect(probe, self.looked - TICK)
        self._clock.start()

    def _expect(self, probe: Probe, since: datetime, before: Coming | None = None) -> None:
        """From now on the runs of `probe` that fall due after `since` are begun."""
        name, next_due = probe.name, self.calendar.next_due
        if before:
            trigger = before.onward(probe, next_due, since)
        else:
            trigger = Coming(probe, next_due, since, offset(name, self.habits.jitter))
        self.coming[name] = trigger
        # Never dropped for being late: how late is too late is decided here, and written down.
        how = {"id": name, "misfire_grace_time": None, "coalesce": True, "replace_existing": True}
        self._clock.add_job(self._fire, trigger, [name], **how)

    def adopt(self, probes: Sequence[Probe], calendar: Calendar) -> None:
        """Goes on with what has been written anew, between two runs and at one instant.

        What was due by now is run all the same, also of a probe that is gone; `acquaint` the book
        with those that are new first.
        """
        now, fresh = datetime.now(UTC), {probe.name: probe for probe in probes}
        for name in self.probes.keys() - fresh.keys():
            for one in self.coming.pop(name).due_by(now):
                self._begin(name, one)
            self._forget(name)
        self.probes, self.calendar = fresh, calendar
        for name, probe in fresh.items():
            self._expect(probe, now, self.coming.get(name))

    def _forget(self, name: str) -> None:
        if self._clock.get_job(name):
            self._clock.remove_job(name)

    def look_again(self, name: str) -> None:
        """One more run at once, beside those that are due: never two, never where none may be."""
        probe, now = self.probes.get(name), datetime.now(UTC)
        if probe is None or self.stopping or name in self.again:
            return
        if self.calendar.may_start(probe, now, now):
            self.again.add(name)
            slot = Slot(probe=name, at=now, why=SECOND)
            self._go(self._carry_out(probe, slot, self._enter(slot)), name, self.again.discard)

    def overdue(self) -> datetime | None:
        """Since when the oldest run waits that has neither begun nor been written as missed."""
        now = datetime.now(UTC)
        due = (at + one.jitter for one in self.coming.values() if (at := one.first))
        return min([*self.pending.values(), *(at for at in due if at <= now)], default=None)

    async def _fire(self, name: str) -> None:
        ready = self.coming[name].take(datetime.now(UTC)) if name in self.coming else []
        for one in ready[:-1]:
            self._miss(name, one.at, HELD_UP)
        if ready:
            self._begin(name, ready[-1])

    def _begin(self, name: str, one: Due) -> None:
        """Enters a due run and goes about it, unless the one before is still under way."""
        if before := self.under_way.get(name):
            still = f"{STILL}: the run due at {before:%F %T} UTC"
            self._miss(name, one.at, SILENT if name in self.unanswered else still)
            return
        self.under_way[name] = one.at
        slot = Slot(probe=name, at=one.at)
        work = self._carry_out(self.probes[name], slot, self._enter(slot))
        self._go(work, name, lambda name: self.under_way.pop(name, None))

    def _enter(self, slot: Slot) -> asyncio.Future[bool]:
        self.pending[slot.probe, slot.at] = datetime.now(UTC)
        return self.entries.enter(slot)

    def _entered(self, slot: Slot) -> None:
        """It has begun, or it is written down that it has not."""
        self.pending.pop((slot.probe, slot.at), None)

    async def _carry_out(self, probe: Probe, slot: Slot, entered: asyncio.Future[bool]) -> None:
        """A due run follows a second look that is under way, and that the run it was made for."""
        async with self._turns[probe.name]:
            if not await self._answer(slot, entered):
                self._entered(slot)
                return  # it is in there from before, and so it is not ours to run
            try:
                slot, came = await self._driven(probe, slot)
            except _NotRun as not_run:
                self._give_up(slot, str(not_run))
                return
        if came:
            verdict, why = came
            done = msgspec.structs.replace(slot, state="done", verdict=verdict, why=why)
            await self._done([done])

    async def _answer(self, slot: Slot, written: asyncio.Future[bool]) -> bool:
        """The run waits for the ledger, and is not running while it does."""
        self.unanswered.add(slot.probe)
        try:
            return await written
        finally:
            self.unanswered.discard(slot.probe)

    def _unanswered(self, slot: Slot) -> str:
        """That the store was silent while this slot waited to be entered, or nothing."""
        asked, silence = self.pending.get((slot.probe, slot.at)), self.entries.silence
        return silent(silence) if asked and silence and asked <= silence[1] else ""

    async def _driven(self, probe: Probe, slot: Slot) -> tuple[Slot, tuple[str, str] | None]:
        """None where another machine has settled it meanwhile."""
        async with self.driver.room(probe):
            if why := self._forbidden(probe, slot):
                raise _NotRun(why)
            try:
                slot = msgspec.structs.replace(slot, campaign=self.driver.begin())
            except CxassureError as wrong:
                raise _NotRun(wrong.what) from None
            ours = await self._answer(slot, self.entries.amend(slot))
            self._entered(slot)
            if not ours:
                self.driver.found(slot)  # which clears away what was begun for it
                return slot, None
            came = await self.driver.drive(probe, slot.campaign)
        if came is None:
            raise _NotRun(STOPPED)
        return slot, came

    def _forbidden(self, probe: Probe, slot: Slot) -> str:
        """Why a run whose turn has come is not started, or nothing."""
        if self.stopping:
            return self._unanswered(slot) or STOPPED
        now = datetime.now(UTC)
        waited = (now - slot.at).total_seconds() > self.habits.grace + self.habits.jitter
        if not waited or self.calendar.may_start(probe, slot.at, now):
            return ""
        return self._unanswered(slot) or TOO_LATE

    async def _done(self, ended: Sequence[Slot]) -> None:
        """Looked at first: whoever is killed in between finds it open in the ledger, and looks."""
        await self.look(ended)
        for slot in ended:
            self.entries.amend(slot)
            self._entered(slot)
            self.tell(slot)

    # What did not happen

    def _miss(self, name: str, at: datetime, why: str) -> None:
        slot = Slot(probe=name, at=at, state="missing", why=why)
        entered = self._enter(slot)

        async def then() -> None:
            if await entered:
                why = self._unanswered(slot) if slot.why == SILENT else ""
                self.missing.put_nowait(msgspec.structs.replace(slot, why=why or slot.why))
            else:
                self._entered(slot)

        self._go(then())

    def _give_up(self, slot: Slot, why: str) -> None:
        """A run that was entered and is not to be."""
        why = f"{slot.why}: {why}" if slot.why else why
        changed = msgspec.structs.replace(slot, state="missing", campaign="", why=why)
        self.entries.amend(changed)
        self.missing.put_nowait(changed)

    async def _write_missed(self) -> None:
        while True:
            found = [await self.missing.get()]
            while not self.missing.empty() and len(found) < MISSED_AT_ONCE:
                found.append(self.missing.get_nowait())
            await self._written_once(found)
            for _ in found:
                self.missing.task_done()

    async def _written_once(self, found: Sequence[Slot]) -> None:
        done = await self._written(found)
        while not done:
            await asyncio.sleep(AGAIN)
            done = await self._written(found)

    async def _written(self, found: Sequence[Slot]) -> bool:
        """The ledger says where before anything is there: after a kill it is looked for there."""
        try:
            campaign = self.driver.begin()
            named = [msgspec.structs.replace(slot, campaign=campaign) for slot in found]
            ours = await asyncio.gather(*(self.entries.amend(slot) for slot in named))
            for slot in (slot for slot, mine in zip(named, ours, strict=True) if not mine):
                self._entered(slot)  # another machine has settled it, or is about to
            if not any(ours):
                self.driver.found(msgspec.structs.replace(named[0], state="due"))
                return True
            named = [slot for slot, mine in zip(named, ours, strict=True) if mine]
            missed: list[Missed] = [(self.probes.get(slot.probe), slot) for slot in named]
            await asyncio.to_thread(self.driver.miss, campaign, missed)
        except (CxassureError, OSError) as wrong:
            self.trouble(f"missed runs could not be written down: {wrong}")
            return False
        await self._done(
            [msgspec.structs.replace(slot, state="missed", verdict="missed") for slot in named]
        )
        return True

    # The end

    async def drain(self) -> None:
        """Starts nothing more, and waits until all that runs has ended and is written down."""
        if self._clock is not None:
            self._clock.shutdown(wait=False)
            self._clock = None
        for task in self._left:  # what is open is settled by whoever looks back next
            task.cancel()
        while self.tasks:
            await asyncio.wait(self.tasks)
        await self.missing.join()
        self._misses.cancel()
        await asyncio.gather(self._misses, return_exceptions=True)
        await self.entries.close()

    def stop(self) -> None:
        """What has not been started is missed; `drain` then ends when what runs has ended."""
        self.stopping = True
        if self._clock is not None:
            self._clock.pause()

    def cut_short(self) -> None:
        """What runs is interrupted, and ends in good order as an error."""
        for task in self.tasks:
            task.cancel()

    def _go(self, work: Any, name: str = "", over: Callable[[str], object] = str) -> None:
        """Does `work` beside all else; `over` is told its name when it has ended, however."""
        task = asyncio.get_running_loop().create_task(self._guarded(work, name, over))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _guarded(self, work: Any, name: str, over: Callable[[str], object]) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await work
        except Exception as fault:
            self.trouble(f"{name or 'a missed run'}: {type(fault).__name__}: {fault}")
        finally:
            over(name)

    def _first(self) -> datetime:
        """When the first run is due that nobody has taken yet."""
        ahead = [at for one in self.coming.values() if (at := one.first)]
        return min(ahead, default=self.looked)
