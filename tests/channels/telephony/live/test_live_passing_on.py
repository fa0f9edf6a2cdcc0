"""An agent passes the caller on to a desk that answers in a step of its own, one after another."""

from __future__ import annotations

import asyncio

import pytest

from cxassure.errors import Broken
from cxassure.settings import Target

NUMBER = "+15550177"
OTHER = "returns-desk-sip"


async def joined(company, telephone):
    """Two desks and a caller who speaks to the first; the second is a party that it knows."""
    secret = company.secrets["desk_password"]
    first = await telephone("agent", "billing-desk-sip", {"for": NUMBER}, password=secret)
    second = await telephone("agent", OTHER, {"for": NUMBER}, password=secret)
    second.opening.target = Target(name=OTHER, address=company.targets[OTHER], over="sip")
    first.opening.targets = {OTHER: second.opening.target}
    caller = await telephone("ivr", "billing-desk-sip", {"from": NUMBER})
    dialling = asyncio.create_task(caller.do("dial", {"data": {"X-Caller": NUMBER}}, within=30))
    await first.do("answer", within=30)
    await dialling
    return first, second, caller


async def test_a_transfer_is_left_to_the_steps_of_whom_it_goes_to(company, telephone):
    first, second, caller = await joined(company, telephone)
    await first.do("transfer", OTHER, within=30)
    await second.do("answer", within=30)
    proven = await second.see("transfer")
    assert proven["destination"] == "returns-desk"
    assert proven["trigger"].startswith("REFER to sip:returns-desk@")
    async with asyncio.timeout(30):
        while not ((await first.see("signal")).get("transferred", "").startswith("200")):
            await asyncio.sleep(0.05)
    await caller.do("hang_up")


async def test_an_agent_has_a_word_first_and_then_completes_the_transfer(company, telephone):
    first, second, caller = await joined(company, telephone)
    await first.do("consult", OTHER, within=30)
    await second.do("answer", within=30)
    await first.do("transfer", {"to": OTHER, "attended": "true"}, within=30)
    async with asyncio.timeout(30):
        while await second.see("audio") != "both ways":
            await asyncio.sleep(0.05)
    assert (await second.see("transfer"))["destination"] == "returns-desk"
    await caller.do("hang_up")


async def test_a_desk_that_declines_leaves_the_agent_with_the_caller(company, telephone):
    first, second, caller = await joined(company, telephone)
    await first.do("consult", OTHER, within=30)
    await second.do("decline", within=30)
    with pytest.raises(Broken, match="did not answer the agent"):
        await first.do("transfer", {"to": OTHER, "attended": "true"}, within=30)
    await first.do("resume", within=30)
    assert (await first.see("call"))["status"] == "in-progress"
    await caller.do("hang_up")
