"""Numbered cases of the language: files as written, and the probes or problems that come of them.

A case is a folder of `tests/spec/cases`; its expected probes stand beside its files as JSON, its
expected problems in `problems.txt`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from cxassure import plan, probe, spec
from cxassure.grammar import Grammar
from cxassure.settings import Settings

Language = Callable[[str], Grammar]
CASES = Path(__file__).parent.parent / "spec" / "cases"


def cases() -> list[ParameterSet]:
    return [pytest.param(path, id=path.name) for path in sorted(CASES.iterdir())]


@pytest.mark.parametrize("case", cases())
def test_a_case_gives_what_stands_beside_it(
    case: Path, settings: Settings, language: Language
) -> None:
    library = spec.read([case], case)
    made = plan.compile(library, settings, language)
    problems = "".join(f"{p}\n" for p in sorted([*library.problems, *made.problems]))
    expected = case / "problems.txt"
    assert problems == (expected.read_text("utf-8") if expected.exists() else "")
    assert {p.file_name: probe.encode(p) for p in made.probes} == {
        path.name: path.read_bytes() for path in case.glob("*.json")
    }
