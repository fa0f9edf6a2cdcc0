"""What a busy machine must not make of a call: slow hearing is doubt, an answer ends a prompt."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cxassure.channel import Seen


async def test_a_step_that_fails_after_slow_hearing_is_in_doubt(telephone):
    caller = await telephone("ivr", "support-line-sip")
    assert caller.session.doubt == ""
    caller.session.line.talk.understanding.slowest = 3.0
    assert "too busy to hear the call: it took 3.0 s" in caller.session.doubt


@pytest.mark.parametrize(
    ("expected", "stopped"), [("connecting you", 1.5), ("something else", 90.0)]
)
async def test_a_prompt_that_was_cut_at_its_last_word_ends_with_the_answer(
    telephone, expected, stopped
):
    caller = await telephone("ivr", "support-line-sip")
    talk, now = caller.session.line.talk, caller.session.clock.now()
    pressed = now - 90.0
    talk.understanding.expected = (expected,)
    talk.listening.cut_at = pressed
    talk.listening.listener = SimpleNamespace(
        voiced=[pressed - 2 + 0.02 * beat for beat in range(400)]
    )
    for text, at, ends in (
        ("For returns, press 3.", -1.4, 0.1),
        ("Please hold.", 0.3, 1.1),
        ("I am connecting you to our billing team.", 1.5, 3.9),
    ):
        caller.session.record(Seen("company", "prompt", text, pressed + at, pressed + ends))
    assert talk.stopped_after == pytest.approx(stopped, abs=30.0 if stopped == 90.0 else 0.01)
