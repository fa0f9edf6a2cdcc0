"""What a scheduler saw, as looks at journeys: of each run that ended or was missed one."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxassure.incident import Observation, Vantage
from cxassure.peak import Slot
from cxassure.probe import Probe
from cxassure.settings import Target
from cxassure.surfaces.scheduler.driving import missed_id
from cxassure.surfaces.scheduler.scheduler import SECOND, STILL, TICK, Scheduler
from cxassure.workspace import Workspace

if TYPE_CHECKING:
    from cxassure.run import Run

PATIENCE = 300.0
"""Seconds that a run may take whose journey has no budget."""


class Sighting:
    """Reads runs where they are kept; blocks. `place` is where we look from."""

    def __init__(self, workspace: Workspace, place: str, again: str) -> None:
        self.workspace, self.vantage, self.again = workspace, Vantage(place=place), again
        self.scheduler: Scheduler | None = None

    def looks(self, slots: Sequence[Slot]) -> list[Observation]:
        """The looks that these runs were; one whose lines are gone is none."""
        found: dict[str, list[tuple[Run, Path]]] = {}
        for campaign in dict.fromkeys(slot.campaign for slot in slots):
            stored = self.workspace.store.of_campaign(campaign)
            found[campaign] = [(one.run, one.folder) for one in stored]
        return [look for slot in slots for look in self._look(slot, found[slot.campaign])]

    def _look(self, slot: Slot, kept: Sequence[tuple[Run, Path]]) -> Iterator[Observation]:
        from cxassure.report.senders import observe

        if slot.state == "missed":
            mine = [one for one in kept if one[0].id == missed_id(slot)]
        else:
            mine = [one for one in kept if one[0].id.startswith(f"{slot.campaign}/")]
        probe = self.scheduler.probes.get(slot.probe) if self.scheduler else None
        if not mine or self._looked_at(slot, probe):
            return
        run, folder = mine[-1]
        campaign = self.workspace.store.runs / slot.campaign
        context = self.workspace.context_of([run], {run.id: folder}, campaign, self.again)
        context = replace(context, page=self._seen_at(Path(context.page)))
        window, every = self._rhythm(probe, slot.at)
        yield observe(run, context, self._targets(probe), self.vantage, window, every)

    def _seen_at(self, page: Path) -> str:
        """Where people see a page of ours: at an address, else in a folder of this machine."""
        if not (address := self.workspace.settings.alerts.address):
            return f"{socket.gethostname()}:{page.absolute()}"
        inside = page.relative_to(self.workspace.store.reports)
        return f"{address}/{quote(inside.as_posix())}"

    def _looked_at(self, slot: Slot, probe: Probe | None) -> bool:
        """Whether a run was left out that nobody misses: a second look, or one of which the run
        before is under way, and not for longer than it may take."""
        if slot.state != "missed" or not slot.why.startswith((SECOND, STILL)):
            return False
        began = self.scheduler.under_way.get(slot.probe) if self.scheduler else None
        may = timedelta(seconds=(probe.budget if probe else None) or PATIENCE)
        return slot.why.startswith(SECOND) or began is None or slot.at - began <= may

    def _targets(self, probe: Probe | None) -> dict[str, Target]:
        known = self.workspace.environment.targets
        parties = probe.parties if probe else {}
        return {n: known[party.target] for n, party in parties.items() if party.target in known}

    def _rhythm(self, probe: Probe | None, at: datetime) -> tuple[str, float]:
        """The maintenance window that the run due at `at` fell into, and its cadence in seconds."""
        if not probe or not self.scheduler:
            return "", 0.0
        ask = self.scheduler.calendar.next_due
        first = ask(probe, at - TICK)
        then = ask(probe, first.at) if first else None
        every = (then.at - first.at).total_seconds() if first and then else 0.0
        return (first.window if first and first.at == at else ""), every
