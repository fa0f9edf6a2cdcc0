"""The rule about skips, tried on small suites run by a pytest of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest

@pytest.mark.skip(reason="no trunk here")
def test_marked(): ...

def test_inside():
    pytest.skip("not today")

@pytest.mark.xfail(reason="known")
def test_expected_to_fail():
    raise AssertionError
"""
WHOLE = 'import pytest\npytest.skip("no line", allow_module_level=True)\n'


def outcome(folder: Path, suite: str, listed: str = "", ci: str = "true") -> tuple[int, str]:
    """Exit code and output of pytest over `suite` under our conftest."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "skips.txt").write_text(listed)
    (folder / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), "-c", os.devnull],
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_an_unlisted_skip_fails_under_ci(tmp_path: Path) -> None:
    code, said = outcome(tmp_path, SUITE)
    assert code == 1
    assert "1 failed, 1 xfailed, 1 error" in said  # a marked one is refused while setting up
    assert "no trunk here" in said
    assert "skips.txt" in said


def test_a_listed_skip_stays_a_skip(tmp_path: Path) -> None:
    code, said = outcome(tmp_path, SUITE, "# ours\n*::test_marked  # no trunk\n*::test_inside\n")
    assert code == 0
    assert "2 skipped, 1 xfailed" in said


def test_a_whole_module_that_is_skipped_fails_too(tmp_path: Path) -> None:
    code, said = outcome(tmp_path, WHOLE)
    assert code != 0
    assert "no line" in said


@pytest.mark.parametrize("suite", [SUITE, WHOLE])
def test_at_home_a_skip_is_a_skip(tmp_path: Path, suite: str) -> None:
    code, said = outcome(tmp_path, suite, ci="")
    assert code in (0, 5)
    assert "skipped" in said
