"""Transfers between agents of ours: blind, attended, refused, told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.errors import CannotLook


def uri(agent: Any, user: str = "desk") -> str:
    by = "" if agent.transport == "udp" else f";transport={agent.transport}"
    return f"sip:{user}@{agent.place}{by}"


async def talk(agent: Any, desk: Any, media: Any, patience: float, **more: Any) -> Any:
    call = await agent.call(uri(desk), media, **more)
    assert await call.wait(events.Answered, patience), call.history
    return call


async def test_a_blind_transfer_is_obeyed_and_told(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, ivr, desk = await opened(), await opened(), await opened()
    at_ivr, at_desk = taking(ivr), taking(desk)

    async def obey(call: Any, referral: Any) -> Any:
        return described()

    caller.obey = obey
    call = await talk(caller, ivr, described(), patience)
    transfer = await at_ivr[0].refer(f"{uri(desk, '2')}?X-Queue=billing")
    assert transfer.code == 202
    assert await transfer.result(patience) == 200
    assert [t.code for t in transfer.told] == [100, 180, 200]
    assert call.moved_to and call.moved_to.state == "up"
    assert at_desk[0].about.extra["X-Queue"] == "billing"
    assert "Referred-By" in at_desk[0].about.extra
    await at_ivr[0].hang_up()
    assert call.moved_to.state == "up"


async def test_a_transfer_to_a_busy_desk_is_told_after_the_transferor_hung_up(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, ivr, desk = await opened(), await opened(), await opened()
    at_ivr = taking(ivr)
    gone = asyncio.Event()

    async def busy(call: Incoming) -> None:
        await gone.wait()
        call.reject(486)

    async def obey(call: Any, referral: Any) -> Any:
        return described()

    desk.incoming, caller.obey = busy, obey
    await talk(caller, ivr, described(), patience)
    transfer = await at_ivr[0].refer(uri(desk))
    await at_ivr[0].hang_up()
    gone.set()
    assert await transfer.result(patience) == 486


@pytest.mark.parametrize(
    ("to", "code"),
    [("sip:1@192.0.2.7", 403), ("sip:", 400), ("sip:1@127.0.0.1;method=BYE", 400)],
)
async def test_a_transfer_where_we_may_not_go_is_refused_with_the_reason(
    opened: Any, taking: Any, described: Any, patience: float, to: str, code: int
) -> None:
    caller, ivr = await opened(), await opened()
    taken = taking(ivr)
    call = await talk(caller, ivr, described(), patience)
    transfer = await taken[0].refer(to)
    assert transfer.code == code
    referred = await call.wait(events.Referred, patience)
    assert referred.code == code and referred.why
    assert call.state == "up"


class Barred:
    """A gate that lets nobody ring 911."""

    async def leave(self, to: str) -> None:
        self.check(to)

    def check(self, to: str) -> None:
        if "911@" in to:
            raise CannotLook("nobody rings 911", "ring somebody else")


async def test_no_transfer_and_no_redirection_leads_where_the_gate_bars_the_way(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, ivr, desk = await opened(), await opened(), await opened()
    at_ivr = taking(ivr)

    async def obey(call: Any, referral: Any) -> Any:
        return described()

    caller.obey, caller.gate = obey, Barred()
    call = await talk(caller, ivr, described(), patience)
    transfer = await at_ivr[0].refer(uri(desk, "911"))
    assert await transfer.result(patience) == 503
    trouble = await call.wait(events.Trouble, patience)
    assert "nobody rings 911" in trouble.what and call.moved_to is None
    with pytest.raises(CannotLook, match="nobody rings 911"):
        await call.refer(uri(desk, "911"))

    async def elsewhere(ring: Incoming) -> None:
        ring.redirect(uri(desk, "911"))

    desk.incoming = elsewhere
    turned = await caller.call(uri(desk), described())
    ended = await turned.wait(events.Ended, patience)
    assert ended.by == "us" and "nobody rings 911" in ended.words


class Counted:
    """A gate that gives leave to all, and knows what became of it."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.told: list[str] = []

    async def leave(self, to: str) -> Counted:
        self.left.append(to)
        return self

    def check(self, to: str) -> None: ...

    def __call__(self, call: Any, event: Any) -> None:
        self.told.append(type(event).__name__)

    def never_placed(self) -> None:
        self.told.append("never placed")


async def test_a_leave_is_asked_for_what_can_be_called_and_given_back_where_nothing_is_sent(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taking(desk)
    caller.gate = gate = Counted()
    with pytest.raises(CannotLook):
        await caller.call("no address", described())
    assert gate.left == []
    with pytest.raises(CannotLook):
        await caller.call("sip:1@192.0.2.7", described())
    assert gate.told == ["never placed"]
    call = await talk(caller, desk, described(), patience)
    await call.hang_up()
    assert gate.told[-1] == "Ended" and gate.told.count("never placed") == 1


async def test_an_attended_transfer_takes_the_other_calls_place(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, agent, desk = await opened(), await opened(), await opened()
    at_agent, at_desk = taking(agent), taking(desk)

    async def obey(call: Any, referral: Any) -> Any:
        return described()

    caller.obey = obey
    call = await talk(caller, agent, described(), patience)
    second = await talk(agent, desk, described(), patience)
    transfer = await at_agent[0].refer(uri(desk), replaces=second)
    assert await transfer.result(patience) == 200
    referred = await call.wait(events.Referred, patience)
    assert referred.attended
    ended = await second.wait(events.Ended, patience)
    assert ended.by == "them"
    assert [c.state for c in at_desk] == ["ended", "up"]
    assert any(isinstance(e, events.Replaced) for e in at_desk[0].history)


async def test_replacing_a_call_that_is_not_there_is_a_481(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taking(desk)
    headers = {"Replaces": "nobody;to-tag=a;from-tag=b"}
    call = await caller.call(uri(desk), described(), headers=headers)
    assert (await call.wait(events.Ended, patience)).code == 481
