"""Looking: the picture is made anew every second by one thread, however many people look at it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cxassure.errors import CxassureError
from cxassure.incident import Incident, Observation
from cxassure.probe import Probe
from cxassure.settings import Settings
from cxassure.surfaces.dashboard.days import Days
from cxassure.surfaces.dashboard.picture import BAD, Ahead, Picture, Standing
from cxassure.surfaces.dashboard.there import There, there
from cxassure.workspace import Workspace

if TYPE_CHECKING:
    from cxassure.store.incidents import Incidents
    from cxassure.store.reading import PastRun
    from cxassure.store.views import Line, Views
    from cxassure.watch.incidents import Duty

_LOG = logging.getLogger("cxassure.dashboard")
_T = TypeVar("_T")
EVERY = 1.0
"""Seconds between two looks."""

SLOWLY = 30.0
"""Seconds between two looks at what hardly changes: peaks, decisions, probes."""

STRIP = 30
AHEAD = timedelta(days=180)
PAST = timedelta(days=90)


class Looking:
    """The `picture` of a workspace, and the one hand on its store: `with_store` lends it.

    Making one raises what the workspace raises; later trouble stands in the picture.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.picture = Picture()
        self._hand = threading.RLock()
        self._news = asyncio.Condition()
        self._stamp: object = None
        self._slow_at = datetime.min.replace(tzinfo=UTC)
        self._ended = False
        self._state: dict[str, Incident] | None = None
        self._duty: Duty[Incidents] | None = None
        self._there = There()
        self._days = Days(workspace, lambda: self.duty.state().deploys)

    @property
    def views(self) -> Views:
        """What pages ask the store themselves; it bears many threads."""
        return self.workspace.store.views

    @property
    def duty(self) -> Duty[Incidents]:
        """Incidents by the rules as they are written now. Raises `CannotLook`."""
        if self._duty is None:
            self._duty = self.workspace.duty()
        return self._duty

    def with_store(self, work: Callable[[Workspace], _T]) -> _T:
        """`work` done by whoever has the hand: the store itself bears one thread at a time."""
        with self._hand:
            return work(self.workspace)

    # Looking

    def look(self) -> bool:
        """Makes the picture anew, for whatever thread; gives whether anything is otherwise."""
        with self._hand:
            before = self.picture
            try:
                made = self._made(before)
            except (CxassureError, OSError) as wrong:
                made = replace(before, trouble=_said(wrong))
            seen = replace(made, at=before.at, version=before.version)
            changed = seen != before
            version = before.version + changed
            at = before.at if made.trouble else datetime.now(UTC)
            self.picture = replace(made, at=at, version=version)
            return changed

    def _made(self, before: Picture) -> Picture:
        self._read_again()
        now = datetime.now(UTC)
        slow = (now - self._slow_at).total_seconds() >= SLOWLY
        latest = self.views.latest()
        probes = self._probes() if slow else before.probes
        if slow:
            shop = self.workspace
            self._there = there(probes, Path(shop.root), shop.journeys, shop.probes)
        made = replace(
            before,
            trouble="",
            probes=probes,
            standings=self._standings(latest, before, probes, now),
            incidents=self._incidents(before, now, slow),
            waivers=self.workspace.settings.waivers,
            days=self._days.counted(now) if slow or not before.days else before.days,
        )
        if slow:
            made = replace(made, ahead=self._ahead(now))
            self._slow_at = now
        return made

    def _read_again(self) -> None:
        """The settings when their file has changed; wrong ones leave the old in force."""
        path = Path(self.workspace.root) / "cxassure.yaml"
        with contextlib.suppress(OSError):
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if self._stamp not in (None, stamp):
                settings: Settings = self.workspace.afresh().settings
                self.workspace.settings = settings
                self._duty, self._slow_at = None, datetime.min.replace(tzinfo=UTC)
            self._stamp = stamp

    def _probes(self) -> tuple[Probe, ...]:
        """As they were compiled; where they were not, as the journeys are now."""
        with contextlib.suppress(CxassureError):
            return tuple(self.workspace.compiled())
        with contextlib.suppress(CxassureError):
            return tuple(self.workspace.plan().probes)
        return ()

    def _standings(
        self, latest: list[PastRun], before: Picture, probes: Iterable[Probe], now: datetime
    ) -> tuple[Standing, ...]:
        known = {one.line: one for one in before.standings}
        lines: dict[Line, PastRun] = {(r.env, r.journey, r.row): r for r in latest}
        fresh = [k for k, run in lines.items() if k not in known or known[k].last != run]
        strips = self.views.strips(fresh, STRIP)
        about = {(probe.journey, probe.row): probe for probe in probes}
        return tuple(
            self._told(
                known[key]
                if key not in strips
                else self._standing(run, strips[key], known.get(key)),
                about.get(key[1:]),
                now,
            )
            for key, run in lines.items()
        )

    def _standing(self, run: PastRun, strip: Any, old: Standing | None) -> Standing:
        made = Standing(run.journey, run.row, run.env, run, strip)
        if not made.bad:
            return made
        newest = [one.verdict not in BAD for one in strip]
        if True in newest[1:]:
            good = newest.index(True)
            return replace(made, last_good=strip[good].started, since=strip[good - 1].started)
        if old and old.bad:
            return replace(made, last_good=old.last_good, since=old.since)
        last_good, first = self.views.bad_since(made.line)
        return replace(made, last_good=last_good, since=first)

    def _told(self, one: Standing, probe: Probe | None, now: datetime) -> Standing:
        """With what its probe and the waivers say of it."""
        seen = Observation(at=now, journey=one.journey, row=one.row, verdict=one.last.verdict)
        waivers = self.workspace.settings.waivers
        held = next((w for w in waivers if w.covers(seen, now)), None) if one.bad else None
        waiver = f"{held.reason} ({held.owner}, until {held.until:%F})" if held else ""
        gone = self._there.gone(one.journey, one.last.started)
        if probe is None:
            same = (one.waiver, one.gone) == (waiver, gone)
            return one if same else replace(one, waiver=waiver, gone=gone)
        return replace(
            one,
            title=probe.title,
            severity=probe.severity,
            owner=probe.owner,
            channels=tuple(sorted({p.channel for p in probe.parties.values()})),
            waiver=waiver,
            gone=gone,
        )

    def _incidents(self, before: Picture, now: datetime, slow: bool) -> tuple[Incident, ...]:
        """Those of the last months; what is open is told by the state, which is never behind."""
        state = self.duty.state().incidents
        if state == self._state and not slow:
            return before.incidents
        self._state = state
        past = {one.id: one for one in self.duty.kept.annals.since(now - PAST)}
        return tuple(sorted((past | state).values(), key=lambda one: one.since, reverse=True))

    def _ahead(self, now: datetime) -> tuple[Ahead, ...]:
        outlook = self.workspace.outlook()
        coming = outlook.schedule.coming(now, now + AHEAD)
        ahead = sorted((one for one in coming if one.when.end > now), key=lambda c: c.when.start)
        store = self.workspace.store
        decided = {name: store.readiness_of(name)[-1:] for name in {c.peak.name for c in ahead}}
        return tuple(
            Ahead(c.peak, c.when.start, c.when.end, next(iter(decided[c.peak.name]), None))
            for c in ahead
        )

    # Telling

    async def refresh(self) -> None:
        """Looks at once, and tells those who wait."""
        changed = await asyncio.to_thread(self.look)
        if changed:
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def keep_looking(self) -> None:
        """Looks until it is cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception:
                _LOG.exception("the dashboard could not look")
            await asyncio.sleep(EVERY)

    async def end(self) -> None:
        """Lets everybody go who waits."""
        self._ended = True
        await self._tell()

    async def newer(self, version: int, patience: float) -> Picture | None:
        """The picture once it is newer than `version`; the same after `patience` seconds; None
        when no more will come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: self._ended or self.picture.version != version)
        return None if self._ended else self.picture


def _said(wrong: Exception) -> str:
    return wrong.what if isinstance(wrong, CxassureError) else str(wrong)
