"""`<Conference>`: a room that callers and desks meet in (Twilio, TwiML Voice: Conference)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.bulletin import Bulletin
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.progress import wanted
from cxassure.channels._telephony.carrier.recording import Recording, recorded
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.room import Room

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import GoTo, Walker

LARGEST = 250


@dataclass(frozen=True, slots=True)
class Seat:
    """How somebody takes part; `wait` is what is heard until the conference starts, None music."""

    muted: bool = False
    starts: bool = True
    ends: bool = False
    coached: str = ""
    wait: GoTo | None = None
    silent: bool = False
    limit: float = math.inf


async def confer(walker: Walker, dial: Node, noun: Node) -> Recording | None:
    """Defaults: not muted, startConferenceOnEnter true, endConferenceOnExit false, waitUrl music.

    Returns when the caller is out of the room and still on the line, with what was recorded.
    """
    call, base = walker.call, walker.url
    room = walker.exchange.conference(noun.text)
    if len(room.members) >= count(walker, noun, "maxParticipants", LARGEST, 13237):
        walker.warn(Fault(13237, f"«{noun.text}» is full"))
        return None
    call.label = noun.get("participantLabel") or call.label
    _listen_to(walker, room, noun)
    ring = _invite(walker, room)
    call.star_ends = dial.flag("hangupOnStar")
    limit = float(count(walker, dial, "timeLimit", 14_400, 13216))
    taped = noun.get("record") == "record-from-start" or dial.get("record").startswith("record-")
    began = call.clock.now()
    try:
        await sit(walker, room, _seat(walker, noun, base, limit))
    finally:
        if ring:
            ring.stop("the caller left the conference", "canceled")
        walker.url = base
        call.star_ends = call.starred = False
        tape = recorded(walker, noun, "Conference", began) if taped else None
    return tape


def _seat(walker: Walker, noun: Node, base: str, limit: float) -> Seat:
    from cxassure.channels._telephony.carrier.walker import GoTo

    url = noun.get("waitUrl")
    wait = GoTo(joined(base, url), method(walker, noun, "waitMethod", 13210)) if url else None
    return Seat(
        muted=noun.flag("muted"),
        starts=noun.flag("startConferenceOnEnter", default=True),
        ends=noun.flag("endConferenceOnExit"),
        coached=noun.get("coach"),
        wait=wait,
        silent="waitUrl" in noun.attributes and not url,
        limit=limit,
    )


def _listen_to(walker: Walker, room: Room, noun: Node) -> None:
    url = noun.get("statusCallback")
    if url and room.bulletin is None:
        verb = method(walker, noun, "statusCallbackMethod", 13210)
        events = wanted(noun.get("statusCallbackEvent"), "start end")
        address = joined(walker.url, url)
        room.bulletin = Bulletin(walker.exchange, walker.call, address, verb, events)


async def sit(walker: Walker, room: Room, seat: Seat) -> None:
    """The call's stay in the room, its waits and holds included, until it is out of it."""
    call = walker.call
    until = call.clock.now() + seat.limit
    room.join(call, muted=seat.muted, starts=seat.starts, ends=seat.ends)
    if seat.coached:
        room.coach(call, seat.coached)

    def out() -> bool:
        return room.over or call not in room.members or call.starred

    def held() -> bool:
        return call.sid in room.held

    try:
        while not out() and call.clock.now() < until:
            if held():
                await walker.hold(lambda: room.held.get(call.sid), lambda: out() or not held())
            elif room.started:
                await call.until(lambda: out() or held(), until - call.clock.now())
            elif seat.silent:
                await call.until(lambda: out() or held() or room.started)
            else:
                await walker.hold(lambda: seat.wait, lambda: out() or held() or room.started)
    finally:
        room.leave(call)


def _invite(walker: Walker, room: Room) -> Ring | None:
    """Rings the desks that sit at this conference; one that answers comes in."""
    address = f"conference:{room.name}"
    invited = any(member.role == "agent" for member in room.members) or any(
        ring.address == address and ring.state == "ringing" for ring in walker.exchange.rings
    )
    if invited or not walker.exchange.has_desk(address):
        return None
    context = {"caller": walker.call.caller, "called": walker.call.called, "conference": room.name}
    ring = walker.exchange.ring(walker.call, address, context)
    walker.call.clock.start(_enter(walker, ring, room))
    return ring


async def _enter(walker: Walker, ring: Ring, room: Room) -> None:
    from cxassure.channels._telephony.carrier.walker import Walker as LegWalker

    leg = LegWalker(walker.exchange, ring.leg)
    await ring.leg.clock.until(lambda: ring.state != "ringing")
    if ring.state == "answered" and not room.over:
        await leg.guarded(sit(leg, room, Seat()))
        ring.leg.end("line", "the conference was over")
