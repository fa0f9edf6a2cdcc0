"""The page that customers read, and the commands round the dashboard."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from stage import ATTACK, settle

from cxassure.report.status import DayTold, GroupTold, IncidentTold, condition, status_page
from cxassure.store.annals import Note

COMMAND = [sys.executable, "-c", "from cxassure.surfaces.cli import main; main()"]


def typed(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, input=given, timeout=120
    )


def test_it_tells_in_customers_words_and_nothing_of_ours(tmp_path: Path) -> None:
    workspace = asyncio.run(settle(tmp_path / "shop"))
    duty = workspace.duty()
    one = next(i for i in duty.state().open() if i.names == ("gift-card",))
    for text, public in (("Cards cannot be bought. We mend it.", True), ("vendor's fault", False)):
        duty.kept.annals.note(Note(one.id, datetime.now(UTC), "kim", text, public))
    done = typed("status", "-C", str(tmp_path / "shop"), "--to", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "out" / "index.html").read_text("utf-8")
    for wanted in (
        "The shop",
        "Buying",
        "works for some",
        "Cards cannot be bought.",
        "and still on",
    ):
        assert wanted in html
    for ours in ("gift-card", "vendor", "kim", "checkout", "order-status", "<script", "src="):
        assert ours not in html
    assert html.count("<rect") == 90


def test_without_a_status_block_it_says_what_to_write(tmp_path: Path) -> None:
    done = typed("status", "-C", str(tmp_path), "--to", str(tmp_path / "out"))
    assert done.returncode == 2 and "status:" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_block_that_says_nothing_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "cxassure.yaml").write_text("status: {groups: [{title: Buying}]}\n")
    done = typed("status", "-C", str(tmp_path), "--to", str(tmp_path / "out"))
    assert done.returncode == 2 and re.search(r"cxassure.yaml:1:\d+: a group has", done.stderr)


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["passed", "degraded"], "works"),
        (["passed", "failed"], "partly"),
        (["failed"], "down"),
        (["error", "missed"], "unknown"),
        (["error", "passed"], "works"),
        ([], "unknown"),
    ],
)
def test_a_group_is_as_its_journeys_newest_runs_are(verdicts: list[str], told: str) -> None:
    assert condition(verdicts) == told


def test_what_somebody_wrote_is_data() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    day = DayTold(date(2026, 11, 22), 0.5)
    groups = [GroupTold(ATTACK, "partly", [day])]
    incidents = [IncidentTold([ATTACK], at - timedelta(hours=1), at, [(at, ATTACK)])]
    html = status_page(ATTACK, groups, incidents, at)
    assert "<script" not in html and "<img" not in html and "\x1b" not in html


def test_people_are_added_listed_and_removed(tmp_path: Path) -> None:
    where = ("-C", str(tmp_path))
    assert typed("user", "add", "kim", *where, given="too short\n").returncode == 2
    added = typed("user", "add", "kim", "--role", "operator", *where, given="long enough it is\n")
    assert added.returncode == 0, added.stderr
    token = typed("user", "token", "ci", *where).stdout.strip()
    assert token.startswith("cx_") and len(token) > 40
    again = typed("user", "token", "ci", "--role", "admin", *where)
    assert again.returncode == 2 and "a program is called «ci» already" in again.stderr
    listed = json.loads(typed("user", "list", "--json", *where).stdout)
    assert [(one["name"], one["role"], one["by"]) for one in listed] == [
        ("kim", "operator", "password"),
        ("ci", "viewer", "token"),
    ]
    assert typed("user", "remove", "kim", *where).returncode == 0
    assert typed("user", "remove", "kim", *where).returncode == 2


def test_the_dashboard_is_started_says_its_link_and_ends(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    words = [*COMMAND, "serve", "--port", "0", "-C", str(tmp_path)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as serving:
        assert serving.stdout and serving.stderr
        entrance = serving.stdout.readline().strip()
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            assert "None: every journey" in client.get(entrance).text
        serving.send_signal(signal.SIGTERM)
        _, said = serving.communicate(timeout=60)
    assert "Traceback" not in said


def test_it_does_not_listen_where_strangers_could_look(tmp_path: Path) -> None:
    done = typed("serve", "--host", "0.0.0.0", "--port", "0", "-C", str(tmp_path))
    assert done.returncode == 2 and "cxassure user add" in done.stderr
