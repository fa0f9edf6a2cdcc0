"""What decided a run, and what is told beside it: clean-ups that went wrong, further promises."""

import pytest
from streams import Telling

from cxassure.events import Checked, Measured
from cxassure.report import json as report_json
from cxassure.report import junit
from cxassure.report.answers import answers
from cxassure.report.context import Context
from cxassure.report.text import failure
from cxassure.run import fold

TURNS = "turns was 5, promised 2, broken at step 2"
WORDS = "words_heard was 17, promised 3, broken at step 1"


def closing(telling, *whys):
    """The run, ended by promises that were found broken."""
    inside = []
    for why in whys:
        name, step = why.partition(" ")[0], int(why[-1])
        check = {"facet": name, "expected": name, "verdict": "failed", "why": why}
        inside += [(Checked, check), (Measured, {"name": name, "value": 9.0, "blamed": step})]
    telling.step("", "", "", part="closing", verdict="failed", why=whys[0], inside=inside)
    return telling.end("failed", why=f"closing: {whys[0]}")


def chat(**tidying):
    """Two good steps and a clean-up."""
    telling = Telling("chat").step("a", "chat", "say", "one").step("a", "chat", "say", "two")
    return telling.step("a", "chat", "say", "bye", part="always", **tidying)


def test_a_clean_up_that_failed_too_is_told_beside_what_failed_before_it():
    run = closing(chat(verdict="failed", why="no reply came"), TURNS)
    told = failure(run)
    assert told.startswith("✗ chat  failed at step 2 of 2")
    assert "also      always step 3 a say bye → no reply came" in told
    (one,) = report_json.document([run])["runs"]
    assert one["blamed"]["step"] == 2
    assert b'message="the turns was 5, promised 2' in junit.document([run])


def test_a_run_that_was_killed_after_a_failed_clean_up_is_laid_at_what_failed_before_it():
    telling = Telling("chat").step("a", "chat", "say", "one", verdict="failed", why="no reply came")
    telling.step("a", "chat", "say", "bye", part="always", verdict="failed", why="no bye came")
    killed = fold(telling.events)
    assert killed.verdict == "error" and killed.first_bad.argument == "one"


@pytest.mark.parametrize("blamed", [TURNS, TURNS.replace(", broken at step 2", ", at 0")])
def test_every_promise_that_was_broken_is_told(blamed):
    run = closing(chat(), blamed, WORDS)
    assert f"also      at the end the {WORDS.replace('_', ' ')}" in failure(run)
    assert failure(run).count("turns was 5") == 1
    assert b"words heard was 17" in junit.document([run])


def test_promises_that_were_broken_too_are_told_beside_a_step_that_failed():
    telling = Telling("chat").step("a", "chat", "say", "one", verdict="failed", why="no reply came")
    told = " ".join(failure(closing(telling, TURNS, WORDS)).split())
    assert "say one → no reply came" in told
    assert "at the end the turns was 5" in told and "at the end the words heard was 17" in told


def test_a_clean_up_that_the_company_failed_at_is_told_to_the_owner_and_not_to_us():
    why = "GET https://shop.example/cancel answered 500"
    run = chat(verdict="failed", why=why, code="500").end("error", why=f"always: {why}")
    run.owner = "chat-team"
    said = {one.label: one.said for one in answers(run, Context(runs=(run,)))}
    assert said["cause"] == f"the clean-up failed: {why}"
    assert said["who"] == "nobody that is known: chat got through, but was not cleaned up after"
    assert said["next"].endswith("tell chat-team")


def test_a_clean_up_that_we_failed_at_stays_ours():
    run = chat(verdict="error", why="no browser was found").end("error", why="always: no browser")
    assert "on our side: no browser was found" in failure(run)
    assert "tell whoever runs cxassure" in failure(run)
