"""What has had its time, whatever runs and rules there are; and that it is gone from the disk."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import Telling

from cxassure.settings import Keep
from cxassure.store import Store
from cxassure.store.pruning import held
from cxassure.store.retention import File, Held, going, kind

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = 86_400

files = st.builds(
    File,
    st.sampled_from(["evidence/a.png", "evidence/a.wav", "evidence/a.html.txt", "evidence/a"]),
    st.integers(0, 500),
)
verdicts = st.sampled_from(["passed", "degraded", "failed", "error", "missed"])


@st.composite
def runs(draw: st.DrawFn) -> list[Held]:
    """Runs of a few journeys in a hundred days, each in a folder of its own."""
    found = []
    for number in range(draw(st.integers(0, 25))):
        evidence = tuple({file.path: file for file in draw(st.lists(files, max_size=3))}.values())
        key = draw(st.sampled_from([("pay", "", "live"), ("find", "", "live"), None]))
        size = draw(st.integers(0, 300)) + sum(file.size for file in evidence)
        when = NOW - timedelta(hours=draw(st.integers(0, 2400)))
        found.append(Held("c", str(number), key, draw(verdicts), when, size, evidence))
    return found


ages = st.none() | st.integers(0, 100 * DAY)
rules = st.builds(
    Keep,
    runs=ages,
    failed=ages,
    evidence=st.dictionaries(
        st.sampled_from(["screenshot", "recording", "page"]), st.integers(0, 100 * DAY)
    ),
    size=st.none() | st.integers(0, 20_000),
    count=st.none() | st.integers(1, 30),
)


def safe(known: list[Held]) -> set[Held]:
    """The newest and the last good run of each journey, told anew and plainly."""
    found = set()
    for key in {run.key for run in known if run.key}:
        mine = sorted((r for r in known if r.key == key), key=lambda r: (r.started, r.folder))
        found.add(mine[-1])
        found |= set([run for run in mine if run.good][-1:])
    return found


@settings(max_examples=150, deadline=None)
@given(runs(), rules)
def test_the_newest_and_the_last_good_run_of_each_journey_stay(
    known: list[Held], keep: Keep
) -> None:
    found = going(known, keep, NOW)
    assert safe(known).isdisjoint(found.runs)
    assert safe(known).isdisjoint(run for run, _ in found.evidence)


@settings(max_examples=150, deadline=None)
@given(runs(), rules)
def test_what_stays_keeps_to_the_rules_as_far_as_it_may(known: list[Held], keep: Keep) -> None:
    found = going(known, keep, NOW)
    left = [run for run in known if run not in set(found.runs)]
    may_go = [run for run in left if run not in safe(known)]
    size = sum(run.size for run in left) - sum(file.size for _, file in found.evidence)
    assert keep.count is None or len(left) <= keep.count or not may_go
    assert keep.size is None or size <= keep.size or not may_go
    for run in may_go:
        age = (NOW - run.started).total_seconds()
        limit = keep.runs if run.good or keep.failed is None else keep.failed
        assert limit is None or age <= limit


@settings(max_examples=150, deadline=None)
@given(runs(), rules)
def test_nothing_goes_without_a_rule_and_pruning_again_finds_nothing(
    known: list[Held], keep: Keep
) -> None:
    assert going(known, Keep(), NOW).runs == ()
    found = going(known, keep, NOW)
    gone = {(run, file) for run, file in found.evidence}
    left = []
    for run in known:
        if run not in found.runs:
            mine = tuple(file for file in run.evidence if (run, file) not in gone)
            size = run.size - sum(file.size for file in run.evidence if file not in mine)
            left.append(Held(*_fields(run), size, mine))
    again = going(left, keep, NOW)
    assert (again.runs, again.evidence) == ((), ())


def _fields(run: Held) -> tuple[object, ...]:
    return run.campaign, run.folder, run.key, run.verdict, run.started


@settings(max_examples=150, deadline=None)
@given(runs(), st.integers(1, 30))
def test_a_failing_run_never_goes_before_a_good_one_for_want_of_room(
    known: list[Held], count: int
) -> None:
    found = going(known, Keep(count=count), NOW)
    if any(not run.good for run in found.runs):
        left = set(known) - set(found.runs) - safe(known)
        assert not [run for run in left if run.good]


@pytest.mark.parametrize(
    ("name", "is_a"),
    [
        ("evidence/page.PNG", "screenshot"),
        ("evidence/call.wav", "recording"),
        ("evidence/trace.zip", "trace"),
        ("evidence/page.html.txt", "page"),
        ("evidence/mails.json", "exchange"),
        ("evidence/traceback.txt", "other"),
        ("evidence/thing", "other"),
    ],
)
def test_evidence_is_known_by_its_name(name: str, is_a: str) -> None:
    assert kind(name) == is_a


# On the disk


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    shared = request.getfixturevalue("shared") if request.param == "postgresql" else ""
    return Store(tmp_path / "reports", shared)


async def drive(store: Store, days: int, *verdicts: str) -> str:
    """A campaign of so many days ago: a journey for each verdict, each with a picture."""
    when = NOW - timedelta(days=days)
    campaign = store.campaign(when)
    done = []
    for number, verdict in enumerate(verdicts):
        name = f"journey-{number}"
        telling = Telling(name, run=f"{campaign.id}/{name}", started=when.isoformat(), env="live")
        run = telling.end(verdict)
        recorder = campaign.recorder(run.id, run.name)
        await recorder.keep("page.png", b"p" * 1000, "image/png")
        for event in telling.events:
            recorder.write(event)
        done.append(run)
    campaign.finish(done)
    return campaign.id


def left(store: Store) -> list[str]:
    return sorted(
        f"{path.parent.parent.name[:8]}/{path.parent.name}"
        for path in store.runs.glob("*/*/events.jsonl")
    )


async def test_what_has_had_its_time_is_gone_from_disk_and_history(store: Store) -> None:
    await drive(store, 40, "passed", "failed")
    await drive(store, 30, "passed", "passed")
    await drive(store, 20, "failed", "passed")
    await drive(store, 1, "failed", "passed")
    keep = Keep(runs=10 * DAY, failed=35 * DAY)
    dry = store.tending.prune(keep, NOW, dry_run=True)
    assert len(left(store)) == 8
    found = store.tending.prune(keep, NOW)
    assert found == dry
    assert found.size > 4000
    assert left(store) == [
        "20261023/journey-0",  # the last good one of its journey
        "20261102/journey-0",  # it failed, and may stay longer
        "20261121/journey-0",
        "20261121/journey-1",
    ]
    assert [len(store.history(f"journey-{n}", "", "live")) for n in (0, 1)] == [3, 1]
    assert len(list(store.runs.iterdir())) == 3
    again = Store(store.reports, store.url)
    assert [len(again.history(f"journey-{n}", "", "live")) for n in (0, 1)] == [3, 1]
    assert again.tending.prune(keep, NOW).runs == ()
    assert store.troubles == again.troubles == []
    assert again.reindex() == 4


async def test_evidence_goes_before_its_run_and_leaves_word(store: Store) -> None:
    await drive(store, 20, "passed")
    await drive(store, 1, "passed")
    found = store.tending.prune(Keep(evidence={"screenshot": 10 * DAY}), NOW)
    ((run, file),) = found.evidence
    assert file == File("evidence/page.png", 1000)
    folder = store.runs / run.campaign / run.folder
    assert not (folder / file.path).exists()
    assert '"path":"evidence/page.png"' in (folder / "pruned.jsonl").read_text()
    assert len(left(store)) == len(store.history("journey-0", "", "live")) == 2
    assert store.find(run.campaign)[0].run.finished


async def test_a_run_under_way_and_decisions_stay(store: Store) -> None:
    await drive(store, 20, "passed")
    (store.reports / "readiness.jsonl").write_text("{}\n")
    campaign = store.campaign(NOW - timedelta(days=30))
    campaign.recorder("r", "journey-0")
    store.tending.prune(Keep(runs=DAY, count=1), NOW)
    assert campaign.folder.is_dir()
    assert (store.reports / "readiness.jsonl").exists()
    campaign.close()


async def test_a_kill_while_pruning_leaves_runs_whole_or_gone(store: Store) -> None:
    for days in (30, 29, 28, 1):
        await drive(store, days, "passed")
    script = """
