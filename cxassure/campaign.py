"""One command's worth of runs: probes driven at once, each into the store and before watchers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cxassure import catalog, probe
from cxassure.channel import Calling, Opening, Scope, Session
from cxassure.engine import INTERRUPTED, Drive, Outside, drive, refusal
from cxassure.errors import CannotLook, CxassureError, UsageError
from cxassure.events import AnyEvent, RunEnded, StepEnded
from cxassure.grammar import Grammar
from cxassure.probe import Probe
from cxassure.run import Fold, Run
from cxassure.settings import Announced, Environment, Settings, Target
from cxassure.store import Campaign, Recorder, Store

Watcher = Callable[[str, AnyEvent], None]
"""Told every event of every run, with the run's name. What it raises changes no verdict."""

PROBE = "probe.json"
"""The compiled probe in the folder of its run."""

CALLS = "calls.db"
"""Where live calls are written down, in the reports folder."""

RELEASE = "CXASSURE_RELEASE"
"""The variable that says what of the company is in place, where the command does not."""

CHEAP_PER_CORE = 8
"""Probes without a browser that a core bears at once."""


@dataclass(frozen=True, slots=True)
class Running:
    """How probes are run. `workers` 0 is what the machine bears; `seed` None is drawn."""

    workers: int = 0
    seed: int | None = None
    retry: int = 0
    fail_fast: bool = False
    timeout: float | None = None
    trace: bool = False
    rehearsed: datetime | None = None
    """The instant that the company is asked to act for; None is now, and the real clock."""
    release: str = ""
    """What of the company is in place, to compare releases by."""


@dataclass(slots=True)
class Ran:
    """What a command ran: every attempt of every probe, and where each is kept, by run id."""

    runs: list[Run]
    campaign: Campaign
    folders: dict[str, Path] = field(default_factory=dict)
    not_run: list[str] = field(default_factory=list)
    interrupted: bool = False
    troubles: list[str] = field(default_factory=list)
    """What could not be written down about the campaign as a whole."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the runs of a campaign stand on, as the workspace found it."""

    settings: Settings
    environment: Environment
    secret: Callable[[str], str]
    secrets: Mapping[str, str]
    environ: Mapping[str, str]
    store: Store
    announced: Callable[[Probe, datetime | None], Sequence[Announced]]
    """What is to be announced in a probe, and what not, at an instant; None is now."""
    quiet: Callable[[Probe], str] = lambda document: ""
    """Why nobody is to be telephoned now, "" where that is fine."""


class Campaigning:
    """One command's worth of runs."""

    def __init__(
        self,
        grounds: Grounds,
        probes: Sequence[Probe],
        how: Running,
        watchers: Sequence[Watcher] = (),
        kept: Campaign | None = None,
    ) -> None:
        self.grounds, self.probes, self.how = grounds, probes, how
        self.watchers = list(watchers)
        self.kept = kept or begun(grounds.store)
        self.seed = randomness.randbits(32) if how.seed is None else how.seed
        self.scope = Scope()
        cores = os.cpu_count() or 2
        self.browsers = asyncio.Semaphore(how.workers or grounds.settings.workers or cores)
        self.cheap = asyncio.Semaphore(
            how.workers or grounds.settings.workers or cores * CHEAP_PER_CORE
        )
        self.ran = Ran([], self.kept)
        self.stopping = False

    async def go(self) -> Ran:
        tasks = [asyncio.create_task(self._when_free(document)) for document in self.probes]
        try:
            await asyncio.gather(*tasks)
        except asyncio.CancelledError:
            self.ran.interrupted = self.stopping = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await self.scope.close()
        begun = {run.name for run in self.ran.runs}
        self.ran.not_run = [one.name for one in self.probes if one.name not in begun]
        order = {document.name: n for n, document in enumerate(self.probes)}
        self.ran.runs.sort(key=lambda run: (order.get(run.name, 0), run.attempt))
        await asyncio.to_thread(self._finish)
        return self.ran

    def _finish(self) -> None:
        try:
            self.kept.finish(self.ran.runs)
        except OSError as wrong:
            self.ran.troubles.append(f"the campaign could not be finished: {_said(wrong)}")

    async def _when_free(self, document: Probe) -> None:
        async with self.browsers if heavy(document, self.grounds.environment) else self.cheap:
            if self.stopping:
                return
            run = await self._attempts(document)
            if self.how.fail_fast and run.verdict in ("failed", "error"):
                self.stopping = True

    async def _attempts(self, document: Probe) -> Run:
        for attempt in range(1, self.how.retry + 2):
            run = await self._drive(document, attempt)
            self.ran.runs.append(run)
            if run.verdict not in ("failed", "error") or self.stopping:
                break
        return run

    async def _drive(self, document: Probe, attempt: int) -> Run:
        name = document.file_name.removesuffix(".json") + (f".{attempt}" if attempt > 1 else "")
        run_id = f"{self.kept.id}/{name}"
        grounds, settings = self.grounds, self.grounds.settings
        recorder = self.kept.recorder(run_id, name)
        _lay_beside(recorder.folder / PROBE, document)
        self.ran.folders[run_id] = recorder.folder
        lines = _Lines(document.name, recorder, self.watchers)
        how = Drive(
            run_id=run_id,
            environment=grounds.environment,
            secret=grounds.secret,
            secrets=grounds.secrets,
            campaign=self.scope,
            seed=self.seed,
            attempt=attempt,
            within=settings.within,
            look_on=settings.look_on,
            timeout=self.how.timeout,
            browser=settings.browser,
            synthetic_header=settings.synthetic_header,
            trace=self.how.trace,
            rehearsed=self.how.rehearsed,
            release=self.how.release or grounds.environ.get(RELEASE, ""),
            announced=grounds.announced(document, self.how.rehearsed),
            calling=Calling(
                settings.calls,
                grounds.store.reports / CALLS,
                lambda: grounds.quiet(document),
            ),
            environ=grounds.environ,
        )
        outside = Outside(_open_session, lines.emit, recorder.keep)
        try:
            await lines.watch(asyncio.ensure_future(drive(document, outside, how)))
        except asyncio.CancelledError:
            self.stopping = True
            if not lines.broken:
                self.ran.interrupted = True
        finally:
            recorder.close()
        return lines.fold.run


