"""Whole conversations with the exchange, all at the same time: menus, transfers, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cxassure.demo.telephone import g711, prompts

MAIN, REFER, WARM = "+15550199", "+15550198", "+15550197"
ORDER, PERSON = "For your order, press 2.", "To speak to a person, press 0."
FIRST = "For your gift card balance, press 1."
ENTER = "Please enter your seven digit order number, followed by the pound key."
STATUS = "Order 1 0 4 7 3 5 2. It is on its way and should arrive by Friday."
CALLERS, AGENTS = g711.tone(0.5, 800), g711.tone(0.5, 1_300)
SCENES: dict[str, tuple[Any, tuple[str, ...]]] = {}


def scene(*faults: str) -> Callable[[Any], Any]:
    """A conversation, at a company with these faults."""

    def keep(function: Any) -> Any:
        SCENES[function.__name__] = (function, faults)
        return function

    return keep


async def called(office: Any, number: str, caller: str, codec: int = 0) -> Any:
    """A caller who has heard the menu begin."""
    phone = await office(caller)
    phone.codec = codec
    assert await phone.call(number) == 200
    await phone.hears("Welcome to Birch and Bay Gifts.")
    await phone.hears(FIRST)
    return phone


async def seated(office: Any, desk: str, caller: str) -> Any:
    """An agent who takes that caller's calls only."""
    agent = await office(desk)
    assert await agent.register(wanted=caller) == 200
    return agent


async def rung(agent: Any) -> None:
    await asyncio.wait_for(agent.rings.wait(), 60)


async def both_hear(caller: Any, agent: Any) -> None:
    caller.say(CALLERS)
    agent.say(AGENTS)
    await asyncio.gather(agent.hears_sound(CALLERS), caller.hears_sound(AGENTS))


@scene()
async def an_order_is_told_and_the_caller_transferred_with_context(office):
    agent = await seated(office, "billing-desk", "+15550101")
    caller = await called(office, MAIN, "+15550101")
    caller.press("2")
    await caller.hears(ENTER, much=0.3)
    caller.press("1047352#")
    await caller.hears(STATUS)
    await caller.hears(PERSON, much=0.5)
    caller.press("0")
    await caller.hears("You are number 2 in the queue.")
    await caller.hears("You are number 1 in the queue.")
    await rung(agent)
    assert agent.header("x-order-number") == "1047352"
    assert agent.header("x-reason") == "order status"
    assert "<sip:+15550101@" in agent.header("from")
    packed, _, encoding = agent.header("user-to-user").partition(";")
    assert encoding == "encoding=hex" and b"1047352" in bytes.fromhex(packed)
    await both_hear(caller, agent)


@scene()
async def keys_reach_the_agent_and_who_is_on_hold_hears_music(office):
    agent = await seated(office, "billing-desk", "+15550110")
    caller = await called(office, MAIN, "+15550110")
    caller.press("0")
    await rung(agent)
    await both_hear(caller, agent)
    caller.press("7")
    await agent.until(lambda: agent.keys == "7")
    hold = agent.request("INVITE", "x", body=agent.sdp("sendonly"))
    assert await agent.ask(hold) == 200 and "a=recvonly" in agent.last
    await caller.hears_sound(g711.tone(0.25, 523, level=5_000))
    assert await agent.ask(agent.request("INVITE", "x", body=agent.sdp())) == 200
    await both_hear(caller, agent)
    assert await agent.hang_up() == 200
    await caller.hears("Thank you for calling. Goodbye.")
    await asyncio.wait_for(caller.ended.wait(), 20)


@scene()
async def the_callers_telephone_is_referred_to_the_desk(office):
    agent = await seated(office, "billing-desk", "+15550102")
    caller = await called(office, REFER, "+15550102", codec=8)
    caller.press("0")
    await rung(agent)
    assert any("Referred-By: <sip:+15550198@" in told for told in caller.requests)
    assert agent.header("x-reason") == "asked for a person"
    await asyncio.wait_for(caller.ended.wait(), 20)
    await both_hear(caller.others[0], agent)
    assert await caller.others[0].hang_up() == 200
    await asyncio.wait_for(agent.ended.wait(), 20)


