"""What waits is safe, goes in order, is tried with patience, and told when it is stuck."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.errors import CannotLook
from cxassure.incident import Message, Recipient
from cxassure.report.senders import NotSent, Outbox, deliver, made
from cxassure.report.senders.conformance import sample
from cxassure.store.incidents import Incidents

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Friend:
    """A sender that keeps what it is given, after it has failed as often as told."""

    known = needed = frozenset[str]()

    def __init__(self, fails: int = 0, wrong: Exception | None = None) -> None:
        self.fails, self.wrong = fails, wrong or NotSent("down", "is it up?")
        self.got: list[Message] = []

    def send(self, message: Message) -> None:
        if self.fails:
            self.fails -= 1
            raise self.wrong
        self.got.append(message)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'incidents.db'}"


@pytest.fixture
def outbox(address: str) -> Outbox:
    return Incidents(address)


def letters(*ids: str, to: str = "kim") -> list[Message]:
    return [sample(id=one, to=to, at=NOW, incident=one.partition("-")[0]) for one in ids]


def ids(messages: Iterable[Message]) -> list[str]:
    return [one.id for one in messages]


def test_what_got_through_is_gone_and_is_not_taken_in_again(outbox: Outbox) -> None:
    kim = Friend()
    outbox.put(letters("a-1", "b-1"))
    assert deliver(outbox, {"kim": kim}, NOW).sent == ("a-1", "b-1")
    outbox.put(letters("a-1"))
    assert outbox.waiting() == []
    assert deliver(outbox, {"kim": kim}, NOW).sent == ()
    assert ids(kim.got) == ["a-1", "b-1"]


def test_it_is_tried_again_with_growing_patience_and_never_given_up(outbox: Outbox) -> None:
    kim = Friend(fails=14)
    outbox.put(letters("a-1"))
    now, waits = NOW, []
    while not kim.got:
        for posting in deliver(outbox, {"kim": kim}, now).failed:
            waits.append((posting.next - now).total_seconds())
            assert deliver(outbox, {"kim": kim}, posting.next - timedelta(seconds=1)).failed == ()
            now = posting.next
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640] + [900] * 6
    assert outbox.waiting() == []


def test_a_receivers_own_patience_is_kept_to(outbox: Outbox) -> None:
    kim = Friend(fails=1, wrong=NotSent("too many", "wait", after=120))
    outbox.put(letters("a-1"))
    (posting,) = deliver(outbox, {"kim": kim}, NOW).failed
    assert posting.next == NOW + timedelta(seconds=120)


def test_the_end_is_not_told_before_the_beginning_and_others_do_not_wait(
    outbox: Outbox,
) -> None:
    kim, lee = Friend(fails=1), Friend()
    outbox.put([*letters("a-1", "a-2", "b-1"), *letters("a-3", to="lee")])
    people = {"kim": kim, "lee": lee}
    assert ids(p.message for p in deliver(outbox, people, NOW).failed) == ["a-1"]
    assert ids(kim.got) == ["b-1"]
    assert ids(lee.got) == ["a-3"]
    deliver(outbox, people, NOW + timedelta(seconds=5))
    assert ids(kim.got) == ["b-1", "a-1", "a-2"]


def test_after_three_failures_others_are_told_once_by_another_way(outbox: Outbox) -> None:
    kim, lee = Friend(fails=20), Friend()
    people = {"kim": kim, "lee": lee}
    outbox.put(letters("a-1"))
    now = NOW
    for _ in range(8):
        deliver(outbox, people, now, fallback=["lee", "kim", "lee"])
        now += timedelta(minutes=20)
    (said,) = lee.got
    assert (said.word, said.to) == ("undelivered", "lee")
    assert said.why == "«opened» to kim: down"
    assert said.account == sample().account


def test_a_complaint_that_does_not_get_through_makes_no_complaint(outbox: Outbox) -> None:
    people = {"kim": Friend(fails=99), "lee": Friend(fails=99), "kit": Friend(fails=99)}
    outbox.put(letters("a-1"))
    now = NOW
    for _ in range(12):
        deliver(outbox, people, now, fallback=["lee", "kit"])
        now += timedelta(minutes=20)
    assert len(outbox.waiting()) == 3


def test_somebody_unknown_or_a_sender_that_breaks_loses_nothing(outbox: Outbox) -> None:
    odd = Friend(fails=1, wrong=ZeroDivisionError("token 123"))
    outbox.put([*letters("a-1", to="ghost"), *letters("b-1", to="odd"), *letters("c-1")])
    kim = Friend()
    failed = deliver(outbox, {"odd": odd, "kim": kim}, NOW).failed
    assert [p.why for p in failed] == [
        "there is nobody called «ghost»",
        "the sender broke: ZeroDivisionError",
    ]
    assert ids(kim.got) == ["c-1"]
    assert len(outbox.waiting()) == 2


def test_two_do_not_deliver_at_once(outbox: Outbox) -> None:
    kim = Friend()
    outbox.put(letters("a-1"))
    with outbox.turn() as ours:
        assert ours
        assert deliver(outbox, {"kim": kim}, NOW).sent == ()
    assert deliver(outbox, {"kim": kim}, NOW).sent == ("a-1",)


def test_a_writer_that_is_killed_loses_nothing_that_was_taken_in(
    outbox: Outbox, address: str
) -> None:
    script = f"""
