"""Runs as they are written: lines, evidence, kills, full disks."""

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import Telling, cut, streams

from cxassure.events import Observed, RunStarted, StepStarted
from cxassure.run import Fold, Run, fold
from cxassure.store import Store
from cxassure.store.names import evidence_name, safe
from cxassure.store.recorder import RUNNING, _hold, running

STAMP = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BEGUN = [
    RunStarted(run="r1", journey="pay", started="2026-11-22T03:00:00Z"),
    StepStarted(index=0, at=0.0, part="opening"),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


@settings(max_examples=60, deadline=None)
@given(stream=streams(), at=st.integers(0, 10**6))
def test_a_stored_run_folds_to_the_run_that_was_watched_live(stream, at):
    stream = cut(stream, at)
    with tempfile.TemporaryDirectory() as folder:
        campaign = Store(Path(folder)).campaign(STAMP)
        recorder, live = campaign.recorder("r", "pay[mobile]"), Fold()
        for event in stream:
            recorder.write(event)
            live.add(event)
        campaign.close()
        (stored,) = Store(Path(folder)).find()
    assert stored.events == stream
    assert stored.run == live.run or not stream


def test_a_campaign_is_named_by_its_moment_and_no_two_share_a_folder(store):
    made = [store.campaign(STAMP) for _ in range(20)]
    assert len({campaign.folder for campaign in made}) == 20
    assert all(campaign.id.startswith("20261122T030000Z-") for campaign in made)
    assert all(campaign.folder.parent == store.reports / "runs" for campaign in made)
    for campaign in made:
        campaign.close()


def test_two_runs_of_one_name_get_a_folder_each(store):
    campaign = store.campaign(STAMP)
    first, second = (campaign.recorder(run, "pay[mobile]") for run in ("a", "b"))
    assert (first.folder.name, second.folder.name) == ("pay-mobile", "pay-mobile-2")
    campaign.close()


def test_a_killed_run_is_readable_and_honestly_unfinished(store):
    script = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from cxassure.events import RunStarted, StepStarted
from cxassure.store import Store
campaign = Store(Path(sys.argv[1])).campaign(datetime(2026, 11, 22, tzinfo=UTC))
recorder = campaign.recorder("r1", "pay")
recorder.write(RunStarted(run="r1", journey="pay", started="2026-11-22T03:00:00Z"))
recorder.write(StepStarted(index=0, at=0.0, part="opening"))
os.write(recorder._file, b'{"event":"step en')
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(store.reports)], check=False)
    assert done.returncode == -9
    (stored,) = store.find("pay")
    assert (stored.run.verdict, stored.run.finished) == ("error", False)
    assert stored.run.why.startswith("the run did not end")
    (past,) = store.history("pay", "", "")
    assert (past.verdict, past.why) == (stored.run.verdict, stored.run.why)


def test_a_run_that_is_still_going_on_is_not_called_killed(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "pay")
    recorder.write(BEGUN[0])
    (stored,) = store.find()
    assert stored.run.why == "the run has not ended yet"
    assert store.history("pay", "", "") == []
    campaign.close()
    assert [past.id for past in store.history("pay", "", "")] == ["r1"]


def test_a_run_is_not_called_killed_because_somebody_looked_as_it_began(tmp_path):
    with (tmp_path / RUNNING).open("w") as looking, ThreadPoolExecutor(1) as pool:
        fcntl.flock(looking, fcntl.LOCK_SH)
        holding = pool.submit(_hold, tmp_path / RUNNING)
        at_once, _ = wait([holding], timeout=0.2)
        fcntl.flock(looking, fcntl.LOCK_UN)
        held = holding.result(20)
    assert not at_once and running(tmp_path)
    os.close(held)
    assert not running(tmp_path)


