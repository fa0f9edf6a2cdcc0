"""Runs over different lines: what is said and how long it takes is another matter there."""

from __future__ import annotations

from cxassure.events import Observed
from cxassure.report.changes import changes, other_lines
from cxassure.run import Run, StepRun


def call(over: str, text: str) -> Run:
    heard = Observed(step=1, at=0, party="caller", channel="ivr", who="company", what="prompt",
                     text=text)  # fmt: skip
    step = StepRun(index=1, party="caller", channel="ivr", verb="dial", verdict="passed",
                   took=1.0, observed=[heard])  # fmt: skip
    lines = {"caller": over} if over else {}
    return Run(id="r", journey="j", verdict="passed", steps=[step], author_steps=1, lines=lines)


def test_a_call_over_sip_is_not_held_against_one_over_twiml() -> None:
    rehearsed, real = call("twiml", "For orders, press 1."), call("sip", "For orders press one")
    assert changes(real, rehearsed) == []
    assert other_lines(real, rehearsed) == ["caller"]


def test_over_the_same_line_and_where_lines_were_not_kept_it_is() -> None:
    for over in ("sip", ""):
        other = call(over, "For orders, press 2. For gifts, press 3.")
        assert changes(other, call(over, "For orders, press 1."))
