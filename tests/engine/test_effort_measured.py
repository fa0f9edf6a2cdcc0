"""Contacts and hold, as the stream is folded."""

from __future__ import annotations

from cxassure.events import Observed, StepStarted
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


def folded(*lines: tuple[int, float, str, str, str, dict[str, object]]) -> Measures:
    """The fold over (step, at, party, who, what, data)."""
    measures, begun = Measures(), 0
    for step, at, party, who, what, data in lines:
        if step != begun:
            measures.add(StepStarted(index=step, at=at), {})
        begun = step
        seen = Observed(step=step, at=at, party=party, channel="c", who=who, what=what, data=data)  # type: ignore[arg-type]
        measures.add(seen, {})
    return measures


def first_response(*lines: tuple[float, str, str, str]) -> float | None:
    return folded(*((1, *line, {}) for line in lines)).figures.get("first_response")


def test_a_contact_waits_for_its_first_answer_and_the_slowest_counts() -> None:
    call = [(0.0, "caller", "customer", "dialled"), (9.0, "caller", "line", "connected")]
    heard = (10.5, "caller", "company", "prompt")
    assert first_response(*call) is None
    assert first_response(*call, heard, (99.0, "caller", "company", "prompt")) == 1.5
    assert first_response(call[0], heard) == 10.5, "a line that does not say when it was picked up"
    chat = [(0.0, "asker", "customer", "opened"), (0.25, "asker", "company", "reply")]
    asked = [(7.0, "asker", "customer", "said"), (9.0, "asker", "company", "reply")]
    again = [(20.0, "asker", "customer", "said"), (60.0, "asker", "company", "reply")]
    assert first_response(*chat) == 0.25
    assert first_response(*chat, *asked, *again) == 2.0
    assert first_response(*call, heard, *chat, *asked) == 2.0
    by_person = [(7.0, "asker", "customer", "said"), (12.0, "asker", "agent", "said")]
    assert first_response(*by_person) == 5.0


def test_nobody_waits_who_did_not_turn_to_the_company() -> None:
    desk = [(1.0, "agent", "line", "connected"), (5.0, "agent", "company", "prompt")]
    page = [(0.0, "shopper", "customer", "opened"), (1.0, "shopper", "company", "page")]
    late = [(2.0, "asker", "customer", "said"), (3.0, "asker", "line", "prompt")]
    assert first_response(*desk, *page, *late) is None


def test_a_slow_page_is_blamed_on_the_step_in_which_it_came() -> None:
    pages = [
        {"url": "/", "first_paint": 0.5, "largest_paint": 0.75, "layout_shift": 0.2},
        {"url": "/pay", "first_paint": 0.25, "largest_paint": 4.0, "layout_shift": 0.0},
    ]
    measures = folded(
        (1, 0.0, "shopper", "company", "page", {"url": "/"}),
        (2, 3.0, "shopper", "company", "page", {"url": "/pay"}),
        (9, 60.0, "shopper", "line", "vitals", {"pages": pages}),
    )
    worst = {"first_paint": 0.5, "largest_paint": 4.0, "layout_shift": 0.2}
    assert {name: measures.figures[name] for name in worst} == worst
    assert measures.step_over("largest_paint", 2.5) == 2
    assert measures.step_over("layout_shift", 0.1) == 1
