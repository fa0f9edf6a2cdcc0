"""A calendar with the probes that it is about: what surfaces ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from cxassure.errors import Misread, SpecError, UsageError
from cxassure.peak import Calendar, Due
from cxassure.probe import Probe
from cxassure.watch.choosing import chosen
from cxassure.watch.due import due, may_start, next_due
from cxassure.watch.export import as_ics
from cxassure.watch.ladder import Coming, coming
from cxassure.watch.looking import problems
from cxassure.watch.rounds import rounds
from cxassure.watch.telling import Reader, told


class Schedule:
    """Pure: asked twice it answers the same, on any machine. Instants are aware."""

    def __init__(self, calendar: Calendar, probes: Sequence[Probe]) -> None:
        self.calendar, self.probes = calendar, probes

    @property
    def ordinary(self) -> bool:
        """Whether any probe is due on ordinary days."""
        return any(probe.every for probe in self.probes)

    def check(self, since: datetime, until: datetime) -> None:
        """Raises `SpecError` with what only computing shows to be wrong."""
        if found := problems(self.calendar, self.probes, since, until):
            raise SpecError(found)

    def due(self, since: datetime, until: datetime) -> Iterator[Due]:
        """The runs due in [since, until), by time."""
        return due(self.calendar, self.probes, since, until)

    def next_due(self, probe: Probe, instant: datetime) -> Due | None:
        """The first run of `probe` that is due after `instant`."""
        return next_due(self.calendar, probe, instant)

    def may_start(self, probe: Probe, at: datetime, instant: datetime) -> bool:
        """Whether the run of `probe` that was due at `at` may still be started at `instant`."""
        return may_start(self.calendar, probe, at, instant)

    def coming(self, since: datetime, until: datetime) -> list[Coming]:
        """The peaks whose ladder touches [since, until)."""
        try:
            return list(coming(self.calendar, since.astimezone(UTC), until.astimezone(UTC)))
        except Misread as wrong:
            raise UsageError(wrong.what, wrong.hint) from None

    def lines(self, comings: Sequence[Coming], reader: Reader) -> Iterator[str]:
        """The ladders as people read them; `reader` puts an instant into the reader's zone."""
        for one in comings:
            about = [probe for probe in self.probes if chosen(one.peak.journeys, probe)]
            yield from told(one, about, reader, partial(rounds, self.calendar, about))

    def ics(self, comings: Sequence[Coming], stamp: datetime) -> bytes:
        """The ladders as an ICS calendar."""
        return as_ics(comings, stamp)
