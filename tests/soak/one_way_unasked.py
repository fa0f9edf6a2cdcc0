"""One-way audio is told unasked, of a company that really drops one direction: run by hand with
`python -m pytest tests/soak/one_way_unasked.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from cxassure import catalog
from cxassure.company import started
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven

NUMBER = "+15550772"


@pytest.fixture(params=["caller-cannot-hear-agent", "agent-cannot-hear-caller", ""])
async def talk(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Any, Any]]:
    """A caller and an agent who have just been connected, at a company with that fault."""
    broken = [request.param] if request.param else []
    with started(broken) as company:
        async with AsyncExitStack() as stack:
            parties: list[HandDriven] = []
            for channel, option in (("agent", "for"), ("ivr", "from_")):
                options = {"recogniser": "golden", "silence": "800ms"}
                if channel == "agent":
                    options["password"] = company.secrets["desk_password"]
                address = company.targets["billing-desk-sip"]
                target = Target(name="target", address=address, over="sip", options=options)
                hand = HandDriven(channel, catalog.connector(channel, "sip"), target)
                if parties:
                    hand.opening.run = parties[0].opening.run
                    hand.opening.campaign = parties[0].opening.campaign
                parties.append(await stack.enter_async_context(hand))
                await hand.open({option.rstrip("_"): NUMBER})
            agent, caller = parties
            dialling = caller.do("dial", {"data": {"X-Caller": NUMBER}}, within=30)
            task = asyncio.create_task(dialling)
            await agent.do("answer", within=30)
            await task
            yield request.param, agent, caller


async def test_one_way_audio_is_told_by_whom_nobody_hears(talk: tuple[str, Any, Any]) -> None:
    broken, agent, caller = talk
    await asyncio.sleep(1)
    await agent.do("speak", "Good day, this is Kim", within=30)
    await caller.do("say", {"text": "Hello Kim, it is me"}, within=30)
    await agent.session.line.talk.unasked.finish()
    await caller.session.line.talk.unasked.finish()
    told = [t.what for party in (agent, caller) for t in party.session.troubles]
    ways = [what for what in told if what.startswith("one-way audio: ")]
    assert [told for told in told if told not in ways] == []
    expected = {
        "caller-cannot-hear-agent": "the caller does not hear the agent",
        "agent-cannot-hear-caller": "the agent does not hear the caller",
    }
    assert [expected[broken] in way for way in ways] == ([True] if broken else [])
