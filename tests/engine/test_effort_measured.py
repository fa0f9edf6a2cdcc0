"""Contacts and hold, as the stream is folded."""

from __future__ import annotations

from cxassure.events import Observed
from cxassure.measures import Measures


def measured(*seen: tuple[str, str, str, float]) -> dict[str, float]:
    """Figures of (party, who, what, seconds)."""
    measures = Measures()
    for party, who, what, seconds in seen:
        line = Observed(
            step=1, at=0.0, party=party, channel="ivr", who=who, what=what, seconds=seconds,  # type: ignore[arg-type]
        )  # fmt: skip
        measures.add(line, {})
    return measures.figures


def test_every_call_is_a_contact_and_a_conversation_is_one() -> None:
    calls = [("caller", "customer", "dialled", 0.0), ("caller", "customer", "pressed", 0.0)]
    chat = [("asker", "customer", "said", 0.0), ("asker", "customer", "picked", 0.0)]
    assert measured(*calls, *chat)["contacts"] == 2
    assert measured(*calls, *calls)["contacts"] == 2
    assert measured(("agent", "agent", "said", 0.0))["contacts"] == 0


def test_hold_is_music_and_queues_and_part_of_what_was_waited() -> None:
    waits = [("c", "company", what, 10.0) for what in ("silence", "music", "queue", "ringing")]
    figures = measured(*waits)
    assert (figures["hold"], figures["waited"]) == (20.0, 40.0)
