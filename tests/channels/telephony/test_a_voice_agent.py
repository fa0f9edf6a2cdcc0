"""`over: media_stream`: a voice agent's own socket, called in real time without a telephone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from cxassure.channels.ivr import IvrSession
from cxassure.channels.ivr.media_stream import MediaStreamLine
from cxassure.channels.ivr.turns import Turns, share
from cxassure.errors import Broken, CannotLook
from cxassure.settings import Target


@pytest.fixture
def caller(table, streams):
    """Opens a caller of an agent at `url`."""

    async def opened(url: str, **options):
        rehearsed = options.pop("rehearsed", None)
        target = Target(name="agent", address=url, over="media_stream", options=options)
        opening = table._opening("ivr", target)
        opening.rehearsed = rehearsed
        session = IvrSession(opening, MediaStreamLine)
        await table._open(session, None)
        session.line.voice = streams.CHIMES
        return session

    return opened


async def test_an_agent_answers_and_its_turns_are_measured(caller, streams, act, hears):
    replies = {"my parcel": ["it is on its way"], "hello": ["goodbye"]}
    agent = streams.Agent(streams.CHIMES, replies, greeting="hello")
    async with streams.serving(agent):
        session = await caller(agent.url, parameters={"order": "4711"}, auth_token="key")
        await act(session, "dial")
        await hears(session, "hello")
        await act(session, "say", "my parcel")
        await hears(session, "it is on its way")
        await act(session, "say", "hello")
        await hears(session, "goodbye")
        told = session.call()
        assert 0 <= told["first_audio"] < 10 and told["loops"] == 0
        assert 0 <= told["turn_p50"] <= told["turn_p95"] < 20
        assert await session.audio() == "both ways" and session.took() is not None
        await act(session, "press", "7")
        await act(session, "hang_up")
        assert session.call()["ended_by"] == "customer" and session.ended()
        await streams.comes(lambda: agent.events()[-1:] == ["stop"])
    start = next(one for one in agent.came if one["event"] == "start")["start"]
    assert start["customParameters"] == {"order": "4711"}
    assert agent.headers["x-twilio-signature"]
    assert agent.heard == ["my parcel", "hello"]
    assert [one["dtmf"]["digit"] for one in agent.came if one["event"] == "dtmf"] == ["7"]


async def test_an_agent_that_is_interrupted_recovers(caller, streams, act, hears):
    async def clears(word: str, agent) -> None:
        await agent.send("clear")
        await agent.say("goodbye")

    agent = streams.Agent(streams.CHIMES, {})
    agent.on = clears
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        await streams.comes(lambda: bool(agent.sid))
        for _ in range(60):
            await agent.say("a long story")
        await streams.comes(lambda: not session.line._media.silent)
        await act(session, "say", "my parcel", at_once=True)
        await hears(session, "goodbye")
        assert 0.2 < session.call()["recovery"] < 14
        assert session.interrupted()


async def test_an_agent_that_does_not_stop_has_not_recovered_while_it_talks(caller, streams, act):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        await streams.comes(lambda: bool(agent.sid))
        for _ in range(160):
            await agent.say("a long story")
        await streams.comes(lambda: not session.line._media.silent)
        await act(session, "say", "my parcel", at_once=True)
        until = session.clock.now() + 60
        while session.call().get("recovery", 0) < 1.0:
            assert session.clock.now() < until, session.call()
            await session.attend(until)
        assert not session.line._media.silent and not session.settled


async def test_an_agent_that_is_slow_to_begin_is_measured_from_the_connection(
    caller, streams, act, hears
):
    class Slow(streams.Agent):
        async def say(self, word):
            await asyncio.sleep(0.5)
            await super().say(word)

    agent = Slow(streams.CHIMES, {"my parcel": ["goodbye"]}, greeting="hello")
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        assert "first_audio" not in session.call()
        await hears(session, "hello")
        assert session.call()["first_audio"] >= 0.5
        await act(session, "say", "my parcel")
        await hears(session, "goodbye")
        assert session.call()["turn_p95"] >= 0.5
        await act(session, "hang_up")
        (turns,) = [seen for seen in session.seen if seen.what == "turns"]
        assert turns.text.startswith("first sound after ") and turns.data["loops"] == 0


async def test_an_agent_that_goes_round_in_circles_is_counted(caller, streams, act, hears):
    agent = streams.Agent(streams.CHIMES, {"my parcel": ["hello"], "goodbye": ["hello"]})
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        for word in ("my parcel", "goodbye"):
            await act(session, "say", word)
            await hears(session, "hello")
        assert session.call()["loops"] == 1


async def test_an_agent_is_told_the_instant_that_is_rehearsed(caller, streams, act):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        session = await caller(agent.url, rehearsed=datetime(2026, 12, 24, 13, tzinfo=UTC))
        await act(session, "dial")
        await streams.comes(lambda: bool(agent.sid))
    start = next(one for one in agent.came if one["event"] == "start")["start"]
    assert start["customParameters"] == {"RehearsalTime": "2026-12-24T13:00:00+00:00"}
    assert agent.headers["x-rehearsal-time"] == "2026-12-24T13:00:00+00:00"


async def test_an_agent_that_says_nothing_is_dead_air(caller, streams, act):
    agent = streams.Agent(streams.CHIMES, {})
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        await act(session, "say", "my parcel")
        await act(session, "wait", 1.5)
        assert session.silence() >= 1.0 and not session.settled
        assert session.call()["turn_p95"] > 1.0, "what has been waited for an answer counts"
        assert await session.audio() == "none" and session.prompt() is None


async def test_an_agent_that_hangs_up_is_told(caller, streams, act):
    async def leaves(word: str, agent) -> None:
        await agent.socket.close()

    agent = streams.Agent(streams.CHIMES, {})
    agent.on = leaves
    async with streams.serving(agent):
        session = await caller(agent.url)
        await act(session, "dial")
        await act(session, "say", "goodbye")
        until = session.clock.now() + 20
        while not session.ended():
            assert session.clock.now() < until
            await session.attend(until)
        assert session.call()["ended_by"] == "company"
        with pytest.raises(Broken, match="the call had ended"):
            await act(session, "say", "hello")


async def test_an_agent_that_is_not_there_fails_the_dialling(caller, act):
    session = await caller("ws://127.0.0.1:9/agent")
    with pytest.raises(Broken) as told:
        await act(session, "dial")
    assert told.value.code == "31920"
    with pytest.raises(CannotLook, match="there is no call"):
        await act(session, "say", "hello")


def test_figures_of_turns_follow_from_what_happened():
    turns = Turns(connected=10.0)
    assert turns.fields(10.0) == {"loops": 0}
    turns.agent_spoke(10.8, 12.0)
    for asked, answered in ((13.0, 13.5), (20.0, 22.0), (30.0, 30.25)):
        turns.caller_spoke(asked)
        turns.agent_spoke(answered, answered + 1)
    turns.caller_interrupted(31.0)
    turns.agent_spoke(30.5, 31.75)
    told = turns.fields(32.0)
    assert told["first_audio"] == pytest.approx(0.8)
    assert (told["turn_p50"], told["turn_p95"]) == (0.5, 2.0)
    assert told["recovery"] == 0.75
    assert share([3.0], 0.95) == 3.0 and share([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
