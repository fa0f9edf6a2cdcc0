"""`<Dial>`: connects the caller to a desk, a queue or a conference (Twilio, TwiML Voice: Dial)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.addressed import addressed
from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.conference import confer
from cxassure.channels._telephony.carrier.dequeue import dequeue
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import KEY
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.outcome import LASTS, RINGS, Outcome
from cxassure.channels._telephony.carrier.progress import Progress, tell, wanted
from cxassure.channels._telephony.carrier.recording import recorded
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.room import Room
from cxassure.channels._telephony.carrier.schema import BEYOND

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker


async def dial(walker: Walker, node: Node) -> None:
    """Defaults: timeout 30, timeLimit 14400, answerOnBridge and hangupOnStar false, the caller's
    own callerId. No action: the next verb."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    if walker.call.parent and not walker.call.own:
        walker.warn(Fault(13201, "a dialled party's own document may not dial"))
        return
    outcome = await _connected(walker, node)
    if node.get("action"):
        verb = method(walker, node, "method", 13210)
        raise GoTo(node.get("action"), verb, outcome.told())


async def _connected(walker: Walker, node: Node) -> Outcome:
    first = node.nodes[0] if node.nodes else None
    if first and first.name == "Conference":
        walker.call.connect()
        tape = await confer(walker, node, first)
        return Outcome("answered", bridged=True, tape=tape)
    if first and first.name in BEYOND:
        raise walker.beyond(first)
    if first and first.name == "Queue":
        walker.call.connect()
        return await dequeue(walker, node, first)
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
        for _, ring in rings:
            ring.stop("the caller hung up", "canceled")
            if not ring.leg.own:
                ring.leg.end("customer" if walker.call.ended else "line", "the call was over")
                await tell(walker.exchange, ring.leg, "completed")


async def _winner(walker: Walker, node: Node, rings: list[tuple[Node, Ring]]) -> Call | None:
    """The leg that picked up and has heard its whisper; None when none did in time.

    The caller hears ringing all the while.
    """
    call, began = walker.call, walker.call.clock.now()
    call.ear.begin()
    try:
        for _, ring in rings:
            await tell(walker.exchange, ring.leg, "initiated", "ringing")
        timeout = count(walker, node, "timeout", RINGS, 13212)
        await call.until(lambda: _decided(rings), timeout)
        for noun, ring in rings:
            if ring.leg.answered is not None:
                await tell(walker.exchange, ring.leg, "answered")
                _tones(ring.leg, noun)
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

    url, verb = joined(walker.url, noun.get("url")), method(walker, noun, "method", 13210)
    walker.call.clock.start(LegWalker(walker.exchange, ring.leg).whisper(url, verb))
    await walker.call.until(lambda: ring.leg.ready or ring.leg.ended is not None)


def _tones(leg: Call, noun: Node) -> None:
    """What is dialled on when somebody picked up (Twilio, TwiML Voice: Number, sendDigits)."""
    digits = noun.get("sendDigits")
    if digits:
        leg.ear.note("company", "tones", digits, took=KEY * len(digits))


def _worst(rings: list[tuple[Node, Ring]]) -> str:
    """Busy when somebody refused, else that nobody answered."""
    return "busy" if any(ring.leg.status == "busy" for _, ring in rings) else "no-answer"


async def _bridge(walker: Walker, node: Node, leg: Call) -> Outcome:
    """Joins caller and leg until one of them goes, `*` is pressed or the time is up."""
    if leg.ended:
        return Outcome("completed", leg)
    walker.call.connect()
    walker.call.star_ends, walker.call.starred = node.flag("hangupOnStar"), False
    began, tape = walker.call.clock.now(), None
    try:
        await talk(walker, leg, count(walker, node, "timeLimit", LASTS, 13216))
    finally:
        if node.get("record", "do-not-record") not in ("do-not-record", "false"):
            tape = recorded(walker, node, "DialVerb", began)
    return Outcome("completed", leg, bridged=True, tape=tape)


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
        if leg.parent and not leg.own:
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
    ring = walker.exchange.ring(walker.call, address, context, caller=caller, whispers=whispers)
    if noun.get("statusCallback"):
        verb = method(walker, noun, "statusCallbackMethod", 13210)
        events = wanted(noun.get("statusCallbackEvent"), "completed")
        ring.leg.progress = Progress(joined(walker.url, noun.get("statusCallback")), verb, events)
    return ring
