"""A cassette is made of what a run tells, in which all that began before a step is told at its
beginning."""

from __future__ import annotations

from typing import Any

from cxassure.channels._telephony.cassette.recording import call_of
from cxassure.channels._telephony.cassette.tape import Call
from cxassure.events import AnyEvent, Observed, RunStarted, StepEnded, StepStarted


def seen(step: int, at: float, what: str, seconds: float = 0.0, **more: Any) -> Observed:
    told = {"who": "company", "party": "caller", "channel": "ivr", **more}
    return Observed(step=step, at=at, what=what, seconds=seconds, **told)


def step(index: int, verb: str, began: float, ended: float, *inside: Observed) -> list[AnyEvent]:
    first = StepStarted(index=index, at=began, party="caller", channel="ivr", verb=verb)
    return [first, *inside, StepEnded(index=index, at=ended, verdict="passed")]


def made(*steps: list[AnyEvent]) -> Call:
    started = RunStarted(run="r", journey="j", started="", parties={"caller": "ivr"})
    closing = StepStarted(index=9, at=30.0, part="closing")
    return call_of([started, *(event for one in steps for event in one), closing])


DIAL = step(
    1, "dial", 0.0, 3.0,
    seen(1, 0.0, "dialled", who="customer"), seen(1, 1.0, "connected", who="line"),
    seen(1, 1.0, "prompt", 2.0, text="Welcome."),
)  # fmt: skip


def times(call: Call, what: str) -> list[tuple[float, float]]:
    return [(line.at, round(line.at + line.seconds, 3)) for line in call.lines if line.what == what]


def test_what_is_told_in_a_step_had_ended_when_that_did() -> None:
    listen = step(2, "listen", 10.0, 10.5, seen(2, 10.0, "speech", 1.5, who="agent", text="Hi."))
    call = made(DIAL, listen)
    assert times(call, "speech") == [(9.0, 10.5)]
    assert (10.5, 10.5) in times(call, "turn"), "then it was our turn"


def test_what_is_told_behind_what_came_later_ended_as_its_step_began() -> None:
    late = seen(2, 10.0, "music", 4.0)
    call = made(DIAL, step(2, "listen", 10.0, 12.0, seen(2, 10.5, "music", 1.0), late))
    assert (6.0, 10.0) in times(call, "music")


def test_a_turn_stands_behind_music_and_not_behind_words() -> None:
    playing = step(2, "listen", 5.0, 6.0, seen(2, 5.5, "music", 4.0))
    speaking = step(3, "listen", 6.0, 7.0, seen(3, 6.5, "prompt", 4.0, text="Please wait."))
    assert [at for at, _ in times(made(DIAL, playing, speaking), "turn")] == [3.0, 6.0]
