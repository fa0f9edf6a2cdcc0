"""`<Record>`: takes the caller's words down, as voicemail does (Twilio, TwiML Voice: Record)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.call import Gone
from cxassure.channels._telephony.carrier.lengths import BEEP
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.recording import recorded

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

MOST = 3_600


@dataclass(eq=False, slots=True)
class Tape:
    """What has been said on to it, and the key that ended it."""

    finish: str
    words: str = ""
    spoken: float = 0.0
    last: str = ""

    takes = frozenset(("keys", "speech"))

    def key(self, key: str) -> None:
        self.last = key if key in self.finish else ""

    def grown(self) -> Callable[[], bool]:
        """Whether something has come since now."""
        had = self.spoken
        return lambda: bool(self.last) or self.spoken > had

    def speak(self, text: str, ends: float) -> None:
        self.words, self.spoken = f"{self.words} {text}".strip(), ends


async def record(walker: Walker, node: Node) -> None:
    """Defaults: timeout 5 (of silence), finishOnKey any key, maxLength 3600, playBeep, action this
    document. An empty recording: the next verb."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    call = walker.call
    call.connect()
    call.recorded = True
    if node.flag("playBeep", default=True):
        await call.sound("beep", "", BEEP)
    tape = Tape(node.get("finishOnKey", "1234567890*#"))
    began = call.clock.now()
    call.ear.note("company", "recording", "the caller is being recorded")
    try:
        await _listen(walker, node, tape, began)
    except Gone:
        if tape.words:
            told = _told(walker, node, tape, began, "hangup")
            await walker.report(*_where(walker, node), told)
        raise
    finally:
        call.taker, call.waits = None, False
        call.ear.end()
    if tape.words:
        url, verb = _where(walker, node)
        raise GoTo(url, verb, _told(walker, node, tape, began, tape.last))


async def _listen(walker: Walker, node: Node, tape: Tape, began: float) -> None:
    call = walker.call
    silence = float(count(walker, node, "timeout", 5, 13611))
    longest = began + count(walker, node, "maxLength", MOST, 13612)
    call.taker, call.waits = tape, True
    call.ear.begin()
    while not tape.last:
        until = min(max(tape.spoken, began) + silence, longest)
        if not await call.until(tape.grown(), until - call.clock.now()):
            return


def _where(walker: Walker, node: Node) -> tuple[str, str]:
    return node.get("action") or walker.url, method(walker, node, "method", 13610)


def _told(walker: Walker, node: Node, tape: Tape, began: float, ended_by: str) -> dict[str, str]:
    kept = recorded(walker, node, "RecordVerb", began, tape.words)
    return {**kept.told(), "Digits": ended_by}
