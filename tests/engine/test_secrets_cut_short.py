"""Half a secret at the edge of a text that was cut short is a secret too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxassure import events
from cxassure.engine.masking import SHORTEST, Mask
from cxassure.text import clip, near

PLAIN = st.text("abcdef0123", min_size=12, max_size=40)


@given(PLAIN, st.integers(0, 60), st.integers(20, 80))
def test_no_beginning_of_a_secret_is_left_where_a_text_was_clipped(
    secret: str, before: int, length: int
) -> None:
    told = Mask({"pin": secret}).text(clip("." * before + secret + "." * 99, length))
    assert secret[:SHORTEST] not in told


@given(PLAIN, st.integers(0, 60))
def test_no_end_of_a_secret_is_left_behind_a_cut(secret: str, cut: int) -> None:
    told = Mask({"pin": secret}).text("…" + secret[min(cut, len(secret) - SHORTEST) :] + " wanted")
    assert secret[-SHORTEST:] not in told


def test_what_is_nobodys_secret_stays_beside_a_cut() -> None:
    mask = Mask({"pin": "hunter2secret"})
    for text in ("the hun… is on", "hunter2 waits …retry", "…", "a……b", near("x", "y" * 999)):
        assert mask.text(text) == text


def test_an_event_with_half_a_secret_is_masked() -> None:
    mask = Mask({"pin": "hunter2secret"})
    event = events.StepEnded(index=1, at=0.0, verdict="failed", why="asked /echo?k=hunter2s…")
    masked = mask.event(event)
    assert isinstance(masked, events.StepEnded)
    assert masked.why == "asked /echo?k=‹secret.pin›…"
