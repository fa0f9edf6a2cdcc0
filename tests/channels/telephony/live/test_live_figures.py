"""What both parties see of a real call: its figures, how it was answered, who ended it."""

from __future__ import annotations

import asyncio
from typing import Any

from cxassure.channel import Unseen

NUMBER = "+15550773"


async def figures(party: Any) -> dict[str, Any]:
    """The figures of a party's line once there are some; none where this machine was too busy for
    them to speak of the line."""
    async with asyncio.timeout(60):
        while True:
            try:
                if seen := await party.see("quality"):
                    return dict(seen)
            except Unseen as busy:
                assert "too busy" in str(busy)
                return {}
            await asyncio.sleep(0.1)


async def test_each_party_has_its_figures_and_knows_who_hung_up(
    company: Any, telephone: Any
) -> None:
    secret = company.secrets["desk_password"]
    agent = await telephone("agent", "billing-desk-sip", {"for": NUMBER}, password=secret)
    caller = await telephone("ivr", "billing-desk-sip", {"from": NUMBER}, codecs=["PCMA"])
    dialling = asyncio.create_task(caller.do("dial", {"data": {"X-Caller": NUMBER}}, within=60))
    await agent.do("answer", within=60)
    await dialling
    assert await caller.see("ended") is not True
    for party, codec in ((caller, "PCMA"), (agent, "PCMU")):
        seen = await figures(party)
        if seen:
            assert seen["codec"] == codec and 1.0 <= seen["mos"] <= 4.5, seen
    nobody = "?Replaces=nobody%3Bto-tag%3Da%3Bfrom-tag%3Db"  # an attended transfer to no call
    refused = await agent.session.line.talk.call.refer(company.targets["returns-desk-sip"] + nobody)
    assert refused.code == 481
    await agent.do("hang_up")
    async with asyncio.timeout(60):
        while not await caller.see("ended"):
            await asyncio.sleep(0.1)
    signal, call = await caller.see("signal"), await caller.see("call")
    assert (signal["code"], signal["cause"]) == (200, 16) and signal["answered_after"] >= 0
    assert call["ended_by"] == "company"
    await caller.do("hang_up")  # there is nothing to hang up any more, and nothing wrong with that
