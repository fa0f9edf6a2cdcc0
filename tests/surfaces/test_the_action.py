"""The pipelines that the repository offers: valid by their schemas, run as the servers would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from counter import OFFICE, Counter

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/gate/action.yml"
GITLAB = ROOT / "docs/ci/gitlab.yml"
SHIP = f"journey: ship\n{OFFICE}steps:\n  - office: {{post: /status/%s}}\n" + (
    "    expect: {status: 200}\n"
)
SCHEMAS = {
    "github-actions": [ACTION],
    "github-workflows": sorted((ROOT / ".github/workflows").iterdir()),
    "gitlab-ci": [GITLAB],
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_is_offered_is_valid(schema: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    words += ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    done = subprocess.run([*words, *SCHEMAS[schema]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def bash(counter: Counter, script: str, **environ: str) -> int:
    """Runs a step's script as the servers do; commands are found where ours is."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = {"PATH": path, "HOME": str(counter.root), **counter.environ, **environ}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(words, cwd=counter.root, env=known, check=False, timeout=60).returncode


def test_the_action_holds_a_pull_request_against_the_kept_runs(counter: Counter) -> None:
    steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("id") == "gate"]
    kept = counter.root / "kept"
    output = counter.write("output", "")

    def drive(baseline: str) -> int:
        given = {"SELECTORS": "ship", "ARGUMENTS": "--seed\n7\n", "BASELINE": baseline}
        return bash(counter, script, **given, KEPT=str(kept), GITHUB_OUTPUT=str(output))

    counter.write("journeys/ship.yaml", SHIP % 200)
    assert drive("false") == 0
    assert (kept / "cxassure-now/index.html").is_file()
    counter.write("journeys/ship.yaml", SHIP % 500)
    assert drive("true") == 1
    assert drive("true") == 0  # the failure is known from the run before
    assert output.read_text().split() == ["code=0", "code=1", "code=0"]


def test_the_job_for_gitlab_does_the_same(counter: Counter) -> None:
    (script,) = yaml.safe_load(GITLAB.read_text())["cxassure"]["script"]
    given = {"CXASSURE_SELECTORS": "ship", "CI_DEFAULT_BRANCH": "main"}
    counter.write("journeys/ship.yaml", SHIP % 200)
    assert bash(counter, script, **given, CI_COMMIT_BRANCH="main") == 0
    counter.write("journeys/ship.yaml", SHIP % 500)
    assert bash(counter, script, **given, CI_MERGE_REQUEST_IID="7") == 1
    assert bash(counter, script, **given, CI_COMMIT_BRANCH="main") == 1
    assert bash(counter, script, **given, CI_MERGE_REQUEST_IID="7") == 0
    assert (counter.root / "cxassure-now/quality.json").is_file()


def test_only_the_branch_itself_writes_the_runs_that_it_is_held_against() -> None:
    job = yaml.safe_load(GITLAB.read_text())["cxassure"]
    policies = {
        rule["if"].split()[0]: {**job["variables"], **rule["variables"]}["CXASSURE_CACHE"]
        for rule in job["rules"]
    }
    assert [cache["policy"] for cache in job["cache"]] == ["$CXASSURE_CACHE"]
    assert policies == {"$CI_PIPELINE_SOURCE": "pull", "$CI_COMMIT_BRANCH": "pull-push"}
