"""The index: what it answers, how it heals, and how several processes share it."""

import logging
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError
from streams import Telling

from cxassure.errors import UsageError
from cxassure.store import Store

DAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


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


@pytest.mark.parametrize("damage", ["gone", "garbage", "old", "tables lost"])
def test_a_broken_index_is_told_and_built_anew_and_no_run_is_lost(store, damage, caplog):
    drive(store, "passed", 0)
    drive(store, "failed", 1)
    store.latest()
    file = store.reports / "index.db"
    if damage == "gone":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"this is no database" * 400)
    else:
        connection = sqlite3.connect(file)
        change = "UPDATE about SET value = '0'" if damage == "old" else "DROP TABLE about"
        connection.execute(change)
        connection.commit()
        connection.close()
    again = Store(store.reports)
    with caplog.at_level(logging.WARNING):
        assert [past.id for past in again.history("pay", "", "live")] == ["1-1", "0-1"]
    told = damage in ("garbage", "old")
    assert bool(again.troubles) == bool(caplog.records) == told
    assert Store(store.reports).last_good("pay", "", "live").id == "0-1"


def test_an_index_of_a_newer_cxassure_is_left_alone_and_files_answer(store):
    drive(store, "passed", 0)
    store.latest()
    connection = sqlite3.connect(store.reports / "index.db")
    connection.execute("UPDATE about SET value = '99'")
    connection.commit()
    connection.close()
    again = Store(store.reports)
    drive(again, "failed", 1)
    assert [past.id for past in again.history("pay", "", "live")] == ["1-1", "0-1"]
    assert again.last_good("pay", "", "live").id == "0-1"
    assert [past.id for past in again.latest("live")] == ["1-1"]
    assert again.find("0-1")[0].run.id == "0-1"
    assert "version 99" in again.troubles[0]


def test_a_command_that_asks_for_no_history_loads_no_database(store):
    drive(store, "passed")
    assert not (store.reports / "index.db").exists()
    assert [past.id for past in Store(store.reports).history("pay", "", "live")] == ["0-1"]


def test_an_index_that_cannot_be_reached_does_not_stop_a_run(tmp_path):
    store = Store(tmp_path / "reports", url=f"sqlite:///{tmp_path}/absent/index.db")
    drive(store)
    assert [past.id for past in store.history("pay", "", "live")] == ["0-1"]
    assert "unable to open" in store.troubles[0]


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
        store._open().history("pay", "", "live", naive, 1, good=False)


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
store = Store(Path(sys.argv[1]))
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
    workers = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE) for n in range(4)]
    told = [worker.communicate()[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, told
    file = store.reports / "index.db"
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM runs").fetchone() == (32,)
    connection.close()
    assert len(store.history("pay", "", "", limit=100)) == 32
