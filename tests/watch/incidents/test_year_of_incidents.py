"""Random outages in virtual time: each is told, none twice, and nothing is told without one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from _year import PEAKS, ZONES, Year
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.incident import Rules, State, decode, encode

MINUTES = timedelta(minutes=1)
NOTHING: dict[str, list[str]] = {"untold": [], "late": [], "twice": [], "groundless": []}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    first=st.sampled_from([day - timedelta(days=1) for _, _, day in PEAKS]),
    outages=st.integers(0, 120),
    slips=st.sampled_from([0.0, 0.002, 0.05]),
    ordinary=st.integers(5, 60),
)
def test_each_outage_is_told_none_twice_and_nothing_without_one(
    seed: int, first: date, outages: int, slips: float, ordinary: int
) -> None:
    year = Year(
        seed=seed, journeys=8, first=first, days=3, outages=outages, slips=slips,
        ordinary=ordinary * MINUTES, busy=5 * MINUTES,
    ).run()  # fmt: skip
    assert year.judge() == NOTHING
    assert decode(encode(year.state), State) == year.state


def test_a_small_year_of_twelve_peaks_in_three_zones_over_every_change_of_clocks() -> None:
    year = Year(seed=7, ordinary=240 * MINUTES, busy=10 * MINUTES).run()
    assert (len(PEAKS), len(year.all), len(ZONES)) == (12, 40, 3)
    assert sum(one.must is not None for one in year.broken) > 20
    assert year.slipped > 20
    assert year.judge() == NOTHING
    assert {"opened", "reminded", "resolved"} <= {m.word for m in year.messages}


@pytest.mark.parametrize(
    ("rules", "breach"),
    [
        (Rules(bad=1, of=1), "groundless"),
        (Rules(late=-1), "untold"),
        (Rules(bad=3), "late"),
    ],
    ids=["at the first failure", "never", "at the third"],
)
def test_the_judge_finds_rules_out_that_speak_too_early_too_late_or_never(
    rules: Rules, breach: str
) -> None:
    rules = Rules(**{**_fields(rules), "otherwise": ("support",)})
    year = Year(
        seed=3, journeys=8, first=date(2026, 11, 25), days=4, outages=80, slips=0.02,
        ordinary=30 * MINUTES, busy=5 * MINUTES, rules=rules,
    ).run()  # fmt: skip
    assert {kind for kind, found in year.judge().items() if found} >= {breach}


def _fields(rules: Rules) -> dict[str, object]:
    return {name: getattr(rules, name) for name in rules.__struct_fields__}
