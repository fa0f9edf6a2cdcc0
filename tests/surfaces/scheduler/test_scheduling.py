"""`cxassure schedule` as a process: killed, stood by, drained; every due run is told once."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter as Tally
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from counter import OFFICE, Counter, until

from cxassure.peak import Slot
from cxassure.store import Store
from cxassure.store.ledger import Ledger

SECOND = timedelta(seconds=1)


def journey(name: str, path: str, every: str = "1s") -> str:
    often = f"every: {every}\n" if every else ""
    return (
        f"journey: {name}\nowner: kim\n{often}{OFFICE}steps:\n"
        f"  - office: {{get: {path}}}\n    expect: {{status: 200}}\n    within: 50s\n"
    )


def settled(counter: Counter, **paths: str) -> Counter:
    """A workspace whose journeys ask for these paths every second; compiled, journeys gone."""
    counter.settle("keyless")
    for name, path in paths.items():
        counter.write(f"journeys/{name}.yaml", journey(name, path))
    assert counter.ask("compile").code == 0
    for left in [counter.root / "probes/keyless.json", *counter.root.glob("journeys/*")]:
        left.unlink()
    return counter


@pytest.fixture
def place(empty: Counter, office: Any) -> Counter:
    empty.office = office
    return empty


def slots(counter: Counter) -> list[Slot]:
    if not (counter.root / "reports/ledger.db").exists():
        return []
    ledger = Ledger(counter.root / "reports")
    try:
        return ledger.since(datetime(2000, 1, 1, tzinfo=UTC))
    finally:
        ledger.close()


def done(counter: Counter) -> list[Slot]:
    return [slot for slot in slots(counter) if slot.state == "done"]


def schedule(counter: Counter, *words: str) -> Any:
    return counter.start("schedule", "--json", "--jitter", "200ms", *words)


def holds(counter: Counter, names: list[str]) -> None:
    """Each second of each probe stands in the ledger once, and once in the store as it says."""
    found = slots(counter)
    assert {slot.state for slot in found} <= {"done", "missed"}
    assert [slot for slot in found if slot.state == "missed" and not slot.why] == []
    for name in names:
        seconds = [slot.at for slot in found if slot.probe == name]
        assert seconds == [seconds[0] + SECOND * n for n in range(len(seconds))]
    store = Store(counter.root / "reports")
    kept = [(path.name, one.run) for path in counter.runs() for one in store.of_campaign(path.name)]
    told = Tally((campaign, run.name, run.verdict) for campaign, run in kept)
    assert told == Tally((slot.campaign, slot.probe, slot.verdict) for slot in found)
    missed = Tally((run.name, run.started) for _, run in kept if run.verdict == "missed")
    assert set(missed.values()) <= {1}


def test_kill_9_loses_no_due_run_and_doubles_none(place: Counter) -> None:
    settled(place, one="/ok", two="/ok", three="/slow")
    chance = random.Random(2026)
    for _ in range(4):
        process = schedule(place)
        before = len(done(place))
        until(lambda before=before: len(done(place)) > before)
        time.sleep(0.1 * chance.random())
        process.kill()
        process.wait()
    process = schedule(place)
    before = len(done(place))
    until(lambda: len(done(place)) > before + 3)
    process.terminate()
    assert place.end(process).code == 0
    holds(place, ["one", "two", "three"])


def test_a_second_one_stands_by_and_takes_over_when_the_first_dies(place: Counter) -> None:
    settled(place, fine="/ok")
    first = schedule(place)
    until(lambda: done(place))
    second = place.start("schedule", "--json")
    assert "standing by" in second.stderr.readline()
    assert place.run("schedule", "--once").code == 2
    before = len(done(place))
    until(lambda: len(done(place)) > before)
    assert second.poll() is None
    first.kill()
    first.wait()
    until(lambda: "taking over" in second.stderr.readline())
    before = len(done(place))
    until(lambda: len(done(place)) > before)
    second.terminate()
    assert place.end(second).code == 0
    holds(place, ["fine"])


def test_one_that_stands_by_ends_at_once_when_asked_to(place: Counter) -> None:
    settled(place, fine="/ok")
    first = schedule(place)
    until(lambda: done(place))
    second = schedule(place)
    assert "standing by" in second.stderr.readline()
    second.terminate()
    assert place.end(second).code == 0
    assert first.poll() is None


def test_sigterm_waits_for_what_runs_and_later_runs_do_not_pile_up(place: Counter) -> None:
    settled(place, waiting="/gate", fine="/ok")
    assert place.office
    process = schedule(place)
    assert place.office.arrived.wait(20)
    until(lambda: any("still running" in slot.why for slot in slots(place)))
    process.terminate()
    assert "stopping" in "".join(process.stderr.readline() for _ in range(2))
    asked = len(place.office.asked)
    time.sleep(0.1)
    assert process.poll() is None
    place.office.open.set()
    ended = place.end(process)
    assert ended.code == 0
    assert place.office.asked.count("/gate") == 1
    assert len(place.office.asked) <= asked + 1
    verdicts = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["verdict"] for one in verdicts if one["probe"] == "waiting"][-1] == "passed"
    assert all(slot.state in ("done", "missed") for slot in slots(place))


def test_a_second_signal_interrupts_what_runs(place: Counter) -> None:
    settled(place, waiting="/gate")
    assert place.office
    process = schedule(place)
    assert place.office.arrived.wait(20)
    process.terminate()
    until(lambda: "stopping" in process.stderr.readline())
    process.send_signal(signal.SIGINT)
    ended = place.end(process)
    assert ended.code == 130
    (last,) = [slot for slot in slots(place) if slot.state == "done"]
    assert (last.verdict, last.why) == ("error", "interrupted")


def test_each_run_has_its_page_and_junit_as_a_command_s_runs_do(place: Counter) -> None:
    settled(place, sad="/status/409")
    probe = place.root / "probes/sad.json"
    probe.write_text(probe.read_text().replace("50.0", "0.05"))
    process = schedule(place)
    until(lambda: done(place))
    process.terminate()
    assert place.end(process).code == 0
    folder = place.root / "reports/runs" / done(place)[0].campaign
    assert done(place)[0].verdict == "failed"
    assert "<failure" in (folder / "junit.xml").read_text()
    assert "sad" in (folder / "index.html").read_text()
    assert json.loads((folder / "runs.json").read_text())["runs"][0]["verdict"] == "failed"
    told = place.ask("report", done(place)[0].campaign)
    assert told.code == 1


def test_once_runs_what_is_due_and_ends_with_its_code(place: Counter) -> None:
    settled(place, fine="/ok")
    first = place.run("schedule", "--once", "--json")
    assert first.code in (0, 3)
    said = [json.loads(line) for line in first.out.splitlines()]
    assert said[-1]["verdict"] in ("passed", "missed")
    passed = [one for one in said if one["verdict"] == "passed"]
    assert len(passed) == 1
    assert first.code == (3 if len(said) > 1 else 0)
    again = place.run("schedule", "--once", "--json")
    keys = [json.loads(line)["at"] for line in again.out.splitlines()]
    assert not set(keys) & {one["at"] for one in said}
    holds(place, ["fine"])


def test_once_without_anything_due_says_so(place: Counter) -> None:
    settled(place, fine="/ok")
    probe = place.root / "probes/fine.json"
    probe.write_text(probe.read_text().replace('"1s"', '"0 0 29 2 *"'))
    ended = place.run("schedule", "--once")
    assert (ended.code, ended.out) == (0, "")
    assert "nothing is due" in ended.err


def test_at_says_what_would_be_run_and_drives_nothing(place: Counter) -> None:
    settled(place, fine="/ok")
    probe = place.root / "probes/fine.json"
    probe.write_text(probe.read_text().replace('"1s"', '"20s"'))
    told = place.ask("schedule", "--at", "2026-12-24T13:00Z", "--json")
    assert [one["at"] for one in told.json] == [
        f"2026-12-24T13:00:{second}Z" for second in ("00", "20", "40")
    ]
    assert told.json[0]["why"] == "every 20s"
    lines = place.ask("schedule", "--at", "2026-12-24T13:00Z").out.splitlines()
    assert lines[0] == "2026-12-24 13:00:00Z fine  every 20s"
    assert not (place.root / "reports").exists()
    assert place.office and place.office.asked == []


def test_wrong_ground_is_told_before_anything_runs(place: Counter) -> None:
    place.settle("fine")
    bare = place.ask("schedule")
    assert bare.code == 2
    assert "cxassure compile" in bare.err
    assert place.ask("compile").code == 0
    never = place.run("schedule")
    assert never.code == 2
    assert "nothing is ever due" in never.err
    place.write("probes/fine.json", "{}")
    assert place.ask("schedule").code == 2


def test_a_reports_folder_that_cannot_be_written_is_three(place: Counter) -> None:
    settled(place, fine="/ok").write("reports", "no folder")
    ended = place.run("schedule")
    assert ended.code == 3
    assert "--report-dir" in ended.err
