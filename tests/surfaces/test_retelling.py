"""Stored runs told whole, compared, packed and driven again, as the person on call types it."""

from __future__ import annotations

import zipfile

import pytest
from counter import OFFICE, Counter

SHIP = f"journey: ship\nowner: kim\n{OFFICE}steps:\n  - office: {{post: /status/%s}}\n" + (
    "    expect: {status: 200}\n"
)


@pytest.fixture
def broken(counter: Counter) -> Counter:
    """A journey that passed, and then did not."""
    counter.write("journeys/ship.yaml", SHIP % 200)
    assert counter.run("run", "ship", "fine", "--seed", "7").code == 0
    counter.write("journeys/ship.yaml", SHIP % 500)
    assert counter.run("run", "ship", "fine", "--seed", "8").code == 1
    return counter


def test_explain_tells_the_worst_run_of_the_last_command_whole(broken: Counter) -> None:
    done = broken.ask("explain")
    assert done.code == 0
    told = done.out.splitlines()
    assert told[0].startswith("✗ ship  failed at step 1 of 1")
    assert told[0].endswith("owner kim")
    assert any("since" in line and "last good run " in line for line in told)
    assert any("POST /status/500 is new (it answered 500)" in line for line in told)
    happened = told[told.index("what happened") :]
    assert any("step 1  office post /status/500  journeys/ship.yaml:5:5" in o for o in happened)


def test_explain_names_a_run_that_is_not_there(broken: Counter) -> None:
    done = broken.ask("explain", "nobody")
    assert (done.code, done.out) == (2, "")
    assert "«nobody» names no stored run" in done.err


def test_two_runs_are_compared(broken: Counter) -> None:
    first, last = (f"{campaign.name}/ship" for campaign in broken.runs())
    done = broken.ask("compare", first, last, "--json")
    assert done.code == 0
    assert done.json["before"] == first
    assert [one["what"] for one in done.json["changes"]] == [
        "POST /status/500 is new (it answered 500)"
    ]
    assert "nothing has changed" in broken.ask("compare", first, first).out


def test_runs_of_two_journeys_are_compared_with_a_word_of_warning(broken: Counter) -> None:
    campaign = broken.runs()[-1].name
    done = broken.ask("compare", f"{campaign}/fine", f"{campaign}/ship")
    assert done.code == 0
    assert "not runs of one probe: fine beside ship" in done.err


def test_again_drives_the_probe_as_it_was_with_its_seed(broken: Counter) -> None:
    first, last = (f"{campaign.name}/ship" for campaign in broken.runs())
    assert broken.office
    passed = broken.run("again", first, "--json")
    assert (passed.code, passed.json["runs"][0]["seed"]) == (0, 7)
    failed = broken.run("again", last)
    assert failed.code == 1
    assert broken.office.asked[-2:] == ["/status/200", "/status/500"]


def test_again_without_the_probe_says_what_to_do(broken: Counter) -> None:
    campaign = broken.runs()[-1]
    (campaign / "ship/probe.json").unlink()
    done = broken.ask("again", f"{campaign.name}/ship")
    assert done.code == 2
    assert "no probe was kept" in done.err


def test_a_bundle_is_one_file_with_everything_in_it_and_the_same_each_time(
    broken: Counter,
) -> None:
    done = broken.ask("bundle", "--to", "one.zip")
    assert done.out.strip() == "one.zip"
    names = {name.partition("/")[2] for name in zipfile.ZipFile(broken.root / "one.zip").namelist()}
    assert {
        "index.html",
        "story.txt",
        "run.json",
        "junit.xml",
        "events.jsonl",
        "probe.json",
    } <= names


def test_a_bundle_follows_no_link_out_of_the_run(broken: Counter) -> None:
    outside = broken.write("secret.txt", "not for the ticket")
    (broken.runs()[-1] / "ship/evidence").mkdir(exist_ok=True)
    (broken.runs()[-1] / "ship/evidence/link.txt").symlink_to(outside)
    broken.ask("bundle", "--to", "one.zip")
    with zipfile.ZipFile(broken.root / "one.zip") as archive:
        assert not any("link.txt" in name for name in archive.namelist())


def test_a_run_told_alone_is_told_with_what_its_campaign_knows(counter: Counter) -> None:
    step = '  - office: {post: "/status/${row.code}"}\n    expect: {status: 200}\n'
    rows = "rows: [{id: a, code: 200}, {id: b, code: 202}]\n"
    counter.write("journeys/ship.yaml", f"journey: ship\n{rows}{OFFICE}steps:\n{step}")
    assert counter.run("run", "ship", "fine").code == 1
    (campaign,) = counter.runs()
    alone = counter.ask("explain", f"{campaign.name}/ship.b").out
    assert "    cause     only b: look at what differs from a" in alone.splitlines()
    assert "index.html#ship-b-step-1" in alone  # where it is on the campaign's page
    counter.ask("report", f"{campaign.name}/ship.b")
    assert "only b: look at what differs from a" in (campaign / "index.html").read_text()


def test_a_deployment_is_taken_back_by_what_passes_over_the_same_host_since(
    counter: Counter,
) -> None:
    counter.write("journeys/ship.yaml", SHIP % 200)
    assert counter.run("run", "ship").code == 0
    assert counter.ask("deployed", "office 2.0").code == 0
    counter.write("journeys/ship.yaml", SHIP % 404)
    assert counter.run("run", "ship").code == 1
    bad = f"{counter.runs()[-1].name}/ship"
    assert "deployed before it began: office 2.0" in counter.ask("explain", bad).out
    assert counter.run("run", "fine").code == 0
    assert "deployed before it began" not in counter.ask("explain", bad).out
