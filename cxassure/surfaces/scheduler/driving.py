"""What a scheduler does with a due run: drives it, or writes down that it was missed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cxassure.campaign import CHEAP_PER_CORE, Running, begun, heavy
from cxassure.peak import Slot
from cxassure.probe import Probe
from cxassure.retelling import PAGE
from cxassure.run import Run
from cxassure.workspace import Workspace

if TYPE_CHECKING:
    from cxassure.campaign import Ran

Missed = tuple[Probe | None, Slot]
"""A run that did not happen; the probe is None where there is none of that name any more."""


class Driver(Protocol):
    """What is done with due runs; a scheduler knows no more of it."""

    def room(self, probe: Probe) -> asyncio.Semaphore:
        """What must be held while `probe` is driven."""

    def begin(self) -> str:
        """Makes where a run, or missed ones, are to be written; gives its id."""

    async def drive(self, probe: Probe, campaign: str) -> tuple[str, str] | None:
        """Drives `probe`: verdict and why; None when nothing was begun."""

    def miss(self, campaign: str, missed: Sequence[Missed]) -> None:
        """Writes missed runs down, each as a run."""

    def elsewhere(self, slot: Slot) -> bool:
        """Whether another machine began it and has told nothing of it: it may be at it still."""

    def found(self, slot: Slot) -> tuple[str, str] | None:
        """What the campaign of `slot` holds of it, when whoever ran it is dead."""


class Driving:
    """Runs are kept in the workspace's store, a campaign each, and told as `run` tells them."""

    def __init__(self, workspace: Workspace, running: Running, again: str = "cxassure run") -> None:
        self.workspace, self.running, self.again = workspace, running, again
        workers = running.workers or workspace.settings.workers
        cores = os.cpu_count() or 2
        self._browsers = asyncio.Semaphore(workers or cores)
        self._cheap = asyncio.Semaphore(workers or cores * CHEAP_PER_CORE)
        self._begun: dict[str, Any] = {}

    def room(self, probe: Probe) -> asyncio.Semaphore:
        return self._browsers if heavy(probe, self.workspace.environment) else self._cheap

    def begin(self) -> str:
        made = begun(self.workspace.store)
        self._begun[made.id] = made
        return made.id

    async def drive(self, probe: Probe, campaign: str) -> tuple[str, str] | None:
        kept = self._begun.pop(campaign)
        ran = await self.workspace.run([probe], self.running, kept=kept)
        if not ran.runs:
            shutil.rmtree(kept.folder, ignore_errors=True)
            return None
        await asyncio.to_thread(self._report, ran)
        return ran.runs[-1].verdict, ran.runs[-1].why

    def _report(self, ran: Ran) -> None:
        """The page, JUnit and JSON beside the run; what cannot be written changes no verdict."""
        from cxassure.report import json as report_json
        from cxassure.report import junit, page

        folder, context = ran.campaign.folder, self.workspace.context(ran, self.again)
        document = report_json.document(ran.runs, str(folder / PAGE), context)
        made = {
            PAGE: page.page(ran.runs, context).encode(),
            "junit.xml": junit.document(ran.runs, context),
            "runs.json": json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n",
        }
        try:
            for name, data in made.items():
                (folder / name).write_bytes(data)
        except OSError as wrong:
            self.workspace.store.troubles.append(f"a report could not be written: {wrong}")

    def miss(self, campaign: str, missed: Sequence[Missed]) -> None:
        kept = self._begun.pop(campaign)
        env = self.workspace.environment.name
        try:
            kept.finish([_missed(probe, slot, env) for probe, slot in missed])
        except OSError:
            shutil.rmtree(kept.folder, ignore_errors=True)  # or half of them would be there twice
            raise

    def elsewhere(self, slot: Slot) -> bool:
        if not self.workspace.store.url or self._folder(slot.campaign).is_dir():
            return False
        return self._of_another_machine(slot) is None

    def found(self, slot: Slot) -> tuple[str, str] | None:
        folder = self._folder(slot.campaign)
        if not slot.campaign:
            return None
        if not folder.is_dir():
            return self._of_another_machine(slot)
        known = [one.run for one in self.workspace.store.of_campaign(slot.campaign)]
        if slot.state == "missing":
            mine = [run for run in known if run.id == missed_id(slot)]
        else:
            mine = [run for run in known if run.id.startswith(f"{slot.campaign}/")]
        if mine:
            return mine[-1].verdict, mine[-1].why
        if slot.state == "due":  # begun, and died before the first line of it
            shutil.rmtree(folder, ignore_errors=True)
        return None

    def _of_another_machine(self, slot: Slot) -> tuple[str, str] | None:
        """What a shared store was told of it before that machine died."""
        if not self.workspace.store.url:
            return None
        rows = self.workspace.store.rows_of(slot.campaign)
        mine = [past for past in rows if slot.state != "missing" or past.id == missed_id(slot)]
        return (mine[-1].verdict, mine[-1].why) if mine else None

    def _folder(self, campaign: str) -> Path:
        return self.workspace.store.runs / campaign


def missed_id(slot: Slot) -> str:
    """The id of the run that tells of a missed one."""
    return f"{slot.campaign}/{slot.probe}@{slot.at:%Y%m%dT%H%M%S.%fZ}"


def _missed(probe: Probe | None, slot: Slot, env: str) -> Run:
    """The run that should have been: it is dated when it was due."""
    journey, _, row = slot.probe.rstrip("]").partition("[")
    run = Run(id=missed_id(slot), journey=journey, row=row, env=env, verdict="missed")
    run.why, run.finished = slot.why, True
    run.started = slot.at.isoformat(timespec="milliseconds")
    run.ended = datetime.now(UTC).isoformat(timespec="milliseconds")
    if probe:
        for name in "title severity owner runbook source tags budget".split():
            setattr(run, name, getattr(probe, name))
        always = {step.index for step in probe.always}
        run.author_steps = sum(step.index not in always for step in probe.every_step())
        run.parties = {name: party.channel for name, party in probe.parties.items()}
    return run
