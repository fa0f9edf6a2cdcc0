"""What keeps a call alive and an agent safe; what it answers outside of calls."""

from __future__ import annotations

from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.ladder import drawn
from cxassure.channels._telephony.sip.session_timer import Policy
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.errors import CannotLook


def uri(agent: Any, user: str = "desk") -> str:
    by = "" if agent.transport == "udp" else f";transport={agent.transport}"
    return f"sip:{user}@{agent.place}{by}"


async def talk(agent: Any, desk: Any, media: Any, patience: float, **more: Any) -> Any:
    call = await agent.call(uri(desk), media, **more)
    assert await call.wait(events.Answered, patience), call.history
    return call


async def test_session_timers_keep_a_call_and_end_a_dead_one(
    opened: Any, taking: Any, described: Any, patience: float, fast: Timers, until: Any
) -> None:
    from dataclasses import replace

    quick = replace(fast, second=0.002)
    caller = await opened(timers=quick, session=Policy(1800, 90))
    desk = await opened(timers=quick)
    taken = taking(desk)
    call = await talk(caller, desk, described(), patience)
    assert await call.hold() == 200
    await until(lambda: sum(isinstance(e, events.Changed) for e in taken[0].history) >= 2)
    assert call.state == taken[0].state == "up"
    assert taken[0].history[-1].held, "keeping a call alive took it off hold"
    caller.transactions.wire.close()  # the caller's machine is gone
    ended = await taken[0].wait(events.Ended, patience)
    assert ended.by == "network" and "session timer" in ended.words


async def test_a_session_timer_too_short_is_made_longer(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller = await opened(session=Policy(60, 60))
    desk = await opened(session=Policy(0, 180))
    taking(desk)
    await talk(caller, desk, described(), patience)
    text = drawn(caller.ladder, whole=True)
    assert "422 Session Interval Too Small" in text and "Session-Expires: 180" in text


async def test_a_large_invite_goes_over_tcp(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken = taking(desk)
    call = await talk(caller, desk, described(), patience, headers={"X-Long": "x" * 2000})
    assert {r.transport for r in caller.ladder if r.what.startswith("INVITE")} == {"tcp"}
    assert taken[0].about.extra["X-Long"] == "x" * 2000
    await call.hang_up()


async def test_options_messages_and_strange_methods_outside_of_calls(
    opened: Any, described: Any
) -> None:
    caller, desk = await opened(), await opened()
    answer = await caller.options(uri(desk))
    assert answer.code == 200 and "REFER" in answer.headers.get("Allow")
    message = caller.fresh("MESSAGE", uri(desk), "", uri(desk))
    message.carry(b"hello", "text/plain")
    assert (await caller.send(message)).code == 200
    assert desk.messages == [("cxassure", "hello")]
    assert (await caller.send(caller.fresh("PUBLISH", uri(desk), "", uri(desk)))).code == 405
    strange = caller.fresh("OPTIONS", uri(desk), "", uri(desk))
    strange.headers.add("Require", "teleport")
    refused = await caller.send(strange)
    assert (refused.code, refused.headers.get("Unsupported")) == (420, "teleport")


async def test_too_many_calls_are_refused(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened(most_calls=1)
    taking(desk)
    await talk(caller, desk, described(), patience)
    call = await caller.call(uri(desk), described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.code, ended.retry_after) == (503, 5)


async def test_a_stranger_is_not_answered(
    opened: Any, described: Any, patience: float, hasty: Timers
) -> None:
    caller, desk = await opened(timers=hasty), await opened(allowed=["192.0.2.1"])
    call = await caller.call(uri(desk), described())
    assert (await call.wait(events.Ended, patience)).code == 408
    assert all("may not talk to" in rung.what for rung in desk.ladder) and len(desk.ladder)


async def test_closing_hangs_up(opened: Any, taking: Any, described: Any, patience: float) -> None:
    caller, desk = await opened(), await opened()
    taken = taking(desk)
    await talk(caller, desk, described(), patience)
    await caller.close()
    assert await taken[0].wait(events.Ended, patience)


async def test_what_cannot_be_called_is_said() -> None:
    from cxassure.channels._telephony.sip.agent import UserAgent

    async with UserAgent(allowed=["127.0.0.1"]) as agent:
        for wrong in ("", "mailto:a@b", "sip:", "sip:a@b@[::", "tel:+15550100", "sip:1@x:99999"):
            with pytest.raises(CannotLook):
                await agent.options(wrong) if wrong[:3] != "tel" else await agent.call(wrong, None)
