"""Against sipp, a peer that we did not write: the scenarios, what is expected, what was seen.

Each is a row of docs/peers.md, which `./cx bench peers --write` writes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.digest import Credentials, Guard
from cxassure.channels._telephony.sip.session_timer import Policy
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.channels._telephony.sip.uri import escape

SIPP = shutil.which("sipp")
PAGE = Path(__file__).parents[4] / "docs" / "peers.md"
KIM = Credentials("kim", "s3cret")

spec = importlib.util.spec_from_file_location("sip_setting", Path(__file__).with_name("setting.py"))
assert spec and spec.loader
setting = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = setting
spec.loader.exec_module(setting)
Setting, LONG = setting.Setting, setting.LONG
seen, answers, stay, hang_up = setting.seen, setting.answers, setting.stay, setting.hang_up
dropping, desk_in_a_call, replaced = setting.dropping, setting.desk_in_a_call, setting.replaced

pytestmark = pytest.mark.skipif(
    SIPP is None, reason="sipp is not installed: apt-get install sip-tester"
)


# What is played


async def digest(s: Setting) -> str:
    return seen(await s.calls("digest", credentials=[KIM]))


async def lost_invite(s: Setting) -> str:
    """A relay in between lets the first two INVITEs fall."""
    ours = await s.opened()
    async with s.sipp("answered", s.folder) as port, dropping(port, 2) as (through, fallen):
        call = await ours.call(f"sip:desk@127.0.0.1:{through}", s.media())
        await hang_up(call)
    return f"{fallen[0]} INVITEs lost, {seen(call)}"


async def taken_back(s: Setting) -> str:
    async def act(call: Any) -> None:
        assert await call.wait(events.Progress, LONG)
        await call.hang_up()

    return seen(await s.calls("taken_back", act))


async def hold(s: Setting) -> str:
    async def act(call: Any) -> None:
        await stay(call)
        changes = 0
        async for event in call.events():
            changes += isinstance(event, events.Changed)
            if changes == 3:
                break
        await call.hang_up()

    return seen(await s.calls("hold", act))


async def refer(s: Setting, name: str = "refer") -> str:
    ours, desk = await s.opened(), await s.opened()
    at_desk = s.taking(desk, s.media)

    async def obey(call: Any, referral: Any) -> Any:
        return s.media()

    ours.obey = obey
    async with s.sipp(name, s.folder, "-key", "desk", str(desk.address[1])) as port:
        call = await ours.call(f"sip:ivr@127.0.0.1:{port}", s.media())
        assert await call.wait(events.Ended, LONG)
        if name == "refer_unheard":
            assert await call_trouble(call)
    about = at_desk[0].about
    assert about
    context = [about.extra.get("X-Queue", ""), *about.user_to_user]
    told = seen(call).replace("answered 408 no answer came", "not answered")
    return f"{told}, desk {at_desk[0].state} with {' and '.join(context)}"


async def call_trouble(call: Any) -> Any:
    async with asyncio.timeout(LONG):
        while not any(isinstance(event, events.Trouble) for event in call.history):
            await asyncio.sleep(0.02)
    return True


async def refer_attended(s: Setting) -> str:
    ours = await s.opened()
    desk, at_desk, place = await desk_in_a_call(s)

    async def obey(call: Any, referral: Any) -> Any:
        return s.media()

    ours.obey = obey
    keys = ("-key", "desk", str(desk.address[1]), "-key", "replaces", escape(place))
    async with s.sipp("refer_attended", s.folder, *keys) as port:
        call = await ours.call(f"sip:agent@127.0.0.1:{port}", s.media())
        assert await call.wait(events.Ended, LONG)
    attended = any(isinstance(e, events.Referred) and e.attended for e in call.history)
    assert await at_desk[0].wait(events.Ended, LONG)
    told = f"{seen(call)}, {'attended' if attended else 'blind'}"
    return f"{told}; desk {at_desk[1].state}, its first call: {replaced(at_desk)}"


async def calls_and_replaces(s: Setting) -> str:
    desk, at_desk, place = await desk_in_a_call(s)
    async with s.sipp(
        "calls_and_replaces", s.folder, "-key", "replaces", place, to=desk.address
    ):  # fmt: skip
        pass
    for call in at_desk:
        assert await call.wait(events.Ended, LONG)
    return f"{seen(at_desk[1])}; first call: {replaced(at_desk)}"


async def sent_on(s: Setting) -> str:
    """sipp is in a call with us and is asked to take the place of our other call."""
    other, desk = await s.opened(), await s.opened(user="2")
    s.taking(desk, s.media)
    second = await other.call(f"sip:2@{desk.place}", s.media())
    assert await second.wait(events.Answered, LONG)
    result = 0

    async def act(call: Any) -> None:
        nonlocal result
        await stay(call)
        transfer = await call.refer(f"sip:2@{desk.place}", replaces=second)
        result = await transfer.result(LONG)
        await call.hang_up()

    call = await s.calls("sent_on", act)
    return f"{seen(call)}, transferred ({result})"


async def info(s: Setting) -> str:
    async def act(call: Any) -> None:
        assert await call.wait(events.Key, LONG)
        assert await call.key("9") == 200
        await call.hang_up()

    return seen(await s.calls("info", act))


async def registrar(s: Setting) -> str:
    ours = await s.opened(user="kim")
    async with s.sipp("registrar", s.folder) as port:
        registration = await ours.register(f"sip:kim@127.0.0.1:{port}", credentials=KIM)
        granted = registration.expires
        await registration.unregister()
    return f"registered for {granted} s, then for {registration.expires} s"


async def with_context(s: Setting) -> str:
    call = await answers(s, "calls")
    about = call.about
    assert about
    return f"{seen(call)}; order {about.extra['X-Order']}, {about.user_to_user[0]}"


def calling(name: str, act: Any = None, **how: Any) -> Any:
    async def play(s: Setting) -> str:
        return seen(await s.calls(name, act, **how))

    return play


async def silent(s: Setting) -> str:
    return seen(await s.calls("silent", timers=s.hasty))


async def stay_until_alive(call: Any) -> None:
    """Until it was said twice that the call is alive."""
    await stay(call)
    async with asyncio.timeout(LONG):
        while sum(isinstance(event, events.Changed) for event in call.history) < 2:
            await asyncio.sleep(0.02)
    await call.hang_up()


QUICK = Timers(t1=0.1, t2=0.4, t4=0.5, linger=1.0, second=0.01)
"""A hundred seconds of a session timer in one."""


def called(name: str, **how: Any) -> Any:
    async def play(s: Setting) -> str:
        made = {key: value() if key == "guard" else value for key, value in how.items()}
        if made.pop("hasty", False):
            made["timers"] = s.hasty
        return seen(await answers(s, name, **made))

    return play


US, THEM = "ended by us, SIP -, Q.850 16", "ended by them, SIP -, Q.850 16"
Scenario = tuple[str, Callable[[Setting], Awaitable[str]], str]
SCENARIOS: list[Scenario] = [
    ("a password is asked for (401, digest MD5)", digest, f"answered, {US}"),
    (
        "183 with sound, reliably (PRACK)",
        calling("early_media"),
        f"183 with sound, answered, {US}",
    ),
    ("busy", calling("busy"), "180, ended by them, SIP 486, Q.850 17"),
    (
        "503 with Retry-After and a cause",
        calling("unavailable"),
        "ended by them, SIP 503, Q.850 34",
    ),
    ("answered after 1.5 s of ringing", calling("late_answer"), f"180, answered, {US}"),
    ("taken back while it rings", taken_back, "180, ended by us, SIP 487, Q.850 16"),
    ("declined", calling("declined"), "180, ended by them, SIP 603, Q.850 21"),
    (
        "rings, and nobody comes",
        calling("nobody_came"),
        "180, ended by them, SIP 480, Q.850 19",
    ),
    ("no answer at all", silent, "ended by network, SIP 408, Q.850 102"),
    ("answered over TCP", calling("answered", transport="tcp"), f"180, answered, {US}"),
    (
        "we keep the call alive (session timer)",
        calling("refreshed", stay_until_alive, timers=QUICK, session=Policy(90)),
        "answered, described anew by us (INVITE, 200), described anew by us (INVITE, 200), " + US,
    ),
    (
        "they do not keep it alive, as they said they would",
        calling("not_refreshed", stay, timers=QUICK),
        "answered, ended by network, SIP -, Q.850 102",
    ),
    ("the first two INVITEs are lost", lost_invite, f"2 INVITEs lost, 180, answered, {US}"),
    ("two proxies stay in the path", calling("record_route"), f"answered, {US}"),
    (
        "hold, resume, and a line refused by port 0",
        hold,
        "answered, held by them (INVITE, 200), described anew by them (INVITE, 200), "
        f"described anew by them (INVITE, 488), {US}",
    ),
    (
        "REFER with embedded headers, told by NOTIFY",
        refer,
        f"answered, referred (202), {THEM}, desk up with billing and hi",
    ),
    (
        "REFER with Replaces: another call's place is taken",
        refer_attended,
        f"answered, referred (202), {THEM}, attended; desk up, "
        "its first call: another call took its place (told)",
    ),
    (
        "our REFER with Replaces, told by NOTIFY",
        sent_on,
        f"answered, {US}, transferred (200)",
    ),
    (
        "sipp calls to take another call's place",
        calls_and_replaces,
        f"180, answered, {THEM}; first call: another call took its place (told)",
    ),
    ("INFO keys both ways", info, f"answered, key 5, {US}"),
    (
        "hung up with a cause",
        calling("bye_with_reason", stay),
        "answered, ended by them, SIP -, Q.850 38",
    ),
    ("registered with a password, and taken back", registrar, "registered for 60 s, then for 0 s"),
    (
        "sipp calls, with context",
        with_context,
        f"180, answered, {THEM}; order 1048213, hi",
    ),
    (
        "sipp calls, and we ask for a password",
        called(
            "calls_with_digest",
            guard=lambda: Guard("house", {"kim": "s3cret"}, algorithms=("MD5",)),
        ),
        f"180, answered, {THEM}",
    ),
    (
        "sipp takes its call back",
        called("calls_and_takes_back", answer=False),
        "180, ended by them, SIP 487, Q.850 16",
    ),
    (
        "sipp leaves the first description to us",
        called("calls_without_offer"),
        f"180, answered, {THEM}",
    ),
    ("sipp requires reliable ringing", called("calls_reliably"), f"180, answered, {THEM}"),
    (
        "sipp holds by re-INVITE and returns by UPDATE",
        called("calls_and_holds"),
        "180, answered, held by them (INVITE, 200), described anew by them (UPDATE, 200), " + THEM,
    ),
    (
        "sipp never acknowledges our answer",
        called("calls_and_never_acknowledges", hasty=True),
        "180, answered, ended by network, SIP -, Q.850 16",
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[name for name, _, _ in SCENARIOS])
async def test_a_scenario_is_seen_as_expected(
    scenario: Scenario,
    opened: Any,
    described: Any,
    taking: Any,
    hasty: Any,
    tmp_path: Path,
    sipp: Any,
    row: Any,
) -> None:
    name, play, expected = scenario
    row(name, expected, await play(Setting(opened, described, taking, tmp_path, hasty, sipp)))


async def test_a_notify_that_is_not_answered_is_only_told(
    opened: Any, described: Any, taking: Any, hasty: Any, tmp_path: Path, sipp: Any
) -> None:
    async def hurried(**settings: Any) -> Any:
        return await opened(**{"timers": hasty, **settings})

    found = await refer(Setting(hurried, described, taking, tmp_path, hasty, sipp), "refer_unheard")
    assert found.startswith("answered, referred (202), ended by them")
    assert "our NOTIFY of the transfer was not answered" in found
    assert found.endswith("desk up with ")


def test_the_page_has_what_these_tests_say() -> None:
    text = PAGE.read_text("utf-8")
    missing = [name for name, _, said in SCENARIOS if f"| {name} | {said} | {said} |" not in text]
    assert missing == [], "hint: ./cx bench peers --write"
