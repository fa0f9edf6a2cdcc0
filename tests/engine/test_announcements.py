"""Announcements in virtual time: what must be said now is missed, what must not is caught."""

from __future__ import annotations

import pytest
from lobby import Lobby, ask, does, expects, live, probe

from cxassure.peak import Between, Moment, Window, Yearly
from cxassure.report.tally import blaming
from cxassure.run import Run
from cxassure.settings import Announced, MessageWindow

DATES = Between(start=Moment(day=Yearly(month=12, day=20)))


def closed(due: bool, target: str = "hall", facet: str = "reply") -> Announced:
    when = Window(name="closed", kind="message", dates=DATES, zone="UTC")
    window = MessageWindow(when=when, target=target, says={"contains": "we are closed"})
    return Announced(window=window, due=due, at="now UTC", told="from then to then UTC")


@pytest.fixture(autouse=True)
def announcing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lobby in which the receptionist tells everybody."""
    monkeypatch.setattr(Lobby, "announces", "reply")


async def run(*steps: object, due: bool, **how: object) -> Run:
    lived = await live(probe(*steps), announced=[closed(due)], **how)  # type: ignore[arg-type]
    return blaming(lived.run)


GREETED = ask(1, "hello", "good morning", expect=(expects("reply", contains="good"),))
TOLD = ask(2, "and now", "We are  CLOSED", expect=(expects("reply", contains="closed"),))
OTHER = ask(2, "and now", "come in", expect=(expects("reply", contains="come"),))


async def test_what_is_due_and_said_passes_at_whatever_step_it_comes() -> None:
    assert (await run(GREETED, TOLD, due=True)).verdict == "passed"


async def test_what_is_not_due_and_not_said_passes() -> None:
    assert (await run(GREETED, OTHER, due=False)).verdict == "passed"


async def test_what_is_due_and_missing_fails_at_the_greeting() -> None:
    found = await run(GREETED, OTHER, due=True)
    assert found.verdict == "failed"
    assert found.why == (
        "closing: closed «we are closed» must be heard from then to then UTC; "
        "was not heard at now UTC"
    )
    bad = found.first_bad
    assert bad is not None
    assert (bad.index, bad.party, bad.seen) == (1, "guest", "good morning come in")
    assert bad.expected == "guest: reply contains «we are closed»"


async def test_what_is_said_out_of_season_fails_where_it_came() -> None:
    found = await run(GREETED, TOLD, due=False)
    assert found.verdict == "failed"
    assert found.first_bad is not None
    assert found.first_bad.index == 2
    assert "; was heard at now UTC" in found.first_bad.why


async def test_a_journey_that_broke_off_is_not_blamed_for_what_it_never_came_to() -> None:
    fails = ask(2, "and now", expect=(expects("reply", contains="come"),))
    found = await run(GREETED, fails, due=True)
    assert found.first_bad is not None
    assert (found.first_bad.index, found.steps[-1].checked) == (2, [])


async def test_what_was_said_out_of_season_is_told_of_a_failed_journey_too() -> None:
    fails = ask(3, "and now", expect=(expects("reply", contains="come"),))
    found = await run(GREETED, TOLD, fails, due=False)
    assert [step.verdict for step in found.steps[1:]] == ["passed", "passed", "failed", "failed"]


async def test_messages_of_other_targets_are_not_looked_for() -> None:
    lived = await live(probe(GREETED), announced=[closed(True, target="garden")])
    assert lived.run.verdict == "passed"


async def test_a_call_is_not_held_up_to_wait_for_a_message() -> None:
    free = await live(probe(GREETED, OTHER))
    held = await live(probe(GREETED, OTHER), announced=[closed(True)])
    assert held.run.took == free.run.took


async def test_a_line_that_cannot_tell_leaves_the_message_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Lobby, "announces", "smell")
    found = await run(GREETED, due=True)
    assert (found.verdict, len(found.unseen)) == ("passed", 1)


async def test_a_party_that_was_never_greeted_missed_the_message() -> None:
    found = await run(does(1, "knock"), due=True)
    assert (found.verdict, found.steps[-1].seen) == ("failed", "nothing")


async def test_a_message_that_nobody_who_came_could_hear_is_unseen_and_never_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Lobby, "announces", "")
    for due in (True, False):
        found = await run(GREETED, due=due)
        assert (found.verdict, [one.why for one in found.unseen]) == ("passed", [DEAF])
    fails = ask(2, "and now", expect=(expects("reply", contains="come"),))
    assert (await run(GREETED, fails, due=True)).unseen == []


DEAF = "nobody who could hear it came to «hall»"
