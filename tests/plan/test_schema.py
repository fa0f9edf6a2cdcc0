"""The schema for editors: it takes what the compiler takes, and tells slips of the pen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cxassure import plan
from cxassure.grammar import Grammar

Language = Callable[[str], Grammar]
CHANNELS = ["web", "chat", "ivr", "agent"]
CASES = Path(__file__).parent.parent / "spec" / "cases"
JOURNEYS = Path(__file__).parent.parent.parent / "journeys"


def errors(schema: dict[str, Any], text: str) -> list[str]:
    tree = yaml.load(text, yaml.CSafeLoader)
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(tree)]


@pytest.fixture
def schema(language: Language) -> dict[str, Any]:
    return plan.schema(CHANNELS, language)


def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft7Validator.check_schema(schema)


def test_it_takes_every_case_that_compiles(schema: dict[str, Any]) -> None:
    good = [path for path in CASES.rglob("*.yaml") if not (path.parent / "problems.txt").exists()]
    assert len(good) > 7
    for path in good:
        assert errors(schema, path.read_text("utf-8")) == [], path


def test_it_takes_the_journeys_of_this_repository_with_the_real_channels() -> None:
    real = plan.schema()
    for path in JOURNEYS.rglob("*.yaml"):
        assert errors(real, path.read_text("utf-8")) == [], path


@pytest.mark.parametrize(
    "slip",
    [
        "titel: x",
        "severity: urgent",
        "promises: {turnz: 5}",
        "always: [{caller: dail}]",
        "always: [{caller: {pres: 1}}]",
        "always: [{caller: dial, expect: {promt: x}}]",
        "always: [{caller: dial, expect: {prompt: {contain: x}}}]",
    ],
)
def test_it_tells_slips(schema: dict[str, Any], slip: str) -> None:
    good = "journey: a\nparties: {caller: {channel: ivr, target: t}}\nsteps: [{caller: dial}]\n"
    assert errors(schema, good) == []
    assert errors(schema, good + slip) != []


def test_words_are_described_by_their_docstrings(schema: dict[str, Any]) -> None:
    verbs = schema["definitions"]["deed"]["anyOf"][1]["properties"]
    assert verbs["dial"]["description"] == "ivr: Dials."
    assert verbs["speak"]["description"] == "ivr: Speaks.; agent: Speaks."
