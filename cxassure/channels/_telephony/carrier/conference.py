"""`<Conference>`: a room that callers and desks meet in (Twilio, TwiML Voice: Conference)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from cxassure.channels._telephony.carrier.attributes import count
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.room import Room

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import GoTo, Walker


async def confer(walker: Walker, dial: Node, noun: Node) -> None:
    """Defaults: not muted, startConferenceOnEnter true, endConferenceOnExit false, waitUrl music.

    Returns when the caller is out of the room and still on the line.
    """
    call, name, base = walker.call, noun.text, walker.url
    room = walker.exchange.conference(name)
    room.join(
        call,
        muted=noun.flag("muted"),
        starts=noun.flag("startConferenceOnEnter", default=True),
        ends=noun.flag("endConferenceOnExit"),
    )
    ring = _invite(walker, room)
    call.star_ends = dial.flag("hangupOnStar")
    try:
        if not room.started:
            await walker.hold(lambda: _wait(base, noun), lambda: room.started or room.over)
        limit = count(walker, dial, "timeLimit", 14_400, 13216)
        await call.until(lambda: room.over or call.starred, limit)
    finally:
        if ring:
            ring.stop("the caller left the conference", "canceled")
        room.leave(call)
        walker.url = base
        call.star_ends = call.starred = False


def _wait(base: str, noun: Node) -> GoTo | None:
    """The company's document for those who wait; None stands for music."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    url = noun.get("waitUrl")
    return GoTo(urljoin(base, url), noun.get("waitMethod", "POST").upper()) if url else None


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
    walker.call.clock.start(_enter(ring, room))
    return ring


async def _enter(ring: Ring, room: Room) -> None:
    clock = ring.leg.clock
    await clock.until(lambda: ring.state != "ringing")
    if ring.state == "answered" and not room.over:
        room.join(ring.leg)
        await clock.until(lambda: room.over)
        ring.leg.end("line", "the conference was over")
