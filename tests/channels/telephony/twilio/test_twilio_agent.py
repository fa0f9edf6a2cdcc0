"""An agent on a number over twilio, against our own exchange: rung, live, and joined."""

from __future__ import annotations

import asyncio

import pytest

from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.errors import Broken, CannotLook

DIAL = "<Say>One moment.</Say><Dial timeout='60'><Number>+12025550177</Number></Dial>"
BEFORE = "https://before.example/voice"


@pytest.fixture
async def joined(open_network, parties, company, act, public):
    """A caller and an agent, both live, in one call."""
    company.says("/voice", DIAL)
    network = await open_network(company.url(), public)
    network.company(company.url())
    network.number()
    agent = await parties.agent(network, public=public)
    caller = await parties.caller(network, public=public)
    await act(caller, "dial")
    await act(agent, "answer")
    return caller, agent, network


async def test_a_transfer_reaches_the_agent_and_both_hear_each_other(joined, act, hears):
    caller, agent, _ = joined
    assert agent.rang() and agent.context()["caller"] == "+12025550101"
    assert agent.call()["status"] == "in-progress"
    await act(agent, "speak", "This is Kim.")
    await hears(caller, "this is kim")
    await act(caller, "say", "Where are my roses?", True)
    await hears(agent, "where are my roses")
    assert "roses" in agent.speech().text.lower(), "known by its sound, whenever it came"
    assert await caller.audio() == "both ways"
    assert await agent.audio() == "both ways"


async def test_who_hung_up_is_told_at_both_ends(joined, act):
    caller, agent, _ = joined
    await act(agent, "hang_up")
    assert agent.call()["ended_by"] == "agent"
    async with asyncio.timeout(60):
        while not caller.ended():
            await caller.attend(caller.clock.now() + 1)
    assert caller.call()["ended_by"] == "agent"


async def test_the_number_leads_again_to_where_it_led_before(joined, parties):
    _, agent, network = joined
    (number,) = network.exchange.numbers.values()
    assert number.settings["voice_url"].startswith("http://127.0.0.1")
    await agent.close()
    assert number.settings["voice_url"] == BEFORE
    assert Ledger(parties.ledger).lent() == []


async def test_a_desk_that_declines_is_busy(open_network, parties, company, act, hears, public):
    company.says("/voice", DIAL + "<Say>We are closed today.</Say><Pause/>" * 4)
    network = await open_network(company.url(), public)
    network.company(company.url())
    network.number()
    agent = await parties.agent(network, public=public)
    caller = await parties.caller(network)
    await act(caller, "dial")
    await act(agent, "decline")
    assert agent.call()["status"] == "busy"
    await hears(caller, "closed today")


async def test_a_desk_that_is_not_rung_is_a_failure_of_the_company(
    open_network, parties, act, public
):
    network = await open_network("http://127.0.0.1:9/voice", public)
    network.number()
    agent = await parties.agent(network, public=public)
    agent.limit, agent.look_on = 0.5, 0.1
    with pytest.raises(Broken, match="was not rung"):
        await act(agent, "answer")


async def test_a_number_of_somebody_else_and_no_public_address_are_told(
    open_network, parties, public
):
    network = await open_network("http://127.0.0.1:9/voice", public)
    with pytest.raises(CannotLook, match="no number of this Twilio account"):
        await parties.agent(network, public=public)
    with pytest.raises(CannotLook) as told:
        await parties.agent(network)
    assert "public:" in told.value.hint


async def test_one_number_is_one_runs_at_a_time(open_network, parties, public):
    network = await open_network("http://127.0.0.1:9/voice", public)
    (number,) = [network.number()]
    await parties.agent(network, public=public)
    with pytest.raises(CannotLook, match="another run's"):
        await parties.agent(network, public=public)
    await parties.close()
    assert number.settings["voice_url"] == BEFORE
