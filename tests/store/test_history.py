"""The index: what it answers, how it heals, and how several processes share it."""

import logging
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from first import restored
from sqlalchemy.exc import StatementError
from streams import Telling

from cxassure.errors import UsageError
from cxassure.store import Store

DAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    shared = request.getfixturevalue("shared") if request.param == "postgresql" else ""
    return Store(tmp_path / "reports", shared)


def drive(store, verdict="passed", hours=0, journey="pay", row="", attempts=1, env="live", id=""):
    """Keeps a campaign of one journey; the last of its attempts comes to `verdict`."""
    when = DAY + timedelta(hours=hours)
    campaign = store.campaign(when)
    runs = []
    for attempt in range(1, attempts + 1):
        telling = Telling(
            journey,
            row,
            run=f"{id or hours}-{attempt}",
            started=(when + timedelta(seconds=attempt)).isoformat(),
            attempt=attempt,
            env=env,
        )
        last = attempt == attempts
        run = telling.end(verdict if last else "failed", flaky=last and attempts > 1)
        recorder = campaign.recorder(run.id, run.name)
        for event in telling.events:
            recorder.write(event)
        runs.append(run)
    campaign.finish(runs)
    return campaign


def test_history_is_told_newest_first_and_of_one_row_and_environment_only(store):
    for hour in range(4):
        drive(store, hours=hour)
    drive(store, hours=5, row="mobile")
    drive(store, hours=6, env="rehearsal")
    drive(store, hours=7, journey="other")
    assert [past.id for past in store.history("pay", "", "live")] == ["3-1", "2-1", "1-1", "0-1"]
    assert [past.id for past in store.history("pay", "", "live", limit=2)] == ["3-1", "2-1"]
    before = DAY + timedelta(hours=2)
    assert [past.id for past in store.history("pay", "", "live", before)] == ["1-1", "0-1"]
    assert store.history("pay", "", "live")[0].started == DAY + timedelta(hours=3, seconds=1)


def test_the_last_good_run_may_have_been_late_but_not_broken(store):
    for hour, verdict in enumerate(["passed", "degraded", "failed", "error"]):
        drive(store, verdict, hour)
    good = store.last_good("pay", "", "live")
    assert good and (good.id, good.verdict, good.good) == ("1-1", "degraded", True)
    earlier = store.last_good("pay", "", "live", DAY + timedelta(hours=1))
    assert earlier and earlier.id == "0-1"
    assert store.last_good("pay", "", "live", DAY) is None
    assert store.last_good("pay", "mobile", "live") is None


def test_history_counts_the_last_attempt_of_a_run_tried_again(store):
    drive(store, "passed", attempts=2)
    (past,) = store.history("pay", "", "live")
    assert (past.id, past.flaky, past.verdict) == ("0-2", True, "passed")
    assert len(store.find()) == 2


def test_the_latest_state_is_kept_though_campaigns_end_out_of_order(store):
    drive(store, "failed", hours=5)
    drive(store, "passed", hours=1)
    assert [past.verdict for past in store.latest("live")] == ["failed"]
    assert store.latest("elsewhere") == []


def test_measures_and_why_come_back_as_they_went(store):
    drive(store, "passed")
    (past,) = store.history("pay", "", "live")
    (stored,) = store.find()
    assert past.measures == stored.run.measures
    assert (past.took, past.wall) == (stored.run.took, stored.run.wall)


@pytest.mark.parametrize("damage", ["gone", "garbage", "first", "version lost"])
def test_a_broken_index_is_told_and_built_anew_and_no_run_is_lost(local, damage, caplog):
    drive(local, "passed", 0)
    drive(local, "failed", 1)
    local.latest()
    file = local.reports / "index.db"
    if damage in ("gone", "first"):
        file.unlink()
    if damage == "garbage":
        file.write_bytes(b"this is no database" * 400)
    if damage == "first":
        restored("index", file)
    if damage == "version lost":
        changed(file, "DROP TABLE alembic_version")
    again = Store(local.reports)
    with caplog.at_level(logging.WARNING, "cxassure"):
        assert [past.id for past in again.history("pay", "", "live")] == ["1-1", "0-1"]
    assert bool(again.troubles) == bool(caplog.records) == (damage == "garbage")
    assert Store(local.reports).last_good("pay", "", "live").id == "0-1"


