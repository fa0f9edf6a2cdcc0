"""A scheduler speaks once and clearly: real runs, a real mail server, a real webhook."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from counter import OFFICE, Counter, Office, until
from sinks import KEY, Hook, Mail, free

from cxassure.peak import Slot
from cxassure.store.ledger import Ledger

LONG = 40.0
ALERTS = """\
alerts:
  to:
    team: {{send: webhook, url: "http://127.0.0.1:{hook}/team", key: "${{env.HOOK_KEY}}"}}
    post: {{send: apprise, url: "mailto://127.0.0.1:{mail}?from=cx@here.test&to=team@here.test"}}
    ours: {{send: webhook, url: "http://127.0.0.1:{hook}/ours", key: "${{env.HOOK_KEY}}"}}
  owners: {{kim: [team, post]}}
  ours: ours
  calm: 1s
  critical: {{remind: 1s}}
  alive: {{ping: "http://127.0.0.1:{hook}/alive", every: 1s}}
"""
SHOP = (
    "journey: NAME\nowner: kim\nseverity: critical\nevery: EVERY\n" + OFFICE + "steps:\n"
    "  - office: {post: /mood}\n    expect: {status: 200}\n    within: 5s\n"
)


def shop(name: str, every: str) -> str:
    return SHOP.replace("NAME", name).replace("EVERY", every)


class Moody(Office):
    """An office that does well or does not, as it is told."""

    well = True

    def answer(self, path: str) -> int:
        if path != "/mood":
            return super().answer(path)
        self.asked.append(path)
        return 200 if self.well else 409


class Watch:
    """A workspace whose scheduler tells `hook` and `mail`."""

    def __init__(self, counter: Counter, office: Moody) -> None:
        self.counter, self.office = counter, office
        self.hook, self.mail = Hook(), Mail()
        counter.office, counter.environ = office, {"HOOK_KEY": KEY}

    def settle(self, every: str = "1s", hook: int = 0, keyless: bool = False) -> Watch:
        self.counter.settle("keyless")
        name = self.counter.root / "journeys/keyless.yaml"
        text = shop("pay", every)
        if keyless:
            text = name.read_text() + f"owner: kim\nevery: {every}\n"
        name.unlink()
        self.counter.write("journeys/pay.yaml", text)
        settings = self.counter.root / "cxassure.yaml"
        told = ALERTS.format(hook=hook or self.hook.port, mail=self.mail.port)
        settings.write_text(settings.read_text() + told)
        assert self.counter.ask("compile").code == 0
        return self

    def start(self, *words: str) -> Any:
        """A scheduler at work, whose talk is read by nobody but kept."""
        process = self.counter.start("schedule", "--json", "--jitter", "1ms", *words)
        self.err: list[str] = []
        threading.Thread(target=_read, args=(process.stdout, []), daemon=True).start()
        threading.Thread(target=_read, args=(process.stderr, self.err), daemon=True).start()
        return process

    def slots(self) -> list[Slot]:
        if not (self.counter.root / "reports/ledger.db").exists():
            return []
        ledger = Ledger(self.counter.root / "reports")
        try:
            return ledger.since(datetime(2000, 1, 1, tzinfo=UTC))
        finally:
            ledger.close()

    def ran(self, more: int) -> None:
        """Waits until so many more runs have ended."""
        before = len(self.verdicts())
        until(lambda: len(self.verdicts()) >= before + more, LONG)

    def verdicts(self) -> list[str]:
        return [slot.verdict for slot in self.slots() if slot.state == "done"]

    def ask(self, *words: str) -> Any:
        done = self.counter.ask(*words)
        assert done.code == 0, done.both
        return done.json


def _read(pipe: Any, lines: list[str]) -> None:
    lines.extend(pipe)


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    assert process.wait(LONG) == 0


@pytest.fixture
def watch(empty: Counter) -> Iterator[Watch]:
    office = Moody()
    made = Watch(empty, office)
    yield made
    made.hook.close()
    made.mail.close()
    office.close()


def test_one_message_opens_one_ends_and_who_has_it_is_not_reminded(watch: Watch) -> None:
    hook, process = watch.hook, watch.settle().start()
    until(lambda: "passed" in watch.verdicts(), LONG)
    watch.office.well = False
    until(lambda: "reminded" in hook.words("/team"), LONG)
    (incident,) = watch.ask("incidents", "--json")["incidents"]
    assert incident["journeys"][0]["name"] == "pay"
    assert watch.ask("ack", incident["incident"][:9], "--by", "kim", "--json")["told"]
    until(lambda: "acknowledged" in hook.words("/team"), LONG)
    watch.ran(2)
    assert hook.words("/team")[-1] == "acknowledged"
    watch.office.well = True
    until(lambda: "resolved" in hook.words("/team"), LONG)
    until(lambda: any("resolved" in one for one in watch.mail.subjects), LONG)
    end(process)
    words = [word for word in hook.words("/team") if word != "reminded"]
    assert words == ["opened", "acknowledged", "resolved"]
    assert sum(one.endswith("pay fails") for one in watch.mail.subjects) == 1
    assert len(hook.ids()) == len(set(hook.ids()))
    assert "failed" not in hook.kinds("/ours")
    assert hook.pings >= 2


def test_a_first_failure_is_looked_at_again_at_once_and_once(watch: Watch) -> None:
    process = watch.settle(every="8s").start()
    watch.office.well = False
    until(lambda: watch.hook.words("/team"), LONG)
    until(lambda: len(watch.verdicts()) >= 2, LONG)
    end(process)
    first, second = [slot.at for slot in watch.slots() if slot.state == "done"][:2]
    assert first.microsecond == 0
    assert second.microsecond != 0  # the calendar asks for whole seconds only
    assert watch.hook.words("/team").count("opened") == 1


def test_what_failed_from_one_place_is_well_when_the_next_place_sees_it_well(watch: Watch) -> None:
    process = watch.settle().start("--place", "fra")
    watch.office.well = False
    until(lambda: "opened" in watch.hook.words("/team"), LONG)
    end(process)
    watch.office.well = True
    process = watch.start("--place", "iad")
    until(lambda: "resolved" in watch.hook.words("/team"), LONG)
    end(process)
    words = [word for word in watch.hook.words("/team") if word != "reminded"]
    assert words == ["opened", "resolved"]
    assert watch.ask("incidents", "--json")["incidents"] == []
    assert "missed" not in watch.hook.kinds("/ours")


def test_who_was_not_there_is_told_later_and_once(watch: Watch) -> None:
    port = free()
    watch.settle(hook=port).office.well = False
    process = watch.start()
    until(lambda: any("could not be told" in line for line in watch.err), LONG)
    waiting = watch.ask("incidents", "--json")["outbox"]
    assert "team" in {one["to"] for one in waiting if one["tries"]}
    late = Hook(port)
    until(lambda: "opened" in late.words("/team"), LONG)
    end(process)
    assert late.words("/team").count("opened") == 1
    assert sum(one.endswith("pay fails") for one in watch.mail.subjects) == 1
    late.close()


def test_kill_9_between_decision_and_delivery_loses_nothing_and_doubles_nothing(
    watch: Watch,
) -> None:
    watch.settle().office.well = False
    watch.hook.open.clear()
    process = watch.start()
    until(lambda: unsent(watch), LONG)
    until(watch.hook.came.is_set, LONG)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    waiting = unsent(watch)
    watch.hook.open.set()
    process = watch.start()
    until(lambda: not set(waiting) & set(unsent(watch)), LONG)
    watch.office.well = True
    until(lambda: "resolved" in watch.hook.words("/team"), LONG)
    end(process)
    assert watch.hook.words("/team").count("opened") == 1
    assert len(watch.hook.ids()) == len(set(watch.hook.ids()))


def unsent(watch: Watch) -> list[str]:
    return [one["message"] for one in watch.ask("incidents", "--json")["outbox"]]


def test_what_keeps_us_from_looking_goes_to_ours_and_to_nobody_else(watch: Watch) -> None:
    process = watch.settle(keyless=True).start()
    until(lambda: watch.hook.words("/ours"), LONG)
    end(process)
    assert watch.hook.words("/ours")[0] == "opened"
    assert watch.hook.words("/team") == []
    assert watch.mail.subjects == []


def test_what_is_compiled_meanwhile_is_run_and_what_is_broken_is_told_once(watch: Watch) -> None:
    counter = watch.settle().counter
    process = watch.start()
    until(lambda: watch.verdicts(), LONG)
    settings = counter.root / "cxassure.yaml"
    good = settings.read_text()
    settings.write_text(good + "nonsense: true\n")
    until(lambda: any("the last good goes on" in line for line in watch.err), LONG)
    watch.ran(2)
    settings.write_text(good)
    counter.write("journeys/gift.yaml", shop("gift", "1s"))
    (counter.root / "journeys/pay.yaml").unlink()
    assert counter.ask("compile").code == 0
    until(lambda: "gift" in {slot.probe for slot in watch.slots() if slot.verdict}, LONG)
    watch.ran(2)
    end(process)
    assert any("read anew: scheduling 1 probes" in line for line in watch.err)
    assert sum("the last good goes on" in line for line in watch.err) == 1
    for name in ("pay", "gift"):
        at = [s.at for s in watch.slots() if s.probe == name and not s.at.microsecond]
        gaps = {(after - before).total_seconds() for before, after in pairwise(at)}
        assert gaps == {1.0}
    assert {slot.state for slot in watch.slots()} <= {"done", "missed"}