import os, shutil, sys, time
from datetime import UTC, datetime
from pathlib import Path
from cxassure.settings import Keep
from cxassure.store import Store
real = shutil.rmtree
def die(path, **how):
    if how or not Path(path).exists():
        return real(path, **how)
    next(Path(path).rglob("events.jsonl")).unlink()
    os.kill(os.getpid(), 9)
    time.sleep(60)
shutil.rmtree = die
now = datetime(2026, 11, 22, 3, tzinfo=UTC)
Store(Path(sys.argv[1]), sys.argv[2]).tending.prune(Keep(runs=86400 * 10), now)
"""
    command = [sys.executable, "-c", script, str(store.reports), store.url]
    killed = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    told = (await killed.communicate())[1]
    assert killed.returncode == -9, told
    assert len(left(store)) == 3
    again = Store(store.reports, store.url)
    assert len(again.history("journey-0", "", "live")) == 3
    again.tending.prune(Keep(runs=10 * DAY), NOW)
    assert len(left(again)) == len(again.history("journey-0", "", "live")) == 1
    assert list((store.reports / ".going").glob("*")) == []


async def test_rehearsals_go_by_their_age_too(tmp_path: Path) -> None:
    store = Store(tmp_path / "reports")
    campaign = store.campaign(NOW - timedelta(days=20))
    telling = Telling("pay", run="r", started=NOW.isoformat(), env="live")
    run = telling.end("passed")
    run.rehearsed = "2026-12-24T13:00:00-05:00"
    campaign.finish([run])
    (one,) = held(store.runs)
    assert one.key is None
    assert store.tending.prune(Keep(runs=30 * DAY), NOW).runs == ()
    assert store.tending.prune(Keep(runs=10 * DAY), NOW).runs == (one,)
    assert not campaign.folder.exists()
