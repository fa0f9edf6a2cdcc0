"""JUnit and JSON: exact mappings, valid for any run."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import broken, gift_card, promise_broken
from streams import Telling, cut, streams

from cxassure.report import json as report_json
from cxassure.report import junit
from cxassure.run import Run, fold

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")


def suite(runs):
    data = junit.document(runs)
    SCHEMA.validate(data.decode())
    return ET.fromstring(data).find("testsuite")


def of(verdict):
    return Telling(verdict, source="journeys/shop/a.yaml:3:1").end(verdict, why="because")


@pytest.mark.parametrize(
    ("verdict", "children"),
    [
        ("passed", ["system-out"]),
        ("degraded", ["system-out"]),
        ("failed", ["failure", "system-out"]),
        ("error", ["error", "system-out"]),
        ("missed", ["error", "system-out"]),
        ("skipped", ["skipped", "system-out"]),
    ],
)
def test_each_verdict_maps_to_its_own_element(verdict, children):
    found = suite([of(verdict)])
    (case,) = found.findall("testcase")
    assert [child.tag for child in case] == children
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    assert {name: found.get(name) for name in kinds} == {
        name: str(int(kind in children)) for name, kind in kinds.items()
    }
    assert (case.get("classname"), case.get("name")) == ("journeys.shop", verdict)


def test_degraded_passes_and_says_so():
    found = suite([of("degraded")])
    said = {p.get("name"): p.get("value") for p in found.iter("property")}
    assert said["verdict[degraded]"] == "degraded"
    assert "verdict: degraded" in found.find("testcase/system-out").text


def test_flaky_passes_and_keeps_both_attempts():
    first, last = gift_card("m", lost=True), gift_card("m")
    first.id, last.attempt, last.flaky = "first", 2, True
    found = suite([first, last])
    assert found.get("tests") == "1" and found.get("failures") == "0"
    case = found.find("testcase")
    assert case.find("flakyFailure").get("message") == "context had no «order number»"
    assert case.find("failure") is None
    said = {p.get("name"): p.get("value") for p in found.iter("property")}
    assert said == {"rerun[gift-card-to-agent[m]]": "1"}


def test_a_failure_carries_its_text_and_message():
    case = suite([promise_broken()]).find("testcase")
    told = case.find("failure")
    assert told.get("message").startswith("the wait for a person was 95.0 s")
    assert "most of the wait is queue" in told.text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(streams(), st.integers(0, 999)), max_size=3))
def test_any_runs_give_valid_junit_and_json(told):
    runs = [fold(cut(stream, at)) for stream, at in told]
    found = suite(runs)
    document = json.loads(msgspec.json.encode(report_json.document(runs)))
    assert document["schema"] == 1
    assert len(document["runs"]) == len(found.findall("testcase")) == int(found.get("tests"))


def test_characters_that_xml_cannot_hold_are_shown_or_replaced():
    run = broken("asker", "chat", "say", why="a\x00b\x1b\ud800\uffff]]>")
    message = suite([run]).find("testcase/failure").get("message")
    assert message == "a␀b␛\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}]]>"


def test_the_json_document_has_what_scripts_rely_on():
    runs = [gift_card("mobile", lost=True), gift_card("desktop")]
    document = report_json.document(runs, "reports/x/index.html")
    failed, passed = document["runs"]
    wanted = "id journey row severity owner env seed started verdict flaky took wall report steps"
    assert set(wanted.split()) <= set(failed)
    step = next(s for s in failed["steps"] if s["verdict"] not in ("passed", "skipped"))
    wanted = "index party channel verb verdict why expected seen part place took code findings"
    assert set(wanted.split()) <= set(step)
    assert (step["index"], step["party"]) == (6, "agent")
    assert failed["blamed"] == {"step": 6, "party": "agent", "channel": "agent"}
    assert failed["report"] == "reports/x/index.html"
    assert passed["blamed"] is None and passed["cause"] == ""
    assert step["evidence"][0]["path"] == "evidence/leg.json"
    assert list(failed["answers"]) == ["what", "where", "who", "since", "cause", "next"]
    assert all(failed["answers"].values()) and passed["answers"] == {}


def test_what_was_run_otherwise_than_its_environment_says_is_in_the_document():
    run = gift_card()
    run.overridden = ("shop", "help-bot")
    (told,) = report_json.document([run])["runs"]
    assert told["overridden"] == ("shop", "help-bot")


def test_a_broken_promise_is_blamed_in_the_document_too():
    (run,) = report_json.document([promise_broken()])["runs"]
    first = next(s for s in run["steps"] if s["verdict"] not in ("passed", "skipped"))
    assert (first["index"], first["party"]) == (3, "agent")


def test_earlier_attempts_stand_under_the_last():
    first, last = gift_card(lost=True), gift_card()
    first.id, last.attempt, last.flaky = "first", 2, True
    (run,) = report_json.document([first, last], {last.id: "page.html"})["runs"]
    assert (run["verdict"], run["flaky"], run["report"]) == ("passed", True, "page.html")
    assert [tried["id"] for tried in run["attempts"]] == ["first"]


def test_a_run_that_never_began_is_told_as_an_error():
    assert suite([Run(journey="pay")]).find("testcase/error") is not None
