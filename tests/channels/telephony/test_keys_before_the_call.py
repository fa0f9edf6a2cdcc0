"""Keys of a journey are read where it is compiled: a call that is up is too late, and paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxassure import plan, spec
from cxassure.errors import Problem

JOURNEY = """\
journey: keys
parties: {{caller: {{channel: ivr, target: line}}, agent: {{channel: agent, target: desk}}}}
rows: [{{id: one, keys: {row}}}]
steps:
  - caller: {{press: {caller}}}
  - agent: {{press: {agent}}}
"""
SETTINGS = """\
environments:
  here:
    targets:
      line: {address: "http://127.0.0.1:9", over: twiml}
      desk: {address: "client:kim", over: twiml}
"""


def problems(folder: Path, caller: str = '"1"', agent: str = '"1"', row: str = '"1"') -> list[str]:
    (folder / "cxassure.yaml").write_text(SETTINGS)
    journey = folder / "journeys" / "keys.yaml"
    journey.parent.mkdir()
    journey.write_text(JOURNEY.format(caller=caller, agent=agent, row=row))
    planned = plan.compile(spec.read([journey], folder), spec.read_settings(folder))
    return [told(one) for one in planned.problems]


def told(problem: Problem) -> str:
    return f"{problem.place.line}: {problem.what}"


@pytest.mark.parametrize("wrong", ["2x!", "+1 202", "one"])
def test_what_is_no_key_is_told_before_anybody_is_called(tmp_path: Path, wrong: str) -> None:
    said = f"press: «{wrong}» cannot be pressed"
    given = f'"{wrong}"'
    assert problems(tmp_path, given, given) == [f"5: {said}", f"6: {said}"]


def test_keys_of_a_row_are_looked_at_too(tmp_path: Path) -> None:
    assert problems(tmp_path, '"${row.keys}"', row='"2x"') == ["5: press: «2x» cannot be pressed"]


@pytest.mark.parametrize("right", ['"12 34#"', '"w1W2*"', "{digits: 0, at_once: true}", '"AD"'])
def test_keys_and_pauses_stay(tmp_path: Path, right: str) -> None:
    assert problems(tmp_path, right) == []


def test_keys_that_a_run_fills_in_are_left_to_it(tmp_path: Path) -> None:
    assert problems(tmp_path, '"${env.PIN}#"', '"${env.PIN}x"') == []