def _lay_beside(path: Path, document: Probe) -> None:
    """The probe is kept with its run, so that it can be run again the same way.

    Where there is no room for it the events will say so.
    """
    with contextlib.suppress(OSError):
        path.write_bytes(probe.encode(document))


class _Lines:
    """Where the events of one run go: the store first, then whoever else watches."""

    def __init__(self, name: str, recorder: Recorder, watchers: list[Watcher]) -> None:
        self.name, self.recorder, self.watchers = name, recorder, watchers
        self.fold = Fold()
        self.broken = ""
        self._task: asyncio.Future[object] | None = None

    async def watch(self, task: asyncio.Future[object]) -> None:
        self._task = task
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise

    def emit(self, event: AnyEvent) -> None:
        """The store that cannot write makes the run an error; other watchers change nothing."""
        if not self.broken:
            self._record(event)
        if self.broken:
            event = self._explained(event)
        self.fold.add(event)
        for watcher in list(self.watchers):
            try:
                watcher(self.name, event)
            except Exception as fault:
                self.watchers.remove(watcher)
                _left_out(watcher, fault)

    def _explained(self, event: AnyEvent) -> AnyEvent:
        """Nobody interrupted a run that ends because it could not be written down."""
        if isinstance(event, RunEnded):
            return msgspec.structs.replace(event, verdict="error", why=self.broken)
        if isinstance(event, StepEnded) and event.why == INTERRUPTED:
            return msgspec.structs.replace(event, why=self.broken)
        return event

    def _record(self, event: AnyEvent) -> None:
        try:
            self.recorder.write(event)
        except OSError as wrong:
            self.broken = f"the run could not be written down: {_said(wrong)}"
            if self._task:
                self._task.cancel()


def heavy(document: Probe, environment: Environment) -> bool:
    """Whether driving `document` takes a browser."""
    for party in document.parties.values():
        try:
            target = environment.targets.get(party.target)
            session, connector = _made_of(party.channel, target)
        except CxassureError:
            continue
        if session.heavy or getattr(connector, "heavy", False):
            return True
    return False


def refuse_to_rehearse(probes: Sequence[Probe], environment: Environment) -> None:
    """Raises `UsageError` where another date than today's cannot be carried to the company."""
    if not environment.rehearsal:
        raise UsageError(
            f"environment «{environment.name}» is no rehearsal: its company goes by the real clock",
            "rehearse another date where the environment says `rehearsal: true`",
        )
    for document in probes:
        for name, party in document.parties.items():
            target = environment.targets.get(party.target)
            session, connector = _made_of(party.channel, target)
            if not getattr(connector or session, "rehearses", False):
                over = f" over {target.over}" if target and target.over else ""
                raise UsageError(
                    f"{document.name}: party «{name}» ({party.channel}{over}) cannot carry a date",
                    "leave the journey out, or reach the target over a line that can",
                )


def not_begun(document: Probe, environment: Environment) -> CannotLook | None:
    """Why a run of `document` would end before anything is opened; None where it would not."""
    return refusal(document, environment)


def begun(store: Store) -> Campaign:
    """A campaign that is yet empty. Raises `CannotLook` where there is no room for one."""
    try:
        return store.campaign(datetime.now(UTC))
    except OSError as wrong:
        raise CannotLook(
            f"runs cannot be kept in {store.runs}: {_said(wrong)}",
            "make room there, or choose another folder: --report-dir DIR",
        ) from None


def _said(wrong: OSError) -> str:
    return wrong.strerror or str(wrong)


def _left_out(watcher: Watcher, fault: Exception) -> None:
    logging.getLogger("cxassure").warning(
        "a watcher raised %s and is left out: %r", type(fault).__name__, watcher
    )


def _open_session(opening: Opening) -> tuple[Session, Grammar]:
    session, connector = _made_of(opening.channel, opening.target)
    return session(opening, connector), catalog.language(opening.channel)


def _made_of(channel: str, target: Target | None) -> tuple[type[Session], type | None]:
    session = catalog.session(channel)
    if not session.lines:
        return session, None
    over = (target.over if target else "") or session.lines[0]
    return session, catalog.connector(channel, over)
