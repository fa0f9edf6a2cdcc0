"""`run` and `report` as somebody scripts them: what is selected, told, written, and the code."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from counter import JOURNEYS, Counter

RUN = "id journey row severity owner env seed started verdict flaky took wall report steps".split()
STEP = "index party channel verb verdict why expected seen".split()

WRONG = {
    "journey": (["run", "fin"], "did you mean «fine»?"),
    "glob": (["run", "gift-*"], "«gift-*» matches no journey"),
    "row of a journey": (["run", "codes[ugly]"], "«codes[ugly]»"),
    "tag": (["run", "--tag", "smok"], "did you mean «smoke»?"),
    "row": (["run", "--row", "goood"], "did you mean «good»?"),
    "row of others": (["run", "fine", "--row", "good"], "row «good»"),
    "both": (["run", "--tag", "smoke", "--tag", "nightly", "--row", "nope"], "row «nope»"),
    "environment": (["run", "--env", "thre"], "«there» or «here»?"),
    "file": (["run", "journeys/none.yaml"], "no file"),
    "probe": (["run", "none.json"], "cannot be read"),
    "one of two": (["run", "fine", "nothing"], "«nothing» matches no journey"),
    "demo's journey": (["demo", "--journey", "phone-men"], "did you mean «phone-menu»?"),
    "demo's tag": (["demo", "--tag", "hppy"], "tag «hppy»"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_matches_nothing_is_two_and_drives_nothing(counter: Counter, what: str) -> None:
    words, said = WRONG[what]
    done = counter.ask(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert counter.office and not counter.office.asked


def test_a_good_run_is_zero_with_figures_for_a_script(counter: Counter) -> None:
    done = counter.run("run", "fine", "--json", "--seed", "7")
    assert done.code == 0
    assert done.json["schema"] == 1
    (run,) = done.json["runs"]
    assert set(run) >= set(RUN)
    assert (run["journey"], run["verdict"], run["seed"], run["env"]) == (
        "fine",
        "passed",
        7,
        "here",
    )
    (step,) = [step for step in run["steps"] if step["verb"]]
    assert set(step) >= set(STEP)
    assert (step["index"], step["party"], step["channel"]) == (1, "office", "api")
    assert (counter.root / run["report"]).is_file()
    assert "✓ fine" in done.err


def test_every_report_that_is_asked_for_is_written(counter: Counter) -> None:
    done = counter.run(
        "run", "codes", "--json", "a/j.json", "--junit", "a/j.xml", "--html", "a/p.html",
        "--report-dir", "kept",
    )  # fmt: skip
    assert done.code == 1
    runs = json.loads((counter.root / "a/j.json").read_text())["runs"]
    assert {(run["row"], run["verdict"]) for run in runs} == {("good", "passed"), ("bad", "failed")}
    suite = ET.parse(counter.root / "a/j.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    page = (counter.root / "a/p.html").read_text()
    assert "codes" in page
    assert "<script src" not in page
    assert not (counter.root / "reports").exists()
    (campaign,) = counter.runs("kept")
    assert {path.name for path in campaign.iterdir()} >= {"index.html", "junit.xml", "runs.json"}


def test_the_failure_is_told_on_stdout_and_says_how_to_run_it_again(counter: Counter) -> None:
    done = counter.run("run", "codes", "--env", "here")
    assert done.code == 1
    first = done.out.splitlines()
    assert first[0].startswith("✗ codes [bad]  failed at step 1 of 1")
    assert "409" in "\n".join(first[:5])
    (again,) = [line.split(None, 1)[1] for line in first if line.startswith("    again ")]
    assert again == "cxassure run --env here codes --row bad"
    assert counter.run(*again.split()[1:]).code == 1


def test_what_could_not_be_looked_at_is_three(counter: Counter) -> None:
    done = counter.run("run", "keyless")
    assert done.code == 3
    assert "export CXASSURE_SECRET_KEY=" in done.out
    assert counter.run("run", "keyless", CXASSURE_SECRET_KEY="s3cr3t-s3cr3t").code == 0
    assert counter.run("run", "fine", "--env", "there").code in (1, 3)


def test_a_failure_weighs_more_than_an_error(counter: Counter) -> None:
    assert counter.run("run", "keyless", "codes").code == 1


def test_degraded_is_zero_and_with_strict_one(counter: Counter) -> None:
    done = counter.run("run", "late")
    assert done.code == 0
    assert "degraded" in done.out
    strict = counter.run("run", "late", "--strict")
    assert strict.code == 1
    assert "--strict: late (degraded)" in strict.err
    assert counter.run("run", "fine", "--strict").code == 0


def test_a_retry_that_helps_is_flaky_and_keeps_both_attempts(counter: Counter) -> None:
    done = counter.run("run", "moody", "--retry", "2", "--json")
    assert done.code == 0
    (run,) = done.json["runs"]
    assert (run["verdict"], run["flaky"]) == ("passed", True)
    assert [tried["verdict"] for tried in run["attempts"]] == ["failed"]
    (campaign,) = counter.runs()
    assert len(list(campaign.glob("*/events.jsonl"))) == 2
    assert counter.run("run", "moody", "--retry", "2", "--strict").code == 1


def test_without_retry_nothing_is_tried_again(counter: Counter) -> None:
    assert counter.run("run", "moody").code == 1
    assert counter.office and counter.office.asked == ["/sometimes"]


def test_a_retry_that_does_not_help_is_a_failure(counter: Counter) -> None:
    done = counter.run("run", "codes", "--row", "bad", "--retry", "1", "--json")
    assert done.code == 1
    (run,) = done.json["runs"]
    assert (run["verdict"], run["flaky"], len(run["attempts"])) == ("failed", False, 1)


def test_fail_fast_starts_nothing_after_a_failure_and_says_so(counter: Counter) -> None:
    done = counter.run("run", "codes[bad]", "fine", "late", "--fail-fast", "--workers", "1")
    assert done.code == 1
    assert "not run: fine, late" in done.err
    assert counter.office and counter.office.asked == ["/status/409"]


def test_a_run_that_takes_too_long_is_an_error_and_tidies_up(counter: Counter) -> None:
    done = counter.run("run", "waiting", "--timeout", "300ms")
    assert done.code == 3
    assert "--timeout" in done.out
    assert counter.office and counter.office.asked == ["/gate", "/tidied"]


def test_a_seed_gives_the_same_people_and_another_seed_others(counter: Counter) -> None:
    counter.write(
        "journeys/people.yaml",
        JOURNEYS["fine"].replace("fine", "people").replace("/ok", '"/of/${person.email}"'),
    )
    for seed in ("5", "5", "6"):
        assert counter.run("run", "people", "--seed", seed).code == 0
    assert counter.office
    first, second, third = counter.office.asked
    assert first == second != third
    drawn = counter.run("run", "people")
    seed = next(line for line in drawn.err.splitlines() if line.startswith("seed ")).split()[1]
    counter.run("run", "people", "--seed", seed)
    assert counter.office.asked[-1] == counter.office.asked[-2]


def test_a_dry_run_says_what_would_happen_and_does_nothing(counter: Counter) -> None:
    done = counter.run("run", "--dry-run")
    assert done.code == 0
    assert "codes[bad]" in done.out
    assert f"drives  office at {counter.office and counter.office.address}" in done.out
    told = counter.run("run", "--dry-run", "--json", "--env", "there").json["would_run"]
    assert {row["env"] for row in told} == {"there"}
    assert len(told) == len(JOURNEYS) + 1
    assert counter.office and not counter.office.asked
    assert not (counter.root / "reports").exists()


def test_selectors_are_names_globs_rows_files_and_tags(counter: Counter) -> None:
    def chosen(*words: str) -> list[str]:
        rows = counter.ask("run", "--dry-run", *words, "--json").json["would_run"]
        return [row["probe"] for row in rows]

    assert chosen("fine") == ["fine"]
    assert chosen("*e") == ["fine", "late"]
    assert chosen("codes[bad]", "codes[bad]") == ["codes[bad]"]
    assert chosen("journeys/late.yaml", "fine") == ["late", "fine"]
    assert chosen("--tag", "smoke", "--tag", "nightly") == ["codes[good]", "codes[bad]", "fine"]
    assert chosen("--row", "good") == ["codes[good]"]


def test_one_worker_runs_one_after_the_other(counter: Counter) -> None:
    done = counter.run("run", "--workers", "1", "fine", "late", "codes", "--json")
    spans = sorted((run["started"], run["ended"]) for run in done.json["runs"])
    assert len(spans) == 4
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_report_tells_a_stored_run_again_by_any_of_its_names(counter: Counter) -> None:
    ran = counter.run("run", "codes", "fine", "--json")
    (campaign,) = counter.runs()
    everything = {run["id"] for run in ran.json["runs"]}
    ids = sorted(everything)
    assert len(ids) == 3
    for ref, wanted in {
        "": everything,
        campaign.name: everything,
        campaign.name[:-2]: everything,
        ids[0]: {ids[0]},
        "fine": {run["id"] for run in ran.json["runs"] if run["journey"] == "fine"},
        str(campaign): everything,
    }.items():
        done = counter.ask("report", *filter(None, [ref]), "--json")
        assert {run["id"] for run in done.json["runs"]} == wanted, ref
        assert done.code == (0 if ref == "fine" else 1)


def test_report_says_the_same_as_the_run_did(counter: Counter) -> None:
    ran = counter.run("run", "codes", "--json", "first.json")
    told = counter.ask("report", "--json", "again.json")
    assert told.code == ran.code == 1
    first, again = (
        json.loads((counter.root / name).read_text()) for name in ("first.json", "again.json")
    )
    assert first == again


def test_json_never_takes_a_probe_for_its_file(counter: Counter) -> None:
    counter.ask("compile")
    before = (counter.root / "probes/fine.json").read_bytes()
    done = counter.ask("run", "--json", "probes/fine.json")
    assert done.code == 2
    assert "before --json" in done.err
    assert (counter.root / "probes/fine.json").read_bytes() == before


def test_report_of_nothing_is_two(empty: Counter) -> None:
    for words in (["report"], ["report", "nope"], ["report", "--report-dir", "nowhere"]):
        done = empty.ask(*words)
        assert (done.code, done.out) == (2, "")
        assert "no stored run" in done.err


def test_a_report_that_cannot_be_written_is_three_and_the_rest_is_told(counter: Counter) -> None:
    counter.write("taken", "")
    done = counter.run("run", "fine", "--json", "taken/j.json")
    assert done.code == 3
    assert "taken/j.json could not be written" in done.err
    assert "✓ fine" in done.out
    assert counter.run("run", "codes", "--junit", "taken/j.xml").code == 1
    assert Path(counter.runs()[0] / "index.html").is_file()


def test_json_never_takes_a_journey_for_its_file(counter: Counter) -> None:
    counter.settle("fine")
    done = counter.run("run", "--json", "fine")
    assert done.code == 2
    assert "cxassure run fine --json" in done.err
    assert not (counter.root / "fine").exists()


def test_no_time_at_all_is_a_wrong_command(counter: Counter) -> None:
    counter.settle("fine")
    assert counter.run("run", "--timeout", "0s").code == 2
