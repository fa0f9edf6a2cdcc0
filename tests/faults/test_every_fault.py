"""Every fault of the built-in company is caught, blamed on the right step, and explained."""

from __future__ import annotations

import pytest

from cxassure.demo.faults import FAULTS, Fault
from cxassure.report.answers import answers
from cxassure.report.cause import cause
from cxassure.report.context import Context
from cxassure.report.text import failure
from cxassure.run import Run
from cxassure.verdict import worst

SIX = ["what", "where", "who", "since", "cause", "next"]
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture(params=sorted(BY_NAME))
def fault(request: pytest.FixtureRequest) -> Fault:
    return BY_NAME[request.param]


def caught(fault: Fault, broken: dict[str, list[Run]]) -> Run:
    """The first run of the fault's journey that has its verdict."""
    runs = broken[fault.name]
    told = [(run.name, run.verdict, run.why) for run in runs]
    found = next((run for run in runs if run.verdict == fault.verdict), None)
    assert found is not None, told
    return found


def test_a_fault_gives_its_verdict(fault: Fault, broken: dict[str, list[Run]]) -> None:
    assert worst(run.verdict for run in broken[fault.name]) == fault.verdict


def test_a_fault_is_blamed_on_the_step_and_party_where_it_shows(
    fault: Fault, broken: dict[str, list[Run]]
) -> None:
    run = caught(fault, broken)
    bad = run.first_bad
    assert bad is not None
    assert (bad.index, bad.party) == (fault.step, fault.party), bad.why
    before = [s for s in run.steps if s.index < bad.index]
    assert all(s.verdict in ("passed", "skipped") or s.optional for s in before)


def test_a_fault_is_explained_on_the_first_screen(
    fault: Fault, broken: dict[str, list[Run]]
) -> None:
    runs = broken[fault.name]
    run = caught(fault, broken)
    context = Context(runs=tuple(runs))
    told = failure(run, context).splitlines()
    found = cause(run, context)
    assert found is not None
    assert len(told) <= 24
    (what,) = (line for line in told if line.startswith("    what      "))
    assert len(what) > len("    what      x y → z")
    labels = [line[4:14].strip() for line in told[1:]]
    assert [one for one in labels if one in SIX] == SIX
    assert found.conclusion[:30] in " ".join(" ".join(told).split())
    assert all(one.said.strip() for one in answers(run, context))


def test_faults_are_numbered_as_in_the_catalogue_and_each_channel_has_some() -> None:
    channels = [fault.channel for fault in FAULTS]
    least = {"web": 6, "chat": 5, "ivr": 6, "transfer": 4, "across": 3}
    assert {name: channels.count(name) >= count for name, count in least.items()} == dict.fromkeys(
        least, True
    )
    numbers = [fault.number for fault in FAULTS if fault.number]
    assert len(numbers) == len(set(numbers)) >= 24


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("bot-lacks-web-orders", "asker"),
        ("ivr-forgets-chat", "caller"),
        ("transfer-without-context", "agent"),
    ],
    ids=["from web to chat", "from chat to phone", "from phone to agent"],
)
def test_each_hand_over_of_context_once_removed_fails_the_crossing_journey(
    name: str, party: str, broken: dict[str, list[Run]]
) -> None:
    for run in broken[name]:
        assert (run.journey, run.verdict) == ("gift-card-to-agent", "failed")
        assert run.first_bad is not None
        assert run.first_bad.party == party
