"""How a `<Dial>` went, as its action is told."""

from __future__ import annotations

from dataclasses import dataclass

from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.recording import Recording

RINGS, LASTS = 30, 14_400
"""Seconds: how long `<Dial>` rings, and how long a talk lasts at most, where it does not say."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a `<Dial>` went: `status` is DialCallStatus."""

    status: str
    leg: Call | None = None
    bridged: bool = False
    tape: Recording | None = None

    def told(self) -> dict[str, str]:
        """The parameters of the action's request."""
        told = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower()}
        if self.leg:
            told["DialCallSid"] = self.leg.sid
        if self.leg and self.leg.answered is not None:
            told["DialCallDuration"] = str(self.leg.duration)
        return {**told, **self.tape.told()} if self.tape else told
