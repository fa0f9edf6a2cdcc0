"""`<Gather>`: asks the caller for keys or words (Twilio, TwiML Voice: Gather)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.attributes import count, method
from cxassure.channels._telephony.carrier.clock import VirtualClock
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import END_OF_SPEECH
from cxassure.channels._telephony.carrier.markup import Node

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

KEYS = frozenset("0123456789*#")
CONFIDENCE = "0.9"
"""What `Confidence` says: words reach a rehearsal as they were written."""


@dataclass(eq=False, slots=True)
class Entry:
    """What the caller has entered so far. Keys win over words where both are asked for."""

    clock: VirtualClock
    inputs: frozenset[str]
    most: float
    finish: str
    barge_in: bool
    prompted: bool = False
    keys: str = ""
    words: str = ""
    spoken: float = 0.0
    last: str = ""
    partial: Callable[[str], None] | None = None

    @property
    def takes(self) -> frozenset[str]:
        """Without `bargeIn`, words that are said into the prompt are lost."""
        deaf = self.barge_in is False and not self.prompted
        return self.inputs - {"speech"} if deaf else self.inputs

    def key(self, key: str) -> None:
        """Keys after the last one are lost; the finishing key counts only behind another one."""
        if self.complete:
            return
        if key in self.finish:
            self.last = key if self.keys else ""
        else:
            self.keys += key

    def speak(self, text: str, ends: float) -> None:
        self.words = f"{self.words} {text}".strip()
        self.spoken = ends
        if self.partial:
            self.partial(self.words)

    @property
    def started(self) -> bool:
        return bool(self.keys or self.words)

    def grown(self) -> Callable[[], bool]:
        """Whether a key has come since now."""
        had = len(self.keys)
        return lambda: len(self.keys) > had or self.complete

    @property
    def complete(self) -> bool:
        return bool(self.last) or len(self.keys) >= self.most


async def gather(walker: Walker, node: Node) -> None:
    """Defaults: input dtmf, timeout 5, finishOnKey #, any number of digits, action this document,
    speechTimeout as timeout. Nothing entered: the next verb, unless actionOnEmptyResult."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    call = walker.call
    call.connect()
    entry = _entry(walker, node)
    timeout = float(count(walker, node, "timeout", 5, 13313, least=0))
    call.taker = entry
    try:
        await _prompts(walker, node, entry)
        entry.prompted, call.waits = True, True
        call.ear.begin()
        await _collect(walker, node, entry, timeout)
    finally:
        call.taker, call.waits = None, False
        call.ear.end()
    if entry.started or node.flag("actionOnEmptyResult"):
        verb = method(walker, node, "method", 13312)
        told = _told(entry, node.get("language", "en-US"))
        raise GoTo(node.get("action"), verb, told)


def _entry(walker: Walker, node: Node) -> Entry:
    asked = node.get("input", "dtmf").split()
    inputs = frozenset({"dtmf": "keys", "speech": "speech"}.get(word, "") for word in asked) - {""}
    finish = node.get("finishOnKey", "#")
    if set(finish) - KEYS:
        walker.warn(Fault(13310, f"line {node.line}: finishOnKey=«{finish}», # is taken"))
        finish = "#"
    most = count(walker, node, "numDigits", 0, 13314) or math.inf
    barge_in = node.flag("bargeIn", default=True)
    entry = Entry(walker.call.clock, inputs or frozenset(("keys",)), most, finish, barge_in)
    if node.get("partialResultCallback"):
        entry.partial = _partial(walker, node)
    return entry


def _partial(walker: Walker, node: Node) -> Callable[[str], None]:
    """Tells what has been understood so far (Twilio, TwiML Voice: Gather)."""
    verb = method(walker, node, "partialResultCallbackMethod", 13312)
    url, sequence = node.get("partialResultCallback"), itertools.count()

    def tell(words: str) -> None:
        told = {
            "UnstableSpeechResult": words,
            "Stability": CONFIDENCE,
            "SequenceNumber": str(next(sequence)),
            "Language": node.get("language", "en-US"),
        }
        walker.call.clock.start(walker.report(url, verb, told))

    return tell


async def _prompts(walker: Walker, node: Node, entry: Entry) -> None:
    """What is said while the caller may already enter something: that cuts it short."""
    from cxassure.channels._telephony.carrier.verbs import pause, play, say

    nested = {"Say": say, "Play": play, "Pause": pause}
    for inner in node.nodes:
        if inner.name in nested and not entry.started:
            await nested[inner.name](walker, inner, lambda: entry.started)


async def _collect(walker: Walker, node: Node, entry: Entry, timeout: float) -> None:
    """Waits for the first key or word, then for the end of them."""
    call = walker.call
    if not await call.until(lambda: entry.started, timeout):
        return
    call.waits = False
    while entry.keys and not entry.complete:
        if not await call.until(entry.grown(), timeout):
            return
    if not entry.keys:
        await _end_of_speech(walker, node, entry, timeout)


async def _end_of_speech(walker: Walker, node: Node, entry: Entry, timeout: float) -> None:
    quiet = END_OF_SPEECH
    if node.get("speechTimeout") != "auto":
        quiet = float(count(walker, node, "speechTimeout", round(timeout), 13313))
    while (rest := entry.spoken + quiet - walker.call.clock.now()) > 0:
        if await walker.call.until(lambda: bool(entry.keys), rest):
            return


def _told(entry: Entry, language: str) -> dict[str, str]:
    """The parameters that an action gets beside the standing ones."""
    if entry.words and not entry.keys:
        return {"SpeechResult": entry.words, "Confidence": CONFIDENCE, "Language": language}
    told = {"Digits": entry.keys, "msg": "Gather End"}
    return {**told, "FinishedOnKey": entry.last} if entry.last else told
