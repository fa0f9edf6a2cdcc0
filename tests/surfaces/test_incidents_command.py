"""What somebody on call types: what is wrong, I have it, it was deployed, it may be for now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from counter import Counter

from cxassure.incident import Account, Fault, Incident, Message, Observation
from cxassure.workspace import Workspace

ALERTS = """\
alerts:
  to:
    team: {send: apprise, url: "json://127.0.0.1:9"}
"""
ESCAPE = "\x1b[2J`rm`"


@pytest.fixture
def desk(counter: Counter) -> Counter:
    settings = counter.root / "cxassure.yaml"
    settings.write_text(settings.read_text() + ALERTS)
    return counter


def fails(counter: Counter, journey: str = "fine", ago: float = 60.0) -> tuple[Message, ...]:
    """A journey is seen to fail now, and has been before."""
    now, duty = datetime.now(UTC), Workspace(counter.root).duty()
    said: tuple[Message, ...] = ()
    for before in (ago, 0.0):
        seen = Observation(
            at=now - timedelta(seconds=before),
            journey=journey,
            verdict="failed",
            env="here",
            fault=Fault(kind="failed", env="here", step=f"api get {journey}"),
            account=Account(step=f"step 1 of 1: {ESCAPE}", again="cxassure run fine"),
        )
        said += duty.look([seen], now)[0]
    return said


def opened(counter: Counter) -> Incident:
    (one,) = Workspace(counter.root).duty().state().open()
    return one


def test_nothing_is_wrong_where_nobody_has_looked(desk: Counter) -> None:
    done = desk.ask("incidents")
    assert (done.code, done.out) == (0, "nothing is wrong that is known\n")
    assert desk.ask("incidents", "--json").json == {"incidents": [], "outbox": []}


def test_what_is_open_is_told_with_its_messages_that_wait(desk: Counter) -> None:
    fails(desk)
    told = desk.ask("incidents")
    assert told.code == 0
    for part in (
        "major failed",
        "fine",
        "told      nobody",
        "not yet   team",
        "cxassure ack inc-",
        "«opened» to team",
    ):
        assert part in told.out
    assert "\x1b" not in told.out
    document = desk.ask("incidents", "--json").json
    (one,), (waiting,) = document["incidents"], document["outbox"]
    assert (one["kind"], one["severity"], one["acknowledged"]) == ("failed", "major", None)
    assert one["journeys"][0]["name"] == "fine"
    assert (one["told"], one["untold"]) == ([], ["team"])
    assert one["since"] <= one["opened"]
    assert (waiting["to"], waiting["word"], waiting["tries"]) == ("team", "opened", 0)


def test_only_who_got_it_is_said_to_have_been_told(desk: Counter) -> None:
    fails(desk)
    kept = Workspace(desk.root).duty().kept
    kept.done(kept.waiting()[0].message.id)
    assert "told      team" in desk.ask("incidents").out
    (one,) = desk.ask("incidents", "--json").json["incidents"]
    assert (one["told"], one["untold"]) == (["team"], [])


def test_what_could_not_be_sent_is_told_with_the_reason(desk: Counter) -> None:
    from msgspec.structs import replace

    fails(desk)
    kept = Workspace(desk.root).duty().kept
    (posting,) = kept.waiting()
    kept.keep(replace(posting, tries=2, why=f"no route {ESCAPE}"))
    told = desk.ask("incidents").out
    assert "tried 2 times" in told
    assert "no route" in told
    assert "\x1b" not in told


def test_what_has_ended_is_told_only_when_asked_for(desk: Counter) -> None:
    fails(desk, ago=1000.0)
    now, duty = datetime.now(UTC), Workspace(desk.root).duty()
    for minutes in (1, 10):
        later = now + timedelta(minutes=minutes)
        duty.look([Observation(at=later, journey="fine", verdict="passed", env="here")], later)
    assert "nothing is wrong" in desk.ask("incidents").out
    assert "ended after" in desk.ask("incidents", "--all").out
    assert desk.ask("incidents", "--all", "--json").json["incidents"][0]["ended"]


def test_who_takes_it_is_told_to_all_who_were_told(desk: Counter) -> None:
    fails(desk)
    name = opened(desk).id
    done = desk.ask("ack", name[:8], "--by", "kim", "--note", "rolling back", "--json")
    assert (done.code, done.json) == (
        0,
        {"incident": name, "acknowledged": "kim", "told": ["team"]},
    )
    assert opened(desk).acknowledged == "kim"
    said = [one.message for one in Workspace(desk.root).duty().kept.waiting()]
    assert (said[-1].word, said[-1].why) == ("acknowledged", "kim: rolling back")
    again = desk.ask("ack", name, "--by", "lee")
    assert (again.code, again.out) == (0, f"{name} is kim's\n")
    assert "taken by  kim" in desk.ask("incidents").out


def test_who_takes_it_without_a_name_is_whoever_types(desk: Counter) -> None:
    fails(desk)
    assert desk.ask("ack", opened(desk).id).code == 0
    assert opened(desk).acknowledged


@pytest.mark.parametrize("name", ["inc-nope", "", "inc-"])
def test_what_is_not_open_cannot_be_taken(desk: Counter, name: str) -> None:
    fails(desk, "fine")
    fails(desk, "late")
    done = desk.ask("ack", name)
    assert (done.code, done.out) == (2, "")
    assert "there is no open incident" in done.err
    assert "hint" in done.err


def test_a_deployment_is_named_in_what_begins_after_it(desk: Counter) -> None:
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    words = ["deployed", "shop 4.2", "--at", at, "--target", "office"]
    done = desk.ask(*words, "--link", "https://ci.example/7", "--json")
    assert done.code == 0
    assert (done.json["what"], done.json["target"], done.json["env"]) == (
        "shop 4.2",
        "office",
        None,
    )
    (message,) = fails(desk)
    assert message.deploy is not None
    from cxassure.report.senders import plain

    assert "shop 4.2 to office, 4" in plain(message)
    assert "https://ci.example/7" in plain(message)


def test_a_deployment_of_what_there_is_not_or_of_tomorrow_is_refused(desk: Counter) -> None:
    wrong = desk.ask("deployed", "shop", "--target", "offize")
    assert wrong.code == 2
    assert "did you mean «office»?" in wrong.err
    assert desk.ask("deployed", "shop", "--at", "2999-01-01T00:00Z").code == 2
    assert desk.ask("deployed", "shop", "--env", "nowhere").code == 2
    assert "deployed at" in desk.ask("deployed", "shop").out


SOON, NEXT = (f"{datetime.now(UTC) + timedelta(days=days):%F}" for days in (20, 21))
WAIVE = ["waive", "fine", "--owner", "kim", "--reason", 'slow: "vendor", #7', "--until"]


@pytest.mark.parametrize(
    "written",
    ["", "# waivers\nwaivers:\n  # by hand\n  - {OTHER}\n", "waivers:\n- {OTHER}\nwithin: 3s\n"],
)
def test_a_waiver_is_written_where_readiness_and_alerts_read_it(
    desk: Counter, written: str
) -> None:
    other = "journeys: late, owner: lee, reason: known, until: 2030-01-01"
    settings = desk.root / "cxassure.yaml"
    base = settings.read_text().replace("within: 5s\n", "")
    settings.write_text(base + written.replace("OTHER", other))
    before = settings.read_text()
    done = desk.ask(*WAIVE, SOON, "--json")
    assert done.code == 0, done.both
    assert done.json[0] == {
        "journeys": ["fine"],
        "owner": "kim",
        "reason": 'slow: "vendor", #7',
        "until": f"{NEXT}T00:00:00Z",
        "holds": True,
    }
    assert len(done.json) == (2 if written else 1)
    assert set(before.splitlines()) <= set(settings.read_text().splitlines())
    assert Workspace(desk.root).settings.alerts.rules.waivers[0].owner == "kim"
    assert "by kim until" in desk.ask("waive", "--list").out


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (SOON, f"{NEXT} 00:00 America/Los_Angeles"),
        (f"{SOON}T18:00", f"{SOON} 18:00 America/Los_Angeles"),
        (f"{SOON}T18:00+02:00", f"{SOON} 18:00 UTC+02:00"),
    ],
)
def test_when_a_waiver_ends_is_told_by_the_clock_it_was_written_for(
    desk: Counter, until: str, told: str
) -> None:
    settings = desk.root / "cxassure.yaml"
    settings.write_text("zone: America/Los_Angeles\n" + settings.read_text())
    assert f"by kim until {told}: slow" in desk.ask(*WAIVE, until).out


@pytest.mark.parametrize("until", ["someday", "2020-01-01", "2099-11-30", ""])
def test_what_makes_no_waiver_changes_nothing(desk: Counter, until: str) -> None:
    settings = desk.root / "cxassure.yaml"
    before = settings.read_bytes()
    done = desk.ask(*WAIVE, until)
    assert (done.code, done.out) == (2, "")
    assert settings.read_bytes() == before
    assert sorted(path.name for path in desk.root.glob("cxassure*")) == ["cxassure.yaml"]


def test_a_list_in_one_line_is_left_to_its_author(desk: Counter) -> None:
    settings = desk.root / "cxassure.yaml"
    line = "waivers: [{journeys: late, owner: lee, reason: known, until: 2030-01-01}]\n"
    settings.write_text(settings.read_text() + line)
    before = settings.read_bytes()
    done = desk.ask(*WAIVE, SOON)
    assert done.code == 2
    assert settings.read_bytes() == before


def test_waive_wants_a_journey_or_the_list(desk: Counter) -> None:
    assert desk.ask("waive").code == 2
    assert desk.ask("waive", "fine", "--list").code == 2
    assert desk.ask("waive", "fine", "--owner", "kim").code == 2
    assert desk.ask("waive", "--list").out == "nothing is waived\n"
    assert desk.ask("waive", "--list", "--json").json == []


def test_a_waiver_for_what_there_is_not_is_refused(desk: Counter) -> None:
    before = (desk.root / "cxassure.yaml").read_bytes()
    done = desk.ask("waive", "nope-*", *WAIVE[2:], SOON)
    assert (done.code, done.out) == (2, "")
    assert "no journey is called «nope-*»" in done.err
    assert "fine" in done.err
    assert (desk.root / "cxassure.yaml").read_bytes() == before
    assert desk.ask("waive", "fin*", *WAIVE[2:], SOON).code == 0


def test_who_waives_a_critical_journey_hears_that_readiness_bears_none(desk: Counter) -> None:
    journey = desk.root / "journeys" / "fine.yaml"
    journey.write_text(journey.read_text() + "severity: critical\n")
    done = desk.ask(*WAIVE, SOON)
    assert done.code == 0
    assert "fine is critical: alerts bear its failures, readiness bears none" in done.err
    assert "critical" not in desk.ask("waive", "late", *WAIVE[2:], SOON).err


@pytest.mark.parametrize("name", ["", "  "])
def test_a_deployment_without_a_name_is_refused(desk: Counter, name: str) -> None:
    done = desk.ask("deployed", name)
    assert (done.code, done.out) == (2, "")
    assert "needs a name" in done.err


@pytest.mark.parametrize("command", ["incidents", "ack inc-1", "deployed shop"])
def test_what_cannot_be_read_is_three(desk: Counter, command: str) -> None:
    folder = desk.root / "reports"
    folder.mkdir()
    (folder / "incidents.db").write_text("no database " * 100)
    done = desk.ask(*command.split())
    assert (done.code, done.out) == (3, "")
    assert "incidents" in done.err
    assert "hint" in done.err


def test_json_of_an_incident_is_fit_for_a_machine(desk: Counter) -> None:
    fails(desk)
    text = desk.ask("incidents", "--json").out
    assert json.loads(text)["incidents"][0]["again"] == "cxassure run fine"
