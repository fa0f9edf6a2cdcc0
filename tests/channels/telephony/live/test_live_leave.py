"""Calls over SIP that may leave this machine: by leave only, written down, and never for ever.

The company is on loopback all the same: it is the first hop of a number that is elsewhere.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from cxassure.channel import Calling
from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.errors import CannotLook
from cxassure.settings import Calls

ELSEWHERE = "sip:+15550199@192.0.2.1"


async def a_caller(company: Any, telephone: Any) -> Any:
    hop = re.sub(r"\+\d+@", "", company.targets["support-line-sip"])
    return await telephone("ivr", ELSEWHERE, proxy=f"{hop};lr", address="127.0.0.1")


def rules(tmp_path: Path, **more: Any) -> Calling:
    return Calling(Calls(**more), tmp_path / "calls.db", lambda: "")


async def test_without_leave_nothing_is_sent(company, telephone, tmp_path):
    caller = await a_caller(company, telephone)
    with pytest.raises(CannotLook, match="no guard rails"):
        await caller.do("dial")
    caller.opening.calling = rules(tmp_path, allow=("+12025550143",))
    with pytest.raises(CannotLook, match=r"no call is placed \(allow\)"):
        await caller.do("dial")
    with pytest.raises(CannotLook, match=r"no call is placed \(emergency\)"):
        await caller.do("dial", {"number": "911"})
    assert len(caller.session.line.talk.phone.agent.ladder) == 0


async def test_a_call_with_leave_is_written_down_and_hung_up_when_it_lasts_too_long(
    company, telephone, tmp_path
):
    caller = await a_caller(company, telephone)
    caller.opening.calling = rules(tmp_path, allow=("sip:+1555*@192.0.2.1",), longest=2)
    await caller.do("dial")
    ledger = Ledger(tmp_path / "calls.db")
    (entry,) = ledger.up()
    assert (entry.line, entry.sid) == ("sip", caller.session.line.talk.call.call_id)
    async with asyncio.timeout(30):
        while ledger.up():
            await asyncio.sleep(0.05)
    assert caller.session.line.talk.ended
    assert any("calls: longest" in one for one in caller.findings)


async def test_an_emergency_number_is_not_dialled_on_this_machine_either(company, telephone):
    caller = await telephone("ivr", "support-line-sip")
    with pytest.raises(CannotLook, match=r"no call is placed \(emergency\)"):
        await caller.do("dial", {"number": "112"})