@scene()
async def a_warm_transfer_tells_the_agent_first_and_then_all_meet(office):
    agent = await seated(office, "billing-desk", "+15550103")
    third = await seated(office, "returns-desk", "+15550103")
    async with httpx.AsyncClient(trust_env=False) as bot:  # the order is known from the chat
        told = {"text": "agent", "customer": {"phone": "+15550103", "order": "1047352"}}
        await bot.post(office.told["targets"]["help-bot"], json=told)
    caller = await called(office, WARM, "+15550103")
    caller.press("0")
    await rung(agent)
    await agent.hears("A call for billing. A call about order 1 0 4 7 3 5 2.")
    both = "You are connected with our billing team."
    await asyncio.gather(agent.hears(both), caller.hears(both))
    await both_hear(caller, agent)
    refer = agent.request("REFER", "x", f"Refer-To: <sip:returns-desk@{office.exchange}>")
    assert await agent.ask(refer) == 202
    await rung(third)
    assert third.header("x-queue") == "returns"
    agent.music = None
    await both_hear(caller, third)
    assert not agent.ended.is_set()  # the conference has three in it
    assert await caller.hang_up() == 200
    await asyncio.wait_for(asyncio.gather(agent.ended.wait(), third.ended.wait()), 20)


@scene()
async def a_desk_that_does_not_answer_overflows_to_the_next(office):
    agent = await seated(office, "billing-desk", "+15550104")
    second = await seated(office, "overflow-desk", "+15550104")
    agent.pick_up = 0
    caller = await called(office, MAIN, "+15550104")
    caller.press("0")
    await rung(agent)
    await rung(second)
    assert agent.ended.is_set()  # its ringing was cancelled
    await both_hear(caller, second)


@scene()
async def a_busy_desk_sends_the_caller_to_voicemail(office):
    agent = await seated(office, "billing-desk", "+15550105")
    agent.pick_up = 486
    caller = await called(office, MAIN, "+15550105")
    caller.press("0")
    await caller.hears("We are sorry, nobody is free at the moment.")
    await caller.hears("Please leave a message after the tone and we will call you back.")
    await caller.hears_sound(g711.tone(0.4, 1_000))
    await caller.until(lambda: caller.silent(10))
    caller.say(CALLERS)
    await caller.until(lambda: len(caller.heard) > caller.at + 8_000)
    caller.press("#")
    await caller.hears("We will call you back within one hour.")


@scene()
async def an_agent_passes_the_caller_on_and_the_next_sends_it_back(office):
    agent = await seated(office, "billing-desk", "+15550106")
    second = await seated(office, "returns-desk", "+15550106")
    caller = await called(office, MAIN, "+15550106")
    caller.press("0")
    await rung(agent)
    await both_hear(caller, agent)
    refer = agent.request("REFER", "x", f"Refer-To: <sip:nobody@{office.exchange}>")
    assert await agent.ask(refer) == 404
    refer = agent.request("REFER", "x", f"Refer-To: <sip:returns-desk@{office.exchange}>")
    assert await agent.ask(refer) == 202
    await rung(second)
    await asyncio.wait_for(agent.ended.wait(), 20)
    notices = [
        told.rpartition("\r\n\r\n")[2] for told in agent.requests if told.startswith("NOTIFY")
    ]
    assert [told.split()[1] for told in notices] == ["100", "200"]
    await both_hear(caller, second)
    back = second.request("REFER", "x", f"Refer-To: <sip:{MAIN}@{office.exchange}>")
    caller.music = None  # it would speak over the menu
    assert await second.ask(back) == 202
    await caller.hears(FIRST)
    assert await caller.hang_up() == 200


@scene()
async def a_caller_who_hangs_up_stops_the_ringing(office):
    agent = await seated(office, "billing-desk", "+15550107")
    agent.pick_up = 0
    caller = await called(office, MAIN, "+15550107")
    caller.press("0")
    await rung(agent)
    assert await caller.hang_up() == 200
    await asyncio.wait_for(agent.ended.wait(), 20)
    assert any(told.startswith("CANCEL") for told in agent.requests)


@scene()
async def keys_come_by_info_and_in_the_sound_as_well(office):
    caller = await called(office, MAIN, "+15550108")
    head = "Content-Type: application/dtmf-relay"
    press = caller.request("INFO", "x", head, body="Signal=2\r\nDuration=160\r\n")
    assert await caller.ask(press) == 200
    await caller.hears(ENTER, much=0.3)
    for key in "1047352":
        caller.press_tones(key)
    await caller.hears(STATUS)


