"""The ledger: each key once, and nothing due before `until` is missing from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cxassure.errors import CannotLook
from cxassure.peak import Slot
from cxassure.store.ledger import Ledger

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def slot(minute: int, probe: str = "fine", **said: str) -> Slot:
    return msgspec.structs.replace(Slot(probe=probe, at=NOON + timedelta(minutes=minute)), **said)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


def test_a_due_run_is_taken_in_once(ledger: Ledger) -> None:
    assert ledger.write([slot(0), slot(1)]) == {slot(0), slot(1)}
    again = slot(1, state="missing", why="another says so")
    assert ledger.write([again, slot(2), slot(2)]) == {slot(2)}
    assert ledger.open() == [slot(0), slot(1), slot(2)]


def test_what_became_of_a_run_is_noted_and_it_is_open_no_more(ledger: Ledger) -> None:
    ledger.write([slot(0), slot(0, "other"), slot(1)])
    ended = slot(0, state="done", campaign="c", verdict="failed", why="no such button")
    ledger.write([], [ended])
    assert ledger.open() == [slot(0, "other"), slot(1)]
    assert ledger.since(NOON) == [ended, slot(0, "other"), slot(1)]
    assert ledger.since(NOON + timedelta(seconds=1)) == [slot(1)]


def test_more_rows_than_one_question_takes(ledger: Ledger) -> None:
    many = [slot(n) for n in range(1200)]
    assert ledger.write(many) == set(many)
    assert ledger.write([*many, slot(2000)]) == {slot(2000)}


def test_until_goes_forward_only_and_survives(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.until() is None
    ledger.write([], [], NOON)
    ledger.write([], [], NOON - timedelta(hours=1))
    again = Ledger(tmp_path)
    assert again.until() == NOON
    again.close()


def test_a_probe_that_was_gone_is_new_again(ledger: Ledger) -> None:
    later = NOON + timedelta(hours=1)
    assert ledger.acquaint(["a", "b"], NOON) == {"a": NOON, "b": NOON}
    assert ledger.acquaint(["b", "c"], later) == {"b": NOON, "c": later}
    assert ledger.acquaint(["a", "b"], later) == {"a": later, "b": NOON}


def test_what_is_over_is_forgotten_and_what_is_open_is_not(ledger: Ledger) -> None:
    ledger.write([slot(0), slot(1, state="missed"), slot(2, state="done"), slot(3, state="done")])
    ledger.forget(NOON + timedelta(minutes=3))
    assert [one.at.minute for one in ledger.since(NOON)] == [0, 3]


def test_a_ledger_that_cannot_be_used_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database, whatever it is called" * 30)
    with pytest.raises(CannotLook, match=r"ledger.db cannot be used.*(?s:.*)delete .*begun anew"):
        Ledger(tmp_path)
