"""`run --gate` as a pipeline types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from counter import OFFICE, Counter, Done

SHIP = f"journey: ship\ntags: [gate]\n{OFFICE}steps:\n  - office: {{post: /status/%s}}\n" + (
    "    expect: {status: 200}\n"
)


@pytest.fixture
def pipeline(counter: Counter) -> Counter:
    """A branch with one journey that passes, and the baseline of its target."""
    counter.write("journeys/ship.yaml", SHIP % 200)
    assert counter.run("run", "ship", "--gate", "--json", "base.json").code == 0
    return counter


def breaks(pipeline: Counter, status: int = 500) -> None:
    pipeline.write("journeys/ship.yaml", SHIP % status)


def gate(pipeline: Counter, *words: str, **environ: str) -> Done:
    return pipeline.run("run", "ship", "--gate", "--baseline", "base.json", *words, **environ)


def test_what_is_worse_than_the_target_branch_closes_the_gate(pipeline: Counter) -> None:
    assert gate(pipeline).code == 0
    breaks(pipeline)
    done = gate(pipeline)
    assert done.code == 1
    assert "worse   ship: was passed" in done.err
    assert "gate closed: 1 worse · baseline of " in done.err


def test_what_was_broken_before_does_not(pipeline: Counter) -> None:
    breaks(pipeline)
    assert pipeline.run("run", "ship", "--gate", "--json", "base.json").code == 1
    done = gate(pipeline)
    assert done.code == 0
    assert "gate open: 1 known" in done.err
    assert "✗ ship" in done.out


def test_without_a_baseline_every_failure_counts_and_it_is_said_why(pipeline: Counter) -> None:
    breaks(pipeline)
    (pipeline.root / "base.json").write_text("no report")
    done = gate(pipeline)
    assert done.code == 1
    assert "no baseline (base.json is no report" in done.err


def test_what_could_not_be_looked_at_is_three(pipeline: Counter) -> None:
    pipeline.write(
        "journeys/ship.yaml",
        "journey: ship\nparties: {shopper: {channel: web, target: office}}\n"
        "steps:\n  - shopper: {open: /}\n",
    )
    done = gate(pipeline, CXASSURE_BROWSER="/nonexistent")
    assert done.code == 3
    assert "gate closed, as we could not look: 1 unknown" in done.err


def test_options_of_the_gate_without_the_gate_are_two(counter: Counter) -> None:
    done = counter.ask("run", "fine", "--baseline", "base.json")
    assert (done.code, done.out) == (2, "")
    assert "--baseline without --gate" in done.err


def test_in_github_actions_the_line_is_noted_and_the_summary_written(pipeline: Counter) -> None:
    breaks(pipeline)
    done = gate(pipeline, **in_actions(pipeline.root))
    assert done.code == 1
    stop, *lines = done.out.splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert len(token) == 32
    resumed = lines.index(f"::{token}::")
    assert [line for line in lines[:resumed] if line.startswith("::")] == []
    (note,) = lines[resumed + 1 :]
    assert note.startswith("::error file=journeys/ship.yaml,line=5,col=5,title=ship failed::")
    summary = (pipeline.root / "summary.md").read_text()
    assert summary.startswith("before\n## gate closed: 1 worse")
    assert "| ship | ✗ failed" in summary


def in_actions(root: Path) -> dict[str, str]:
    (root / "summary.md").write_text("before\n")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(root),
        "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
    }


def test_json_on_stdout_stays_json_in_github_actions(pipeline: Counter) -> None:
    breaks(pipeline)
    done = gate(pipeline, "--json", **in_actions(pipeline.root))
    assert done.json["runs"][0]["verdict"] == "failed"
    assert "::error file=journeys/ship.yaml" in done.err


def test_a_journey_that_cannot_be_read_is_noted_at_its_line(pipeline: Counter) -> None:
    pipeline.write("journeys/ship.yaml", SHIP.replace("post", "pst") % 200)
    done = gate(pipeline, **in_actions(pipeline.root))
    assert done.code == 2
    assert "::error file=journeys/ship.yaml,line=5,col=14," in done.err


def test_gitlab_gets_its_code_quality_report(pipeline: Counter) -> None:
    breaks(pipeline)
    gate(pipeline, "--codequality", "out/quality.json")
    (issue,) = json.loads((pipeline.root / "out/quality.json").read_text())
    assert issue["location"] == {"path": "journeys/ship.yaml", "lines": {"begin": 5}}
    assert issue["check_name"] == "cxassure/failed"


def test_a_summary_that_cannot_be_written_keeps_the_gate_closed(pipeline: Counter) -> None:
    done = gate(pipeline, "--summary", "base.json/x.md")
    assert done.code == 3
    assert "could not be written" in done.err
