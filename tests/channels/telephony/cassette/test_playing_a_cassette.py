"""A cassette as its parties hear it: what was recorded comes again, and nothing else passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cxassure.channel import Opening, Scope, Session, Unseen
from cxassure.channels._telephony.cassette import tape
from cxassure.channels._telephony.cassette.tape import Call, Cassette, Line
from cxassure.channels.agent import AgentSession
from cxassure.channels.agent.cassette import CassetteDesk
from cxassure.channels.ivr import IvrSession
from cxassure.channels.ivr.cassette import CassetteLine
from cxassure.errors import Broken, CannotLook
from cxassure.events import Who
from cxassure.settings import Target

MENU = "For hours press 1. For a person press 2."
_S = TypeVar("_S", bound=Session)


def line(at: float, what: str, text: str = "", seconds: float = 0.0, **more: Any) -> Line:
    who = more.pop("who", "customer" if what in tape.ACTS else "company")
    return Line(at=at, party="caller", who=who, what=what, text=text, seconds=seconds, data=more)


def greeting() -> list[Line]:
    return [
        line(0.0, "dialled", "+15550199"),
        line(1.0, "connected", "+15550199", who="line"),
        line(1.0, "prompt", MENU, 6.0),
        line(7.0, "turn", who="line"),
    ]


def path(key: str, answer: str, *, at: float = 7.0) -> Call:
    lines = [
        *greeting(),
        line(at, "pressed", key, 0.25),
        line(at + 0.5, "prompt", answer, 2.0),
        line(at + 2.5, "hung up", "hung up by the company", who="line", by="company"),
        Line(at=at + 2.5, who="customer", what="over"),
    ]
    return Call(journey=f"press-{key}", parties={"caller": "ivr"}, lines=tuple(lines))


class Table:
    """Parties of one run, each over the same cassette."""

    def __init__(self, file: Path, calls: tuple[Call, ...]) -> None:
        self.file, self.run, self.kept = file, Scope(), dict[str, bytes]()
        tape.write(file, Cassette(calls=calls))

    async def caller(self, name: str = "caller", **options: Any) -> IvrSession:
        return await self._seat(name, IvrSession, CassetteLine, options)

    async def desk(self) -> AgentSession:
        return await self._seat("agent", AgentSession, CassetteDesk, {})

    async def _seat(
        self, party: str, kind: type[_S], connector: type, options: dict[str, Any]
    ) -> _S:
        async def keep(name: str, data: bytes, media: str) -> None:
            self.kept[name] = data

        options = {"cassette": str(self.file), **options}
        target = Target(name=party, address="demo", over="cassette", options=options)
        opening = Opening(
            party=party, channel="ivr" if kind is IvrSession else "agent", target=target,
            targets={}, observe=lambda seen: None, keep=keep, finding=lambda text: None,
            conceals=lambda text: False, run=self.run, campaign=Scope(),
        )  # fmt: skip
        session = kind(opening, connector)
        session.limit, session.look_on = 30.0, 5.0
        await session.open()
        return session


Lay = Callable[..., Table]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    return lambda *calls: Table(tmp_path / "menu.cassette", calls)


async def hear(session: IvrSession, seconds: float) -> str:
    until = session.clock.now() + seconds
    while session.clock.now() < until:
        await session.attend(until)
    return " ".join(seen.text for seen in session.seen if seen.what == "prompt")


async def refused(doing: Coroutine[Any, Any, None]) -> str:
    with pytest.raises(CannotLook) as told:
        await doing
    assert "--add" in told.value.hint
    return told.value.what


async def test_what_was_heard_is_heard_again_at_its_time(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten.")).caller()
    await caller.dial()
    assert caller.clock.now() == pytest.approx(1.0)
    assert await hear(caller, 6.0) == MENU
    assert caller.settled
    await caller.press("1")
    assert caller.clock.now() == pytest.approx(7.25)
    assert await hear(caller, 2.25) == f"{MENU} Eight to ten."
    assert caller.call() == {
        "status": "completed", "duration": 8.5, "ended_by": "company",
        "ending": "hung up by the company",
    }  # fmt: skip
    with pytest.raises(Broken, match="the call had ended"):
        await caller.press("1")


async def test_several_calls_make_a_tree(lay: Lay) -> None:
    for key, answer in (("1", "Eight to ten."), ("2", "One moment.")):
        caller = await lay(path("1", "Eight to ten."), path("2", "One moment.")).caller()
        await caller.dial()
        await caller.press(key)
        assert (await hear(caller, 3.0)).endswith(answer)


async def test_a_key_that_nobody_recorded_is_told_with_those_that_were(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten."), path("2", "One moment.")).caller()
    await caller.dial()
    told = await refused(caller.press("3"))
    assert "no call in which «caller pressed 3» comes here" in told
    assert "recorded: caller pressed 1, caller pressed 2" in told


async def test_a_key_pressed_too_early_is_told(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten.")).caller()
    await caller.dial()
    assert "too early by 6.0 s" in await refused(caller.press("1", at_once=True))


async def test_a_key_may_come_early_where_that_prompt_was_cut_short_on_another_call(
    lay: Lay,
) -> None:
    cut = [
        *greeting()[:2],
        line(3.0, "pressed", "2", 0.25),
        line(1.0, "prompt", "For hours press", 2.0, cut=True, whole=MENU),
        line(4.0, "prompt", "One moment.", 1.0),
        Line(at=5.0, who="customer", what="over"),
    ]
    interrupting = Call(journey="cut", parties={"caller": "ivr"}, lines=tuple(cut))
    caller = await lay(interrupting, path("1", "Eight to ten.")).caller()
    await caller.dial()
    await caller.wait(3.0)
    await caller.press("1", at_once=True)
    prompts = [seen for seen in caller.seen if seen.what == "prompt"]
    assert (prompts[0].data["whole"], prompts[0].ends) == (MENU, pytest.approx(4.0))
    assert MENU.startswith(prompts[0].text) and prompts[0].text != MENU
    assert caller.interrupted()
    assert (await hear(caller, 3.0)).endswith("Eight to ten.")


async def test_a_key_pressed_too_late_is_told(lay: Lay) -> None:
    early = path("1", "Eight to ten.")
    later = Call(
        journey="listens on", parties={"caller": "ivr"},
        lines=(*greeting(), line(12.0, "prompt", "Are you there?", 1.0), line(13.0, "turn"),
               Line(at=20.0, who="customer", what="over")),
    )  # fmt: skip
    caller = await lay(early, later).caller()
    await caller.dial()
    assert (await hear(caller, 12.5)).endswith("Are you there?")
    assert "too late by 6." in await refused(caller.press("1"))


async def test_listening_on_beyond_the_recording_is_no_silence(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten.")).caller()
    await caller.dial()
    told = await refused(caller.wait(60.0))
    assert "when nobody acts any more; recorded here: caller pressed 1" in told
    assert MENU in told


async def test_hanging_up_needs_no_recording(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten.")).caller()
    await caller.dial()
    await caller.hang_up()
    assert caller.ended()
    await caller.wait(90.0)


async def test_a_call_that_was_not_answered_is_broken_again(lay: Lay) -> None:
    busy = Call(
        journey="busy", parties={"caller": "ivr"},
        lines=(line(0.0, "dialled"),
               line(2.0, "hung up", "the line was busy", who="line", by="line"),
               Line(at=2.0, who="customer", what="over")),
    )  # fmt: skip
    caller = await lay(busy).caller()
    with pytest.raises(Broken, match="the line was busy"):
        await caller.dial()


async def test_a_call_that_broke_off_breaks_off_again(lay: Lay) -> None:
    lines = (
        *greeting(),
        line(7.0, "pressed", "1", 0.25),
        line(8.0, "error", "11200 HTTP retrieval failure", who="line", code="11200"),
        line(8.0, "prompt", "We are sorry.", 2.0, who="line"),
        line(10.0, "hung up", "broken off", who="line", by="line"),
        Line(at=10.0, who="customer", what="over"),
    )
    caller = await lay(Call(journey="broken", parties={"caller": "ivr"}, lines=lines)).caller()
    await caller.dial()
    await caller.press("1")
    with pytest.raises(Broken, match="11200 HTTP retrieval failure") as told:
        await hear(caller, 5.0)
    assert told.value.code == "11200"


async def test_dead_air_is_dead_air_again_while_it_lasts(lay: Lay) -> None:
    lines = (
        *greeting(), line(7.0, "pressed", "1", 0.25), line(7.25, "silence", "", 9.0),
        line(16.25, "prompt", "Sorry.", 1.0), Line(at=18.0, who="customer", what="over"),
    )  # fmt: skip
    caller = await lay(Call(journey="dead", parties={"caller": "ivr"}, lines=lines)).caller()
    await caller.dial()
    await caller.press("1")
    await caller.wait(5.0)
    assert caller.silence() == pytest.approx(5.0)
    await caller.wait(5.0)
    assert caller.silence() == pytest.approx(9.0)


def transfer() -> Call:
    def agent(at: float, what: str, text: str = "", **data: Any) -> Line:
        who: Who = "agent" if what in tape.ACTS and not data else "line"
        return Line(at=at, party="agent", who=who, what=what, text=text, data=data)

    lines = (
        *greeting(),
        line(7.0, "pressed", "2", 0.25),
        agent(9.0, "rang", "client:desk", context={"caller": "+15550123", "order": "‹order›"}),
        line(9.0, "ringing", "client:desk", 4.0, who="line"),
        agent(13.0, "answered", "client:desk"),
        agent(14.0, "said", "This is Kim"),
        Line(at=14.0, party="caller", who="agent", what="speech", text="This is Kim", seconds=1.2),
        line(16.0, "said", "My order is ‹order›", 2.0),
        Line(at=16.0, party="agent", who="customer", what="speech", text="My order is ‹order›"),
        agent(19.0, "hung up"),
        agent(19.0, "hung up", "hung up by the agent", by="agent"),
        Line(at=19.0, who="customer", what="over"),
    )
    return Call(journey="transfer", parties={"caller": "ivr", "agent": "agent"}, lines=lines)


async def test_both_ends_of_a_transfer_are_played(lay: Lay) -> None:
    table = lay(transfer())
    caller, agent = await table.caller(), await table.desk()
    await caller.dial()
    await caller.press("2")
    assert not agent.rang()
    await agent.answer()
    assert agent.ringing() == pytest.approx(4.0)
    assert (agent.context() or {})["caller"] == "+15550123"
    await agent.speak("this is  KIM")
    assert "This is Kim" in [seen.text for seen in caller.seen]
    await caller.say("My order is 1048213")
    heard = agent.speech()
    assert heard and heard.text == "My order is 1048213"
    await agent.hang_up()
    assert agent.call() == {
        "status": "completed", "duration": 0.0, "ended_by": "agent",
        "ending": "hung up by the agent", "caller": "+15550123",
    }  # fmt: skip


async def test_a_desk_that_was_not_rung_before_the_call_ended_is_broken(lay: Lay) -> None:
    alone = path("1", "Eight to ten.")
    both = Call(journey="x", parties={"caller": "ivr", "agent": "agent"}, lines=alone.lines)
    table = lay(both)
    caller, agent = await table.caller(), await table.desk()
    await caller.dial()
    await caller.press("1")
    with pytest.raises(Broken, match="the desk was not rung"):
        await agent.answer()


async def test_a_cassette_carries_no_sound(lay: Lay) -> None:
    caller = await lay(path("1", "Eight to ten.")).caller()
    with pytest.raises(Unseen):
        await caller.audio()


async def test_another_name_takes_the_only_part_and_a_second_one_none(lay: Lay) -> None:
    table = lay(path("1", "Eight to ten."))
    await (await table.caller("kim")).dial()
    with pytest.raises(CannotLook, match="no part for «lee»"):
        await table.caller("lee")


async def test_evidence_is_what_was_heard(lay: Lay) -> None:
    table = lay(path("1", "Eight to ten."))
    caller = await table.caller()
    await caller.dial()
    await hear(caller, 6.0)
    await caller.witness("")
    assert MENU in table.kept["call.txt"].decode()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda d: d.update(cassette=9), "cassette"),
        (lambda d: d["calls"][0]["lines"][0].update(what=3), "what"),
        (lambda d: d["calls"][0]["lines"][1].update(party="nobody"), "line 2"),
        (lambda d: d["calls"][0]["lines"][2].update(at=1e12), "line 3"),
        (lambda d: d["calls"][0]["lines"][4].update(at=-5.0), "before the act above it"),
        (lambda d: d["calls"][0].update(lines=[]), "nobody who does anything"),
        (lambda d: d.update(calls=[]), "there is no call on it"),
        (lambda d: d["calls"][0].update(tune="la"), "tune"),
        (lambda d: d["calls"][0].update(sounds=[{"party": "x", "file": "../x"}]), "sound"),
    ],
)
def test_a_spoilt_cassette_is_told_with_its_place(
    tmp_path: Path, spoil: Callable[[Any], None], told: str
) -> None:
    document = json.loads(tape.encoded(Cassette(calls=(path("1", "Eight to ten."),))))
    spoil(document)
    file = tmp_path / "bad.cassette"
    file.write_text(json.dumps(document))
    with pytest.raises(CannotLook) as wrong:
        tape.read(file)
    assert told in wrong.value.what
    assert "bad.cassette" in wrong.value.what
    assert wrong.value.hint


def test_a_broken_line_is_told_by_its_number(tmp_path: Path) -> None:
    data = tape.encoded(Cassette(calls=(path("1", "Eight to ten."),)))
    rows = data.split(b"\n")
    rows[4] = rows[4].replace(b'"what":', b"what:")
    file = tmp_path / "bad.cassette"
    file.write_bytes(b"\n".join(rows))
    with pytest.raises(CannotLook, match=r"bad\.cassette:5: JSON is malformed"):
        tape.read(file)
