"""Conferences and who takes part in them (Twilio, Conference and Participant resources)."""

from __future__ import annotations

from typing import Any

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.api.calls import placed, progress
from cxassure.channels._telephony.carrier.api.wire import Asked, Refusal, Reply, page
from cxassure.channels._telephony.carrier.bulletin import Bulletin
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.conference import Seat
from cxassure.channels._telephony.carrier.outgoing import RINGS, Order
from cxassure.channels._telephony.carrier.progress import wanted
from cxassure.channels._telephony.carrier.room import Room
from cxassure.channels._telephony.carrier.walker import GoTo


def form(asked: Asked, room: Room) -> dict[str, Any]:
    uri = asked.uri(f"Conferences/{room.sid}")
    return {
        "sid": room.sid,
        "account_sid": asked.account.account_sid,
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "date_created": asked.exchange.date(room.since),
        "date_updated": asked.exchange.date(),
        "reason_conference_ended": room.why or None,
        "call_sid_ending_conference": room.ended_by or None,
        "api_version": "2010-04-01",
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json"},
    }


def found(asked: Asked) -> Room:
    for room in asked.exchange.rooms:
        if room.sid == asked.named["room"]:
            return room
    raise asked.missing()


def fetch(asked: Asked) -> Reply:
    return Reply(form(asked, found(asked)))


def update(asked: Asked) -> Reply:
    """Status=completed ends it; AnnounceUrl is refused by what is not there."""
    room = found(asked)
    if asked.get("Status") and asked.get("Status") != "completed":
        raise Refusal(21218, asked.get("Status"))
    if asked.get("Status"):
        room.close("conference-ended-via-api")
    return Reply(form(asked, room))


def listed(asked: Asked) -> Reply:
    """The newest first; filters FriendlyName, Status."""
    name, status = asked.query.get("FriendlyName"), asked.query.get("Status")
    shown = [
        room
        for room in reversed(asked.exchange.rooms)
        if name in (None, room.name) and status in (None, room.status)
    ]
    return page(asked, "conferences", shown, lambda room: form(asked, room))


def part(asked: Asked, room: Room, call: Call, status: str = "connected") -> dict[str, Any]:
    return {
        "account_sid": asked.account.account_sid,
        "conference_sid": room.sid,
        "call_sid": call.sid,
        "label": call.label or None,
        "muted": call.sid in room.muted,
        "hold": call.sid in room.held,
        "coaching": call.sid in room.coaches,
        "call_sid_to_coach": room.coaches.get(call.sid),
        "start_conference_on_enter": call.sid in room.starters,
        "end_conference_on_exit": call.sid in room.decisive,
        "status": status,
        "queue_time": None,
        "date_created": asked.exchange.date(call.placed),
        "date_updated": asked.exchange.date(),
        "api_version": "2010-04-01",
        "uri": asked.uri(f"Conferences/{room.sid}/Participants/{call.sid}.json"),
    }


def member(asked: Asked) -> tuple[Room, Call]:
    """The participant of that CallSid or label; raises `Refusal` 20404."""
    room, name = found(asked), asked.named["member"]
    for call in room.members:
        if name in (call.sid, call.label):
            return room, call
    raise asked.missing()


def add(asked: Asked) -> Reply:
    """Calls somebody into a conference; a name that is none yet makes one."""
    exchange, name = asked.exchange, asked.named["room"]
    known = next((room for room in exchange.rooms if room.sid == name and not room.over), None)
    if known is None and name.startswith("CF") and len(name) == 34:
        raise asked.missing()
    room = known or exchange.conference(name)
    seat = Seat(
        muted=asked.flag("Muted"),
        starts=asked.flag("StartConferenceOnEnter", True),
        ends=asked.flag("EndConferenceOnExit"),
        coached=asked.get("CallSidToCoach") if asked.flag("Coaching") else "",
        wait=_at(asked, "WaitUrl", "WaitMethod"),
    )
    order = Order(
        asked.get("To"),
        asked.get("From"),
        float(asked.number("Timeout", RINGS)),
        place=(room, seat),
        label=asked.get("Label"),
        progress=progress(asked),
    )
    call = placed(asked, order)
    url = asked.get("ConferenceStatusCallback")
    if url and room.bulletin is None:
        events = wanted(asked.all("ConferenceStatusCallbackEvent"), "start end")
        verb = asked.get("ConferenceStatusCallbackMethod", "POST")
        room.bulletin = Bulletin(exchange, call, url, verb, events)
    return Reply(part(asked, room, call, "queued"), 201)


def _at(asked: Asked, url: str, method: str) -> GoTo | None:
    if not asked.get(url):
        return None
    return GoTo(joined(asked.account.url, asked.get(url)), asked.get(method, "POST").upper())


def show(asked: Asked) -> Reply:
    return Reply(part(asked, *member(asked)))


def change(asked: Asked) -> Reply:
    """Muted, Hold with HoldUrl, Coaching with CallSidToCoach, EndConferenceOnExit."""
    room, call = member(asked)
    if asked.get("Muted"):
        room.mute(call, asked.flag("Muted"))
    if asked.get("Hold"):
        _hold(asked, room, call)
    if asked.get("Coaching"):
        room.coach(call, asked.get("CallSidToCoach") if asked.flag("Coaching") else "")
    if asked.get("EndConferenceOnExit"):
        ends = asked.flag("EndConferenceOnExit")
        (room.decisive.add if ends else room.decisive.discard)(call.sid)
        room.tell("participant-modify", call)
    return Reply(part(asked, room, call))


def _hold(asked: Asked, room: Room, call: Call) -> None:
    if asked.flag("Hold"):
        room.hold(call, _at(asked, "HoldUrl", "HoldMethod"))
    else:
        room.resume(call)


def kick(asked: Asked) -> Reply:
    """The participant leaves; its document goes on, a call that was placed for this ends."""
    room, call = member(asked)
    room.leave(call)
    return Reply(status=204)


def participants(asked: Asked) -> Reply:
    room = found(asked)
    wants = {"Muted": room.muted, "Hold": room.held, "Coaching": room.coaches}
    shown = [
        call
        for call in reversed(room.members)
        if all(
            (call.sid in names) == (asked.query[name].lower() == "true")
            for name, names in wants.items()
            if name in asked.query
        )
    ]
    return page(asked, "participants", shown, lambda call: part(asked, room, call))
