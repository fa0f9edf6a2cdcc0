"""`<Dial>`: connects the caller to a desk, a queue or a conference (Twilio, TwiML Voice: Dial)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin

from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.conference import confer
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.room import Room

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

RINGS, LASTS = 30, 14_400
_NUMBER = re.compile(r"\+?\d{3,15}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a `<Dial>` went: `status` is DialCallStatus."""

    status: str
    leg: Call | None = None
    bridged: bool = False

    def told(self) -> dict[str, str]:
        """The parameters of the action's request."""
        told = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower()}
        if self.leg:
            told["DialCallSid"] = self.leg.sid
        if self.leg and self.leg.answered is not None:
            told["DialCallDuration"] = str(self.leg.duration)
        return told


async def dial(walker: Walker, node: Node) -> None:
    """Defaults: timeout 30, timeLimit 14400, answerOnBridge and hangupOnStar false, the caller's
    own callerId. No action: the next verb."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    if walker.call.parent:
        walker.warn(Fault(13201, "a dialled party's own document may not dial"))
        return
    outcome = await _connected(walker, node)
    if node.get("action"):
        verb = method(walker, node, "method", 13210)
        raise GoTo(node.get("action"), verb, {**outcome.told(), **_recording(walker, node)})


async def _connected(walker: Walker, node: Node) -> Outcome:
    first = node.nodes[0] if node.nodes else None
    if first and first.name == "Conference":
        walker.call.connect()
        await confer(walker, node, first)
        return Outcome("answered", bridged=True)
    if first and first.name == "Queue":
        walker.call.connect()
        return await _dequeue(walker, node, first.text)
    if not node.flag("answerOnBridge"):
        walker.call.connect()
    nouns = [noun for noun in node.nodes if noun.name in ("Number", "Client", "Sip")]
    if not nouns and node.text:
        nouns = [Node("Number", inside=[node.text], line=node.line)]
    outcome = Outcome("failed")
    for group in [[noun] for noun in nouns] if node.flag("sequential") else [nouns]:
        outcome = await _ring(walker, node, group)
        if outcome.bridged or outcome.status == "completed":
            break
    return outcome


async def _ring(walker: Walker, node: Node, nouns: list[Node]) -> Outcome:
    """Rings all `nouns` at once; the first to pick up is joined to the caller."""
    rings = [(noun, ring) for noun in nouns if (ring := _start(walker, node, noun))]
    if not rings:
        return Outcome("failed")
    try:
        won = await _winner(walker, node, rings)
        for _, ring in rings:
            ring.stop("no longer rung", "canceled" if won else "no-answer")
        if won is None:
            return Outcome(_worst(rings), rings[-1][1].leg)
        return await _bridge(walker, node, won)
    finally:
        for noun, ring in rings:
            ring.stop("the caller hung up", "canceled")
            ring.leg.end("customer" if walker.call.ended else "line", "the call was over")
            await _callback(walker, noun, ring, "completed")


async def _winner(walker: Walker, node: Node, rings: list[tuple[Node, Ring]]) -> Call | None:
    """The leg that picked up and has heard its whisper; None when none did in time.

    The caller hears ringing all the while.
    """
    call, began = walker.call, walker.call.clock.now()
    call.ear.begin()
    try:
        for noun, ring in rings:
            await _callback(walker, noun, ring, "initiated", "ringing")
        timeout = count(walker, node, "timeout", RINGS, 13212)
        await call.until(lambda: _decided(rings), timeout)
        for noun, ring in rings:
            if ring.leg.answered is not None:
                await _callback(walker, noun, ring, "answered")
                await _whisper(walker, noun, ring)
                return ring.leg
        return None
    finally:
        call.rang(", ".join(ring.address for _, ring in rings), began)
        call.ear.end()


def _decided(rings: list[tuple[Node, Ring]]) -> bool:
    answered = any(ring.leg.answered is not None for _, ring in rings)
    return answered or all(ring.leg.ended for _, ring in rings)


async def _whisper(walker: Walker, noun: Node, ring: Ring) -> None:
    """What the desk hears before it is joined to the caller (Twilio, TwiML Voice: Number, url)."""
    if not ring.whispers:
        return
    from cxassure.channels._telephony.carrier.walker import Walker as LegWalker

    url, verb = urljoin(walker.url, noun.get("url")), method(walker, noun, "method", 13210)
    walker.call.clock.start(LegWalker(walker.exchange, ring.leg).whisper(url, verb))
    await walker.call.until(lambda: ring.leg.ready or ring.leg.ended is not None)


def _worst(rings: list[tuple[Node, Ring]]) -> str:
    """Busy when somebody refused, else that nobody answered."""
    return "busy" if any(ring.leg.status == "busy" for _, ring in rings) else "no-answer"


async def _bridge(walker: Walker, node: Node, leg: Call) -> Outcome:
    """Joins caller and leg until one of them goes, `*` is pressed or the time is up."""
    if leg.ended:
        return Outcome("completed", leg)
    walker.call.connect()
    walker.call.star_ends, walker.call.starred = node.flag("hangupOnStar"), False
    await talk(walker, leg, count(walker, node, "timeLimit", LASTS, 13216))
    return Outcome("completed", leg, bridged=True)


async def talk(walker: Walker, leg: Call, limit: float) -> None:
    """The caller and `leg` in one room, for `limit` seconds at most."""
    call, room = walker.call, Room(walker.call.clock)
    room.join(call)
    room.join(leg)
    try:
        await call.until(lambda: room.over or call.starred, limit)
    finally:
        room.leave(call)
        by = "customer" if call.ended or call.starred else "line"
        if leg.parent:
            leg.end(by, "hung up by the caller" if by == "customer" else "the time was up")
        call.star_ends = call.starred = False


def _start(walker: Walker, node: Node, noun: Node) -> Ring | None:
    """Begins to ring one noun; None and a warning where it cannot be rung."""
    try:
        address, context = addressed(noun)
    except Fault as fault:
        walker.warn(fault)
        return None
    caller = node.get("callerId") or walker.call.caller
    standing = {"caller": caller, "called": walker.call.called}
    if walker.call.queued:
        standing["queue"] = walker.call.queued
    context = {**standing, **context}
    whispers = bool(noun.get("url"))
    return walker.exchange.ring(walker.call, address, context, caller=caller, whispers=whispers)


def addressed(noun: Node) -> tuple[str, dict[str, str]]:
    """The address of a noun and what is attached to it: parameters, or headers of a SIP address.

    Raises `Fault` 13223 or 13243 for one that cannot be dialled. See Twilio, TwiML Voice: Client
    (Parameter) and Sip ("Passing custom headers"); RFC 7433 for User-to-User.
    """
    identity = next((inner for inner in noun.nodes if inner.name == "Identity"), None)
    text = identity.text if identity else noun.text
    if noun.name == "Client":
        told = {n.get("name"): n.get("value") for n in noun.nodes if n.name == "Parameter"}
        return f"client:{text}", told
    if noun.name == "Sip":
        if not re.match(r"sips?:[^@\s]*@?[^@\s?]+", text):
            raise Fault(13243, f"«{text}»")
        address, _, query = text.partition("?")
        return address, _headers(query)
    number = re.sub(r"[\s().-]", "", text)
    if not _NUMBER.fullmatch(number):
        raise Fault(13223, f"«{text}»")
    return number, {}


def _headers(query: str) -> dict[str, str]:
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in found.items():
        data, _, encoding = value.partition(";")
        if name.lower() == "user-to-user" and "encoding=hex" in encoding:
            try:
                found[name] = bytes.fromhex(data).decode("utf-8", "replace")
            except ValueError:
                continue
    return found


async def _callback(walker: Walker, noun: Node, ring: Ring, *events: str) -> None:
    """Tells `statusCallback` of the events it wants (`completed` where it does not say)."""
    wanted = re.split(r"[\s,]+", noun.get("statusCallbackEvent", "completed"))
    for event in events:
        if noun.get("statusCallback") and event in wanted:
            verb = method(walker, noun, "statusCallbackMethod", 13210)
            told = _leg_params(walker.call, ring.leg, event)
            await walker.report(noun.get("statusCallback"), verb, told)


def _leg_params(call: Call, leg: Call, event: str) -> Mapping[str, str]:
    status = {"answered": "in-progress", "completed": leg.status}.get(event, event)
    return {
        "CallSid": leg.sid,
        "ParentCallSid": call.sid,
        "To": leg.called,
        "From": leg.caller,
        "Direction": leg.direction,
        "CallStatus": status,
        "CallDuration": str(leg.duration),
    }


def _recording(walker: Walker, node: Node) -> dict[str, str]:
    if node.get("record", "do-not-record") in ("do-not-record", "false"):
        return {}
    account, sid = walker.call.account.account_sid, walker.exchange.new_sid("RE")
    url = f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{sid}"
    return {"RecordingSid": sid, "RecordingUrl": url}


async def _dequeue(walker: Walker, node: Node, name: str) -> Outcome:
    """Takes the caller who has waited longest out of a queue (Twilio, TwiML Voice: Queue)."""
    call, queue = walker.call, walker.exchange.queue(name)
    timeout = count(walker, node, "timeout", RINGS, 13212)
    if not await call.until(lambda: any(not p.taken for p in queue.places), timeout):
        return Outcome("no-answer")
    place = next(place for place in queue.places if not place.taken)
    place.taken = call
    call.clock.stir()
    await call.until(lambda: call.room is not None or place.call.ended is not None)
    await call.until(lambda: call.room is None, count(walker, node, "timeLimit", LASTS, 13216))
    return Outcome("completed", place.call, bridged=True)
