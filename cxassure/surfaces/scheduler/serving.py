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
from cxassure.errors import UsageError
from cxassure.peak import Due, Slot
from cxassure.surfaces.scheduler.driving import Driving
from cxassure.surfaces.scheduler.reloading import Reloading
from cxassure.surfaces.scheduler.scheduler import Habits, Scheduler, Tell
from cxassure.surfaces.scheduler.sighting import Sighting
from cxassure.surfaces.scheduler.tidying import tidy
from cxassure.surfaces.scheduler.turn import Turn
from cxassure.surfaces.scheduler.watching import Watching
from cxassure.verdict import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_PASSED, Verdict, exit_code
from cxassure.workspace import Workspace

MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=35)
"""How long the ledger remembers what is over."""

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

    Raises `UsageError` where nothing is ever due.
    """
    stop, cut = asyncio.Event(), asyncio.Event()
    ours = True
    turn = Turn(workspace.store.reports, workspace.store.leading(workspace.environment.name))
    with _signals(stop, cut, say):
        try:
            if not turn.take():
                say("standing by: another scheduler works on this reports folder")
                if not await turn.wait(stop):
                    return EXIT_PASSED
                say("taking over")
            with _shift(workspace, running, habits, tell, say, again, place) as shift:
                made = shift.scheduler
                shift.watching.start()
                made.look_back()
                made.start()
                _some_are_due(made)
                say(f"scheduling {len(made.probes)} probes")
                beside = [
                    asyncio.create_task(shift.reloading.go()),
                    asyncio.create_task(tidy(lambda: shift.watching.sighting.workspace, say)),
                ]
                ours = await turn.keep(stop, say)
                for task in beside:
                    task.cancel()
                made.stop()
                await _drained(made, cut)
                await shift.watching.finish()
        finally:
            turn.give_back()
    if not ours:
        return EXIT_ERROR
    return EXIT_INTERRUPTED if cut.is_set() else EXIT_PASSED


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
            raise UsageError("a scheduler is at work on this reports folder", "leave it to that")
        with (
            _signals(stop, cut, say),
            _shift(workspace, running, habits, note, say, again, place) as shift,
        ):
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
    """A scheduler with its ledger, and the built-in company where a target asks for it."""
    probes = workspace.compiled()
    calendar = workspace.schedule(probes)
    with contextlib.ExitStack() as stack:
        if workspace.needs_company:
            company = stack.enter_context(started())
            workspace.move_in(company.targets, company.secrets)
        ledger = workspace.ledger()
        stack.callback(ledger.close)
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
