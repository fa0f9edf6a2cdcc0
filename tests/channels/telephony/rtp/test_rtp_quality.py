"""The E-model and the engine's own lag."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.rtp.emodel import BARE, CONCEALED, LIKE, mos, rating
from cxassure.channels._telephony.rtp.lag import Lag

shares = st.floats(0, 1)
seconds = st.floats(0, 3)
ratios = st.floats(1, 8)
codecs = st.sampled_from([BARE, CONCEALED, LIKE])
TINY = 1e-4
DIP = 0.06
"""The recommendation's own formula dips by 0.058 in the first milliseconds, and rises again."""


def test_a_perfect_line_has_the_default_rating_of_the_recommendation() -> None:
    assert rating() == pytest.approx(93.2, abs=0.05)
    assert mos(rating()) == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("r", "expected"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)]
)
def test_scores_are_those_of_annex_b(r: float, expected: float) -> None:
    assert mos(r) == pytest.approx(expected, abs=0.01)


@settings(deadline=None)
@given(shares, shares, seconds, ratios, codecs)
def test_more_loss_never_sounds_better(
    a: float, b: float, delay: float, burst: float, codec
) -> None:  # type: ignore[no-untyped-def]
    less, more = sorted((a, b))
    assert rating(more, delay, burst, codec) <= rating(less, delay, burst, codec) + TINY


@settings(deadline=None)
@given(shares, seconds, seconds, ratios, codecs)
def test_more_delay_never_feels_better(
    loss: float, a: float, b: float, burst: float, codec
) -> None:  # type: ignore[no-untyped-def]
    less, more = sorted((a, b))
    assert rating(loss, more, burst, codec) <= rating(loss, less, burst, codec) + DIP


@settings(deadline=None)
@given(shares, seconds, ratios, ratios, codecs)
def test_loss_in_clusters_never_sounds_better(
    loss: float, delay: float, a: float, b: float, codec
) -> None:  # type: ignore[no-untyped-def]
    less, more = sorted((a, b))
    assert rating(loss, delay, more, codec) <= rating(loss, delay, less, codec) + TINY


@settings(deadline=None)
@given(st.floats(-10, 110), st.floats(-10, 110))
def test_scores_rise_with_the_rating_and_stay_on_their_scale(a: float, b: float) -> None:
    less, more = sorted((a, b))
    assert 1 <= mos(less) <= mos(more) + TINY <= 4.5 + TINY


def test_concealment_is_worth_what_g113_says() -> None:
    assert rating(0.02, impairment=CONCEALED) - rating(0.02, impairment=BARE) > 20


@settings(deadline=None)
@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=300), st.floats(0.01, 1))
def test_lag_is_told_to_half_a_millisecond(times: list[float], share: float) -> None:
    lag = Lag()
    for time in times:
        lag.add(time)
    told = lag.at(share)
    assert sum(time <= told + 1e-9 for time in times) >= share * len(times) - 1e-6
    assert lag.worst == max(times)
