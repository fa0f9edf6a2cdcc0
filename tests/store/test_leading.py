"""One machine has the turn; when it goes, or is cut off, the next may have it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from postgres import Postgres

from cxassure.errors import CannotLook
from cxassure.store.leading import Leading


@pytest.fixture
def two(shared: str) -> Iterator[tuple[Leading, Leading]]:
    here, there = Leading(shared, "live"), Leading(shared, "live")
    yield here, there
    here.give_back()
    there.give_back()


def test_one_has_the_turn_until_it_gives_it_back(two: tuple[Leading, Leading]) -> None:
    here, there = two
    assert [here.take(), here.take(), there.take()] == [True, True, False]
    here.give_back()
    assert [there.take(), here.held(), here.take()] == [True, False, False]


def test_another_environment_has_a_turn_of_its_own(shared: str) -> None:
    live, test = Leading(shared, "live"), Leading(shared, "test")
    assert live.take()
    assert test.take()
    live.give_back()
    test.give_back()


def test_who_is_killed_has_it_no_more(shared: str) -> None:
    script = """
import sys
from cxassure.store.leading import Leading
leading = Leading(sys.argv[1], "live")
print(leading.take(), flush=True)
sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", script, shared], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"True\n"
    mine = Leading(shared, "live")
    assert not mine.take()
    holder.kill()
    holder.communicate()
    until = time.monotonic() + 20
    while not mine.take() and time.monotonic() < until:
        time.sleep(0.05)
    assert mine.held()
    mine.give_back()


def test_who_is_cut_off_notices_and_may_ask_again(
    two: tuple[Leading, Leading], postgres: Postgres
) -> None:
    here, there = two
    assert here.take()
    postgres.stop()
    assert not here.held()
    with pytest.raises(CannotLook, match="no turn can be had"):
        here.take()
    postgres.start()
    assert [there.take(), here.take()] == [True, False]
