"""What a scheduler asks of others: when to look, and what is in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from cxassure.peak import Due, Slot
from cxassure.probe import Probe
from cxassure.surfaces.scheduler.entries import Write


class Calendar(Protocol):
    """What is asked of a schedule."""

    def due(self, since: datetime, until: datetime) -> Any:
        """The runs due in [since, until)."""

    def next_due(self, probe: Probe, instant: datetime) -> Due | None:
        """The first run after an instant."""

    def may_start(self, probe: Probe, at: datetime, instant: datetime) -> bool:
        """Whether the run due at `at` may be started at `instant`."""


class Book(Protocol):
    """What is asked of a ledger."""

    @property
    def write(self) -> Write:
        """Takes slots in."""

    def open(self) -> list[Slot]:
        """Slots of which it is not written what became of them."""

    def since(self, begin: datetime) -> list[Slot]:
        """All slots from `begin` on."""

    def until(self) -> datetime | None:
        """Before when everything is in there."""

    def acquaint(self, names: Any, now: datetime) -> Any:
        """Since when each probe is known."""
