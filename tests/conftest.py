"""What holds for every test: property tests know no deadline, the garbage of other tests stops no
clock, and under CI a skip that `tests/skips.txt` does not list is a failure."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # what tests of several folders share
LISTED = Path(__file__).with_name("skips.txt")

# how long an example takes is the machine's affair; under CI the examples are the same each time
settings.register_profile("ours", settings(deadline=None, derandomize=bool(os.environ.get("CI"))))
settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="module")
def _no_pause_for_the_garbage_of_others() -> None:
    """What stands when a module begins is never looked through again: with the suite in memory
    a full collection held everything, also a call or a bot that types, for 0.3 s and more."""
    gc.collect()
    gc.freeze()


def listed(nodeid: str, lines: str) -> bool:
    """Whether one of the patterns in `lines` suits the test; `#` begins a comment."""
    patterns = (line.partition("#")[0].strip() for line in lines.splitlines())
    return any(fnmatchcase(nodeid, pattern) for pattern in patterns if pattern)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turns an unlisted skip into a failure; an expected failure (`xfail`) is none."""
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    if not listed(report.nodeid, LISTED.read_text("utf-8")):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        report.outcome = "failed"
        report.longrepr = f"{reason}\n    hint: under CI a skip is listed in tests/{LISTED.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report
