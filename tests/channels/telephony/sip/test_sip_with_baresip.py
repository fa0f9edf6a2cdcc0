"""Against baresip, a real softphone that we did not write: both hear each other, whoever calls.

The scenarios mostly wait, so all are played at once; each test judges one row of docs/peers.md.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.company import Company, started

spec = importlib.util.spec_from_file_location(
    "sip_softphone", Path(__file__).with_name("softphone.py")
)
assert spec and spec.loader
softphone = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = softphone
spec.loader.exec_module(softphone)

PAGE = Path(__file__).parents[4] / "docs" / "peers.md"
LONG, BOTH, SAID, TONE = softphone.LONG, softphone.BOTH, softphone.SAID, softphone.TONE
Stage, talking, comes, recorded = (
    softphone.Stage,
    softphone.talking,
    softphone.comes,
    softphone.recorded,
)
until, ended = softphone.until, softphone.ended

pytestmark = pytest.mark.skipif(
    softphone.BARESIP is None, reason="baresip is not installed: apt-get install baresip-core"
)


# What is played


def speaking(codec: str, account: str = "", **media: Any) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.called(account, codec, **media)
        said = await talking(leg, phone)
        await call.hang_up()
        await phone.event("CALL_CLOSED")
        assert leg.agreed
        sealed = ", SRTP" if leg.agreed.ours else ""
        return f"{leg.agreed.codec.name}{sealed}, {said}, {ended(call)}"

    return play


def over(transport: str) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.called(transport=transport)
        said = await talking(leg, phone)
        await phone.tell("hangup")
        await call.wait(events.Ended, LONG)
        return f"{said}, {ended(call)}"

    return play


def calling(account: str = "", **media: Any) -> Any:
    async def play(s: Stage) -> str:
        call, leg, phone = await s.taken(account, **media)
        leg.play(SAID)
        early = "ringing heard" if await comes(phone.kept, softphone.OURS) else "ringing not heard"
        await call.answer(leg)
        said = await talking(leg, phone)
        await phone.tell("hangup")
        await call.wait(events.Ended, LONG)
        return f"{early}, {said}, {ended(call)}"

    return play


async def keys(s: Stage) -> str:
    call, leg, phone = await s.called()
    await leg.keys.send("159*0#").ended()
    await until(lambda: len(phone.keys()) >= 6)
    for key in ("7", "#"):
        await phone.tell("sndcode", key)
        await until(lambda: leg.keys.text.endswith(key))  # noqa: B023
    await call.key("4")
    await until(lambda: len(phone.keys()) >= 7)
    return f"they were pressed {phone.keys()}, we {leg.keys.text}"


def held_by_us(style: Any) -> Any:
    """baresip 1.0 plays nothing any more once a `sendonly` has held it, two of it among themselves
    neither; after a zero address it does."""

    async def play(s: Stage) -> str:
        call, leg, phone = await s.called()
        leg.session.hold = style
        first = await talking(leg, phone)
        code = await call.hold()
        quiet = "nothing heard" if await until(lambda: _quiet(leg)) else "still heard"
        back = await call.resume()
        again = await talking(leg, phone) if style == "0.0.0.0" else await again_heard(leg)
        return f"{first}, held {code}, {quiet}, resumed {back}, {again}"

    return play


async def again_heard(leg: Leg) -> str:
    return "heard again" if await comes(lambda: recorded(leg), TONE) else "not heard"


def _quiet(leg: Leg) -> bool:
    """Whether the last half second that a leg heard is silence."""
    return not np.any(recorded(leg)[0][-4000:])


async def held_by_them(s: Stage) -> str:
    call, leg, phone = await s.called()
    first = await talking(leg, phone)
    await phone.tell("hold")
    held = "held" if await until(lambda: leg.held) else "not held"
    await phone.tell("resume")
    back = "resumed" if await until(lambda: not leg.held) else "not resumed"
    return f"{first}, {held}, {back}, {await again_heard(leg)}, {call.state}"


async def refused(s: Stage) -> str:
    phone = await s.softphone("regint=0")
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(f"sip:desk@{phone.place}", leg)
    await call.wait(events.Progress, LONG)
    await phone.event("CALL_INCOMING")
    await phone.tell("hangup")
    await call.wait(events.Ended, LONG)
    return f"180, {ended(call)}"


async def taken_back(s: Stage) -> str:
    phone = await s.softphone("regint=0")
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(f"sip:desk@{phone.place}", leg)
    await call.wait(events.Progress, LONG)
    await phone.event("CALL_INCOMING")
    await call.hang_up()
    await phone.event("CALL_CLOSED")
    return f"180, {ended(call)}"


async def transferred_by_them(s: Stage) -> str:
    """baresip sends us on by REFER to another telephone of ours."""
    call, leg, phone = await s.called()
    said = await talking(leg, phone)
    desk, new = await s.ours(user="second"), await s.leg()
    at_desk: list[Incoming] = []

    async def answer(call: Incoming) -> None:
        at_desk.append(call)
        await call.answer(await s.leg())

    async def obey(call: Any, referral: Any) -> Leg:
        return new

    desk.incoming, call.agent.obey = answer, obey
    await phone.tell("transfer", f"sip:second@{desk.place}")
    referred = await call.wait(events.Referred, LONG)
    assert referred
    await until(lambda: at_desk and at_desk[0].state == "up")
    await call.wait(events.Ended, LONG)
    return f"{said}, referred ({referred.code}), second desk {at_desk[0].state}, {ended(call)}"


async def transferred_by_us(s: Stage) -> str:
    """baresip obeys our REFER; whoever it calls then is a telephone of ours."""
    call, leg, phone = await s.called()
    said = await talking(leg, phone)
    desk, at_desk = await s.ours(user="second"), []

    async def answer(call: Incoming) -> None:
        at_desk.append(call)
        await call.answer(await s.leg())

    desk.incoming = answer
    transfer = await call.refer(f"sip:second@{desk.place}")
    told = await transfer.result(LONG)
    await until(lambda: at_desk and at_desk[0].state == "up")
    assert at_desk
    new = s.legs[-1]
    return f"{said}, REFER {transfer.code}, told {told}, second desk: {await talking(new, phone)}"


async def agent_of_the_company(s: Stage) -> str:
    """baresip is the company's agent: its exchange rings it, for a caller who dials the desk."""
    place = s.company.targets["billing-desk-sip"]
    address = place.removeprefix("sip:")
    phone = await s.softphone(
        f"auth_user=billing-desk;auth_pass={s.company.secrets['desk_password']};regint=60;"
        "answermode=auto;audio_codecs=PCMU",
        f"sip:{address}",
    )
    assert await until(lambda: "200 OK" in phone.said), phone.said
    ours, leg = await s.ours(), await s.leg()
    call = await ours.call(place, leg)
    await call.wait(events.Answered, LONG)
    said = await talking(leg, phone)
    await leg.keys.send("5").ended()
    await until(phone.keys)
    await phone.tell("hangup")
    await call.wait(events.Ended, LONG)
    return f"registered, {said}, key {phone.keys()}, {ended(call)}"