def test_a_full_disk_raises_and_leaves_whole_lines(tmp_path):
    script = """
import resource, signal, sys
from pathlib import Path
from cxassure.events import RunStarted, Observed
from cxassure.store.recorder import Recorder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recorder = Recorder(Path(sys.argv[1]) / "run")
recorder.write(RunStarted(run="r1", journey="pay", started=""))
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
long = Observed(step=0, at=0.0, party="p", channel="web", who="line", what="page", text="x" * 900)
try:
    recorder.write(long)
except OSError as wrong:
    print(type(wrong).__name__)
recorder.write(RunStarted(run="r2", journey="pay", started=""))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "OSError"
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["run"] for line in lines] == ["r1", "r2"]


def test_writing_after_close_is_an_os_error(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "pay")
    campaign.close()
    campaign.close()
    with pytest.raises(OSError):
        recorder.write(BEGUN[0])


def test_half_a_surrogate_pair_from_a_bot_loses_no_line(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "chat")
    odd = Observed(
        step=0, at=0, party="a", channel="chat", who="company", what="reply", text="\ud83d", data={}
    )
    for event in [*BEGUN, odd]:
        recorder.write(event)
    campaign.close()
    (stored,) = store.find()
    assert stored.run.steps[0].observed[0].text == "?"


async def test_evidence_of_one_name_is_kept_apart_whatever_the_case(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "pay")
    big = b"x" * 100_000
    kept = [
        await recorder.keep("page", b"1", "image/png"),
        *await asyncio.gather(*(recorder.keep("Page", big, "image/png") for _ in range(2))),
    ]
    assert kept[0] == ("evidence/page.png", 1)
    assert {path for path, _ in kept[1:]} == {"evidence/Page-2.png", "evidence/Page-3.png"}
    assert all((recorder.folder / path).stat().st_size == size for path, size in kept)
    campaign.close()


async def test_page_sources_are_kept_so_that_a_click_does_not_run_them(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "pay")
    assert (await recorder.keep("page.html", b"<p>", "text/html"))[0] == "evidence/page.html.txt"
    assert (await recorder.keep("logo", b"<svg>", "image/svg+xml"))[0] == "evidence/logo.svg.txt"
    campaign.close()


@given(st.text(max_size=200), st.sampled_from(["", "image/png", "text/html", "nonsense"]))
def test_any_name_becomes_one_plain_path_component(name, media):
    for made in (safe(name), evidence_name(name, media)):
        assert made and made not in (".", "..") and made[0] not in ".-"
        assert made.isascii() and len(made) < 100
        assert not set(made) & set("/\\:\0<>\"'| ")


def test_finish_writes_a_manifest_and_lets_go(store):
    campaign = store.campaign(STAMP)
    telling = Telling("pay")
    recorder = campaign.recorder("pay-", "pay")
    run = telling.end()
    for event in telling.events:
        recorder.write(event)
    campaign.finish([run])
    manifest = json.loads((campaign.folder / "run.json").read_bytes())
    assert manifest["campaign"] == campaign.id
    assert manifest["runs"] == [
        {"id": "pay-", "name": "pay", "folder": "pay", "verdict": "passed"},
    ]
    left = sorted(path.name for path in campaign.folder.iterdir())
    assert left == ["history.json", "pay", "run.json"]


def test_a_run_that_never_began_is_written_down_all_the_same(store):
    missed = Run(id="m1", journey="pay", row="mobile", verdict="missed", why="the worker was away")
    missed.finished = True
    campaign = store.campaign(STAMP)
    campaign.finish([missed])
    (stored,) = store.find("pay[mobile]")
    assert stored.run == missed
    assert fold(stored.events) == missed


def test_a_spoilt_file_is_read_as_far_as_it_makes_sense(store):
    campaign = store.campaign(STAMP)
    recorder = campaign.recorder("r1", "pay")
    recorder.write(BEGUN[0])
    recorder.write(Observed(step=9, at=0, party="", channel="", who="line", what="stray"))
    campaign.close()
    (stored,) = store.find("r1")
    assert stored.run.verdict == "error" and len(stored.events) == 1
