"""Live calls are written down before they are placed, and ended though we were killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cxassure.channel import Calling, Opening, Scope
from cxassure.channels._telephony.guard.gate import Guard, leave_for_sip
from cxassure.channels._telephony.guard.ledger import Entry, Ledger
from cxassure.errors import CannotLook
from cxassure.settings import Calls, Target

NUMBER = "+12025550143"
RULES = Calls(allow=("+1202555*",), longest=120, at_once=2, per_run=0.20, per_day=0.30)


def guard(
    tmp_path: Path, run: str = "run-1", rules: Calls = RULES, quiet: str = ""
) -> tuple[Guard, list[str]]:
    opening, findings = an_opening(tmp_path, run, rules, quiet)
    return Guard(opening, "twilio", "AC1"), findings


def an_opening(
    tmp_path: Path, run: str = "run-1", rules: Calls = RULES, quiet: str = ""
) -> tuple[Opening, list[str]]:
    findings: list[str] = []

    async def keep(name: str, data: bytes, media: str) -> None: ...

    target = Target(name="line", address="https://company.example")
    opening = Opening(
        party="caller",
        channel="ivr",
        target=target,
        targets={},
        observe=lambda seen: None,
        keep=keep,
        finding=findings.append,
        conceals=lambda text: False,
        run=Scope(),
        campaign=Scope(),
        run_id=run,
        calling=Calling(rules, tmp_path / "reports" / "calls.db", lambda: quiet),
    )
    return opening, findings


async def test_a_call_over_sip_goes_through_the_same_gate_unless_it_stays_on_this_machine(tmp_path):
    rules = Calls(allow=("sip:*@pbx.example",), longest=60)
    opening, _ = an_opening(tmp_path, rules=rules)
    for here in ("sip:billing@127.0.0.1:5060", "sip:101@localhost", "sips:kim@[::1]:5061;lr"):
        assert await leave_for_sip(opening, here) is None
        assert await leave_for_sip(opening, here, "sip:127.0.0.1:5070;lr") is None
    away = ("sip:billing@elsewhere.example", "sip:911@pbx.example", "sip:9911@pbx.example")
    dear = ("sip:911@localhost", "sip:+19005551234@127.0.0.1")  # an exchange here may lead on
    for other in (*away, *dear, "sip:kim@127.0.0.1;maddr=192.0.2.1"):
        with pytest.raises(CannotLook, match="no call is placed"):
            await leave_for_sip(opening, other)
    with pytest.raises(CannotLook, match="no call is placed"):
        await leave_for_sip(opening, "sip:kim@127.0.0.1", proxy="sip:elsewhere.example;lr")
    live = await leave_for_sip(opening, "sip:billing@pbx.example")
    assert live is not None and live.seconds == 60
    (entry,) = live.guard.ledger.up()
    assert entry.line == "sip" and entry.cost == 0
    live.ended(12, "hung up")
    assert live.guard.ledger.up() == []


async def test_a_call_is_written_down_before_it_is_placed_and_what_it_cost_at_its_end(tmp_path):
    gate, _ = guard(tmp_path)
    live = await gate.leave("+1 (202) 555-0143")
    (entry,) = gate.ledger.up()
    assert (entry.address, entry.run, entry.sid, entry.seconds) == (NUMBER, "run-1", "", 120)
    assert entry.cost == 0.04 and gate.ledger.spent("run-1") == 0.04
    live.placed("CA7")
    assert gate.ledger.up()[0].sid == "CA7"
    live.ended(20, "hung up by the company")
    assert gate.ledger.up() == [] and gate.ledger.spent("run-1") == 0.02
    live.ended(600, "said twice")
    assert gate.ledger.spent() == 0.02


async def test_without_guard_rails_no_live_call_can_be_placed():
    opening = Opening(
        "caller", "ivr", Target(name="line", address="x"), {}, lambda seen: None,
        None, print, lambda text: False, Scope(), Scope(),  # type: ignore[arg-type]
    )  # fmt: skip
    with pytest.raises(CannotLook) as told:
        Guard(opening, "twilio")
    assert "calls:" in told.value.hint


async def test_a_refusal_says_the_rule_and_the_way_out(tmp_path):
    gate, _ = guard(tmp_path)
    for number, rule in (("911", "emergency"), ("+19005551234", "premium"), ("+4420", "number")):
        with pytest.raises(CannotLook) as told:
            await gate.leave(number)
        assert f"({rule})" in told.value.what and told.value.hint
    assert gate.ledger.up() == []
    quiet, _ = guard(tmp_path, quiet="«night» until tomorrow")
    with pytest.raises(CannotLook, match="quiet"):
        await quiet.leave(NUMBER)


async def test_the_ceiling_of_a_run_and_of_a_day_hold_over_runs(tmp_path):
    rules = Calls(allow=RULES.allow, longest=600, at_once=9, per_run=0.20, per_day=0.30)
    first, _ = guard(tmp_path, "run-1", rules)
    (await first.leave(NUMBER)).ended(600, "over")
    with pytest.raises(CannotLook) as told:
        await first.leave(NUMBER)
    assert "(per_run)" in told.value.what and "per_run" in told.value.hint
    second, _ = guard(tmp_path, "run-2", rules)
    with pytest.raises(CannotLook, match=r"\(per_day\)"):
        await second.leave(NUMBER)


async def test_a_call_waits_until_fewer_are_up(tmp_path):
    gate, _ = guard(tmp_path, rules=Calls(allow=RULES.allow, longest=60, at_once=1))
    first = await gate.leave(NUMBER)
    second = asyncio.create_task(gate.leave(NUMBER))
    await asyncio.sleep(0.1)
    assert not second.done() and len(gate.ledger.up()) == 1
    first.ended(1, "over")
    async with asyncio.timeout(20):
        assert (await second).permit.address == NUMBER


def test_many_at_once_never_pass_a_ceiling(tmp_path):
    rules = Calls(allow=RULES.allow, longest=60, at_once=3, per_run=9, per_day=0.10)
    taken: list[Any] = []

    def ask(number: int) -> None:
        async def go() -> None:
            gate, _ = guard(tmp_path, f"run-{number}", rules)
            live = await gate.leave(NUMBER)
            taken.append(len(gate.ledger.up()))
            live.ended(60, "over")

        try:
            asyncio.run(go())
        except CannotLook as refused:
            taken.append(refused.what)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, int) for one in taken) == 5
    assert all(one <= 3 if isinstance(one, int) else "(per_day)" in one for one in taken)
    assert Ledger(tmp_path / "reports" / "calls.db").spent() <= 0.10


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from cxassure.channels._telephony.guard.deciding import Wish, decide
from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.settings import Calls

ledger = Ledger(Path(sys.argv[1]))
rules = Calls(allow=("+1202555*",), longest=120)
for number in ("+12025550143", "+12025550144"):
    wish = Wish(number, "twilio", 120)
    leave = lambda now: decide(wish, rules, now)
    entry, permit = ledger.reserve("killed", "twilio", "AC1", "", leave)
ledger.placed(entry, "CA2")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "calls.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


async def test_what_a_killed_run_left_up_is_ended_at_the_next_start_and_told(tmp_path):
    killed(tmp_path)
    gate, findings = guard(tmp_path)
    mine = await guard(tmp_path / "other")[0].leave(NUMBER)
    asked: list[Entry] = []

    async def end(entry: Entry) -> str:
        asked.append(entry)
        return "ended" if entry.sid else "never placed"

    assert len(gate.ledger.up()) == 2
    await gate.sweep(end)
    assert [(entry.address, entry.sid) for entry in asked] == [
        ("+12025550143", ""),
        ("+12025550144", "CA2"),
    ]
    assert gate.ledger.up() == [] and not mine.over
    assert len(findings) == 2 and "run killed" in findings[0] and findings[1].endswith("ended")
    assert "+12025550144" not in findings[1]
    assert gate.ledger.spent("killed") == 0.08, "nobody knows how long they were up"


async def test_a_call_of_a_run_that_goes_on_is_left_alone(tmp_path):
    gate, findings = guard(tmp_path)
    await gate.leave(NUMBER)

    async def end(entry: Entry) -> str:
        raise AssertionError("that call is minded")

    await gate.sweep(end)
    assert len(gate.ledger.up()) == 1 and findings == []


async def test_a_call_that_cannot_be_ended_stays_written_down(tmp_path):
    killed(tmp_path)
    gate, _ = guard(tmp_path)

    async def end(entry: Entry) -> str:
        raise CannotLook("the carrier cannot be reached")

    with pytest.raises(CannotLook):
        await gate.sweep(end)
    assert len(gate.ledger.up()) == 2


async def test_where_nothing_can_be_written_down_nothing_is_dialled(tmp_path):
    (tmp_path / "reports").write_text("a file, no folder")
    gate, _ = guard(tmp_path)
    with pytest.raises(CannotLook) as told:
        await gate.leave(NUMBER)
    assert "before it is written down" in told.value.hint


def test_what_a_number_was_before_it_was_lent_is_kept_once(tmp_path):
    ledger = Ledger(tmp_path / "calls.db")
    ledger.lend("PN1", "AC1", NUMBER, '{"voice_url": "https://company.example"}')
    ledger.lend("PN1", "AC1", NUMBER, '{"voice_url": "https://ours.example"}')
    (lent,) = ledger.lent()
    assert lent.before == '{"voice_url": "https://company.example"}' and not lent.orphaned
    ledger.returned("PN1")
    assert ledger.lent() == []
