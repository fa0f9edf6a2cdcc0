"""`<Refer>`: hands a SIP caller on to somebody else for good (Twilio, TwiML Voice: Refer)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.addressed import addressed
from cxassure.channels._telephony.carrier.attributes import method
from cxassure.channels._telephony.carrier.dial import talk
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.outcome import LASTS, RINGS
from cxassure.channels._telephony.carrier.ring import Ring

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

_ANSWERS = {"completed": "200", "busy": "486", "no-answer": "408", "failed": "404"}


async def refer(walker: Walker, node: Node) -> None:
    """The desk at the address is rung. When it picks up, the company has done with the call: it is
    told so, and caller and desk talk on without it. Else the action, or the next verb."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    walker.call.connect()
    ring = _start(walker, node)
    status = await _answered(walker, ring) if ring else "failed"
    told = {
        "ReferCallStatus": status,
        "ReferSipResponseCode": "202" if ring else "404",
        "NotifySipResponseCode": _ANSWERS[status],
    }
    verb = method(walker, node, "method", 13210)
    if ring and status == "completed":
        if node.get("action"):
            await walker.report(node.get("action"), verb, told)
        await talk(walker, ring.leg, LASTS)
        walker.call.end("agent", "hung up by the agent")
    elif node.get("action"):
        raise GoTo(node.get("action"), verb, told)


def _start(walker: Walker, node: Node) -> Ring | None:
    noun = next((inner for inner in node.nodes if inner.name == "Sip"), None)
    try:
        if noun is None:
            raise Fault(13243, f"line {node.line}: <Refer> without <Sip>")
        address, context = addressed(noun)
    except Fault as fault:
        walker.warn(fault)
        return None
    standing = {"caller": walker.call.caller, "called": walker.call.called}
    return walker.exchange.ring(walker.call, address, {**standing, **context})


async def _answered(walker: Walker, ring: Ring) -> str:
    call, began = walker.call, walker.call.clock.now()
    call.ear.begin()
    try:
        await call.until(lambda: ring.state != "ringing", RINGS)
    finally:
        ring.stop("the caller is no longer passed on", "no-answer")
        call.rang(ring.address, began)
        call.ear.end()
    if ring.leg.answered is None:
        return "busy" if ring.leg.status == "busy" else "no-answer"
    return "completed"
