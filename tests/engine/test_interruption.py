"""Runs that are told to stop: they do what must be done, and what they leave is whole."""

from __future__ import annotations

import asyncio
import re

import pytest
from lobby import Lived, ask, does, expects, live, probe

from cxassure import events
from cxassure.probe import Party, Probe, Step


async def test_an_interruption_leaves_a_whole_stream_with_verdict_error_and_runs_always_steps() -> (
    None
):
    lived = Lived()
    document = probe(does(1, "break", "hang"), does(2, "listen"), always=(ask(3, "cancel"),))
    task = asyncio.create_task(live(document, lived=lived))
    while not any(isinstance(e, events.StepStarted) and e.index == 1 for e in lived.events):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert re.fullmatch(r"R(S\.*s)*r", lived.grammar)
    assert (lived.run.verdict, lived.run.why) == ("error", "interrupted")
    assert lived.sessions[0].asked == 1
    assert lived.sessions[0].closed == 1


THREE = {name: Party(channel="lobby", target="hall") for name in ("guest", "friend", "child")}


async def interrupted_in(part: str, document: Probe, **more: object) -> Lived:
    """A run that is interrupted once `part` is under way, and then once more."""
    lived = Lived()
    task = asyncio.create_task(live(document, lived=lived, **more))  # type: ignore[arg-type]
    while not any(isinstance(e, events.StepStarted) and e.part == part for e in lived.events):
        await asyncio.sleep(0)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    return lived


def waits(index: int) -> Step:
    return ask(index, "cancel", "done", "3s", expect=(expects("reply", contains="done"),))


async def test_an_interruption_while_it_tidies_up_still_does_all_of_that() -> None:
    document = probe(does(1, "listen"), always=(waits(2), waits(3)))
    lived = await interrupted_in("always", document)
    assert re.fullmatch(r"R(S\.*s)*r", lived.grammar)
    assert lived.verdicts == ["passed", "passed", "passed", "passed", "error"]
    assert (lived.run.verdict, lived.run.why) == ("error", "closing: interrupted")
    assert (lived.sessions[0].asked, lived.sessions[0].closed) == (2, 1)


async def test_an_interruption_while_it_hangs_up_still_closes_every_party() -> None:
    lived = await interrupted_in("closing", probe(does(1, "listen"), parties=THREE))
    assert re.fullmatch(r"R(S\.*s)*r", lived.grammar)
    assert lived.run.verdict == "error"
    assert [session.closed for session in lived.sessions] == [1, 1, 1]


async def test_what_there_was_no_time_for_after_an_interruption_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cxassure.engine.driving.ALWAYS_ALLOWANCE", 0.05)
    document = probe(does(1, "listen"), always=(does(2, "break", "hang"), ask(3, "cancel")))
    lived = await interrupted_in("always", document)
    assert lived.verdicts == ["passed", "passed", "error", "skipped", "error"]
    assert lived.run.steps[2].why == lived.run.steps[3].why == "there was no time left for it"
    assert lived.sessions[0].closed == 1
