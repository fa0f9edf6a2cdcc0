"""The runs of one probe that are to come, as APScheduler asks for them: one ahead, never a list."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from cxassure.peak import Due
from cxassure.probe import Probe

NextDue: TypeAlias = Callable[[Probe, datetime], Due | None]


def offset(name: str, spread: float) -> timedelta:
    """How much later than due the probe `name` is started: always the same, below `spread` s."""
    drawn = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest(), "big")
    return timedelta(seconds=spread * (drawn / 2**56))


class Coming(BaseTrigger):  # type: ignore[misc]
    """Fires a probe's due runs after `since`, each later by the same `jitter`.

    A due run stays here until it is taken, so that none is lost when the loop was held up.
    """

    def __init__(self, probe: Probe, next_due: NextDue, since: datetime, jitter: timedelta) -> None:
        self.probe, self.jitter = probe, jitter
        self._next_due, self._since, self._last = next_due, since, since
        self._ahead: deque[Due] = deque()

    @property
    def first(self) -> datetime | None:
        """When the first run that nobody has taken is due; None when there is none to come."""
        return self._ahead[0].at if self._ahead else None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> Any:
        """APScheduler's question; asked twice after the same time it answers the same."""
        if previous is None and self._ahead:
            return self._ahead[0].at + self.jitter
        after = previous - self.jitter if previous else self._since
        if self._ahead and self._ahead[-1].at > after:
            return next(one.at for one in self._ahead if one.at > after) + self.jitter
        found = self._next_due(self.probe, max(after, self._since))
        if found is None:
            return None
        self._ahead.append(found)
        self._last = found.at
        return found.at + self.jitter

    def onward(self, probe: Probe, next_due: NextDue, now: datetime) -> Coming:
        """What takes the place of this one at `now`, when the probe or the calendar has changed.

        What was due by now and has not been taken stays due; what comes is as newly written.
        """
        made = Coming(probe, next_due, now, self.jitter)
        made._ahead.extend(self.due_by(now))
        return made

    def due_by(self, now: datetime) -> list[Due]:
        """What is due by `now` and not taken: with a jitter more than is ahead already."""
        due = list(self._ahead)
        while not due or due[-1].at <= now:
            found = self._next_due(self.probe, due[-1].at if due else self._last)
            if found is None:
                break
            due.append(found)
        return [one for one in due if one.at <= now]

    def take(self, now: datetime) -> list[Due]:
        """Takes what is due by `now`, the oldest first."""
        taken = []
        while self._ahead and self._ahead[0].at + self.jitter <= now:
            taken.append(self._ahead.popleft())
        return taken
