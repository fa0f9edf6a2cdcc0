"""Runs to report on: the gift-card journey, whole and broken in well-known ways."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

from streams import Telling

from cxassure.events import Checked, Kept, Measured, Observed
from cxassure.run import Run

OWNED = {
    "severity": "critical",
    "owner": "checkout-oncall",
    "source": "journeys/shop/gift.yaml:1:1",
}


def gift_card(row: str = "", lost: bool = False, journey: str = "gift-card-to-agent") -> Run:
    """Web, chat, phone, agent; with `lost`, the agent is not given the order number."""
    telling = Telling(journey, row, runbook="https://runbooks.example/desk-context", **OWNED)
    telling.step("shopper", "web", "open", "/gift-cards", took=2)
    kept = [(Kept, {"name": "order", "value": "1048213"})]
    telling.step("shopper", "web", "click", "Pay now", inside=kept, took=1.3)
    telling.step(
        "asker",
        "chat",
        "say",
        "Where is my order 1048213?",
        inside=[
            (Observed, {"who": "customer", "what": "said", "text": "Where is my order 1048213?"}),
            (Observed, {"who": "company", "what": "reply", "text": "It is on its way"}),
        ],
    )
    telling.step("caller", "ivr", "dial", took=20)
    queue = {"who": "company", "what": "queue", "text": "position 1", "seconds": 12.0}
    telling.step("caller", "ivr", "press", "2", inside=[(Observed, queue)], took=16)
    if not lost:
        telling.step("agent", "agent", "answer", took=2)
        telling.step("agent", "agent", "speak", "This is Kim")
        return telling.end()
    why = "context had no «order number»"
    expected, seen = "order number = 1048213", "{caller: +15550100, queue: billing}"
    checked = {"facet": "context", "expected": expected, "verdict": "failed", "seen": seen}
    telling.step(
        "agent",
        "agent",
        "answer",
        verdict="failed",
        why=why,
        expected=expected,
        seen=seen,
        took=2,
        inside=[
            (Checked, {**checked, "why": why}),
            (Kept, {"name": "agent-leg.json", "path": "evidence/leg.json", "media": "x/y"}),
        ],
    )
    telling.step("agent", "agent", "speak", "This is Kim", verdict="skipped", why="step 6 failed")
    return telling.end("failed", why=why)


def broken(party: str, channel: str, verb: str, argument: str = "", **ended: object) -> Run:
    """A run of one good step on the web and one that goes wrong as told."""
    journey = str(ended.pop("journey", "order-status"))
    row = str(ended.pop("row", ""))
    inside = ended.pop("inside", None)
    verdict = ended.pop("verdict", "failed")
    telling = Telling(journey, row, **OWNED)
    telling.step("shopper", "web", "open", "/")
    telling.step(party, channel, verb, argument, verdict=verdict, inside=inside, **ended)
    telling.step(party, channel, "wait", verdict="skipped", why="step 2 failed")
    return telling.end(verdict, why=str(ended.get("why", "")))


def promise_broken() -> Run:
    """Every step passes; the wait for a person is longer than promised, by the queue."""
    telling = Telling("wait-for-agent", **OWNED)
    telling.step("caller", "ivr", "dial", took=5)
    queue = {"who": "company", "what": "queue", "text": "position 3", "seconds": 80.0}
    music = {"who": "company", "what": "ringing", "seconds": 10.0}
    telling.step(
        "caller", "ivr", "press", "0", took=90, inside=[(Observed, queue), (Observed, music)]
    )
    telling.step("agent", "agent", "answer")
    why = "time_to_human was 95.0 s, promised 60.0 s, broken at step 3"
    expected = "time_to_human within 60.0 s"
    check = {"facet": "time_to_human", "expected": expected, "verdict": "failed", "why": why}
    telling.step(
        "",
        "",
        "",
        part="closing",
        verdict="failed",
        why=why,
        expected=expected,
        seen="95.0 s",
        inside=[
            (Checked, {**check, "seen": "95.0 s"}),
            (Measured, {"name": "time_to_human", "value": 95.0, "unit": "s", "blamed": 3}),
        ],
    )
    return telling.end("failed", why=why)


def sound(path: Path, seconds: float = 4.0, sides: int = 2) -> None:
    """A tone as a WAV file of 16 bits, 8 kHz."""
    tone = (int(9000 * math.sin(n / 5)) for n in range(int(8000 * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sides)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(array("h", (one for n in tone for one in [n] * sides)).tobytes())