US, THEM = "ended by us, SIP -", "ended by them, SIP -"
Scenario = tuple[str, Callable[[Stage], Awaitable[str]], str]
SCENARIOS: list[Scenario] = [
    *(
        (f"it answers our call, {codec}", speaking(codec), f"{codec}, {BOTH}, {US}")
        for codec in ("PCMU", "PCMA", "G722", "opus")
    ),
    (
        "it answers our call, SRTP with keys in the description",
        speaking("PCMU", ";mediaenc=srtp-mand", srtp="must"),
        f"PCMU, SRTP, {BOTH}, {US}",
    ),
    ("it answers our call, TCP; it hangs up", over("tcp"), f"{BOTH}, {THEM}"),
    ("it answers our call, TLS; it hangs up", over("tls"), f"{BOTH}, {THEM}"),
    ("it calls us; sound before the answer", calling(), f"ringing heard, {BOTH}, {THEM}"),
    (
        "it calls us, SRTP with keys in the description",
        calling(";mediaenc=srtp-mand", srtp="must"),
        f"ringing heard, {BOTH}, {THEM}",
    ),
    (
        "keys: our RFC 4733 and INFO, its RFC 4733",
        keys,
        "they were pressed 159*0#4, we 7#",
    ),
    (
        "held and taken back by us, `sendonly`",
        held_by_us("sendonly"),
        f"{BOTH}, held 200, nothing heard, resumed 200, heard again",
    ),
    (
        "held and taken back by us, a zero address (RFC 2543)",
        held_by_us("0.0.0.0"),
        f"{BOTH}, held 200, nothing heard, resumed 200, {BOTH}",
    ),
    (
        "held and taken back by it",
        held_by_them,
        f"{BOTH}, held, resumed, heard again, up",
    ),
    ("it refuses", refused, "180, ended by them, SIP 486"),
    ("taken back while it rings", taken_back, "180, ended by us, SIP 487"),
    (
        "it sends us on by REFER",
        transferred_by_them,
        f"{BOTH}, referred (202), second desk up, {THEM}",
    ),
    (
        "it obeys our REFER",
        transferred_by_us,
        f"{BOTH}, REFER 202, told 200, second desk: {BOTH}",
    ),
    (
        "it is the agent at the built-in company's exchange (digest)",
        agent_of_the_company,
        f"registered, {BOTH}, key 5, {THEM}",
    ),
]


async def played(play: Any, stage: Stage) -> str:
    """What was seen; an error is what was seen too."""
    async with stage.stack:
        try:
            return str(await play(stage))
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, certificate: Tls) -> dict[str, str]:
    """What was seen in each scenario."""

    async def all_at_once(company: Company) -> list[str]:
        stages = (
            Stage(tmp_path_factory.mktemp("baresip"), company, certificate) for _ in SCENARIOS
        )
        plays = (play for _, play, _ in SCENARIOS)
        return await asyncio.gather(*map(played, plays, stages))

    with started() as company:
        seen = asyncio.run(all_at_once(company))
    return dict(zip((name for name, _, _ in SCENARIOS), seen, strict=True))


@pytest.mark.parametrize(
    ("name", "expected"), [(name, said) for name, _, said in SCENARIOS], ids=lambda text: text[:60]
)
def test_a_softphone_does_what_is_expected(
    name: str, expected: str, found: dict[str, str], row: Any
) -> None:
    row(name, expected, found[name])


def test_the_page_has_what_these_tests_say() -> None:
    text = PAGE.read_text("utf-8")
    missing = [name for name, _, said in SCENARIOS if f"| {name} | {said} | {said} |" not in text]
    assert missing == [], "hint: ./cx bench peers --write"
