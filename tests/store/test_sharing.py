"""A store that machines share: what one runs the others see, and an outage costs nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres import Postgres
from streams import Telling

from cxassure.errors import CannotLook, UsageError
from cxassure.forecast import Forecast
from cxassure.peak import Slot
from cxassure.readiness import Readiness
from cxassure.store import Store, shared
from cxassure.store.ledger import Ledger

DAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def drive(store: Store, number: int, verdict: str = "passed", journey: str = "pay") -> str:
    """Keeps a campaign of one run; gives the campaign's name."""
    when = DAY + timedelta(minutes=number)
    campaign = store.campaign(when)
    telling = Telling(journey, run=f"{campaign.id}/pay", started=when.isoformat(), env="live")
    run = telling.end(verdict)
    recorder = campaign.recorder(run.id, run.name)
    for event in telling.events:
        recorder.write(event)
    campaign.finish([run])
    return campaign.id


def seen(store: Store) -> list[str]:
    """The campaigns that history knows, the newest first."""
    return [past.campaign for past in store.history("pay", "", "live", limit=1000)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that came back is asked at once."""
    monkeypatch.setattr(shared, "PAUSE", 0.0)


def test_machines_see_each_others_runs(shared: str, tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here", shared), Store(tmp_path / "there", shared)
    first, second = drive(here, 0), drive(there, 1, "failed")
    assert seen(here) == seen(there) == [second, first]
    good = there.last_good("pay", "", "live")
    assert good is not None
    assert (good.campaign, there.elsewhere(good), here.elsewhere(good)) == (first, True, False)
    assert good.host.endswith(f":{(tmp_path / 'here').resolve()}")
    assert [past.verdict for past in here.latest("live")] == ["failed"]
    assert Store(tmp_path / "third", shared).history("pay", "", "live") != []


def test_decisions_are_seen_by_all(shared: str, tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here", shared), Store(tmp_path / "there", shared)
    decided = [
        Readiness(peak="sale", at=DAY + timedelta(hours=hour), answer="GO") for hour in (1, 0, 2)
    ]
    for store, one in zip((here, there, here), decided, strict=True):
        store.keep_readiness(one)
    assert there.readiness_of("sale") == here.readiness_of("sale")
    assert [one.at.hour for one in there.readiness_of("sale")] == [3, 4, 5]
    assert there.readiness_of("other") == []
    assert there.last_forecast() is None
    here.keep_forecast(Forecast(made=DAY, zone="UTC", enough=True))
    forecast = there.last_forecast()
    assert forecast is not None
    assert forecast.made == DAY


def test_due_runs_of_another_environment_are_another_matter(shared: str, tmp_path: Path) -> None:
    live, test = Ledger(tmp_path, shared, "live"), Ledger(tmp_path, shared, "test")
    slot = Slot(probe="pay", at=DAY)
    assert live.write([slot], until=DAY) == test.write([slot]) == {slot}
    assert live.acquaint(["pay"], DAY) == {"pay": DAY}
    assert test.acquaint([], DAY) == {}
    assert (live.until(), test.until()) == (DAY, None)
    live.write([], [Slot(probe="pay", at=DAY, state="done", why="a\0b")])
    assert (live.open(), test.open()) == ([], [slot])
    live.forget(DAY + timedelta(days=1))
    assert (live.since(DAY), test.since(DAY)) == ([], [slot])
    live.close()
    test.close()


def test_a_due_run_is_taken_by_one_machine_only(shared: str, tmp_path: Path) -> None:
    script = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from cxassure.peak import Slot
from cxassure.store.ledger import Ledger
ledger = Ledger(Path("x"), sys.argv[1], "live")
begin = datetime(2026, 11, 27, tzinfo=UTC)
taken = 0
for batch in range(20):
    slots = [Slot(probe=f"p{n}", at=begin + timedelta(minutes=batch)) for n in range(50)]
    taken += len(ledger.write(slots))
ledger.close()
print(taken)
"""
    command = [sys.executable, "-c", script, shared]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = [int(worker.communicate()[0]) for worker in workers]
    assert sum(taken) == 1000


def test_an_outage_costs_nothing(
    shared: str, postgres: Postgres, tmp_path: Path, impatient: None
) -> None:
    store = Store(tmp_path / "reports", shared)
    before = drive(store, 0)
    assert (seen(store), store.troubles) == ([before], [])
    postgres.stop()
    during = [drive(store, number) for number in (1, 2, 3)]
    assert len(store.spool.waiting()) == 3
    assert len(store.troubles) == 1
    assert "waits in" in store.troubles[0]
    assert seen(store) == [*reversed(during), before]  # from this machine's files
    with pytest.raises(CannotLook, match="cannot be used"):
        store.look()
    assert len(store.troubles) == 1
    postgres.start()
    after = drive(store, 4)
    assert store.spool.waiting() == []
    elsewhere = Store(tmp_path / "elsewhere", shared)
    assert seen(elsewhere) == [after, *reversed(during), before]
    elsewhere.look()


def test_a_store_that_was_down_all_the_time_is_told_by_the_next_command(
    shared: str, postgres: Postgres, tmp_path: Path
) -> None:
    postgres.stop()
    store = Store(tmp_path / "reports", shared)
    done = [drive(store, number) for number in range(3)]
    store.keep_readiness(Readiness(peak="sale", at=DAY, answer="GO"))
    assert [one.peak for one in store.readiness_of("sale")] == ["sale"]
    with pytest.raises(CannotLook, match="cannot be used"):
        store.look()
    postgres.start()
    again = Store(tmp_path / "reports", shared)
    assert seen(again) == list(reversed(done))
    assert len(Store(tmp_path / "elsewhere", shared).readiness_of("sale")) == 1


REPLAYING = """
import os, sys, time
from pathlib import Path
from cxassure.store import Store, spool
real = Path.unlink
def last(path, **how):
    if path.parent.name == "spool" and path.suffix == ".json":
        last.left -= 1
        if last.left < 0:
            os.kill(os.getpid(), 9)
            time.sleep(60)  # where another thread of it dies first
    real(path, **how)
last.left = int(sys.argv[3])
Path.unlink = last
Store(Path(sys.argv[1]), sys.argv[2]).latest()
"""


def test_a_kill_while_it_is_told_doubles_and_loses_nothing(
    shared: str, postgres: Postgres, tmp_path: Path
) -> None:
    """Killed each time between the database's yes and the end of the entry."""
    postgres.stop()
    store = Store(tmp_path / "reports", shared)
    done = [drive(store, number) for number in range(5)]
    postgres.start()
    command = [sys.executable, "-c", REPLAYING, str(store.reports), shared]
    for left in (0, 1, 1):
        killed = subprocess.run([*command, str(left)], capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(store.spool.waiting()) == 3
    again = Store(tmp_path / "reports", shared)
    assert seen(again) == list(reversed(done))
    assert again.spool.waiting() == again.troubles == []
    assert again.reindex() == 5
    assert (seen(again), again.troubles) == (list(reversed(done)), [])


def test_a_campaign_that_was_killed_is_told_by_the_next_command(
    shared: str, tmp_path: Path
) -> None:
    script = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from test_sharing import *
campaign = Store(Path(sys.argv[1]), sys.argv[2]).campaign(DAY)
telling = Telling("pay", run="r", started=DAY.isoformat(), env="live")
recorder = campaign.recorder("r", "pay")
recorder.write(telling.events[0])
os.kill(os.getpid(), 9)
"""
    here = Path(__file__).parent
    paths = [str(here), str(here.parent / "report")]
    command = [sys.executable, "-c", script, str(tmp_path / "reports"), shared, *paths]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    store = Store(tmp_path / "reports", shared)
    (past,) = store.history("pay", "", "live")
    assert past.verdict == "error"
    assert len(Store(tmp_path / "elsewhere", shared).history("pay", "", "live")) == 1


def test_what_is_never_taken_is_put_aside_and_holds_nothing_up(shared: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "reports", shared)
    store.spool.put("runs", "strange", b'[{"no": "run"}]')
    (store.spool.folder / "00000000000000000000-x.json").write_text("{")
    drive(store, 0)
    assert len(seen(store)) == 1
    assert store.spool.waiting() == []
    assert len(list((store.spool.folder / "refused").iterdir())) == 2
    assert all("put aside" in trouble for trouble in store.troubles)
    assert len(store.troubles) == 2


def test_strange_text_is_taken_all_the_same(shared: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "reports", shared)
    campaign = store.campaign(DAY)
    telling = Telling("pay", run="r", started=DAY.isoformat(), env="live")
    run = telling.end("failed")
    run.why = "it said \0 and more"
    campaign.finish([run])
    (past,) = store.history("pay", "", "live")
    assert past.why == "it said \N{REPLACEMENT CHARACTER} and more"


def test_a_database_that_is_not_set_up_stops_no_run_and_says_what_to_type(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database("not_yet")
    store = Store(tmp_path / "reports", url)
    drive(store, 0)
    assert "cxassure store upgrade" in store.troubles[0]
    assert Store(tmp_path / "reports", url).tending.upgrade() == ("", 1)
    assert len(Store(tmp_path / "elsewhere", url).history("pay", "", "live")) == 1


def test_an_address_that_is_none_of_ours_is_refused_without_a_password(tmp_path: Path) -> None:
    for wrong in ("mysql://cx:s3cret@db/x", "http//cx:s3cret@"):
        with pytest.raises(UsageError) as told:
            _ = Store(tmp_path, wrong).shared
        assert "s3cret" not in str(told.value)


def test_a_store_that_does_not_answer_is_not_asked_for_each_run(
    shared: str, postgres: Postgres, tmp_path: Path
) -> None:
    store = Store(tmp_path / "reports", shared)
    postgres.stop()
    drive(store, 0)
    postgres.start()
    drive(store, 1)
    assert len(store.spool.waiting()) == 2, "it was asked again within two seconds"
    until = time.monotonic() + 20
    while store.spool.waiting() and time.monotonic() < until:
        time.sleep(0.1)
        store.latest()
    assert store.spool.waiting() == []
    assert [path.name for path in store.spool.folder.iterdir()] == [".lock"]


def test_what_another_machine_settled_is_not_changed_any_more(shared: str, tmp_path: Path) -> None:
    first, second = Ledger(tmp_path, shared, "live"), Ledger(tmp_path, shared, "live")
    due, other = Slot(probe="pay", at=DAY), Slot(probe="pay", at=DAY + timedelta(minutes=1))
    first.write([due, other])
    assert second.open() == [due, other]
    theirs = Slot(probe="pay", at=DAY, state="missing", campaign="theirs")
    mine = Slot(probe="pay", at=DAY, campaign="mine")
    assert second.write([], [theirs]) == {theirs}
    assert first.write([], [mine]) == set()
    also = Slot(probe="pay", at=other.at, campaign="also")
    assert first.write([], [also]) == first.write([], [also]) == {also}
    lost = Slot(probe="pay", at=other.at, state="missing", campaign="lost")
    assert second.write([], [lost]) == set()
    done = Slot(probe="pay", at=other.at, state="done", campaign="also", verdict="passed")
    assert first.write([], [done]) == {done}
    assert first.since(DAY) == [theirs, done]
    first.close()
    second.close()
