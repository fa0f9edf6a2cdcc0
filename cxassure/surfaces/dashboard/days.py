"""Days: the runs of the last months, counted a day at a time and again only where it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from cxassure.incident import Deploy
from cxassure.peak import zone
from cxassure.report.trend import Tallies, tallied
from cxassure.workspace import Workspace

DAYS = 90


class Days:
    """Of one workspace; `deploys` tells the deployments that are remembered."""

    def __init__(self, workspace: Workspace, deploys: Callable[[], Sequence[Deploy]]) -> None:
        self._workspace, self._deploys = workspace, deploys
        self._zone: tzinfo = UTC
        self._known: Mapping[date, Tallies] = {}
        self._laid: frozenset[Deploy] = frozenset()

    def counted(self, now: datetime) -> Mapping[date, Tallies]:
        """The last days of the calendar's zone, the newest first; the same mapping as before where
        nothing changed. Raises `CannotLook`."""
        deploys = self._deploys()
        self._forget(zone(self._workspace.settings.calendar.zone or "UTC"), deploys)
        today = now.astimezone(self._zone).date()
        last = [today - timedelta(days=back) for back in range(DAYS)]
        found = {day: self._day(day, deploys) for day in last}
        if found != self._known:
            self._known = found
        return self._known

    def _day(self, day: date, deploys: Sequence[Deploy]) -> Tallies:
        views = self._workspace.store.views
        since, until = (
            datetime.combine(one, time(), self._zone) for one in (day, day + timedelta(days=1))
        )
        kept = self._known.get(day, {})
        count = views.count(since, until)
        if count == sum(one.verdicts.total() for one in kept.values()):
            return kept
        return tallied(views.seen(since, until), deploys, self._zone)

    def _forget(self, where: tzinfo, deploys: Sequence[Deploy]) -> None:
        """What is counted otherwise from now on: all in another zone, and what ran after a
        deployment that was not known of."""
        fresh = frozenset(deploys) - self._laid
        if where != self._zone:
            self._known = {}
        elif fresh:
            first = min(one.at for one in fresh).astimezone(where).date()
            self._known = {day: one for day, one in self._known.items() if day < first}
        self._zone, self._laid = where, frozenset(deploys)