def changed(file, statement):
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_index_of_a_newer_cxassure_is_left_alone_and_files_answer(local):
    drive(local, "passed", 0)
    local.latest()
    changed(local.reports / "index.db", "UPDATE alembic_version SET version_num = '0099'")
    again = Store(local.reports)
    drive(again, "failed", 1)
    assert [past.id for past in again.history("pay", "", "live")] == ["1-1", "0-1"]
    assert again.last_good("pay", "", "live").id == "0-1"
    assert [past.id for past in again.latest("live")] == ["1-1"]
    assert again.find("0-1")[0].run.id == "0-1"
    assert "version 0099" in again.troubles[0]


def test_a_command_that_asks_for_no_history_loads_no_database(local):
    drive(local, "passed")
    assert not (local.reports / "index.db").exists()
    assert [past.id for past in Store(local.reports).history("pay", "", "live")] == ["0-1"]


def test_an_index_that_cannot_be_made_does_not_stop_a_run(local):
    drive(local)
    (local.reports / "index.db").mkdir()
    assert [past.id for past in local.history("pay", "", "live")] == ["0-1"]
    assert "unable to open" in local.troubles[0]


def test_reindex_reads_everything_from_the_files(store):
    for hour in range(3):
        drive(store, hours=hour)
    before = store.history("pay", "", "live")
    assert store.reindex() == 3
    assert store.history("pay", "", "live") == before
    assert store.reindex() == 3


def test_asking_an_empty_store_makes_nothing(store):
    assert store.history("pay", "", "live") == []
    assert store.find() == store.find("pay") == store.latest() == []
    assert not store.reports.exists()


def test_a_moment_without_a_time_zone_is_refused(store):
    drive(store)
    naive = DAY.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        store.history("pay", "", "live", naive)
    with pytest.raises(StatementError, match="time zone"):
        store._caught_up().history("pay", "", "live", naive, 1, good=False)


def test_a_reference_may_be_a_campaign_a_run_a_journey_or_a_path(store, tmp_path, monkeypatch):
    old = drive(store, hours=0, row="mobile")
    new = drive(store, hours=24, journey="other")

    def found(ref):
        return [stored.run.id for stored in store.find(ref)]

    assert found("") == found(new.id) == found(new.id[:10]) == ["24-1"]
    assert found(old.id) == found("0-1") == found("pay") == found("pay[mobile]") == ["0-1"]
    assert found(str(old.folder)) == found(str(old.folder / "pay-mobile" / "events.jsonl"))
    assert found(str(old.folder / "pay-mobile")) == ["0-1"]
    assert found("nobody") == found("pay[desktop]") == found("x" * 5000) == found("a\0b") == []
    with pytest.raises(UsageError, match="fits 2 campaigns"):
        store.find("2026112")


def test_several_processes_share_an_index_without_hurting_each_other(store):
    script = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cxassure.events import RunEnded, RunStarted
from cxassure.run import fold
from cxassure.store import Store
store = Store(Path(sys.argv[1]), sys.argv[3])
for number in range(8):
    campaign = store.campaign(datetime.now(UTC))
    name = f"{sys.argv[2]}-{number}"
    started = RunStarted(run=name, journey="pay", started=datetime.now(UTC).isoformat())
    recorder = campaign.recorder(name, "pay")
    events = [started, RunEnded(at=1.0, verdict="passed")]
    for event in events:
        recorder.write(event)
    campaign.finish([fold(events)])
    store.history("pay", "", "")
assert not store.troubles, store.troubles
"""
    command = [sys.executable, "-c", script, str(store.reports)]
    workers = [
        subprocess.Popen([*command, str(n), store.url], stderr=subprocess.PIPE) for n in range(4)
    ]
    told = [worker.communicate()[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, told
    assert len(store.history("pay", "", "", limit=100)) == 32
    assert store.spool.waiting() == []
