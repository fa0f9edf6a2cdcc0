"""Calls told: what broke in words, the proofs of a transfer, the sound in figures, the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample import gift_card, sound
from streams import Telling

from cxassure.events import Checked, Kept, Observed
from cxassure.report.answers import answers
from cxassure.report.cause import cause
from cxassure.report.context import Context
from cxassure.report.customer import consequence
from cxassure.report.explain import explained
from cxassure.report.legs import read
from cxassure.report.page import page
from cxassure.report.proofs import proofs
from cxassure.report.story import hops
from cxassure.report.story.way import broken_at
from cxassure.report.wrong import done, why
from cxassure.run import Run

EXPECTED = (
    "trigger = contains «bridged», destination = billing-desk, bridge = both ways, outcome = up"
)
SEEN = "trigger: bridged, destination: billing-desk, context: queue: billing, reason: a, b, "
ONE_WAY = SEEN + "outcome: up, bridge: one way: the agent does not hear the caller"


def call(party: str, verb: str, facet: str, expected: str, seen: str, **more: Any) -> Run:
    """A call that breaks in one step for one expectation."""
    reason = str(more.pop("reason", f"not the expected {facet} came within 20.0 s"))
    inside = list(more.pop("inside", ()))
    fields = {"facet": facet, "expected": expected, "seen": seen, "why": reason}
    told = Telling("ring", owner="voice-team").step("caller", "ivr", "dial", took=20)
    channel = "agent" if party == "agent" else "ivr"
    told.step(
        party, channel, verb, str(more.pop("argument", "")), verdict="failed", why=reason,
        expected=expected, seen=seen, took=6,
        inside=[*inside, (Checked, {**fields, "verdict": "failed", **more})],
    )  # fmt: skip
    return told.end("failed", why=reason)


def transferred(seen: str) -> Run:
    return call("agent", "stay", "transfer", EXPECTED, seen, argument="6s")


def bad(run: Run):
    step = run.first_bad
    assert step is not None
    return step


def test_the_proofs_of_a_transfer_are_told_one_by_one():
    told = {one.name: (one.seen, one.holds) for one in proofs(bad(transferred(ONE_WAY)))}
    assert told == {
        "trigger": ("bridged", True),
        "destination": ("billing-desk", True),
        "context": ("queue: billing, reason: a, b", None),
        "bridge": ("one way: the agent does not hear the caller", False),
        "outcome": ("up", True),
    }


def test_a_proof_that_was_cut_off_is_not_held_against_anybody():
    cut = {
        one.name: one.holds for one in proofs(bad(transferred("…destination: billing-desk, b…")))
    }
    assert cut == {"trigger": None, "destination": None, "bridge": None, "outcome": None}
    short = {one.name: one.holds for one in proofs(bad(transferred("trigger: REFER to x")))}
    assert short == dict.fromkeys(short, False)


def test_sound_that_goes_one_way_is_the_cause_and_shown_as_a_proof():
    run = transferred(ONE_WAY)
    found = cause(run, Context(runs=(run,)))
    assert found is not None
    assert found.conclusion.endswith("sound goes one way: the agent does not hear the caller")
    assert "NAT for RTP" in found.check
    assert consequence(run, bad(run)).startswith("would speak to a person and not be heard")
    text = " ".join(page([run]).split())
    assert '<span class="hidden">does not hold</span> bridge</th>' in text
    assert text.count('<span class="hidden">holds</span>') == 3
    told = "\n".join(explained(run, Context(runs=(run,))))
    assert "✓ destination of the transfer: billing-desk\n" in told
    assert "✗ bridge of the transfer: one way: the agent does not hear the caller, expected" in told


@pytest.mark.parametrize(
    ("seen", "conclusion"),
    [
        (
            ONE_WAY.replace("billing-desk", "returns-desk"),
            "the transfer reached returns-desk, not billing-desk",
        ),
        (
            SEEN + "bridge: both ways, outcome: the agent's call was ended by the company",
            "the transfer did not last: the agent's call was ended by the company",
        ),
        ("trigger: bridged", "nothing was seen of the transfer's destination"),
    ],
)
def test_the_first_proof_that_does_not_hold_is_the_cause(seen, conclusion):
    run = transferred(seen)
    assert cause(run, Context(runs=(run,))).conclusion == conclusion


def figures(lost: float) -> dict[str, Any]:
    heard = {"codec": "PCMU", "expected": 500, "received": 300, "loss": lost, "jitter": 0.0021}
    return {"calls": [], "legs": [{"heard": heard, "mos": 1.2}]}


def test_packets_that_were_lost_explain_how_a_call_sounds_and_stand_on_its_page(tmp_path: Path):
    (tmp_path / "call.json").write_text(json.dumps(figures(0.4)))
    sound(tmp_path / "call.wav", 1)
    kept = [
        (Kept, {"name": n, "path": n, "media": media, "party": "caller"})
        for n, media in (("call.json", "application/json"), ("call.wav", "audio/wav"))
    ]
    heard = (Observed, {"who": "company", "what": "prompt", "text": "Feel your order",
                        "data": {"confidence": 0.3, "by": "whisper"}})  # fmt: skip
    run = call("caller", "dial", "mos", "mos at least 3.0, aim 3.5", "1.2",
               reason="mos was 1.2", inside=[heard, *kept])  # fmt: skip
    context = Context(runs=(run,), folders={run.id: tmp_path}, page=str(tmp_path / "index.html"))
    found = cause(run, context)
    assert found is not None
    told = "the sound from the company is broken up: 40% of its packets never came"
    assert found.conclusion == told
    text = page([run], context)
    assert "<dt>packets heard</dt><dd>300 of 500</dd>" in text
    assert "caller the sound: codec PCMU, packets heard 300 of 500, lost 40.0%" in "".join(
        explained(run, context)
    )
    assert "<dt>lost</dt><dd>40.0%</dd>" in text and "<dt>MOS</dt><dd>1.2 of 5</dd>" in text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"legs": 3}', '{"legs": [{}]}', "\x00", "nul"])
def test_what_holds_no_figures_of_sound_has_none(tmp_path, text):
    (tmp_path / "call.json").write_text(text)
    assert read(tmp_path / "call.json") == []


def test_silence_and_the_end_of_a_call_are_told_as_what_they_are():
    run = call("caller", "press", "silence", "silence at most 4s", "8.1 s",
               reason="silence was 8.1 s", argument="2")  # fmt: skip
    assert cause(run, Context(runs=(run,))).conclusion == "after «press 2» IVR is silent for 8.1 s"
    assert consequence(run, bad(run)) == "would hear nothing for 8.1 s"
    answered = (Observed, {"who": "agent", "what": "answered", "at": 21.0})
    ended = (Observed, {"who": "line", "what": "hung up", "at": 26.0, "data": {"by": "company"}})
    run = Telling("ring").step("caller", "ivr", "dial", took=20)
    run = run.step("agent", "agent", "stay", "6s", verdict="failed", took=6,
                   why="the call did not stay up: ended by the company after 2.7 s",
                   inside=[answered, ended]).end("failed")  # fmt: skip
    told = cause(run, Context(runs=(run,))).conclusion
    assert told == "the company ended the call 5.0 s after the agent answered"
    assert why(bad(run)).endswith("ended by the company 2.7 s into this step")
    assert consequence(run, bad(run)) == "would be cut off while speaking to a person"


@pytest.mark.parametrize(
    ("facet", "expected", "reason", "told"),
    [
        ("page", "page contains «1 item»", "not the expected page came within 10.0 s",
         "no page within 10.0 s that contains «1 item»"),
        ("element", "element (order-number) matches /^[0-9]$/",
         "not the expected element came within 9.0 s",
         "no element (order-number) within 9.0 s that matches /^[0-9]$/"),
        ("body", "body contains «paid»", "not the expected body came",
         "no body that contains «paid»"),
        ("body", "body contains «paid»", "no body came",
         "no body came, expected one that contains «paid»"),
        ("prompt", "prompt contains «You are»", "no prompt came within 20.0 s",
         "no prompt came within 20.0 s, expected one that contains «You are»"),
        ("reply", "reply contains «on»", "came after 9.4 s, limit 5.0 s",
         "the reply came after 9.4 s, limit 5.0 s"),
        ("key_presses", "key_presses at most 12", "key_presses was 11, aim 9",
         "the number of key presses was 11, aim 9"),
        ("repeats", "repeats at most 1", "repeats was 2",
         "the number of repeats was 2, expected at most 1"),
        ("status", "status = 200", "status was 500", "the status was 500, expected = 200"),
        ("odd", "something else", "not the expected odd came within 1.0 s",
         "not the expected odd came within 1.0 s: something else"),
    ],
)  # fmt: skip
def test_what_broke_can_be_read_without_the_rest(facet, expected, reason, told):
    run = call("caller", "let_ring", facet, expected, "x", reason=reason, came=9.4)
    assert (done(bad(run)), why(bad(run))) == ("caller let ring", told)
    assert answers(run, Context())[0].said == f"caller let ring → {told}"


# The way: web, chat, phone, desk; broken at each hop


def broken_gift_card(at: int, seen: str = "", expected: str = "it is on its way") -> Run:
    """The journey across all channels, broken at step `at`."""
    telling = Telling("gift-card-to-agent")
    telling.step("office", "api", "get", "/stock")
    steps = [
        ("shopper", "web", "open", "/"),
        ("shopper", "web", "click", "Pay now"),
        ("asker", "chat", "say", "Where is my order 1048213?"),
        ("asker", "chat", "say", "a person"),
        ("caller", "ivr", "dial", ""),
        ("caller", "ivr", "press", "2"),
        ("agent", "agent", "answer", ""),
    ]
    for number, (party, channel, verb, argument) in enumerate(steps, 1):
        verdict = "passed" if number < at else "failed" if number == at else "skipped"
        inside: list[Any] = [(Kept, {"name": "order", "value": "1048213"})] if number == 2 else []
        check = {"facet": "prompt", "expected": expected, "seen": seen, "verdict": "failed"}
        inside += [(Checked, {**check, "why": "not so"})] if number == at else []
        telling.step(party, channel, verb, argument, verdict=verdict, inside=inside,
                     why="not so" if number == at else "")  # fmt: skip
    return telling.end("failed", why="not so")


@pytest.mark.parametrize(
    ("at", "arrows", "told"),
    [
        (2, ["", "cut", "cut", "cut"], "broken within web, before the hop to chat"),
        (3, ["", "broken", "cut", "cut"], "first broken hop web → chat, web held"),
        (4, ["", "whole", "cut", "cut"],
         "broken within chat, before the hop to IVR; the hop to it held, web → chat"),
        (5, ["", "whole", "broken", "cut"],
         "first broken hop chat → IVR, last known good web → chat"),
        (7, ["", "whole", "whole", "broken"],
         "first broken hop IVR → desk, last known good chat → IVR"),
    ],
)  # fmt: skip
def test_the_way_shows_the_first_hop_that_broke_and_the_last_that_held(at, arrows, told):
    run = broken_gift_card(at)
    way = list(hops(run))
    assert [hop.channel for hop in way] == ["web", "chat", "ivr", "agent"]  # no back office
    assert [hop.arrow for hop in way] == arrows
    assert broken_at(way, bad(run).party) == told


def test_a_party_that_does_not_know_what_another_was_told_breaks_the_hop_to_it():
    run = broken_gift_card(6, "Please enter your order number.", "prompt spells «1048213»")
    assert [hop.arrow for hop in hops(run)] == ["", "whole", "broken", "cut"]
    knows = broken_gift_card(6, "Order 1 0 4 8 2 1 3 was returned.", "prompt spells «1048213»")
    assert [hop.arrow for hop in hops(knows)] == ["", "whole", "whole", "cut"]


def test_what_breaks_at_the_back_office_is_no_hop():
    telling = Telling("stock").step("shopper", "web", "open").step("asker", "chat", "say")
    run = telling.step("office", "api", "get", verdict="failed", why="x").end("failed")
    assert broken_at(list(hops(run)), "office") == ""
    assert broken_at(list(hops(gift_card(lost=True))), "agent").startswith("first broken hop")


def test_a_recording_begins_when_the_call_was_taken_however_long_it_rang(tmp_path: Path):
    sound(tmp_path / "call.wav", 12)
    kept = {"name": "call.wav", "path": "call.wav", "media": "audio/wav", "party": "caller"}
    telling = Telling("ring")
    telling.step(
        "caller", "ivr", "dial", took=9,
        inside=[
            (Observed, {"who": "customer", "what": "dialled", "at": 0.0}),
            (Observed, {"who": "company", "what": "prompt", "text": "Welcome", "at": 6.5}),
        ],
    )  # fmt: skip
    telling.step("caller", "ivr", "press", "2", verdict="failed", why="x", took=9,
                 inside=[(Kept, {**kept, "at": 17.0})])  # fmt: skip
    run = telling.end("failed")
    context = Context(runs=(run,), folders={run.id: tmp_path}, page=str(tmp_path / "index.html"))
    text = page([run], context)
    assert 'href="call.wav#t=1.5">0:01.5</a> company: Welcome' in text  # it rang for 5 s
    assert "plays from the second that broke, 0:05.0" in text
