"""Runs that are cut short: Ctrl-C, a kill, a full disk. What they leave behind is honest."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
from pathlib import Path

import pytest
from counter import Counter, interrupt, left_of, until

SHOP = """\
journey: shopping
parties:
  shopper: {channel: web, target: shop}
  office: {channel: api, target: office}
steps:
  - shopper: {open: /gift-cards}
    expect: {page: {contains: gift cards}}
    within: 40s
  - office: {get: /gate}
    within: 50s
always:
  - shopper: {open: /returns}
    expect: {page: {contains: return}}
    within: 20s
"""


def events(run: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def company_of(counter: Counter) -> list[str]:
    """Processes that work in the counter's folder, but for zombies: the company sits there."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if place.readlink() == counter.root:
                found.append((place.parent / "cmdline").read_text())
    return [line for line in found if "cxassure.demo" in line]


def test_ctrl_c_leaves_a_whole_run_that_is_an_error(counter: Counter) -> None:
    assert counter.office
    process = counter.start("run", "waiting", "--json", "out.json", "--junit", "out.xml")
    counter.arrived(process)
    interrupt(process)
    done = counter.end(process)
    assert done.code == 130
    assert "being closed" in done.err
    (campaign,) = counter.runs()
    told = events(campaign / "waiting")
    assert [told[0]["event"], told[-1]["event"]] == ["run started", "run ended"]
    assert told[-1]["verdict"] == "error"
    assert counter.office.asked == ["/gate", "/tidied"]
    (run,) = json.loads((counter.root / "out.json").read_text())["runs"]
    assert (run["verdict"], run["why"]) == ("error", "interrupted")
    assert "<error" in (counter.root / "out.xml").read_text()
    assert not left_of(process)


def test_ctrl_c_closes_browser_and_company_after_the_last_steps(counter: Counter) -> None:
    """A terminal interrupts everybody at once; still the customer tidies up in the open shop."""
    assert counter.office
    settings = (counter.root / "cxassure.yaml").read_text()
    shop = "targets: {shop: {address: demo}, "
    counter.write("cxassure.yaml", settings.replace("targets: {", shop, 1))
    counter.write("journeys/shopping.yaml", SHOP)
    process = counter.start("run", "shopping", "--json")
    counter.arrived(process)
    assert len(left_of(process)) > 1  # the browser's driver is there
    assert company_of(counter)
    interrupt(process)
    done = counter.end(process)
    assert done.code == 130
    (run,) = done.json["runs"]
    assert run["verdict"] == "error"
    tidied = next(step for step in run["steps"] if step["part"] == "always")
    assert tidied["verdict"] == "passed", tidied
    until(lambda: not left_of(process))
    until(lambda: not company_of(counter))


def test_ctrl_c_ends_what_waits_for_its_turn(counter: Counter) -> None:
    assert counter.office
    process = counter.start("run", "waiting", "fine", "late", "--workers", "1")
    counter.arrived(process)
    interrupt(process)
    done = counter.end(process)
    assert done.code == 130
    assert "/ok" not in counter.office.asked
    assert "not run: fine, late" in done.err


def test_sigterm_is_taken_as_ctrl_c_is(counter: Counter) -> None:
    assert counter.office
    process = counter.start("run", "waiting")
    counter.arrived(process)
    process.terminate()
    assert counter.end(process).code == 130
    assert counter.office.asked == ["/gate", "/tidied"]


def test_a_killed_run_is_read_as_one_that_did_not_end(counter: Counter) -> None:
    assert counter.office
    process = counter.start("run", "fine", "waiting", "--workers", "1")
    counter.arrived(process)
    process.kill()
    process.wait()
    done = counter.run("report", "--json")
    assert done.code == 3
    verdicts = {run["journey"]: run for run in done.json["runs"]}
    assert verdicts["fine"]["verdict"] == "passed"
    cut = verdicts["waiting"]
    assert (cut["verdict"], cut["finished"]) == ("error", False)
    assert "ended in the middle" in cut["blamed"].get("why", "") + json.dumps(cut, indent=0)
    assert counter.run("run", "fine").code == 0  # the next command is not troubled


def test_a_run_that_still_goes_on_says_so(counter: Counter) -> None:
    assert counter.office
    process = counter.start("run", "waiting")
    counter.arrived(process)
    done = counter.run("report")
    assert done.code == 3
    assert "has not ended yet" in done.both
    counter.office.open.set()
    assert counter.end(process).code == 0
    assert counter.run("report").code == 0


def at_most(size: int) -> None:
    """No file grows beyond `size` bytes: what a full disk does, without one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_an_error_and_three(counter: Counter) -> None:
    done = counter.run("run", "fine", limits=lambda: at_most(400))
    assert done.code == 3
    assert "could not be written" in done.both
    assert "File too large" in done.both
    assert "passed" not in done.both


def test_a_disk_that_fills_up_in_the_middle_says_which_run_and_why(counter: Counter) -> None:
    assert counter.office
    done = counter.run("run", "fine", "--json", limits=lambda: at_most(700))
    assert done.code == 3
    (run,) = done.json["runs"]
    assert run["verdict"] == "error"
    assert "could not be written down: File too large" in run["why"]
    for line in (counter.runs()[0] / "fine/events.jsonl").read_text().splitlines():
        json.loads(line)  # no half line is left


def test_reports_that_cannot_be_begun_are_three_with_a_way_out(counter: Counter) -> None:
    counter.write("reports", "no folder")
    done = counter.run("run", "fine")
    assert (done.code, done.out) == (3, "")
    assert "--report-dir" in done.err
    assert counter.office and not counter.office.asked
    assert counter.run("run", "fine", "--report-dir", "elsewhere").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_stdout_is_three(counter: Counter) -> None:
    with Path("/dev/full").open("w") as full:
        process = counter.start("run", "fine", out=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "Traceback" not in err
    assert os.strerror(28) in err


def test_without_a_browser_the_other_channels_still_run(counter: Counter) -> None:
    settings = (counter.root / "cxassure.yaml").read_text()
    shop = 'targets: {shop: {address: "http://127.0.0.1:9"}, '
    counter.write("cxassure.yaml", settings.replace("targets: {", shop, 1))
    counter.write("journeys/shopping.yaml", SHOP)
    done = counter.run("run", "shopping", "fine", "--json", CXASSURE_BROWSER="/nonexistent")
    assert done.code == 3
    verdicts = {run["journey"]: run["verdict"] for run in done.json["runs"]}
    assert verdicts == {"shopping": "error", "fine": "passed"}
    assert "CXASSURE_BROWSER" in done.err
    assert counter.office and counter.office.asked == ["/ok"]
