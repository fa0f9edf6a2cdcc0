"""`<Queue>`: takes out of a queue who has waited longest (Twilio, TwiML Voice: Queue)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.outcome import LASTS, RINGS, Outcome

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.exchange import Place, Queue
    from cxassure.channels._telephony.carrier.walker import GoTo, Walker


async def dequeue(walker: Walker, dial: Node, noun: Node) -> Outcome:
    """`url` is what the caller hears before the talk. Defaults: as `<Dial>`."""
    call, queue = walker.call, walker.exchange.queue(noun.text)
    timeout = count(walker, dial, "timeout", RINGS, 13212)
    if not await call.until(lambda: any(not p.taken for p in queue.places), timeout):
        return Outcome("no-answer")
    place = next(place for place in queue.places if not place.taken)
    place.whisper = _whisper(walker, noun, queue, place)
    place.taken = call
    call.clock.stir()
    await call.until(lambda: call.room is not None or place.call.ended is not None)
    await call.until(lambda: call.room is None, count(walker, dial, "timeLimit", LASTS, 13216))
    return Outcome("completed", place.call, bridged=True)


def _whisper(walker: Walker, noun: Node, queue: Queue, place: Place) -> GoTo | None:
    from cxassure.channels._telephony.carrier.walker import GoTo

    if not noun.get("url"):
        return None
    told = {
        "QueueSid": queue.sid,
        "QueueTime": str(round(walker.call.clock.now() - place.since)),
        "DequeingCallSid": walker.call.sid,
    }
    url, verb = joined(walker.url, noun.get("url")), method(walker, noun, "method", 13210)
    return GoTo(url, verb, told)
