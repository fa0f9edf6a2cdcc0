"""Real calls over SIP against the built-in company: codes, keys, sound, transfers, evidence."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from typing import Any

import pytest

from cxassure.errors import Broken, CannotLook

RECORDINGS = "cxassure.demo:assets/prompts"
NUMBER = "+15550771"
WAYS: list[dict[str, Any]] = [
    {"dtmf": "rfc4733"},
    {"dtmf": "info"},
    {"dtmf": "inband"},
    {"codecs": ["PCMA"]},
]


def at_number(company: Any, number: str) -> str:
    return re.sub(r"\+\d+", number, company.targets["support-line-sip"])


async def until(asked: Any, patience: float = 30.0) -> Any:
    async with asyncio.timeout(patience):
        while not (seen := await asked()):
            await asyncio.sleep(0.1)
    return seen


@pytest.mark.parametrize("code", ["404", "480", "486", "503", "603"])
async def test_a_company_that_does_not_answer_has_failed_with_its_code(company, telephone, code):
    caller = await telephone("ivr", at_number(company, f"+15550{code}"))
    with pytest.raises(Broken, match=f"SIP {code}") as told:
        await caller.do("dial")
    assert told.value.code == code
    assert (await caller.see("signal"))["code"] == int(code)


async def test_a_trunk_that_refuses_us_is_our_own_matter(company, telephone):
    caller = await telephone("ivr", at_number(company, "+15550403"))
    with pytest.raises(CannotLook, match=r"our trunk refused the call \(SIP 403\)"):
        await caller.do("dial")


async def test_a_trunk_that_is_not_there_is_our_own_matter(telephone):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"sip:127.0.0.1:{closed.getsockname()[1]};transport=tcp;lr"
        caller = await telephone("ivr", "support-line-sip", proxy=proxy)
        with pytest.raises(CannotLook, match=r"our trunk sip:127\.0\.0\.1"):
            await caller.do("dial")


@pytest.mark.parametrize(
    "wrong", [{"key": "9s"}, {"silence": "lots"}, {"dead_air": "0s"}, {"gap": "100"}]
)
async def test_a_length_that_makes_no_sense_is_told_before_anybody_is_rung(telephone, wrong):
    with pytest.raises(CannotLook, match="an option of target «target» is wrong") as told:
        await telephone("ivr", "support-line-sip", **wrong)
    assert next(iter(wrong)) in told.value.what and "500ms" in told.value.hint


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_wrong_password_is_our_own_matter(telephone, password):
    caller = await telephone("ivr", "support-line-digest", password=password, user="kim")
    with pytest.raises(CannotLook, match=r"SIP 40[17]"):
        await caller.do("dial")


async def test_a_desk_with_a_wrong_password_is_not_let_in(telephone):
    with pytest.raises(CannotLook, match="registering"):
        await telephone("agent", "billing-desk-sip", password="wrong")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"codecs": ["G729"]}, "G729"),
        ({"ports": "9-1"}, "range of ports"),
        pytest.param({"ports": "1-" + "9" * 5000}, "range of ports", id="long range"),
        pytest.param({"stun": "here:" + "9" * 5000}, "place of a STUN server", id="long port"),
        ({"recogniser": "golden", "golden": "nowhere"}, "no folder"),
        ({"dtmf": "pulse"}, "dtmf|Invalid"),
        ({"silense": "1s"}, "silense"),
        ({"noise": "rain"}, "target «target»: «rain» is no noise"),
        ({"noise": {"street": "loud"}}, "target «target»: «loud» is no level of street"),
        ({"noise": {"street": "9dB", "music": "9dB"}}, "one noise at a time"),
        ({"voice": "nosuch"}, "target «target»: .* no voice «nosuch»"),
        ({"voice": "espeak:zz-none"}, "target «target»: espeak has no voice «zz-none»"),
        ({"recogniser": "whisper", "language": "de"}, "target «target»: .* language «de»"),
        ({"recogniser": "siri"}, "target «target»: unknown recogniser «siri»"),
    ],
)
async def test_a_wrong_option_is_told_before_anything_rings(telephone, options, said):
    with pytest.raises(CannotLook, match=said) as told:
        await telephone("ivr", "support-line-sip", **options)
    assert told.value.hint


async def test_a_caller_hears_presses_and_is_understood_in_every_way(telephone):
    await asyncio.gather(*(hears_presses_and_is_understood(telephone, way) for way in WAYS))


async def hears_presses_and_is_understood(telephone, options):
    caller = await telephone("ivr", "support-line-sip", golden=RECORDINGS, **options)
    await caller.do("dial")

    async def hears(words: str) -> bool:
        heard = await caller.see("prompt")
        return heard is not None and words in heard.text

    await until(lambda: hears("For your gift card balance, press 1."))
    await caller.do("press", {"digits": "4", "at_once": "true"})
    await until(lambda: hears("8 am to 10 pm"))
    assert await caller.see("confidence") > 0.8
    await caller.session.witness("to see what is kept")
    assert {"call.txt", "sip.txt", "call.wav", "call.json"} <= set(caller.kept)
    assert b"INVITE" in caller.kept["sip.txt"]
    (leg,) = json.loads(caller.kept["call.json"])["legs"]
    assert leg["heard"]["codec"] == (options.get("codecs") or ["PCMU"])[0]


async def test_an_agent_that_stays_is_told_when_the_caller_goes(company, telephone):
    secret = company.secrets["desk_password"]
    agent = await telephone("agent", "billing-desk-sip", {"for": NUMBER}, password=secret)
    caller = await telephone("ivr", "billing-desk-sip", {"from": NUMBER})
    dialling = asyncio.create_task(caller.do("dial", {"data": {"X-Caller": NUMBER}}, within=30))
    await agent.do("answer", within=30)
    await dialling
    assert await until(lambda: agent.see("audio")) == "both ways"
    proven = await agent.see("transfer")
    assert (proven["destination"], proven["shown"]) == ("billing-desk", NUMBER)
    assert (proven["receipt"], proven["outcome"]) == ("agreed", "up")
    staying = asyncio.create_task(agent.do("stay", "20s", within=30))
    await caller.do("hang_up")
    with pytest.raises(Broken, match="did not stay up"):
        await staying
    assert "was ended by the" in (await agent.see("transfer"))["outcome"]


async def test_a_desk_that_is_not_rung_tells_which_one_was(company, telephone):
    secret = company.secrets["desk_password"]
    agent = await telephone("agent", "billing-desk-sip", {"for": NUMBER}, password=secret)
    other = await telephone("agent", "returns-desk-sip", {"for": NUMBER}, password=secret)
    caller = await telephone("ivr", "returns-desk-sip", {"from": NUMBER})
    dialling = asyncio.create_task(caller.do("dial", within=60))
    assert await until(lambda: other.see("rang"))
    with pytest.raises(Broken, match="was not rung") as told:
        await agent.do("answer", within=0.1)
    assert told.value.seen == "returns-desk was rung instead"
    assert (await agent.see("transfer"))["destination"] == "returns-desk"
    await other.do("answer", within=30)
    await dialling


@pytest.mark.parametrize("attended", [False, True])
async def test_an_agent_passes_the_caller_on_to_another_desk(company, telephone, attended):
    secret = company.secrets["desk_password"]
    first = await telephone("agent", "billing-desk-sip", {"for": NUMBER}, password=secret)
    second = await telephone("agent", "returns-desk-sip", {"for": NUMBER}, password=secret)
    caller = await telephone("ivr", "billing-desk-sip", {"from": NUMBER})
    dialling = asyncio.create_task(caller.do("dial", {"data": {"X-Caller": NUMBER}}, within=30))
    await first.do("answer", within=30)
    await dialling
    how = {"to": "returns-desk", "attended": "true" if attended else "false"}
    passing = asyncio.create_task(first.do("transfer", how, within=30))
    await second.do("answer", within=30)
    await passing
    assert await until(lambda: second.see("audio")) == "both ways"
    assert (await second.see("transfer"))["destination"] == "returns-desk"
