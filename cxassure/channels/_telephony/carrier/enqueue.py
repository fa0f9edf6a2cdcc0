"""`<Enqueue>`: the caller waits until somebody takes the call (Twilio, TwiML Voice: Enqueue)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.call import Gone, Moved
from cxassure.channels._telephony.carrier.dial import talk
from cxassure.channels._telephony.carrier.exchange import Place, Queue
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.outcome import LASTS
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.schema import WHISPERED

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import GoTo, Walker

LONGEST_NAME = 64


async def enqueue(walker: Walker, node: Node) -> None:
    """Defaults: Twilio's own hold music, no action (the next verb).

    `action` is asked at once after `<Leave>` and after the talk when the call was bridged. With
    `workflowSid` the workflow's identifier names the queue and the task's JSON is the context.
    """
    call = walker.call
    call.connect()
    name, task = _named(walker, node)
    queue = walker.exchange.queue(name)
    place = Place(call, call.clock.now())
    queue.most = count(walker, node, "maxQueueSize", queue.most, 12200)
    if len(queue.places) >= queue.most:
        _onward(walker, node, _told(walker, queue, place, "queue-full"))
        return
    queue.places.append(place)
    call.queued = name
    call.ear.note("company", "queue", str(queue.position(place)), queue=name)
    try:
        result = await _wait(walker, node, queue, place, task)
    except (Gone, Moved) as away:
        if node.get("action"):
            how = "hangup" if isinstance(away, Gone) else "redirected"
            told = _told(walker, queue, place, how)
            await walker.report(node.get("action"), method(walker, node, "method", 14201), told)
        raise
    _onward(walker, node, _told(walker, queue, place, result))


def _onward(walker: Walker, node: Node, told: dict[str, str]) -> None:
    from cxassure.channels._telephony.carrier.walker import GoTo

    if node.get("action"):
        raise GoTo(node.get("action"), method(walker, node, "method", 14201), told)


def _named(walker: Walker, node: Node) -> tuple[str, dict[str, str]]:
    task = next((inner for inner in node.nodes if inner.name == "Task"), None)
    if task and node.get("workflowSid"):
        try:
            told = json.loads(task.text or "{}")
        except (ValueError, RecursionError):
            told = {}
        context = told if isinstance(told, dict) else {}
        return node.get("workflowSid"), {str(k): str(v) for k, v in context.items()}
    name = node.text
    if len(name) > LONGEST_NAME:
        walker.warn(Fault(14205, f"«{name}»"))
    return name[:LONGEST_NAME] or "default", {}


async def _wait(
    walker: Walker, node: Node, queue: Queue, place: Place, task: dict[str, str]
) -> str:
    """Holds the caller; QueueResult says how the wait ended."""
    from cxassure.channels._telephony.carrier.walker import Left

    base = walker.url
    ring = _offer(walker, queue, place, task)
    try:
        await walker.hold(
            lambda: _document(walker, node, base, queue, place),
            lambda: place.taken is not None or (ring is not None and ring.leg.ready),
        )
    except Left:
        return "leave"
    finally:
        walker.url = base
        if place in queue.places:
            queue.places.remove(place)
        queue.waits.append(walker.call.clock.now() - place.since)
        if ring:
            ring.stop("the caller left the queue", "canceled")
    taken = place.taken or (ring.leg if ring else None)
    assert taken is not None
    if place.whisper:
        await walker.follow(place.whisper, WHISPERED)
        walker.url = base
    await talk(walker, taken, LASTS)
    return "bridged"


def _offer(walker: Walker, queue: Queue, place: Place, task: dict[str, str]) -> Ring | None:
    """Rings the desks that serve this queue themselves."""
    address = f"queue:{queue.name}"
    if not walker.exchange.has_desk(address):
        return None
    context = {"caller": walker.call.caller, "called": walker.call.called, "queue": queue.name}
    return walker.exchange.ring(walker.call, address, {**context, **task})


def _document(walker: Walker, node: Node, base: str, queue: Queue, place: Place) -> GoTo | None:
    from cxassure.channels._telephony.carrier.walker import GoTo

    url = node.get("waitUrl")
    if not url:
        return None
    told = {
        **_told(walker, queue, place, ""),
        "QueuePosition": str(queue.position(place)),
        "AvgQueueTime": str(queue.average),
        "CurrentQueueSize": str(len(queue.places)),
    }
    del told["QueueResult"]
    return GoTo(joined(base, url), method(walker, node, "waitUrlMethod", 14201), told)


def _told(walker: Walker, queue: Queue, place: Place, result: str) -> dict[str, str]:
    waited = round(walker.call.clock.now() - place.since)
    return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(waited)}
