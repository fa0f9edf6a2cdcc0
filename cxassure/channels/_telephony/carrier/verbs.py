"""TwiML's verbs by name, and those of them that need no room of their own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from cxassure.channels._telephony.carrier.address import file_name, joined
from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.call import Gone, never
from cxassure.channels._telephony.carrier.connect import connect, start, stop
from cxassure.channels._telephony.carrier.dial import dial
from cxassure.channels._telephony.carrier.enqueue import enqueue
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.gather import gather
from cxassure.channels._telephony.carrier.lengths import (
    HOLD_MUSIC,
    KEY,
    LONG_PAUSE,
    SHORT_PAUSE,
    spoken,
)
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.message import progress, send
from cxassure.channels._telephony.carrier.record import record
from cxassure.channels._telephony.carrier.refer import refer
from cxassure.channels._telephony.carrier.walker import GoTo, Left, Walker

Carry: TypeAlias = "Callable[[Walker, Node], Awaitable[None]]"

LONGEST_TEXT = 4096
"""Characters that `<Say>` takes (Twilio, TwiML Voice: Say)."""
FOREVER = 1_000
"""Times that `loop="0"` repeats."""
_BREAK = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")


async def say(walker: Walker, node: Node, stops: Callable[[], bool] = never) -> None:
    """Twilio, TwiML Voice: Say. `loop` 1; 0 is for ever."""
    walker.call.connect()
    text = node.text
    if len(text) > LONGEST_TEXT:
        walker.warn(Fault(13520, f"<Say> has {len(text)} characters, {LONGEST_TEXT} are allowed"))
        text = text[:LONGEST_TEXT]
    for _ in range(count(walker, node, "loop", 1, 13510, least=0) or FOREVER):
        if text and not stops():
            await walker.call.sound("prompt", text, spoken(text) + _breaks(node), stops)


def _breaks(node: Node) -> float:
    """Seconds of SSML `<break time="…"/>` in a `<Say>`."""
    found = [_BREAK.fullmatch(n.get("time")) for n in node.everything() if n.name == "break"]
    return sum(float(f[1]) / (1000 if f[2] == "ms" else 1) for f in found if f)


async def play(walker: Walker, node: Node, stops: Callable[[], bool] = never) -> None:
    """Twilio, TwiML Voice: Play. A recording lasts what its head says; keys what they take."""
    walker.call.connect()
    keys = node.get("digits")
    if keys:
        pauses = {"w": SHORT_PAUSE, "W": LONG_PAUSE}
        lasts = sum(pauses.get(key, KEY) for key in keys)
        await walker.call.sound("tones", keys, lasts, stops)
        return
    url = joined(walker.url, node.text)
    name = file_name(url)
    try:
        lasts = await walker.exchange.length(url)
    except Fault as fault:
        walker.warn(fault)
        walker.call.ear.note("line", "error", str(fault), code=str(fault.code))
        return
    for _ in range(count(walker, node, "loop", 1, 13410, least=0) or FOREVER):
        if not stops():
            what = "music" if walker.holding else "prompt"
            await walker.call.sound(what, name, lasts, stops, url=url)


async def hold_music(walker: Walker) -> None:
    """The music that Twilio plays where the company names none."""
    await walker.call.sound("music", "hold music", HOLD_MUSIC)


async def pause(walker: Walker, node: Node, stops: Callable[[], bool] = never) -> None:
    """Twilio, TwiML Voice: Pause. `length` 1 second; before the first other verb it only rings."""
    await walker.call.until(stops, count(walker, node, "length", 1, 13910, least=0))


async def redirect(walker: Walker, node: Node) -> None:
    """Twilio, TwiML Voice: Redirect. `method` POST."""
    raise GoTo(node.text, method(walker, node, "method", 13710))


async def hang_up(walker: Walker, node: Node) -> None:
    """Twilio, TwiML Voice: Hangup."""
    walker.call.connect()
    walker.call.end("company", "hung up by the company")
    raise Gone


async def reject(walker: Walker, node: Node) -> None:
    """Twilio, TwiML Voice: Reject. `reason` rejected; an answered call is hung up."""
    if walker.call.answered is not None:
        await hang_up(walker, node)
    busy = node.get("reason", "rejected") == "busy"
    how = "rejected as busy" if busy else "rejected as not in service"
    walker.call.end("company", how, "busy" if busy else "no-answer")
    raise Gone


async def leave(walker: Walker, node: Node) -> None:
    """Twilio, TwiML Voice: Leave. Means nothing outside a queue."""
    raise Left


async def sms(walker: Walker, node: Node) -> None:
    """Twilio, TwiML Voice: Sms. To the caller where `to` is not said."""
    text, to = node.text, node.get("to") or walker.call.caller
    if not text:
        walker.warn(Fault(14103, f"line {node.line}: the message is empty"))
        return
    call = walker.call
    sent = send(walker.exchange, call.account, node.get("from") or call.called, to, text, call)
    if node.get("statusCallback"):
        await walker.report(node.get("statusCallback"), "POST", progress(sent, "sent"))
    if node.get("action"):
        told = {"MessageSid": sent.sid, "SmsSid": sent.sid, "SmsStatus": "sent"}
        raise GoTo(node.get("action"), method(walker, node, "method", 12200), told)


VERBS: dict[str, Carry] = {
    "Say": say,
    "Play": play,
    "Pause": pause,
    "Gather": gather,
    "Redirect": redirect,
    "Hangup": hang_up,
    "Reject": reject,
    "Leave": leave,
    "Record": record,
    "Dial": dial,
    "Enqueue": enqueue,
    "Sms": sms,
    "Message": sms,
    "Refer": refer,
    "Connect": connect,
    "Start": start,
    "Stop": stop,
}
