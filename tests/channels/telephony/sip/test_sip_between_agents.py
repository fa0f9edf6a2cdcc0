"""Calls between two agents of ours: every way they begin, change, move and end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.allowed import NotAllowed
from cxassure.channels._telephony.sip.digest import Credentials, Guard
from cxassure.channels._telephony.sip.ladder import drawn
from cxassure.channels._telephony.sip.media import NotAcceptable
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.errors import CannotLook


def uri(agent: Any, user: str = "desk") -> str:
    by = "" if agent.transport == "udp" else f";transport={agent.transport}"
    return f"sip:{user}@{agent.place}{by}"


async def talk(agent: Any, desk: Any, media: Any, patience: float, **more: Any) -> Any:
    call = await agent.call(uri(desk), media, **more)
    assert await call.wait(events.Answered, patience), call.history
    return call


@pytest.mark.parametrize(
    ("transport", "address"),
    [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("udp", "::1"), ("tcp", "::1")],
)
async def test_a_call_rings_is_answered_and_hung_up(
    opened: Any, taking: Any, described: Any, patience: float, transport: str, address: str
) -> None:
    caller = await opened(transport, address=(address, 0))
    desk = await opened(transport, address=(address, 0))
    taken, mine = taking(desk), described()
    call = await talk(caller, desk, mine, patience)
    assert call.state == "up" and taken[0].state == "up"
    await call.hang_up()
    assert await taken[0].wait(events.Ended, patience)
    assert (call.ended.by, taken[0].ended.by) == ("us", "them")
    assert taken[0].ended.words == "hung up"
    assert [type(e).__name__ for e in call.history] == ["Progress", "Answered", "Ended"]
    assert caller.calls == desk.calls == []
    await asyncio.sleep(0)
    assert mine.closed


async def test_the_called_side_hangs_up_and_says_why(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken = taking(desk)
    call = await talk(caller, desk, described(), patience)
    await taken[0].hang_up({"Reason": 'Q.850;cause=38;text="trunk down"'})
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.q850, ended.told) == ("them", 38, True)
    assert "network is out of order" in ended.words and "trunk down" in ended.words


async def test_a_refusal_is_told_with_code_cause_and_words(
    opened: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()

    async def refuse(call: Incoming) -> None:
        call.reject(503, headers={"Retry-After": "17", "Reason": "Q.850;cause=34"})

    desk.incoming = refuse
    call = await caller.call(uri(desk), described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.code, ended.q850, ended.retry_after) == ("them", 503, 34, 17)
    assert "no free line" in ended.words and ended.check


async def test_nobody_there_is_the_networks_doing(
    opened: Any, described: Any, patience: float, hasty: Timers
) -> None:
    caller = await opened(timers=hasty)
    call = await caller.call("sip:1@127.0.0.1:9", described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.code) == ("network", 408)
    sent = [r for r in caller.ladder if r.what.startswith("INVITE")]
    assert 2 <= len(sent) <= 7


async def test_a_closed_tcp_port_is_told_at_once(
    opened: Any, described: Any, patience: float
) -> None:
    caller = await opened("tcp")
    call = await caller.call("sip:1@127.0.0.1:9", described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.code) == ("network", 503)
    assert "cannot be reached" in ended.words


async def test_a_call_taken_back_while_it_rings(
    opened: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    rung: list[Incoming] = []

    async def ring(call: Incoming) -> None:
        rung.append(call)
        await call.ring()

    desk.incoming = ring
    call = await caller.call(uri(desk), described())
    assert await call.wait(events.Progress, patience)
    await call.hang_up()
    assert (call.ended.by, call.ended.code) == ("us", 487)
    ended = await rung[0].wait(events.Ended, patience)
    assert (ended.by, ended.code) == ("them", 487)
    with pytest.raises(CannotLook):
        await rung[0].answer(described())


async def test_a_call_taken_back_before_anything_came_waits_for_it(
    opened: Any, described: Any, patience: float, until: Any
) -> None:
    caller, desk = await opened(), await opened()
    rung: list[Incoming] = []

    async def ring(call: Incoming) -> None:
        rung.append(call)

    desk.incoming = ring
    call = await caller.call(uri(desk), described())
    await call.hang_up()
    assert call.ended.by == "us"
    await until(lambda: rung and rung[0].ended)
    lines = [r.what.split()[0] for r in caller.ladder if r.ours]
    assert lines == ["INVITE", "CANCEL", "ACK"]


async def test_early_media_and_a_late_answer(opened: Any, described: Any, patience: float) -> None:
    caller, desk = await opened(), await opened()
    go, theirs = asyncio.Event(), described()

    async def early(call: Incoming) -> None:
        await call.ring(183, media=theirs)
        await go.wait()
        await call.answer(theirs)

    desk.incoming = early
    mine = described()
    call = await caller.call(uri(desk), mine)
    progress = await call.wait(events.Progress, patience)
    assert progress.code == 183 and progress.early and len(mine.answers) == 1
    go.set()
    assert await call.wait(events.Answered, patience)
    assert len(mine.answers) == 1 and len(theirs.offers) == 1
    assert any(r.what.startswith("PRACK") for r in caller.ladder if r.ours)


async def test_no_codec_in_common_is_a_488(opened: Any, described: Any, patience: float) -> None:
    caller, desk = await opened(), await opened()
    raised: list[str] = []

    async def answer(call: Incoming) -> None:
        try:
            await call.answer(described("G722"))
        except NotAcceptable as error:
            raised.append(error.what)

    desk.incoming = answer
    call = await caller.call(uri(desk), described("opus"))
    ended = await call.wait(events.Ended, patience)
    assert (ended.code, ended.q850) == (488, 65) and "codec" in ended.words
    assert raised == ["no codec in common"]


async def test_a_late_offer_is_answered_in_the_ack(
    opened: Any, taking: Any, described: Any, patience: float, until: Any
) -> None:
    caller, desk = await opened(), await opened()
    mine, theirs = described(), described()
    taking(desk, lambda: theirs)
    await talk(caller, desk, mine, patience, late_offer=True)
    await until(lambda: theirs.answers)
    assert len(mine.offers) == 1 and not mine.answers


async def test_hold_and_resume_from_both_sides(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken, mine = taking(desk), described()
    call = await talk(caller, desk, mine, patience)
    assert await call.hold() == 200 and mine.held
    assert await call.resume() == 200 and not mine.held
    assert await call.update(hold=True) == 200
    there = [e for e in taken[0].history if isinstance(e, events.Changed)]
    assert [(e.by, e.method, e.held) for e in there] == [
        ("them", "INVITE", True),
        ("them", "INVITE", False),
        ("them", "UPDATE", True),
    ]
    assert await taken[0].hold() == 200
    here = await call.wait(events.Changed, patience, since=len(call.history) - 1)
    assert (here.by, here.held) == ("them", True)


async def test_changes_that_cross_are_tried_again(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken = taking(desk)
    call = await talk(caller, desk, described(), patience)
    assert await asyncio.gather(call.hold(), taken[0].hold()) == [200, 200]
    codes = [r.what for r in caller.ladder if " 491 " in r.what]
    assert codes, "they did not cross"


async def test_a_change_that_does_not_fit_leaves_the_call_as_it_was(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken, mine = taking(desk), described()
    call = await talk(caller, desk, mine, patience)
    mine.codecs = ("opus",)
    taken[0].media.codecs = ("G722",)
    assert await call.resume() == 488
    assert call.state == taken[0].state == "up"


async def test_a_password_is_asked_for_and_given(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    guard = Guard("house", {"kim": "s3cret"})
    caller = await opened(credentials=[Credentials("kim", "s3cret")])
    desk = await opened(guard=guard)
    taking(desk)
    call = await talk(caller, desk, described(), patience)
    assert await call.info("x", "text/plain") == 200
    text = drawn(caller.ladder, whole=True)
    assert "401 Unauthorized" in text and "response=" in text
    assert "s3cret" not in text and "response=***" in text.replace('"', "")


async def test_a_wrong_password_is_told_and_not_tried_for_ever(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller = await opened(credentials=[Credentials("kim", "wrong")])
    desk = await opened(guard=Guard("house", {"kim": "s3cret"}))
    taking(desk)
    call = await caller.call(uri(desk), described())
    ended = await call.wait(events.Ended, patience)
    assert ended.code == 401 and "password" in ended.words
    assert sum(r.what.startswith("INVITE") for r in caller.ladder) == 2


async def test_a_redirection_is_followed_and_a_circle_ends(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, first, desk = await opened(), await opened(), await opened()
    taking(desk)

    async def elsewhere(call: Incoming) -> None:
        to = desk if call.about and call.about.called == "2" else first
        call.redirect(uri(to, "1"))

    first.incoming = elsewhere
    call = await caller.call(uri(first, "2"), described())
    assert await call.wait(events.Answered, patience)
    assert [e.to for e in call.history if isinstance(e, events.Redirected)] == [uri(desk, "1")]
    lost = await caller.call(uri(first, "1"), described())
    ended = await lost.wait(events.Ended, patience)
    assert ended.code == 302
    assert sum(isinstance(e, events.Redirected) for e in lost.history) == 5


async def test_a_redirection_to_a_stranger_is_refused(
    opened: Any, described: Any, patience: float
) -> None:
    caller, first = await opened(), await opened()

    async def elsewhere(call: Incoming) -> None:
        call.redirect("sip:1@192.0.2.7")

    first.incoming = elsewhere
    call = await caller.call(uri(first), described())
    ended = await call.wait(events.Ended, patience)
    assert ended.by == "us" and "192.0.2.7" in ended.words and "also" in ended.check
    with pytest.raises(NotAllowed):
        await caller.call("sip:1@192.0.2.7", described())
    with pytest.raises(NotAllowed):
        await caller.call(f"sip:1@{first.place};maddr=192.0.2.7", described())


async def test_headers_and_context_arrive_both_ways(
    opened: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken: list[Incoming] = []

    async def answer(call: Incoming) -> None:
        taken.append(call)
        await call.answer(described(), headers={"X-Agent": "Kim"})

    desk.incoming = answer
    headers = {
        "X-Order": "1048213\r\nEvil: yes",
        "User-to-User": "6f726465723d31;encoding=hex",
        "P-Asserted-Identity": '"Kim" <sip:+15550100@example.com>',
        "Diversion": "<sip:800@x>;reason=user-busy",
    }
    call = await talk(
        caller, desk, described(), patience, headers=headers, caller="<sip:+1999@x.example>"
    )
    known = taken[0].about
    assert known and (known.caller, known.name) == ("+15550100", "Kim")
    assert known.user_to_user == ("order=1",)
    assert known.extra == {"X-Order": "1048213 Evil: yes"}
    assert [(d.number, d.reason) for d in known.diverted] == [("800", "user-busy")]
    assert known.session_id == call.session_id
    assert call.about.extra == {"X-Agent": "Kim"}
    assert call.about.session_id == taken[0].session_id


async def test_keys_and_texts_by_info_and_message(
    opened: Any, taking: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(), await opened()
    taken = taking(desk)
    call = await talk(caller, desk, described(), patience)
    assert await call.key("5", 120) == 200
    assert await call.key("#", way="dtmf") == 200
    assert await call.message("hello") == 200
    assert await call.info("Signal=11", "application/dtmf-relay") == 200
    there = [e for e in taken[0].history if isinstance(e, events.Key | events.Told)]
    told = [(e.digit, e.milliseconds, e.way) for e in there if isinstance(e, events.Key)]
    assert told == [("5", 120, "dtmf-relay"), ("#", 0, "dtmf"), ("#", 0, "dtmf-relay")]
    assert [e.body for e in there if isinstance(e, events.Told)] == [b"hello"]
