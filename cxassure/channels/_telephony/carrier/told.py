"""What people are told about calls: fields to expect something of, words, evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from cxassure.channel import Seconds, Seen
from cxassure.text import clip, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.call import Call
    from cxassure.channels._telephony.carrier.exchange import Exchange


class CallFields(TypedDict, total=False):
    """What can be asked of a call: `ended_by` is company, customer, agent or line.

    Of a voice agent (`over: media_stream`) also: `first_audio` from the connection, `turn_p50` and
    `turn_p95` from the end of the caller's words to the answer's first sound, `recovery` the
    longest time that it talked on once interrupted, `loops` how often it said the same in a row.
    """

    status: str
    ended_by: str
    ending: str
    code: str
    duration: Seconds
    caller: str
    called: str
    sid: str
    first_audio: Seconds
    turn_p50: Seconds
    turn_p95: Seconds
    recovery: Seconds
    loops: int


def call_fields(call: Call) -> dict[str, Any]:
    """The fields of `call` as they are now; those of its end once it has ended."""
    told: dict[str, Any] = {
        "status": call.status,
        "caller": call.caller,
        "called": call.called,
        "sid": call.sid,
        "duration": float(call.duration),
    }
    if call.fault:
        told["code"] = str(call.fault.code)
    if call.ended:
        told |= {"ended_by": call.ended.by, "ending": call.ended.how}
    return told


def ending(call: Call) -> str:
    """`hung up by the company at 12.3 s`."""
    return f"{call.ended.how} at {span(call.ended.at)}" if call.ended else "still up"


def why_not(exchange: Exchange, address: str) -> str:
    """What happened instead of `address` being rung, for a person."""
    if not exchange.calls:
        return "no call was placed in this run"
    return "; ".join(_instead(exchange, address)) or "the caller is still in the phone tree"


def _instead(exchange: Exchange, address: str) -> Iterator[str]:
    for ring in exchange.rings:
        if ring.address != address:
            yield f"{ring.address} was rung at {span(ring.began)} ({ring.state})"
        elif ring.state == "stopped":
            yield f"it rang at {span(ring.began)} for {span(ring.lasted)} and was given up"
    for call in exchange.calls:
        if call.recorded:
            yield "voicemail picked up"
        for queue in exchange.queues.values():
            for place in queue.places:
                if place.call is call:
                    yield f"the caller is at position {queue.position(place)} of «{queue.name}»"
        if call.ended:
            yield f"the call was {ending(call)}"


def timeline(seen: Sequence[Seen]) -> str:
    """A call as lines of text: when (seconds of the journey), how long, who, what."""
    lasted = (max(0.0, s.ends - s.at) for s in seen)
    return "".join(
        f"{s.at:8.2f} s {took:7.2f} s  {s.who:<8} {s.what:<10} {clip(s.shown, 500)}\n"
        for s, took in zip(seen, lasted, strict=True)
    )


def evidence(calls: Sequence[Call]) -> bytes:
    """All requests of `calls` with their answers, as JSON."""
    told = [{**call_fields(call), "requests": call.requests} for call in calls]
    return json.dumps(told, indent=1, ensure_ascii=False).encode()
