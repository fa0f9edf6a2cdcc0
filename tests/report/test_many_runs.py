"""Hundreds of runs: what is told of each draws on all, and all are gone through once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

import pytest
from msgspec.structs import replace
from sample import broken, gift_card

from cxassure.events import Observed
from cxassure.report.context import Context
from cxassure.report.gate import Baseline, judge
from cxassure.report.gate.summary import summary
from cxassure.report.page import page
from cxassure.report.text import failure
from cxassure.run import Run

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SEEN = (Observed, {"who": "company", "what": "page", "data": {"url": "https://shop.example/"}})


def down(number: int) -> Run:
    """One of those that all end at the same host."""
    why = "it refuses the connection"
    return broken("shopper", "web", "open", "/", why=why, journey=f"j{number}", inside=[SEEN])


def apart(number: int) -> Run:
    """Each fails in a way of its own, and every other does not fail."""
    fails = broken("asker", "chat", f"say{number}", why=f"not {number}", journey=f"j{number}")
    return fails if number % 2 else gift_card(journey=f"j{number}")


def on_a_page(runs: list[Run], context: Context) -> None:
    page(runs, context)


def in_a_summary(runs: list[Run], context: Context) -> None:
    summary(judge(runs, Baseline(), now=NOW), context)


def in_lines(runs: list[Run], context: Context) -> None:
    for run in runs:
        failure(run, context)


def work(tell: Callable[[list[Run], Context], None], runs: list[Run]) -> int:
    """How many functions are called to tell these runs."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    context = Context(runs=runs, now=NOW, page="reports/runs/x/index.html")
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        tell(runs, context)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("kind", [down, apart])
@pytest.mark.parametrize("tell", [on_a_page, in_a_summary, in_lines])
def test_twice_as_many_runs_are_twice_the_work(
    tell: Callable[[list[Run], Context], None], kind: Callable[[int], Run]
) -> None:
    runs = [replace(kind(number), id=f"run{number}") for number in range(80)]
    tell(runs[:2], Context(runs=runs[:2], now=NOW))  # what is loaded and compiled at first
    assert work(tell, runs) < 2.5 * work(tell, runs[:40])  # where each looked at all, 4 times


def test_runs_of_one_name_have_a_place_each_on_the_page() -> None:
    names = ["a b", "a-b", "a-b-2", "a-b"]
    runs = [replace(gift_card(journey=name), id=str(n)) for n, name in enumerate(names)]
    context = Context(runs=runs)
    assert [context.anchor(run) for run in runs] == ["a-b", "a-b-2", "a-b-2-2", "a-b-3"]
