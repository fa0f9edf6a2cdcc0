"""What testers of phone lines are used to say: every row of the page compiles as it stands, and
names a test that there is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from cxassure.matcher import holds
from cxassure.workspace import Workspace

PAGE = (Path(__file__).parent.parent / "docs" / "calls.md").read_text("utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| [^-]", line)]
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.M)
HEAD = """\
journey: row
parties:
  caller: {channel: ivr, target: line}
  agent: {channel: agent, target: desk}
steps:
"""
SETTINGS = "environments: {here: {targets: {line: {address: demo}, desk: {address: demo}}}}\n"


def written() -> list[tuple[str, str]]:
    rows = [(row[0].strip("| "), row[-2].strip()) for row in ROWS if len(row) > 3]
    return [(name, step) for name, step in rows if name not in ("parameter", "tag")]


@cache
def known() -> frozenset[str]:
    """The names of all tests of the suite."""
    files = Path(__file__).parent.rglob("test_*.py")
    return frozenset(name for file in files for name in DEFINED.findall(file.read_text("utf-8")))


def test_no_row_is_left_empty() -> None:
    assert len(written()) == 39
    assert [name for name, step in written() if step != "—" and not step.startswith("`- ")] == []


def test_each_row_names_a_test_that_there_is() -> None:
    named = [row[-1].strip("| `") for row in ROWS if len(row) > 3]
    named = [name for name in named if name != "tested by"]
    assert len(named) == 39
    assert [name for name in named if name not in known()] == []


def test_pieces_come_in_any_order_and_patterns_where_they_stand() -> None:
    menu = "Welcome to Birch and Bay. For billing, press 2."
    assert holds({"all": ["press 2", "welcome"]}, menu)
    assert not holds({"all": ["press 2", "goodbye"]}, menu)
    assert holds({"matches": "press \\d"}, menu) and not holds({"matches": "press [a-z]"}, menu)


@pytest.mark.parametrize(
    ("name", "step"), [(name, step) for name, step in written() if step != "—"]
)
def test_a_row_compiles_as_it_stands(name: str, step: str, tmp_path: Path) -> None:
    (tmp_path / "cxassure.yaml").write_text(SETTINGS)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys/row.yaml").write_text(f"{HEAD}  {step.strip('`')}\n")
    (probe,) = Workspace(tmp_path).plan().probes
    assert probe.steps
