"""A call that was placed through Twilio: how it stands, and its end (Twilio, Calls resource)."""

from __future__ import annotations

import time
from typing import Any

from cxassure.channels._telephony.guard.gate import Live
from cxassure.channels._telephony.twilio.account import UNDER_WAY, TwilioAccount

WORDS = {
    "completed": "hung up by the company",
    "busy": "answered by a busy tone",
    "no-answer": "not answered",
    "failed": "not put through: the network knows no way to that number",
    "canceled": "cancelled before it was answered",
}
GRACE = 3.0
"""Seconds by which Twilio may be off when it ends a call at its limit."""


class Placed:
    """One call of ours. `status` is Twilio's; `ended` (by whom, how) is set once it is over."""

    def __init__(self, account: TwilioAccount, live: Live, called: str, caller: str) -> None:
        self.account, self.live = account, live
        self.called, self.caller = called, caller
        self.sid, self.status = "", "queued"
        self.answered: float | None = None
        self.ended: tuple[str, str] | None = None
        self.until: float | None = None
        self._asked = 0.0

    async def place(self, twiml: str, patience: float) -> None:
        """Places it; rings for `patience` seconds. Raises `CannotLook`, and leaves no call then."""
        try:
            call = await self.account.place(
                to=self.called,
                from_=self.caller,
                twiml=twiml,
                timeout=min(max(round(patience), 5), 600),
                time_limit=max(round(self.live.seconds), 1),
            )
        except Exception as wrong:
            self.live.ended(0, str(wrong))
            raise
        self.sid = call.sid
        self.live.placed(call.sid)
        self._take(call)

    async def look(self, every: float) -> None:
        """Asks how it stands, at most `every` seconds."""
        if self.ended or time.monotonic() - self._asked < every:
            return
        self._asked = time.monotonic()
        self._take(await self.account.ask(lambda client: client.calls(self.sid).fetch()))

    async def update(self, twiml: str) -> None:
        """Sends our leg to another document (Twilio, Calls resource: update)."""
        self._take(
            await self.account.ask(lambda client: client.calls(self.sid).update(twiml=twiml))
        )

    async def hang_up(self, by: str = "customer", how: str = "hung up by the caller") -> None:
        """Ends it, for certain; nothing where it has ended."""
        if self.ended or not self.sid:
            return
        self.status = await self.account.end(self.sid)
        self._over(by, how)

    def _take(self, call: Any) -> None:
        self.status = str(call.status)
        now = time.monotonic()
        if self.status == "in-progress" and self.answered is None:
            self.answered = now
        if self.status not in UNDER_WAY and not self.ended:
            at_limit = self.duration >= self.live.seconds - GRACE
            if self.status == "completed" and at_limit:
                self._over("line", "ended at the longest that a live call may last")
            else:
                by = "company" if self.status in ("completed", "busy", "no-answer") else "line"
                self._over(by, WORDS.get(self.status, self.status))

    def _over(self, by: str, how: str) -> None:
        self.until = time.monotonic()
        self.ended = (by, how)
        self.live.ended(self.duration, how)

    @property
    def duration(self) -> float:
        """Seconds since it was answered."""
        if self.answered is None:
            return 0.0
        return (time.monotonic() if self.until is None else self.until) - self.answered

    def fields(self, shown: Any) -> dict[str, Any]:
        """What can be asked of the call: `carrier.told.CallFields`."""
        told: dict[str, Any] = {
            "status": self.status,
            "caller": shown(self.caller),
            "called": shown(self.called),
            "sid": self.sid,
            "duration": self.duration,
        }
        if self.ended:
            told |= {"ended_by": self.ended[0], "ending": self.ended[1]}
        return told
