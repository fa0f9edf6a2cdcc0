"""Queues and who waits in them (Twilio, Queue and Member resources)."""

from __future__ import annotations

from typing import Any

from cxassure.channels._telephony.carrier.api.calls import document
from cxassure.channels._telephony.carrier.api.wire import Asked, Refusal, Reply, page
from cxassure.channels._telephony.carrier.exchange import Place, Queue


def form(asked: Asked, queue: Queue) -> dict[str, Any]:
    uri = asked.uri(f"Queues/{queue.sid}")
    return {
        "sid": queue.sid,
        "account_sid": asked.account.account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.places),
        "average_wait_time": queue.average,
        "max_size": queue.most,
        "date_created": asked.exchange.date(0),
        "date_updated": asked.exchange.date(),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def found(asked: Asked) -> Queue:
    for queue in asked.exchange.queues.values():
        if queue.sid == asked.named["queue"]:
            return queue
    raise asked.missing()


def listed(asked: Asked) -> Reply:
    queues = list(asked.exchange.queues.values())
    return page(asked, "queues", queues, lambda queue: form(asked, queue))


def create(asked: Asked) -> Reply:
    name = asked.get("FriendlyName")
    if not name:
        raise Refusal(22001)
    if name in asked.exchange.queues:
        raise Refusal(22003, name)
    queue = asked.exchange.queue(name)
    queue.most = asked.number("MaxSize", queue.most)
    return Reply(form(asked, queue), 201)


def fetch(asked: Asked) -> Reply:
    return Reply(form(asked, found(asked)))


def update(asked: Asked) -> Reply:
    queue = found(asked)
    queue.most = asked.number("MaxSize", queue.most)
    return Reply(form(asked, queue))


def remove(asked: Asked) -> Reply:
    """A queue with somebody in it stays."""
    queue = found(asked)
    if not queue.places:
        del asked.exchange.queues[queue.name]
    return Reply(status=204)


def waiting(asked: Asked, queue: Queue, place: Place) -> dict[str, Any]:
    return {
        "call_sid": place.call.sid,
        "queue_sid": queue.sid,
        "position": queue.position(place),
        "wait_time": round(asked.exchange.clock.now() - place.since),
        "date_enqueued": asked.exchange.date(place.since),
        "uri": asked.uri(f"Queues/{queue.sid}/Members/{place.call.sid}.json"),
    }


def members(asked: Asked) -> Reply:
    queue = found(asked)
    return page(asked, "queue_members", queue.places, lambda at: waiting(asked, queue, at))


def member(asked: Asked) -> tuple[Queue, Place]:
    """The caller of that CallSid, or `Front`; raises `Refusal` 20404."""
    queue, name = found(asked), asked.named["member"]
    for place in queue.places:
        if name in (place.call.sid, "Front"):
            return queue, place
    raise asked.missing()


def show(asked: Asked) -> Reply:
    return Reply(waiting(asked, *member(asked)))


def dequeue(asked: Asked) -> Reply:
    """The caller leaves the queue for the document at Url."""
    queue, place = member(asked)
    goto = document(asked)
    if goto is None:
        raise Refusal(21205)
    told = waiting(asked, queue, place)
    asked.exchange.send(place.call, goto)
    return Reply(told)
