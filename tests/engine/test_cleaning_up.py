"""What a run ends with where the journey and its clean-up both go wrong."""

from __future__ import annotations

from lobby import ask, does, expects, live, probe

from cxassure.probe import Promise


async def test_a_broken_promise_is_why_a_run_failed_though_its_clean_up_failed_before() -> None:
    steps = [ask(number, "hi", "ok") for number in (1, 2, 3)]
    promises = {"turns": Promise(at_most=1.0)}
    document = probe(*steps, always=(does(4, "break", "customer"),), promises=promises)
    run = (await live(document)).run
    assert (run.verdict, run.first_bad and run.first_bad.part) == ("failed", "closing")
    assert run.why == "closing: turns was 3, promised 1, broken at step 2"


async def test_a_missed_aim_is_not_hidden_by_a_clean_up_that_was_slow_too() -> None:
    steps = [ask(number, "hi", "ok") for number in (1, 2, 3)]
    expect = (expects("reply", contains="gone"),)
    slow = ask(4, "cancel", "it is gone", "3s", aim=2.0, expect=expect)
    promises = {"turns": Promise(aim=1.0)}
    run = (await live(probe(*steps, always=(slow,), promises=promises))).run
    assert (run.verdict, run.why) == ("degraded", "closing: turns was 4, aim 1")


async def test_a_failed_clean_up_is_why_where_nothing_else_went_wrong() -> None:
    run = (await live(probe(does(1, "listen"), always=(does(2, "break", "customer"),)))).run
    assert (run.verdict, run.why) == ("error", "always: the door is shut")
    assert run.first_bad and run.first_bad.unclean
