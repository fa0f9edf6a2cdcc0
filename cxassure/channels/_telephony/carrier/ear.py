"""What one end of a call hears, put on record with its times, dead air included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cxassure.channel import Clock, Seen
from cxassure.channels._telephony.carrier.lengths import NOTICEABLE
from cxassure.events import Who

Record = Callable[[Seen], None]


class Ear:
    """Records what is heard through `record`.

    Whoever makes a sound, or hands the caller the turn, says `begin` before and `end` after it;
    what lies between an `end` and the next `begin` is dead air.
    """

    def __init__(self, clock: Clock, record: Record, *, minds_silence: bool = True) -> None:
        self.clock = clock
        self.record = record
        self._minds = minds_silence
        self.quiet_since: float | None = None

    def note(self, who: Who, what: str, text: str = "", *, took: float = 0.0, **data: Any) -> None:
        """Records something that begins now and takes `took` seconds."""
        now = self.clock.now()
        self.record(Seen(who, what, text, now, now + took, data))

    def past(self, who: Who, what: str, text: str, began: float, **data: Any) -> None:
        """Records something that began at `began` and ends now."""
        self.record(Seen(who, what, text, began, self.clock.now(), data))

    def heard(self, what: str, text: str, began: float, ended: float, **data: Any) -> None:
        """Records something of the company's whose times are known already."""
        self.begin()
        self.record(Seen("company", what, text, began, ended, data))

    def begin(self) -> None:
        """Dead air is over, if there was any."""
        since, self.quiet_since = self.quiet_since, None
        if since is not None and self.clock.now() - since >= NOTICEABLE:
            self.past("company", "silence", "", since)

    def end(self) -> None:
        """From here nothing is to be heard."""
        if self._minds:
            self.quiet_since = self.clock.now()
