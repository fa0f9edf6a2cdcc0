"""What a call tells its status callback, in Twilio's order.

Follows Twilio, Voice, "Call progress events": initiated, ringing, answered, completed. What a call
may come to besides (busy, no-answer, failed, canceled) is told as `completed`, with its own status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.call import Call
    from cxassure.channels._telephony.carrier.exchange import Exchange

EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(slots=True)
class Progress:
    """A status callback: where it is, and of which events it wants to know."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset(("completed",))
    told: int = 0


def wanted(words: str | Iterable[str], otherwise: str) -> frozenset[str]:
    """Event names as they are given: one text with blanks or commas, or several."""
    text = words if isinstance(words, str) else " ".join(words)
    return frozenset(re.split(r"[\s,]+", (text or otherwise).strip().lower()))


def standing(call: Call) -> dict[str, str]:
    """What every request about `call` carries (Twilio, Voice webhook request parameters)."""
    told = {
        "CallSid": call.sid,
        "AccountSid": call.account.account_sid,
        "From": call.caller,
        "To": call.called,
        "Caller": call.caller,
        "Called": call.called,
        "CallStatus": call.status,
        "ApiVersion": "2010-04-01",
        "Direction": call.direction,
    }
    return {**told, "ParentCallSid": call.parent.sid} if call.parent else told


async def tell(exchange: Exchange, call: Call, *events: str) -> None:
    """Tells the call's status callback of `events`, those that it wants, one behind the other."""
    progress = call.progress
    for event in events:
        if progress and event in progress.events:
            told = _event(exchange, call, event, progress)
            progress.told += 1
            await exchange.report(call, progress.url, progress.method, told)


def _event(exchange: Exchange, call: Call, event: str, progress: Progress) -> Mapping[str, str]:
    status = {"answered": "in-progress", "completed": call.status}.get(event, event)
    told = {
        **standing(call),
        "CallStatus": status,
        "SequenceNumber": str(progress.told),
        "CallbackSource": "call-progress-events",
        "Timestamp": exchange.date(),
    }
    if event == "completed":
        told["CallDuration"] = str(call.duration)
    return told
