"""The built-in company, a process of its own, telephoned and served by its agents."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cxassure.errors import Broken, CannotLook

TOKEN = "demo-token"


@pytest.fixture
async def order(demo) -> dict[str, Any]:
    """An order in the company's book, with a mobile number of its own."""
    import httpx

    async with httpx.AsyncClient(trust_env=False) as client:
        details = {"email": "kim.t@example.com", "mobile": "+12025550177", "name": "Kim"}
        found = await client.post(f"{demo['back-office']}/orders", json=details)
    placed: dict[str, Any] = found.json()
    return {**placed, "number": str(placed["number"])}


async def test_an_order_is_asked_for_by_phone_and_the_agent_knows_it(
    demo, table, act, hears, order
):
    line = demo["support-line"]
    caller = await table.caller(line, auth_token=TOKEN, party={"from_": "+12025550177"})
    agent = await table.agent(demo["billing-desk"])
    await act(caller, "dial")
    await hears(caller, "welcome to birch and bay")
    await act(caller, "press", "2")
    await hears(caller, "seven digit order number")
    await act(caller, "press", order["number"])
    await hears(caller, "press 0")
    assert order["number"] in caller.read_back()
    await act(caller, "press", "0")
    await act(agent, "answer")
    assert agent.context()["order number"] == order["number"]
    assert agent.context()["caller"] == "+12025550177"
    await act(agent, "speak", "This is Kim from billing.")
    await act(caller, "listen")
    caller.window = 0
    await hears(caller, "this is kim")
    assert caller.queue() == ["2", "1"] and caller.music()
    assert caller.silence() < 1
    await act(agent, "hang_up")
    await hears(caller, "thank you for calling")
    waited = sum(s.ends - s.at for s in caller.seen if s.what in ("music", "ringing", "silence"))
    assert 8 <= waited < 10


async def test_a_person_can_be_asked_for_in_words(demo, table, act, hears):
    caller = await table.caller(demo["support-line"], auth_token=TOKEN)
    await act(caller, "dial")
    await act(caller, "say", "representative")
    await hears(caller, "connecting you to our billing team")


async def test_silence_is_asked_again_and_then_gets_a_person(demo, table, act, hears):
    caller = await table.caller(demo["support-line"], auth_token=TOKEN)
    await act(caller, "dial")
    await hears(caller, "did not hear anything")
    await hears(caller, "connecting you", within=120)


async def test_a_wrong_token_is_our_fault(demo, table, act):
    caller = await table.caller(demo["support-line"], auth_token="wrong")
    with pytest.raises(CannotLook, match="does not let us in"):
        await act(caller, "dial")


async def test_a_day_can_be_rehearsed_by_a_header(demo, table, act, hears):
    party = {"headers": {"X-Rehearsal-Time": "2026-12-23T12:00:00"}}
    caller = await table.caller(demo["support-line"], auth_token=TOKEN, party=party)
    await act(caller, "dial")
    await hears(caller, "happy holidays")


async def _chat(demo: dict[str, str], customer: dict[str, str]) -> Any:
    """A customer in the chat who has asked for a person."""
    from websockets.asyncio.client import connect

    socket = await connect(demo["help-bot-socket"], proxy=None)
    await socket.send(json.dumps({"type": "customer", "customer": customer}))
    text = f"Where is my order {customer['order']}?"
    for line in (text, "I want to talk to a person"):
        await socket.send(json.dumps({"type": "message", "text": line}))
        await _until(socket, "end_of_turn", "handover")
    return socket


async def _until(socket: Any, *kinds: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] in kinds:
                return frame


async def test_a_chat_is_handed_to_the_desk_with_all_that_was_said(demo, table, act, hears, order):
    customer = {"order": order["number"], "email": "kim.t@example.com"}
    socket = await _chat(demo, customer)
    agent = await table.agent(demo["chat-desk"])
    agent.limit, agent.look_on = 5.0, 0.0
    await act(agent, "answer", for_=order["number"])
    assert agent.context()["order number"] == order["number"]
    assert f"order {order['number']}" in agent.transcript()
    assert agent.ringing() < 5 and agent.call()["status"] == "in-progress"
    await act(agent, "speak", "This is Kim.")
    assert (await _until(socket, "agent_message"))["text"] == "This is Kim."
    await socket.send(json.dumps({"type": "message", "text": "Hello Kim"}))
    await hears(agent, "hello kim", within=5)
    await act(agent, "hang_up")
    while not agent.ended():
        await agent.attend(agent.clock.now() + 5)
    assert agent.call()["ended_by"] == "agent"
    with pytest.raises(Broken, match="the chat had ended"):
        await act(agent, "speak", "Still there?")
    await agent.witness("a test")
    assert b"customer_message" in table.kept["desk.json"]
    await socket.close()


async def test_a_chat_desk_that_nobody_rings_is_told(demo, table, act):
    agent = await table.agent(demo["chat-desk"], party={"for_": "nobody"})
    agent.limit, agent.look_on = 0.2, 0.0
    with pytest.raises(Broken, match="the desk was not rung within"):
        await act(agent, "answer")


async def test_a_chat_desk_that_is_not_there_is_told(demo, table, act):
    agent = await table.agent(demo["chat-desk"].replace("billing", "nowhere"))
    with pytest.raises(Broken, match="lets no agent in"):
        await act(agent, "answer")
    with pytest.raises(CannotLook, match="has no keys"):
        await act(agent, "press", "1")
