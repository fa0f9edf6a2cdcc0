"""Schedulers from beginning to end: the turn, the company, signals, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.errors import CannotLook, CxassureError, UsageError
from cxassure.peak import Due, Slot
from cxassure.surfaces.scheduler.driving import Driving
from cxassure.surfaces.scheduler.habits import Habits
from cxassure.surfaces.scheduler.reloading import Reloading
from cxassure.surfaces.scheduler.scheduler import Scheduler, Tell
from cxassure.surfaces.scheduler.sighting import Sighting
from cxassure.surfaces.scheduler.tidying import tidy
from cxassure.surfaces.scheduler.turn import Turn
from cxassure.surfaces.scheduler.watching import Watching
from cxassure.verdict import EXIT_INTERRUPTED, EXIT_PASSED, Verdict, exit_code
from cxassure.workspace import Workspace

MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=35)
"""How long the ledger remembers what is over."""

TROUBLES = 2.0
"""Seconds between two looks for trouble of the store."""

Say = Callable[[str], None]


def would_run(workspace: Workspace, at: datetime) -> list[Due]:
    """What falls due in the minute that begins at `at`."""
    return list(workspace.schedule(workspace.compiled()).due(at, at + MINUTE))


async def serve(
    workspace: Workspace,
    running: Running,
    habits: Habits,
    tell: Tell,
    say: Say,
    again: str,
    place: str = "",
) -> int:
    """Runs by the calendar until a signal says to stop; gives the exit code.

    Whoever loses the turn to another machine stands by again. Raises `UsageError` where nothing is
    ever due, and `CannotLook` where the store does not answer at the start.
    """
    stop, cut = asyncio.Event(), asyncio.Event()
    turn = Turn(workspace.store.reports, workspace.store.leading(workspace.environment.name))
    with _signals(stop, cut, say), contextlib.ExitStack() as stack:
        stack.callback(turn.give_back)
        stood_by = not turn.take()
        if stood_by:
            say(f"standing by: another scheduler works on {turn.where}")
            workspace = await _taken_over(turn, workspace, stop, say)
        while not stop.is_set():
            _move_in(workspace, stack)
            try:
                with _shift(workspace, running, habits, tell, say, again, place) as shift:
                    await _work(shift, turn, stop, cut, say)
                    workspace = shift.reloading.workspace
            except CannotLook as wrong:
                if not (stood_by and turn.among):
                    raise
                say(str(wrong))
                await turn.pass_on(stop)
            if not stop.is_set():
                stood_by = True
                say(f"standing by: {turn.where} is another scheduler's, or does not answer")
                workspace = await _taken_over(turn, workspace, stop, say)
    return EXIT_INTERRUPTED if cut.is_set() else EXIT_PASSED


def _move_in(workspace: Workspace, stack: contextlib.ExitStack) -> None:
    """The built-in company, where a target asks for it; it stays until the end."""
    if workspace.needs_company:
        company = stack.enter_context(started())
        workspace.move_in(company.targets, company.secrets)


async def _taken_over(turn: Turn, old: Workspace, stop: asyncio.Event, say: Say) -> Workspace:
    """Stands by until it is our turn or `stop` came; what was written meanwhile is read."""
    if not await turn.wait(stop):
        return old
    say("taking over")
    try:
        new = old.afresh()
        new.schedule(new.compiled())
        if _turn_of(new) != _turn_of(old):
            raise UsageError("another store, reports folder or environment", "start it again")
    except CxassureError as wrong:
        say(f"what was written anew is not used, the last good goes on:\n{wrong}")
        return old
    return new


def _turn_of(workspace: Workspace) -> tuple[object, ...]:
    """What a turn is taken for."""
    return workspace.store.reports, workspace.store.url, workspace.environment.name


async def _work(
    shift: _Shift, turn: Turn, stop: asyncio.Event, cut: asyncio.Event, say: Say
) -> None:
    """Runs what is due until `stop`, or until another machine has the turn, and drains."""
    made = shift.scheduler
    shift.watching.start(alone=True)
    try:
        made.look_back(silence=turn.silence)
    except CannotLook:
        await made.drain()
        await shift.watching.finish()
        raise
    made.start()
    _some_are_due(made)
    say(f"scheduling {len(made.probes)} probes")
    beside = [
        asyncio.create_task(shift.reloading.go()),
        asyncio.create_task(tidy(lambda: shift.watching.sighting.workspace, say)),
        asyncio.create_task(_troubles(lambda: shift.watching.sighting.workspace, say)),
    ]
    await turn.keep(stop, say)
    for task in beside:
        task.cancel()
    made.stop()
    await _drained(made, cut)
    await shift.watching.finish()


async def once(
    workspace: Workspace,
    running: Running,
    habits: Habits,
    tell: Tell,
    say: Say,
    again: str,
    place: str = "",
) -> int:
    """Runs what is due since anybody looked, and ends; gives the exit code of these runs.

    Where nobody ever looked, what fell due since the minute began. Raises `UsageError` where
    another scheduler is at work.
    """
    stop, cut = asyncio.Event(), asyncio.Event()
    told: list[Slot] = []

    def note(slot: Slot) -> None:
        told.append(slot)
        tell(slot)

    turn = Turn(workspace.store.reports, workspace.store.leading(workspace.environment.name))
    try:
        if not turn.take():
            raise UsageError(f"a scheduler is at work on {turn.where}", "leave it to that")
        with _signals(stop, cut, say), contextlib.ExitStack() as stack:
            _move_in(workspace, stack)
            shift = stack.enter_context(_shift(workspace, running, habits, note, say, again, place))
            made = shift.scheduler
            shift.watching.start()
            made.look_back(made.looked.replace(second=0, microsecond=0))
            stopped = asyncio.create_task(_stopped(stop, made))
            await _drained(made, cut)
            stopped.cancel()
            await shift.watching.finish(alive=True)
    finally:
        turn.give_back()
    if cut.is_set():
        return EXIT_INTERRUPTED
    if not told:
        say("nothing is due")
        return EXIT_PASSED
    return exit_code(cast("Verdict", slot.verdict) for slot in told)


@dataclass(frozen=True, slots=True)
class _Shift:
    """What works together while it is our turn."""

    scheduler: Scheduler
    watching: Watching
    reloading: Reloading


@contextlib.contextmanager
def _shift(
    workspace: Workspace,
    running: Running,
    habits: Habits,
    tell: Tell,
    say: Say,
    again: str,
    place: str,
) -> Iterator[_Shift]:
    """A scheduler with its ledger."""
    probes = workspace.compiled()
    calendar = workspace.schedule(probes)
    with contextlib.closing(workspace.ledger()) as ledger:
        ledger.forget(datetime.now(UTC) - KEPT)
        driving = Driving(workspace, running, again)
        sighting = Sighting(workspace, place, again)
        watching = Watching(workspace, sighting, say)
        made = Scheduler(probes, calendar, ledger, driving, habits, tell, say, watching.look)
        sighting.scheduler = watching.scheduler = made

        def taken(fresh: Workspace) -> None:
            watching.adopt(fresh)
            driving.workspace = fresh

        yield _Shift(made, watching, Reloading(workspace, made, ledger, taken, say))


def _some_are_due(made: Scheduler) -> None:
    if not any(one.first for one in made.coming.values()):
        raise UsageError(
            "nothing is ever due: no probe has every:, and no peak is about any",
            "docs/calendar.md shows how to say how often",
        )


async def _troubles(workspace: Callable[[], Workspace], say: Say) -> None:
    """Trouble of the store is told, each once."""
    told: set[str] = set()
    while True:
        fresh = [one for one in list(workspace().store.troubles) if one not in told]
        told.update(fresh)
        for one in fresh:
            say(one)
        await asyncio.sleep(TROUBLES)


async def _stopped(stop: asyncio.Event, made: Scheduler) -> None:
    await stop.wait()
    made.stop()


async def _drained(made: Scheduler, cut: asyncio.Event) -> None:
    """Until all that runs has ended, or is interrupted."""
    draining = asyncio.create_task(made.drain())
    cutting = asyncio.create_task(cut.wait())
    await asyncio.wait([draining, cutting], return_when=asyncio.FIRST_COMPLETED)
    if not draining.done():
        made.cut_short()
    cutting.cancel()
    await draining


@contextlib.contextmanager
def _signals(stop: asyncio.Event, cut: asyncio.Event, say: Say) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM drains, the second interrupts, the third is not waited for."""
    loop = asyncio.get_running_loop()
    both = (signal.SIGINT, signal.SIGTERM)

    def asked() -> None:
        if not stop.is_set():
            say("stopping: nothing more is started, what runs is waited for")
            stop.set()
            return
        say("interrupted: calls and browsers are being closed")
        cut.set()
        for one in both:
            loop.remove_signal_handler(one)

    for one in both:
        loop.add_signal_handler(one, asked)
    try:
        yield
    finally:
        for one in both:
            loop.remove_signal_handler(one)
