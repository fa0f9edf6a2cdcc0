"""What testers of phone lines are used to say: every row of the page compiles as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxassure.workspace import Workspace

PAGE = (Path(__file__).parent.parent / "docs" / "calls.md").read_text("utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| [^-]", line)]
HEAD = """\
journey: row
parties:
  caller: {channel: ivr, target: line}
  agent: {channel: agent, target: desk}
steps:
"""
SETTINGS = "environments: {here: {targets: {line: {address: demo}, desk: {address: demo}}}}\n"


def written() -> list[tuple[str, str]]:
    rows = [(row[0].strip("| "), row[-1].rstrip("| ").strip()) for row in ROWS if len(row) > 2]
    return [(name, step) for name, step in rows if name not in ("parameter", "tag")]


def test_no_row_is_left_empty() -> None:
    assert len(written()) == 39
    assert [name for name, step in written() if step != "—" and not step.startswith("`- ")] == []


@pytest.mark.parametrize(
    ("name", "step"), [(name, step) for name, step in written() if step != "—"]
)
def test_a_row_compiles_as_it_stands(name: str, step: str, tmp_path: Path) -> None:
    (tmp_path / "cxassure.yaml").write_text(SETTINGS)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys/row.yaml").write_text(f"{HEAD}  {step.strip('`')}\n")
    (probe,) = Workspace(tmp_path).plan().probes
    assert probe.steps