import os
from cxassure.report.senders.conformance import sample
from cxassure.store.incidents import Incidents
box = Incidents({address!r})
for n in range(20):
    box.put([sample(id=f"a-{{n}}")])
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert done.returncode == -9
    assert ids(p.message for p in outbox.waiting()) == [f"a-{n}" for n in range(20)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is first made, to be copied: making one takes longer than using it."""
    path = tmp_path_factory.mktemp("empty") / "incidents.db"
    Incidents(f"sqlite:///{path}")
    return path


@given(
    st.lists(st.tuples(st.sampled_from(["put", "fail", "send"]), st.integers(0, 5)), max_size=25)
)
def test_whatever_happens_each_message_arrives_once_or_waits(
    empty: Path, tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    address = f"sqlite:///{shutil.copy(empty, tmp_path_factory.mktemp('box'))}"
    kim, put, now = Friend(), set(), NOW
    for act, n in acts:
        now += timedelta(minutes=20)
        kim.fails = 99 if act == "fail" else 0
        if act == "put":
            put.add(f"m{n}-1")
            Incidents(address).put(letters(f"m{n}-1"))
        else:
            deliver(Incidents(address), {"kim": kim}, now)
    waiting = ids(p.message for p in Incidents(address).waiting())
    assert sorted([*ids(kim.got), *waiting]) == sorted(put)


def test_one_who_is_slow_delays_nobody_else(outbox: Outbox) -> None:
    there = threading.Event()

    class Slow(Friend):
        def send(self, message: Message) -> None:
            assert there.wait(20), "the other was not told meanwhile"
            super().send(message)

    class Quick(Friend):
        def send(self, message: Message) -> None:
            super().send(message)
            there.set()

    slow, quick = Slow(), Quick()
    outbox.put([*letters("a-1", to="lee"), *letters("b-1"), *letters("a-2", to="lee")])
    done = deliver(outbox, {"lee": slow, "kim": quick}, NOW)
    assert sorted(done.sent) == ["a-1", "a-2", "b-1"]
    assert (ids(slow.got), ids(quick.got)) == (["a-1", "a-2"], ["b-1"])


def test_a_sender_that_cannot_be_made_keeps_its_messages_and_says_why(outbox: Outbox) -> None:
    def no_secret(name: str) -> str:
        raise CannotLook(f"{name} is not set", "set it")

    hook = {"url": "https://hooks.example/cx", "key": "${secret.ledger}"}
    recipients = [Recipient(name="kim", sender="webhook", options=hook)]
    senders, wrongs = made(recipients, no_secret)
    assert [wrong.what for wrong in wrongs] == ["«kim» cannot be told: secret.ledger is not set"]
    outbox.put(letters("a-1"))
    (failed,) = deliver(outbox, senders, NOW).failed
    assert failed.why == "secret.ledger is not set"
    assert [one.message.id for one in outbox.waiting()] == ["a-1"]
