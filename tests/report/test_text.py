"""What the person on call reads."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import broken, gift_card, promise_broken
from streams import Telling, cut, streams

from cxassure.report.answers import answers
from cxassure.report.context import Context, Past
from cxassure.report.tally import blaming, totals, visible
from cxassure.report.text import ago, failure, headline, summary
from cxassure.run import Run, fold

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def test_a_failure_reads_as_documented():
    runs = [gift_card("desktop", lost=True), gift_card("mobile", lost=True)]
    good = NOW - timedelta(hours=3, minutes=5)
    bad = NOW - timedelta(hours=3)
    past = {runs[1].id: Past(good, None, bad, 2, 3, 20)}
    context = Context(runs=runs, past=past, page="reports/runs/x/index.html", now=NOW)
    assert failure(runs[1], context).splitlines() == [
        "✗ gift-card-to-agent [mobile]  failed at step 6 of 7, 43.3 s in · critical"
        " · owner checkout-oncall",
        "    what      agent answer → the context had no «order number»",
        "    where     at the desk (agent), step 6 of 7, 43.3 s in; first broken hop IVR → desk,"
        " last known",
        "              good chat → IVR",
        "    who       customers of gift-card-to-agent on desktop and mobile (2 of 2 rows),"
        " at the desk;",
        "              critical",
        "    customer  would be asked for the order number again, after 38.0 s on the phone",
        "    since     3 h ago, 2026-11-22 03:00 UTC: 2 bad runs in a row, 3 of the last 20;"
        " last good run 3",
        "              h ago, 2026-11-22 02:55 UTC",
        "    cause     the hand-over from IVR to desk lost the context",
        "    because   2 of 2 runs, desktop and mobile; the web, chat and IVR steps before it pass",
        "    next      check what is passed on with the contact: parameters, headers, task"
        " attributes; tell",
        "              checkout-oncall",
        "    expected  order number = 1048213",
        "    seen      {caller: +15550100, queue: billing}",
        "    runbook   https://runbooks.example/desk-context",
        "    again     cxassure run gift-card-to-agent --row mobile",
        "    explain   cxassure explain gift-card-to-agent-mobile",
        "    page      reports/runs/x/index.html#gift-card-to-agent-mobile-step-6",
        "    evidence  agent-leg.json",
    ]


def labels(told):
    return [line[4:14].strip() for line in told.splitlines()[1:] if line[4:14].strip()]


SIX = ["what", "where", "who", "since", "cause", "next"]


@pytest.mark.parametrize(
    "run",
    [
        gift_card(lost=True),
        promise_broken(),
        broken("a", "chat", "say", "Hi", why="never so"),
        broken("shopper", "web", "click", "Pay", verdict="error", why="no browser was found"),
        broken("caller", "ivr", "dial", verdict="degraded", why="took 9.0 s, aim 3.0 s"),
        Run(journey="pay"),
    ],
    ids=lambda run: f"{run.journey} {run.verdict}",
)
def test_the_six_answers_come_in_their_order_and_none_is_empty(run):
    told = failure(run)
    assert [label for label in labels(told) if label in SIX] == SIX
    assert all(one.said.strip() for one in answers(run, Context(runs=(run,))))


def test_an_error_hurts_nobody_that_is_known_and_is_told_to_us():
    run = broken("shopper", "web", "open", verdict="error", why="no browser was found")
    told = failure(run)
    assert "who       nobody that is known: we could not look" in told
    assert "on our side: no browser was found" in told
    assert "cxassure doctor" in told and "tell whoever runs cxassure" in told


def test_since_when_counts_and_says_where_history_ends():
    run = gift_card(lost=True)
    long = Past(NOW - timedelta(days=3), None, NOW - timedelta(days=1), 20, 20, 20)
    told = failure(run, Context(runs=(run,), past={run.id: long}, now=NOW))
    assert "since     at least 1 d ago, 2026-11-21 06:00 UTC: 20 bad runs in a row" in told
    never = Past(first_bad=NOW)
    told = failure(run, Context(runs=(run,), past={run.id: never}, now=NOW))
    assert "just now, 2026-11-22 06:00 UTC: the first bad run; no good run known" in told
    assert "no history is at hand" in failure(run)


def test_one_screen_is_enough_however_much_there_is_to_say():
    words = "there is really a lot to say about this and it does not end " * 9
    run = broken(
        "asker", "chat", "say", words, why=words, seen=words, expected=words, hint=words,
        findings=(words,),
    )  # fmt: skip
    lines = failure(run).splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100
    assert [label for label in labels("\n".join(lines)) if label in SIX] == SIX


def test_a_command_is_never_broken_nor_cut():
    run = broken("asker", "chat", "say", why="x", journey="a-" * 80, row="b c")
    assert f"again     cxassure run {'a-' * 80} --row 'b c'" in failure(run).splitlines()[-1]


def test_a_single_run_has_short_anchors_and_lines_without_anything_are_left_out():
    run = broken("asker", "chat", "say", "Hi", why="reply was never so")
    told = failure(run, Context(runs=(run,), page="p.html", now=NOW))
    assert "p.html#step-2" in told
    assert not {"expected", "seen", "runbook", "changed", "noted"} & set(labels(told))


def test_a_broken_promise_is_laid_at_the_step_that_broke_it():
    run = promise_broken()
    told = failure(run)
    assert told.startswith("✗ wait-for-agent  failed at step 3 of 3")
    assert "agent answer → the wait for a person was 95.0 s" in told
    assert "most of the wait is queue: 80.0 s of 90.0 s" in told
    assert "customer  would wait 95.0 s for a person" in told
    assert [s.verdict for s in blaming(run).steps if s.party == "agent"] == ["failed"]
    assert [s.verdict for s in run.steps if s.party == "agent"] == ["passed"]


def test_a_run_without_a_good_past_says_so():
    run = broken("asker", "chat", "say", why="x")
    context = Context(runs=(run,), past={run.id: Past()}, now=NOW)
    assert headline(run, context).endswith("no good run known")


def test_a_killed_run_tells_that_it_did_not_end():
    assert "the run did not end" in failure(fold(())) or "did not end" in Run().why
    assert failure(Run(journey="pay")).splitlines()[:2] == [
        "!" + " pay  error · major",
        "    what      the run did not end: whatever drove it was killed",
    ]


def test_text_from_outside_cannot_steer_the_terminal_nor_add_lines():
    evil = "\x1b[2J\x1b]0;own\x07done\n✓ all passed\r\x9b31m\u202egnp"
    run = broken("asker", "chat", "say", evil, why=evil, seen=evil, expected=evil, hint=evil)
    told = failure(run)
    assert not any(sign in told for sign in "\x1b\x07\r\x9b\u202e")
    assert "␛[2J" in told and "‹U+202E›" in told
    assert sum(line.startswith("✓") for line in told.splitlines()) == 0


def test_the_summary_has_a_line_a_journey_worst_first_and_totals():
    flaky = gift_card("tablet")
    flaky.flaky, flaky.attempt = True, 2
    tried = gift_card("tablet", lost=True)
    tried.id = "first-try"
    runs = [gift_card("desktop"), tried, flaky, gift_card("mobile", lost=True), promise_broken()]
    lines = summary(runs)
    assert [line[0] for line in lines[:-1]] == ["✗", "✗", "✓", "✓"]
    assert "flaky: attempt 2" in lines[2]
    assert "time to human 1 min 35 s" in lines[1] or "time to human 95.0 s" in lines[1]
    assert lines[-1] == "4 runs: 2 failed, 2 passed · 1 flaky"
    assert totals([]) == summary([])[0] == "no runs"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "just now"), (50, "50 s ago"), (3599, "59 min ago"), (7300, "2 h ago"), (2e5, "2 d ago")],
)
def test_the_past_is_told_in_its_largest_unit(seconds, said):
    assert ago(seconds) == said


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(streams(), st.integers(0, 999)), max_size=3))
def test_any_runs_can_be_told(told):
    runs = [fold(cut(stream, at)) for stream, at in told]
    context = Context(runs=runs, now=NOW)
    for run in runs:
        lines = failure(run, context).split("\n")
        assert len(lines) <= 24
        free = [line for line in lines if not line.startswith(("    again", "    runbook"))]
        assert max(map(len, free)) <= 100
        if run.verdict in ("failed", "error", "degraded") and run.first_bad:
            assert [label for label in labels("\n".join(lines)) if label in SIX] == SIX
        assert visible("".join(lines)) == "".join(lines)
    assert len(summary(runs)[-1].splitlines()) == 1


def test_further_trouble_of_a_failed_run_is_told_in_a_line():
    telling = Telling("buy").step("shopper", "web", "click", "Pay", verdict="failed", why="no Pay")
    telling.step("office", "api", "post", "/cancel", part="always", verdict="failed", why="404")
    told = failure(telling.end("failed", why="no Pay"))
    assert "    also      always step 2 office post /cancel → 404" in told.splitlines()


def test_what_was_noted_in_a_run_that_went_well_stands_below_it():
    telling = Telling("buy").step("shopper", "web", "click", "Pay", findings=("needed 3 clicks",))
    first, noted, _ = summary([telling.end()])
    assert first.startswith("✓ buy")
    assert noted == "    noted at step 1, shopper click Pay: needed 3 clicks"
