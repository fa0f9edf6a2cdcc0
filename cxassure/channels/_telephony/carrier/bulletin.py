"""What a conference tells its status callback: who came, who went, what changed, in order.

Follows Twilio, TwiML Voice: Conference, "statusCallbackEvent". The first participant's settings
hold for the whole conference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.call import Call
    from cxassure.channels._telephony.carrier.exchange import Exchange
    from cxassure.channels._telephony.carrier.room import Room

KINDS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
}
"""StatusCallbackEvent, and the word that asks for it."""


@dataclass(slots=True)
class Bulletin:
    """`call` is the one that brought the address: its account signs, its cookies go along."""

    exchange: Exchange
    call: Call
    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset(("start", "end"))
    _sequence: int = 0
    _waiting: list[dict[str, str]] = field(default_factory=list)
    _under_way: bool = False

    def tell(self, room: Room, event: str, member: Call | None = None, **told: str) -> None:
        """One event; what is told goes out in the order in which it happened."""
        if KINDS[event] not in self.events:
            return
        self._sequence += 1
        self._waiting.append(
            {
                "ConferenceSid": room.sid,
                "FriendlyName": room.name,
                "AccountSid": self.call.account.account_sid,
                "Timestamp": self.exchange.date(),
                "StatusCallbackEvent": event,
                "SequenceNumber": str(self._sequence),
                **(_participant(room, member) if member else {}),
                **told,
            }
        )
        if not self._under_way:
            self._under_way = True
            self.exchange.clock.start(self._deliver())

    async def _deliver(self) -> None:
        while self._waiting:
            told = self._waiting.pop(0)
            await self.exchange.report(self.call, self.url, self.method, told)
        self._under_way = False


def _participant(room: Room, call: Call) -> dict[str, str]:
    told = {
        "CallSid": call.sid,
        "Muted": _flag(call.sid in room.muted),
        "Hold": _flag(call.sid in room.held),
        "Coaching": _flag(call.sid in room.coaches),
        "EndConferenceOnExit": _flag(call.sid in room.decisive),
        "StartConferenceOnEnter": _flag(call.sid in room.starters),
    }
    return {**told, "ParticipantLabel": call.label} if call.label else told


def _flag(holds: bool) -> str:
    return str(holds).lower()
