"""CTRF and Allure: valid for any run, with evidence, attempts and our own words kept."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import gift_card
from streams import streams

from cxassure.events import Kept
from cxassure.report import allure, ctrf
from cxassure.report.context import Context
from cxassure.run import Run, fold

HERE = Path(__file__).parent
SCHEMA = HERE / "ctrf-schema-0.0.json"
VALID = jsonschema.Draft7Validator(json.loads(SCHEMA.read_bytes()))


def told(*runs: Run, context: Context | None = None, base: Path = Path()) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ctrf.document(runs, context, base))
    VALID.validate(document)
    return document["results"]  # type: ignore[no-any-return]


def test_the_schema_is_the_published_one() -> None:
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest in (HERE / "ctrf-schema-0.0.md").read_text("utf-8")


@settings(max_examples=60, deadline=None)
@given(st.lists(streams(), max_size=3))
def test_any_runs_are_valid_ctrf(found: list[Any]) -> None:
    told(*map(fold, found))


@settings(max_examples=30, deadline=None)
@given(streams(), st.integers(0, 12))
def test_a_run_that_was_cut_off_is_valid_ctrf(found: list[Any], at: int) -> None:
    told(fold(found[: at + 1]))


STATUS = {
    "passed": ("passed", "passed"),
    "degraded": ("passed", "passed"),
    "failed": ("failed", "failed"),
    "error": ("other", "broken"),
    "missed": ("other", "broken"),
    "skipped": ("skipped", "skipped"),
}


@pytest.mark.parametrize("verdict", STATUS)
def test_each_verdict_maps_to_its_own_status(verdict: Any) -> None:
    run = Run(id="c/pay", journey="pay", verdict=verdict, why="because", finished=True)
    results = told(run)
    (test,) = results["tests"]
    assert (test["status"], test["rawStatus"]) == (STATUS[verdict][0], verdict)
    assert results["summary"][STATUS[verdict][0]] == 1
    assert allure.result(run, Context(runs=[run]))["status"] == STATUS[verdict][1]


def test_a_flaky_run_keeps_its_attempts() -> None:
    first, last = gift_card("m", lost=True), gift_card("m")
    first.id, last.attempt, last.flaky = "first", 2, True
    (test,) = told(first, last)["tests"]
    assert (test["flaky"], test["retries"]) == (True, 1)
    assert test["retryAttempts"][0]["message"] == "the context had no «order number»"
    with TemporaryDirectory() as folder:
        both = [json.loads(path.read_bytes()) for path in allure.write(Path(folder), [first, last])]
    assert len({one["uuid"] for one in both}) == 2
    assert len({one["historyId"] for one in both}) == 1


def kept(folder: Path) -> tuple[Run, Context]:
    """The broken journey with its evidence on disk."""
    run = gift_card("m", lost=True)
    (folder / "run/evidence").mkdir(parents=True)
    (folder / "run/evidence/leg.json").write_bytes(b"{}")
    return run, Context(runs=[run], folders={run.id: folder / "run"})


def test_evidence_is_named_in_ctrf_and_copied_for_allure(tmp_path: Path) -> None:
    run, context = kept(tmp_path)
    (test,) = told(run, context=context, base=tmp_path)["tests"]
    assert [one["path"] for one in test["attachments"]] == ["run/evidence/leg.json"]
    (path,) = allure.write(tmp_path / "allure", [run], context)
    (attached,) = json.loads(path.read_bytes())["attachments"]
    assert re.fullmatch(r"[0-9a-f-]{36}-attachment\.json", attached["source"])
    assert (path.parent / attached["source"]).read_bytes() == b"{}"


def test_evidence_outside_the_run_s_folder_is_not_taken(tmp_path: Path) -> None:
    run, context = kept(tmp_path)
    (tmp_path / "secret").write_text("no")
    (step,) = (one for one in run.steps if any(each.path for each in one.kept))
    step.kept = [Kept(step=6, at=1, name="x", path="../../secret", media="text/plain")]
    assert told(run, context=context)["tests"][0]["attachments"] == []
    (path,) = allure.write(tmp_path / "allure", [run], context)
    assert json.loads(path.read_bytes())["attachments"] == []


ITEM = {
    "name", "status", "statusDetails", "stage", "description", "descriptionHtml", "steps",
    "attachments", "parameters", "start", "stop",
}  # fmt: skip
RESULT = ITEM | {"uuid", "historyId", "testCaseId", "fullName", "labels", "links", "titlePath"}
"""The keys of Allure 2's result and step, as allure-python-commons 2.16 has them."""


@settings(max_examples=60, deadline=None)
@given(streams())
def test_any_run_is_a_result_of_allure(found: list[Any]) -> None:
    run = fold(found)
    result = allure.result(run, Context(runs=[run]))
    ctrf.encoded(result)
    assert set(result) <= RESULT
    assert all(set(step) <= ITEM for step in result["steps"])
    assert UUID(result["uuid"])
    assert result["start"] <= result["stop"]
    assert all(set(label) == {"name", "value"} and label["value"] for label in result["labels"])
    assert set(result["statusDetails"]) <= {"known", "flaky", "message", "trace", "muted"}


def test_a_runbook_that_is_no_web_address_is_no_link() -> None:
    run = Run(id="c/pay", journey="pay", runbook="javascript:alert(1)")
    assert allure.result(run, Context(runs=[run]))["links"] == []
