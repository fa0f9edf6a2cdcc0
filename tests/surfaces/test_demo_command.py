"""`demo`: the sample journeys against the built-in company, started for the run or served."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from counter import Counter, interrupt

from cxassure.company import GIVES

ROOT = Path(__file__).parents[2]
CHAT = ("--journey", "order-status-by-chat")


@contextlib.contextmanager
def served(empty: Counter, *words: str) -> Iterator[dict[str, str]]:
    """A company behind `demo --serve`, as what the commands' environment says of it."""
    process = empty.start("demo", "--serve", "--json", *words)
    told = json.loads(process.stdout.readline())
    assert told["secrets"]["test_card"]
    kinds = {"TARGET": told["targets"], "SECRET": told["secrets"]}
    yield {
        f"CXASSURE_{kind}_{name.upper().replace('-', '_')}": value
        for kind, values in kinds.items()
        for name, value in values.items()
    }
    interrupt(process)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "closed" in err


def test_one_sample_journey_against_a_healthy_company(empty: Counter) -> None:
    done = empty.run("demo", *CHAT, "--json", "out.json")
    assert done.code == 0, done.both
    (run,) = json.loads((empty.root / "out.json").read_text())["runs"]
    assert (run["journey"], run["verdict"]) == ("order-status-by-chat", "passed")
    assert (empty.root / run["report"]).is_file()
    for kind in ("page", "junit", "json"):
        assert re.search(rf"^{kind} +reports/runs/\S+$", done.err, re.MULTILINE)


def test_a_fault_is_found_whether_broken_here_or_served_broken(empty: Counter) -> None:
    """Nothing but the company knows what is broken: served by somebody else it looks the same."""
    fault = "wrong-welcome"
    rows = {row["name"]: row for row in empty.ask("demo", "--list-faults", "--json").json}
    told = rows[fault]
    journey = ("--journey", told["journey"], "--json")
    here = empty.run("demo", "--break", fault, *journey)
    with served(empty, "--break", fault) as environ:
        written = ("-C", str(ROOT), told["journey"], "--report-dir", "reports", "--json")
        there = empty.run("run", *written, **environ)
    for done in (here, there):
        assert done.code == 1, done.both
        (run,) = done.json["runs"]
        assert run["verdict"] == told["verdict"]
        blamed = (run["blamed"]["step"], run["blamed"]["party"])
        assert blamed == (told["step"], told["party"])
        assert fault not in run["why"]


def test_the_demo_drives_its_own_company_whatever_addresses_are_exported(empty: Counter) -> None:
    elsewhere = {"CXASSURE_TARGET_SUPPORT_LINE": "http://127.0.0.1:9/nobody"}
    journey = ("--journey", "order-status-by-phone")
    assert empty.run("demo", *journey, **elsewhere).code == 0
    assert empty.run("demo", "--break", "wrong-welcome", *journey, **elsewhere).code == 1
    assert empty.run("demo", "--break", "nope", *journey, **elsewhere).code == 2


def test_the_served_company_is_told_as_a_shell_reads_it(empty: Counter) -> None:
    process = empty.start("demo", "--serve")
    lines = [process.stdout.readline()]
    while lines[-1] and "_SECRET_TEST_CARD=" not in lines[-1]:
        lines.append(process.stdout.readline())
    assert all(re.fullmatch(r"export CXASSURE_(TARGET|SECRET)_[A-Z_]+=\S+\n", x) for x in lines)
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "closed" in err


def test_what_the_company_gives_is_what_doctor_takes_as_given(empty: Counter) -> None:
    with served(empty) as environ:
        names = {n for n in environ if n.startswith("CXASSURE_SECRET_")}
    assert names == {f"CXASSURE_SECRET_{name.upper()}" for name in GIVES}
