"""Two machines' schedulers on one store: an outage and a kill lose and double nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from postgres import Postgres

from cxassure.peak import Slot
from cxassure.store import Store
from cxassure.store.database import connect
from cxassure.store.leading import Leading
from cxassure.store.ledger import Ledger

CLI = "from cxassure.surfaces.cli import main; main()"
JOURNEY = """
journey: pay
every: 1s
budget: 2s
parties: {office: {channel: api, target: shop}}
steps:
  - office: {get: /pay}
    expect: {status: 200}
"""


class Shop(BaseHTTPRequestHandler):
    """Answers 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    targets = {"shop": f"http://127.0.0.1:{server.server_port}"}
    settings = {"environments": {"live": {"targets": targets}}}
    (tmp_path / "cxassure.yaml").write_text(json.dumps(settings))
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "pay.yaml").write_text(JOURNEY)
    command = [sys.executable, "-c", CLI, "compile"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    yield tmp_path
    server.shutdown()
    thread.join()
    server.server_close()


class Scheduler:
    """A machine: `cxassure schedule` with a reports folder of its own."""

    def __init__(self, folder: Path, name: str, url: str) -> None:
        self.said = folder / f"{name}.err"
        words = ["-c", CLI, "schedule", "--jitter", "100ms", "--report-dir", name]
        with self.said.open("w") as error:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                cwd=folder,
                env=os.environ | {"CXASSURE_STORE": url},
                stdout=subprocess.DEVNULL,
                stderr=error,
            )

    def waits_to_say(self, what: str) -> None:
        until(lambda: what in self.said.read_text(), self.said.read_text)


def until(true: Callable[[], object], told: Callable[[], object] = lambda: "") -> None:
    """Waits for a condition, a minute at most."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.1)


def slots(url: str) -> list[Slot]:
    ledger = Ledger(Path("unused"), url, "live")
    try:
        return ledger.since(datetime(2000, 1, 1, tzinfo=UTC))
    finally:
        ledger.close()


def is_open(slot: Slot) -> bool:
    return slot.state in ("due", "missing")


def done(url: str) -> int:
    return sum(slot.state == "done" for slot in slots(url))


def test_an_outage_and_a_kill_lose_and_double_no_due_run(
    folder: Path, shared: str, postgres: Postgres
) -> None:
    first = Scheduler(folder, "first", shared)
    second = None
    try:
        until(lambda: done(shared) > 1, first.said.read_text)
        second = Scheduler(folder, "second", shared)
        second.waits_to_say("standing by")
        postgres.stop()
        first.waits_to_say("cut off from the store")
        postgres.start()
        until(lambda: one_is_at_work(first, second))
        before = done(shared)
        until(lambda: done(shared) > before + 1, first.said.read_text)
        leader, other = (first, second) if stayed(first) else (second, first)
        leader.process.kill()
        leader.process.wait()
        left = {slot.at for slot in slots(shared) if is_open(slot)}
        before = done(shared)
        until(lambda: done(shared) > before + 1, other.said.read_text)
        until(lambda: not left & {slot.at for slot in slots(shared) if is_open(slot)})
        other.process.terminate()
        assert other.process.wait(60) == 0, other.said.read_text()
    finally:
        for one in (first, second):
            if one is not None and one.process.poll() is None:
                one.process.kill()
                one.process.wait()
    holds(folder, shared)


def holds(folder: Path, shared: str) -> None:
    """Each second stands in the ledger once, and once in history as it says."""
    found = slots(shared)
    begin = found[0].at
    assert [slot.at for slot in found] == [begin + timedelta(seconds=n) for n in range(len(found))]
    assert {slot.state for slot in found} <= {"done", "missed"}
    assert all(slot.why for slot in found if slot.state == "missed")
    store = Store(folder / "reader", shared)
    kept = Counter(past.campaign for past in store.history("pay", "", "live", limit=1000))
    assert {slot.campaign for slot in found if slot.state == "done"} <= set(kept)
    missed = [past for past in store.history("pay", "", "live", limit=1000) if not past.good]
    assert len({past.started for past in missed}) == len(missed)


def one_is_at_work(first: Scheduler, second: Scheduler) -> bool:
    """Whoever was quicker when the store came back."""
    return stayed(first) or "taking over" in second.said.read_text()


def stayed(one: Scheduler) -> bool:
    return "still ours" in one.said.read_text()


def test_who_was_cut_off_and_overtaken_stands_by_and_takes_over_again(
    folder: Path, shared: str
) -> None:
    first, other = Scheduler(folder, "first", shared), Leading(shared, "scheduler of live")
    try:
        until(lambda: done(shared) > 1, first.said.read_text)
        until(lambda: cut_off(shared) and other.take(), first.said.read_text)
        first.waits_to_say("another scheduler took over")
        first.waits_to_say("standing by")
        before = done(shared)
        assert first.process.poll() is None
        other.give_back()
        first.waits_to_say("taking over")
        until(lambda: done(shared) > before + 1, first.said.read_text)
        first.process.terminate()
        assert first.process.wait(60) == 0, first.said.read_text()
    finally:
        other.give_back()
        if first.process.poll() is None:
            first.process.kill()
            first.process.wait()
    holds(folder, shared)


def cut_off(url: str) -> bool:
    """Ends the connections that hold a turn."""
    held = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    engine = connect(url)
    with engine.connect() as asked:
        asked.exec_driver_sql(held)
    engine.dispose()
    return True


def test_a_reason_names_the_store_that_was_away(
    folder: Path, shared: str, postgres: Postgres
) -> None:
    first = Scheduler(folder, "first", shared)
    try:
        until(lambda: done(shared) > 1, first.said.read_text)
        before = done(shared)
        postgres.stop()
        first.waits_to_say("cut off from the store")
        begin = time.monotonic()
        until(lambda: time.monotonic() - begin > 4)
        postgres.start()
        until(lambda: done(shared) > before + 3, first.said.read_text)
        first.process.terminate()
        assert first.process.wait(60) == 0, first.said.read_text()
    finally:
        if first.process.poll() is None:
            first.process.kill()
            first.process.wait()
    holds(folder, shared)
    whys = [slot.why for slot in slots(shared) if slot.state == "missed"]
    assert any(why.startswith("the store did not answer from") for why in whys), whys
    said = first.said.read_text().splitlines()
    assert sum("ledger" in line for line in said) == 1, said
