"""`pytest journeys/`: journeys as items, told as the person on call reads them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from counter import ALONE, JOURNEYS, Counter, until

SPOKEN = ("fine", "late", "codes", "keyless")


@pytest.fixture
def suite(counter: Counter) -> Counter:
    """A workspace with four journeys, and a test that is no journey."""
    for name in JOURNEYS.keys() - set(SPOKEN):
        (counter.root / f"journeys/{name}.yaml").unlink()
    counter.write("tests/test_sums.py", "def test_sums():\n    assert 1 + 1 == 2\n")
    counter.write("tests/data.yaml", JOURNEYS["fine"])
    return counter


def items(suite: Counter, *words: str) -> list[str]:
    """What pytest would run, by its ids."""
    done = suite.pytest("--collect-only", "-q", *words)
    return [line.rpartition("::")[2] for line in done.out.splitlines() if "::" in line]


def test_journeys_are_items_with_their_rows_as_ids(suite: Counter) -> None:
    every = ["codes[good]", "codes[bad]", "fine", "keyless", "late"]
    assert items(suite, "journeys") == every
    assert items(suite, "journeys/", "-k", "codes and bad") == ["codes[bad]"]
    assert items(suite, "journeys/fine.yaml") == ["fine"]
    assert items(suite, "journeys/codes.yaml::codes[bad]") == ["codes[bad]"]


def test_tags_are_markers_that_pytest_knows(suite: Counter) -> None:
    assert items(suite, "journeys", "-m", "smoke", "--strict-markers") == ["fine"]
    assert items(suite, "journeys", "-m", "nightly and not smoke") == ["codes[good]", "codes[bad]"]


@pytest.mark.parametrize("words", [(), (".",), ("tests",)])
def test_no_journey_is_collected_unless_asked_for(suite: Counter, words: tuple[str, ...]) -> None:
    assert items(suite, *words) == ["test_sums"]


def test_a_failure_reads_as_the_person_on_call_wants_it(suite: Counter) -> None:
    done = suite.pytest("journeys", "--junitxml", "out.xml", "--tb=long", "-l")
    assert done.code == 1
    assert "✗ codes [bad]  failed at step 1 of 1" in done.out
    assert "    again     cxassure run codes --row bad" in done.out
    assert "export CXASSURE_SECRET_KEY=" in done.out
    for trace in ("Traceback", "pytest_plugin.py", "campaign.py", "JourneyFailed", "self ="):
        assert trace not in done.both
    assert "1 failed, 3 passed, 1 error" in done.out
    cases = ET.parse(suite.root / "out.xml").getroot().iter("testcase")
    told = {case.get("name"): {child.tag for child in case} for case in cases}
    assert "failure" in told["codes[bad]"]
    assert "error" in told["keyless"]
    assert "failure" not in told["keyless"]
    assert not told["fine"] & {"failure", "error", "skipped"}


def test_the_page_that_a_failure_points_at_is_there(suite: Counter) -> None:
    done = suite.pytest("journeys/codes.yaml")
    page = next(word for word in done.out.split() if "index.html#" in word).partition("#")[0]
    assert "codes" in (suite.root / page).read_text()


def test_xdist_drives_journeys_side_by_side(suite: Counter) -> None:
    done = suite.pytest("journeys", "-n", "2", "-q")
    assert "1 failed, 3 passed, 1 error" in done.out
    assert suite.office
    assert sorted(suite.office.asked) == ["/ok", "/slow", "/status/200", "/status/409"]


def test_an_environment_and_a_seed_can_be_chosen(suite: Counter) -> None:
    done = suite.pytest("journeys/fine.yaml", "--cxassure-env", "there", "--cxassure-seed", "9")
    assert done.code == 1
    (run,) = suite.runs()
    started = json.loads((run / "fine/events.jsonl").read_text().splitlines()[0])
    assert (started["env"], started["seed"]) == ("there", 9)


def test_a_broken_journey_is_a_collection_error_in_words(suite: Counter) -> None:
    suite.write("journeys/broken.yaml", "journey: x\nstpes: []\n")
    done = suite.pytest("journeys")
    assert done.code == 2
    assert "journeys/broken.yaml:2:1: unknown key «stpes»" in done.out
    assert "hint: did you mean «steps»?" in done.out
    assert "Traceback" not in done.both
    assert "pytest_plugin.py" not in done.both


@pytest.mark.parametrize("words", [("journeys",), ("journeys/fine.yaml",)])
def test_bad_settings_are_a_collection_error_in_words(
    suite: Counter, words: tuple[str, ...]
) -> None:
    suite.write("cxassure.yaml", "environments: [1]\n")
    done = suite.pytest(*words)
    assert done.code == 2
    assert "cxassure.yaml:1:15: " in done.out
    assert "pytest_plugin.py" not in done.both


def test_a_fragment_is_no_item(suite: Counter) -> None:
    suite.write("journeys/parts/ask.yaml", "fragment: ask\nsteps:\n  - office: {get: /ok}\n")
    suite.write("journeys/fine.yaml", JOURNEYS["fine"] + "  - use: ask\n")
    assert "ask" not in items(suite, "journeys")
    assert suite.pytest("journeys/fine.yaml").code == 0


def test_ctrl_c_ends_the_session_and_not_just_one_journey(suite: Counter) -> None:
    assert suite.office
    suite.write("journeys/a-waiting.yaml", JOURNEYS["waiting"])
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *ALONE, "journeys"],
        cwd=suite.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    suite.started.append(process)
    assert suite.office.arrived.wait(30)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in out
    until(lambda: "/tidied" in suite.office.asked)  # type: ignore[union-attr]
    assert "/ok" not in suite.office.asked