@scene()
async def silence_is_asked_again_and_speech_is_told_from_silence(office):
    caller = await called(office, MAIN, "+15550109")
    caller.say(prompts.spoken("order") * 2)
    await caller.until(lambda: len(caller.heard) > caller.at + 8_000)
    caller.music = None
    await caller.hears("Sorry, I did not get that.")
    await caller.hears(ORDER)
    caller.press("2")
    await caller.hears(ENTER)
    await caller.hears(ENTER)


# Faults


async def talking(office: Any, number: str = MAIN) -> tuple[Any, Any]:
    """A caller and an agent as soon as it rings."""
    agent = await seated(office, "billing-desk", "")
    caller = await called(office, number, "+15550111")
    caller.press("0")
    await rung(agent)
    return caller, agent


@scene("no-barge-in")
async def keys_over_a_prompt_are_not_heard(office):
    caller = await called(office, MAIN, "+15550111")
    caller.press("2")
    await caller.hears(PERSON)
    await caller.hears("Sorry, I did not hear anything.")


@scene("menu-loops-for-ever")
async def every_choice_leads_back(office):
    caller = await called(office, MAIN, "+15550111")
    for key in "204":
        caller.press(key)
        await caller.hears(FIRST)


@scene("prompt-cut-off")
async def prompts_break_off(office):
    caller = await office()
    assert await caller.call(MAIN) == 200
    await caller.hears(FIRST)
    heard = caller.share(prompts.spoken("Welcome to Birch and Bay Gifts."))
    assert 0.2 < heard < 0.7


@scene("garbled-audio")
async def much_of_the_sound_is_missing(office):
    caller = await office()
    assert await caller.call(MAIN) == 200
    await caller.until(lambda: len(caller.arrivals) > 100)
    numbers = [int.from_bytes(packet[2:4], "big") for _, packet in caller.arrivals]
    assert 0.5 < len(numbers) / ((numbers[-1] - numbers[0] & 0xFFFF) + 1) < 0.7


@scene("agent-cannot-hear-caller")
async def the_agent_hears_nothing(office):
    caller, agent = await talking(office)
    caller.say(CALLERS)
    agent.say(AGENTS)
    await caller.hears_sound(AGENTS)
    await caller.hears_sound(AGENTS)
    assert agent.share(CALLERS) == 0 and len(agent.arrivals) < 20


@scene("caller-cannot-hear-agent")
async def the_caller_hears_nothing(office):
    caller, agent = await talking(office)
    caller.say(CALLERS)
    agent.say(AGENTS)
    await agent.hears_sound(CALLERS)
    await agent.hears_sound(CALLERS)
    assert caller.share(AGENTS) == 0


@scene("drops-after-answer")
async def the_call_drops_soon_after_the_answer(office):
    caller, agent = await talking(office)
    await both_hear(caller, agent)
    await asyncio.wait_for(asyncio.gather(caller.ended.wait(), agent.ended.wait()), 20)


@scene("caller-alone-in-conference")
async def the_agent_is_gone_before_the_caller_comes(office):
    caller, agent = await talking(office, WARM)
    await agent.hears("A call for billing.")
    await asyncio.wait_for(agent.ended.wait(), 20)
    await caller.until(lambda: caller.silent(50))
    assert not caller.ended.is_set()


@scene("dead-air-after-choice")
async def a_choice_is_followed_by_silence(office):
    caller = await called(office, MAIN, "+15550111")
    caller.press("2")
    await caller.until(lambda: caller.silent(100))


@scene("webhook-error")
async def an_application_error_is_told(office):
    caller = await called(office, MAIN, "+15550111")
    caller.press("2")
    await caller.hears("We are sorry, an application error has occurred. Goodbye.")
    await asyncio.wait_for(caller.ended.wait(), 20)


@scene("line-busy")
async def the_line_is_busy(office):
    caller = await office()
    assert await caller.call(MAIN) == 486


@pytest.mark.parametrize("name", SCENES)
def test_scene(played, name):
    problem = played(SCENES)[name]
    if problem:
        raise problem
