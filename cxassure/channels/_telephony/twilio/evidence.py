"""What is kept of a call over twilio: its sound, how it stood, and what Voice Insights tells."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from cxassure.channels._telephony.twilio.placed import Placed
from cxassure.errors import CxassureError

Keep = Callable[[str, bytes, str], Awaitable[None]]


async def keep_call(keep: Keep, placed: Placed, sound: bytes, shown: Callable[[str], str]) -> None:
    """Puts away what there is; Voice Insights is left out where the account has none."""
    if sound:
        await keep("call.wav", sound, "audio/wav")
    told = placed.fields(shown)
    if placed.sid:
        try:
            told["insights"] = await placed.account.insight(placed.sid)
        except CxassureError:
            told["insights"] = None
    text = json.dumps(told, indent=1, ensure_ascii=False, default=str)
    await keep("call.json", text.encode(), "application/json")


async def keep_taken(keep: Keep, sound: bytes, told: str) -> None:
    """What is kept of a call that came in at a desk."""
    await keep("desk.wav", sound, "audio/wav")
    await keep("desk-call.txt", told.encode(), "text/plain")
