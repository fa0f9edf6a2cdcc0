"""State and outbox change together or not at all, whoever is killed and however many take turns."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxassure.incident import Fault, Message, Observation, Rules, State
from cxassure.store.incidents import Incidents
from cxassure.watch.incidents import decide

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
RULES = Rules(otherwise=("ops",))


def look(minute: int, journey: str = "pay") -> Observation:
    fault = Fault(kind="failed", host=journey)
    at = NOW + timedelta(minutes=minute)
    return Observation(at=at, journey=journey, verdict="failed", fault=fault)


def decided(minute: int, journey: str = "pay") -> object:
    seen = look(minute, journey)
    return lambda state: decide(state, [seen], RULES, seen.at)


def test_what_is_decided_is_remembered_by_the_next_process(url: str) -> None:
    assert Incidents(url).state() == State()
    assert Incidents(url).change(decided(0)) == ()  # type: ignore[arg-type]
    (said,) = Incidents(url).change(decided(1))  # type: ignore[arg-type]
    assert said.word == "opened"
    assert [p.message for p in Incidents(url).waiting()] == [said]
    assert [one.id for one in Incidents(url).state().open()] == [said.incident]


def test_a_decision_that_breaks_changes_and_says_nothing(url: str) -> None:
    kept = Incidents(url)
    kept.change(decided(0))  # type: ignore[arg-type]
    before = kept.state()

    def broken(state: State) -> tuple[State, tuple[Message, ...]]:
        decide(state, [look(1)], RULES, look(1).at)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        kept.change(broken)
    assert kept.state() == before
    assert kept.waiting() == []


def test_a_process_that_is_killed_in_the_middle_changes_and_says_nothing(url: str) -> None:
    Incidents(url).change(decided(0))  # type: ignore[arg-type]
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_incidents_kept import Incidents, RULES, decide, look
kept = Incidents({url!r})
real = kept._put
def die(writing, said):
    real(writing, said)
    os.kill(os.getpid(), 9)
kept._put = die
kept.change(lambda state: decide(state, [look(1)], RULES, look(1).at))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert Incidents(url).waiting() == []
    (said,) = Incidents(url).change(decided(1))  # type: ignore[arg-type]
    assert said.word == "opened"


def test_many_at_once_lose_no_look_and_tell_nothing_twice(url: str) -> None:
    def work(name: int) -> None:
        kept = Incidents(url)
        for minute in (0, 1):
            kept.change(decided(minute, f"journey-{name}"))  # type: ignore[arg-type]

    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    kept = Incidents(url)
    assert len(kept.state().open()) == 8
    assert len({p.message.id for p in kept.waiting()}) == len(kept.waiting()) == 8


def test_only_one_delivers_at_a_time(url: str) -> None:
    with Incidents(url).turn() as mine, Incidents(url).turn() as yours:
        assert (mine, yours) == (True, False)
    with Incidents(url).turn() as again:
        assert again
