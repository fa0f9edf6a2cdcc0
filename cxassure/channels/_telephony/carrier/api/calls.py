"""Calls: placed, redirected, ended, listed (Twilio, Calls resource)."""

from __future__ import annotations

from typing import Any

from cxassure.channels._telephony.carrier.api.wire import Asked, Refusal, Reply, page
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.outgoing import LASTS, RINGS, Order, originate
from cxassure.channels._telephony.carrier.progress import Progress, wanted
from cxassure.channels._telephony.carrier.walker import GoTo


def form(asked: Asked, call: Call) -> dict[str, Any]:
    """A call as JSON. Times are of the run's clock, from the moment at which the run began."""
    date = asked.exchange.date
    ended = call.ended.at if call.ended else None
    uri = asked.uri(f"Calls/{call.sid}")
    return {
        "sid": call.sid,
        "account_sid": call.account.account_sid,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "to": call.called,
        "to_formatted": call.called,
        "from": call.caller,
        "from_formatted": call.caller,
        "phone_number_sid": None,
        "status": call.status,
        "direction": call.direction,
        "start_time": date(call.answered) if call.answered is not None else None,
        "end_time": date(ended) if ended is not None else None,
        "duration": str(call.duration) if ended is not None else None,
        "date_created": date(call.placed),
        "date_updated": date(ended or call.placed),
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "api_version": "2010-04-01",
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }


def create(asked: Asked) -> Reply:
    """To, From, Url or Twiml, Method, StatusCallback…, Timeout, TimeLimit, SendDigits."""
    goto = document(asked)
    call = placed(
        asked,
        Order(
            asked.get("To"),
            asked.get("From"),
            float(asked.number("Timeout", RINGS)),
            goto,
            digits=asked.get("SendDigits"),
            lasts=float(asked.number("TimeLimit", LASTS)),
            progress=progress(asked),
        ),
    )
    return Reply({**form(asked, call), "status": "queued"}, 201)


def placed(asked: Asked, order: Order) -> Call:
    """The call, under way; raises `Refusal` for one that cannot be placed."""
    if not order.to:
        raise Refusal(21201)
    if not order.caller:
        raise Refusal(21213)
    if not (order.goto or order.place):
        raise Refusal(21205)
    try:
        return originate(asked.exchange, asked.account, order)
    except Fault:
        raise Refusal(21211, order.to) from None


def document(asked: Asked) -> GoTo | None:
    """Where the call is to go: TwiML that is given outright, or an address."""
    if asked.get("Twiml"):
        return GoTo("", twiml=asked.get("Twiml"))
    if asked.get("Url"):
        return GoTo(asked.get("Url"), asked.get("Method", "POST").upper())
    return None


def progress(asked: Asked) -> Progress | None:
    url = asked.get("StatusCallback")
    if not url:
        return None
    events = wanted(asked.all("StatusCallbackEvent"), "completed")
    return Progress(url, asked.get("StatusCallbackMethod", "POST").upper(), events)


def found(asked: Asked, name: str = "call") -> Call:
    """The call that the path names; raises `Refusal` 20404."""
    call = asked.exchange.find(asked.named[name])
    if call is None:
        raise asked.missing()
    return call


def fetch(asked: Asked) -> Reply:
    return Reply(form(asked, found(asked)))


def update(asked: Asked) -> Reply:
    """Status=completed or canceled ends the call; Url or Twiml sends it elsewhere."""
    call, status = found(asked), asked.get("Status").lower()
    if status and status not in ("completed", "canceled"):
        raise Refusal(21218, status)
    goto = document(asked)
    if status:
        _end(asked, call, status)
    elif goto:
        if call.ended or (call.status != "in-progress" and not call.walked):
            raise Refusal(21220)
        asked.exchange.send(call, goto)
    return Reply(form(asked, call))


def _end(asked: Asked, call: Call, status: str) -> None:
    """A call that only rings is canceled either way; one that is up is not canceled."""
    for ring in asked.exchange.rings:
        if ring.leg is call:
            ring.stop("canceled by the company", "canceled")
    if call.status == "in-progress" and status == "completed":
        call.end("company", "ended by the company through the API")


def listed(asked: Asked) -> Reply:
    """The newest first; filters To, From, Status, ParentCallSid."""
    wants = {"To": "to", "From": "from", "Status": "status", "ParentCallSid": "parent_call_sid"}
    all_forms = [form(asked, call) for call in reversed(asked.exchange.everyone())]
    shown = [
        one
        for one in all_forms
        if all(one[key] == asked.query[name] for name, key in wants.items() if name in asked.query)
    ]
    return page(asked, "calls", shown, lambda one: one)
