"""Every rule as it is documented, and what the documented ones take for granted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scenario import Scenario

from cxassure.errors import UsageError
from cxassure.incident import Fault, Message, Observation, Rules, State, decode, encode
from cxassure.watch.incidents import acknowledge, decide, ping_is_due, suspects, taken_over

PAGE = Path(__file__).parents[3] / "docs" / "incidents.md"
BLOCKS = [
    (f"line {PAGE.read_text('utf-8').count(chr(10), 0, found.start()) + 1}", found[1])
    for found in re.finditer(r"^```looks\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
]


@pytest.mark.parametrize(("place", "text"), BLOCKS, ids=[place for place, _ in BLOCKS])
def test_what_is_documented_is_what_is_said(place: str, text: str) -> None:
    for line, expected, said in Scenario(text).run():
        assert said == expected, f"docs/incidents.md, block at {place}: {line}"


def test_there_is_an_example_under_every_rule() -> None:
    sections = PAGE.read_text("utf-8").split("\n## ")[1:]
    rules = sections[: [s.splitlines()[0] for s in sections].index("Setting it up")]
    silent = [s.splitlines()[0] for s in rules if "```looks" not in s]
    assert silent == ["The dead man's switch"]


def told(text: str) -> list[Message]:
    scene = Scenario(text)
    scene.run()
    return scene.messages


FAILING = "pay: critical, of checkout\n10:00  pay[mobile] failed\n10:01  pay[mobile] failed\n"


def test_the_duration_is_from_the_first_bad_look_to_the_first_good_one() -> None:
    *_, last = told(FAILING + "10:02  pay[mobile] passed\n10:30  pay[mobile] passed\n")
    assert last.word == "resolved"
    assert last.since is not None
    assert last.ended is not None
    assert last.ended - last.since == timedelta(minutes=2)
    assert [one.name for one in last.affected] == ["pay[mobile]"]


def test_a_message_names_all_that_is_affected_the_worst_first() -> None:
    (said,) = told(
        "a: minor, of checkout\nb: critical, of checkout\n10:00  a failed; b failed; c failed\n"
    )[:1]
    assert [one.name for one in said.affected] == ["b", "c", "a"]
    assert (said.lead, said.severity, said.loud) == ("b", "critical", "loud")


def test_a_recent_deployment_is_named_and_an_old_one_is_not() -> None:
    assert told("09:58  deploy shop 4.2\n" + FAILING)[0].deploy is not None
    assert told("08:58  deploy shop 4.2\n" + FAILING)[0].deploy is None


def test_a_deployment_does_not_excuse_what_failed_before_it() -> None:
    text = "rules: settle 10m\n10:00  pay failed\n10:01  deploy shop 4.2\n10:02  pay failed\n"
    assert [m.word for m in told(text)] == ["opened"]


def test_a_look_that_is_delivered_twice_counts_once() -> None:
    scene = Scenario("10:00  pay failed\n10:00  pay failed\n10:00  pay failed\n")
    assert all(said == [] for _, _, said in scene.run())


def test_a_first_failure_is_suspected_so_that_it_can_be_looked_at_again_at_once() -> None:
    scene = Scenario("10:00  pay[mobile]@fra failed\n")
    scene.run()
    assert [(one.name, one.vantage.place) for one in suspects(scene.state)] == [
        ("pay[mobile]", "fra")
    ]
    scene = Scenario(FAILING)
    scene.run()
    assert suspects(scene.state) == []


@pytest.mark.parametrize(
    "text",
    [
        "10:00  pay failed in maintenance\n",
        "10:00  pay missed\n",
        "waived: pay until 12:00\n10:00  pay failed\n10:01  pay failed\n",
        "10:00  pay@fra failed; pay@iad failed\n",
    ],
)
def test_what_another_look_could_not_confirm_is_not_suspected(text: str) -> None:
    scene = Scenario(text)
    scene.run()
    assert suspects(scene.state, scene.rules) == []


def test_of_two_lines_that_become_one_the_one_in_an_incident_stays() -> None:
    text = "10:00  pay@fra failed\n10:01  pay@fra failed\n10:02  pay@iad failed (time-out)\n"
    scene = Scenario(text + "10:03  iad takes over\n10:04  nothing new\n")
    scene.run()
    (incident,) = scene.state.open()
    assert [one.vantage for one in incident.affected.values()] == ["iad"]
    assert list(scene.state.tracks) == list(incident.affected) == ["failed||pay|iad"]


def test_two_incidents_of_which_only_one_can_still_be_seen_both_end() -> None:
    text = "10:00  pay@fra failed; pay@iad failed (time-out)\n"
    text += text.replace("10:00", "10:01") + "10:02  iad takes over\n"
    *_, first, second = told(text + "10:03  pay@iad passed\n10:08  pay@iad passed\n")
    assert sorted((first.word, second.word)) == ["lapsed", "resolved"]


def test_who_takes_over_at_the_same_place_changes_nothing() -> None:
    scene = Scenario(FAILING)
    scene.run()
    assert taken_over(scene.state, "", "") == scene.state
    assert taken_over(scene.state, "elsewhere", "iad") == scene.state


def missed(at: datetime, due: datetime) -> Observation:
    fault = Fault(kind="missed", group="no scheduler")
    return Observation(at=at, due=due, journey="pay", verdict="missed", fault=fault)


@pytest.mark.parametrize(("minutes", "words"), [(1, []), (4.9, []), (5, ["opened"])])
def test_missed_runs_count_from_when_they_were_due_and_are_told_from_five_minutes_on(
    minutes: float, words: list[str]
) -> None:
    due = datetime(2026, 11, 27, 10, tzinfo=UTC)
    found = due + timedelta(minutes=minutes)
    looks = [missed(found - timedelta(seconds=2), due), missed(found, due + timedelta(seconds=30))]
    _, said = decide(State(), looks, Rules(ours=("ops",)), found)
    assert [one.word for one in said] == words
    assert {one.since for one in said} <= {due}


def test_nothing_is_remembered_when_all_is_well() -> None:
    scene = Scenario(
        FAILING + "10:02  pay[mobile] passed\n10:30  pay[mobile] passed\n12:00  x passed"
    )
    scene.run()
    assert scene.state == State()


def test_a_state_survives_being_written_down_at_every_moment() -> None:
    for _, text in BLOCKS:
        scene = Scenario(text)
        for line in text.splitlines():
            part = Scenario(text[: text.index(line) + len(line)])
            part.run()
            assert decode(encode(part.state), State) == part.state
        scene.run()
        assert [decode(encode(m), Message) for m in scene.messages] == scene.messages


def test_only_an_open_incident_can_be_acknowledged_and_only_once() -> None:
    scene = Scenario(FAILING)
    scene.run()
    now = datetime(2026, 11, 27, 11, tzinfo=UTC)
    (incident,) = scene.state.open()
    state, said = acknowledge(scene.state, incident.id, "kim", now)
    assert [m.why for m in said] == ["kim"]
    assert acknowledge(state, incident.id, "lee", now) == (state, ())
    with pytest.raises(UsageError, match="no open incident"):
        acknowledge(state, "inc-other", "kim", now)


def test_when_only_what_is_waived_is_left_the_incident_ends_and_the_rest_stays_quiet() -> None:
    scene = Scenario(
        "waived: pay until 12:00\npay: major, of checkout\nsearch: major, of care\n"
        "10:00  pay failed; search failed\n"
        "10:01  pay failed; search passed\n"
        "10:06  pay failed; search passed\n"
        "10:07  pay failed; search passed\n"
        "11:59  pay failed\n"
        "12:00  pay failed\n"
    )
    said = [(m.at.strftime("%H:%M"), m.to, m.word) for _, m in _timed(scene)]
    assert said == [
        ("10:00", "care", "opened"),
        ("10:06", "care", "resolved"),
        ("12:00", "checkout", "opened"),
    ]


def _timed(scene: Scenario) -> list[tuple[str, Message]]:
    scene.run()
    return [(m.word, m) for m in scene.messages]


def test_looks_that_come_together_hide_no_outage() -> None:
    scene = Scenario(FAILING.splitlines()[0])
    scene.run()
    at = datetime(2026, 11, 27, 10, tzinfo=UTC)
    looks = [
        scene._look(at + timedelta(minutes=n), f"pay {verdict}")
        for n, verdict in enumerate(["failed", "failed", "passed", "passed", "passed"])
    ]
    from cxassure.watch.incidents import decide

    _, said = decide(State(), looks, scene.rules, at + timedelta(minutes=9))
    assert [m.word for m in said] == ["opened", "resolved"]


def test_a_sign_of_life_is_given_only_while_the_work_is_done() -> None:
    now = datetime(2026, 11, 27, 10, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert ping_is_due(None, None, 60, now)
    assert ping_is_due(now - minute, None, 60, now)
    assert not ping_is_due(now - minute / 2, None, 60, now)
    assert ping_is_due(now - minute, now - minute, 60, now)
    assert not ping_is_due(now - minute, now - 2 * minute, 60, now)
