"""`<Connect><Stream>` and `<Start><Stream>`: sound both ways with an agent on a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from cxassure.errors import Broken, CannotLook


async def test_a_caller_talks_with_a_voice_agent(table, company, act, hears, streams):
    agent = streams.Agent(streams.CHIMES, {"my parcel": ["it is on its way"]}, greeting="hello")
    async with streams.serving(agent):
        named = '<Parameter name="order" value="4711"/>'
        company.says(
            "/voice",
            f'<Connect action="after"><Stream url="{agent.url}" statusCallback="streams">{named}'
            "</Stream></Connect>",
        )
        company.says("/after", "<Say>Back again.</Say>")
        company.says("/streams", "")
        caller = await table.caller(company.url(), also=(agent.url,), auth_token="key")
        caller.line.exchange.voice = streams.CHIMES
        await act(caller, "dial")
        await hears(caller, "hello")
        await act(caller, "say", "my parcel")
        await hears(caller, "it is on its way")
        await act(caller, "press", "5")
        await act(caller, "wait", 0.2)
        assert agent.heard == ["my parcel"]
        start = next(one for one in agent.came if one["event"] == "start")
        assert start["start"]["customParameters"] == {"order": "4711"}
        assert start["start"]["callSid"] == caller.call()["sid"]
        assert start["start"]["mediaFormat"]["encoding"] == "audio/x-mulaw"
        assert agent.came[0]["event"] == "connected"
        marks = [one["mark"]["name"] for one in agent.came if one["event"] == "mark"]
        assert marks == ["hello", "it is on its way"]
        keys = [one["dtmf"]["digit"] for one in agent.came if one["event"] == "dtmf"]
        assert keys == ["5"]
        assert agent.headers["x-twilio-signature"]
        assert agent.socket is not None
        await agent.socket.close()
        await hears(caller, "back again")
        told = [one["StreamEvent"] for one in company.params("/streams")]
        assert told == ["stream-started", "stream-stopped"]


async def test_what_is_cleared_is_not_heard_and_its_mark_comes_back(
    table, company, act, hears, streams
):
    async def clears(word: str, agent: Any) -> None:
        for _ in range(40):
            await agent.say("a long story")
        await agent.send("clear")
        await agent.say("goodbye")

    agent = streams.Agent(streams.CHIMES, {})
    agent.on = clears
    async with streams.serving(agent):
        company.says("/voice", f'<Connect><Stream url="{agent.url}"/></Connect>')
        caller = await table.caller(company.url(), also=(agent.url,))
        caller.line.exchange.voice = streams.CHIMES
        await act(caller, "dial")
        await act(caller, "say", "hello")
        took = await hears(caller, "goodbye")
        assert took < 9, "ten seconds of a long story were cleared"
        marks = [one["mark"]["name"] for one in agent.came if one["event"] == "mark"]
        assert marks[:40] == ["a long story"] * 40


async def test_a_hang_up_ends_the_stream_with_a_stop(table, company, act, streams):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        company.says("/voice", f'<Connect><Stream url="{agent.url}"/></Connect>')
        caller = await table.caller(company.url(), also=(agent.url,))
        await act(caller, "dial")
        await act(caller, "wait", 0.1)
        await act(caller, "hang_up")
        await streams.comes(lambda: agent.events()[-1:] == ["stop"])
        assert agent.events() == ["connected", "start", "stop"]


async def test_a_copy_goes_out_beside_the_call(table, company, act, hears, streams):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        company.says(
            "/voice",
            f'<Start><Stream name="copy" track="both_tracks" url="{agent.url}"/></Start>'
            '<Gather input="speech" action="next" speechTimeout="auto"><Say>hello</Say></Gather>',
        )
        company.says("/next", '<Stop><Stream name="copy"/></Stop><Say>goodbye</Say><Pause/>')
        caller = await table.caller(company.url(), also=(agent.url,))
        caller.line.exchange.voice = streams.CHIMES
        await act(caller, "dial")
        await hears(caller, "hello")
        await act(caller, "say", "my parcel")
        await hears(caller, "goodbye")
        assert agent.heard == ["my parcel"]
        tracks = {one["media"]["track"] for one in agent.came if one["event"] == "media"}
        assert tracks == {"inbound", "outbound"}
        assert agent.events()[-1] == "stop"


async def test_sound_that_nobody_can_make_out_is_told_as_sound(table, company, act, streams):
    agent = streams.Agent(streams.CHIMES, {}, greeting="hello")
    async with streams.serving(agent):
        company.says("/voice", f'<Connect><Stream url="{agent.url}"/></Connect>')
        caller = await table.caller(company.url(), also=(agent.url,))

        class Deaf(streams.Chimes):
            async def hear(self, sound: object, language: str) -> None:
                return None

        caller.line.exchange.voice = Deaf(streams.CHIMES.words)
        await act(caller, "dial")
        until = caller.clock.now() + 20
        while not any(seen.what == "sound" for seen in caller.seen):
            assert caller.clock.now() < until
            await caller.attend(until)
        with pytest.raises(CannotLook, match="sound that nobody here can make out"):
            caller.prompt()


@pytest.mark.parametrize("noun", ['<Stream url="ws://127.0.0.1:9/x"/>', '<Stream url="http://x"/>'])
async def test_a_stream_that_does_not_open_breaks_the_call(table, company, act, noun):
    company.says("/voice", f"<Say>Hi.</Say><Connect>{noun}</Connect>")
    caller = await table.caller(company.url(), also=("ws://127.0.0.1:9/x",))
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
        await act(caller, "wait", 5.0)
    assert told.value.code == "31920"


async def test_nonsense_on_the_socket_is_a_finding(table, company, act, streams):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        company.says("/voice", f'<Connect><Stream url="{agent.url}"/></Connect>')
        caller = await table.caller(company.url(), also=(agent.url,))
        await act(caller, "dial")
        until = caller.clock.now() + 20
        while not agent.sid:
            await caller.attend(until)
        await agent.send("wink")
        await agent.send("media", media={"payload": "?"})
        while len(table.findings) < 2:
            assert caller.clock.now() < until
            await caller.attend(until)
        assert all("31951" in finding for finding in table.findings)
