"""What is heard before the answer: prompts and ringing in early media (183)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import g711
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.demo.telephone import prompts, transfer
from cxassure.errors import Broken

CLOSED = "We are closed at the moment."
RECORDINGS = "cxassure.demo:assets/prompts"


@asynccontextmanager
async def company_that_says(
    sound: bytes, then: Callable[[Incoming, Any], Any]
) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A company that says something before it answers or refuses, which it does once it is told
    to: where it is, and what tells it."""
    on, legs = asyncio.Event(), []

    async def ring(call: Incoming) -> None:
        legs.append(leg := await MediaPort().leg())
        await call.ring(183, media=leg)
        leg.play(Sound(g711.decode(g711.MU, sound), 8000))
        await on.wait()
        await then(call, leg)

    try:
        async with UserAgent(allowed=["127.0.0.1"]) as company:
            company.incoming = ring
            yield f"sip:+15550195@{company.place}", on
    finally:
        for leg in legs:
            await leg.close()


async def answered(call: Incoming, leg: Any) -> None:
    await call.answer(leg)


async def refused(call: Incoming, leg: Any) -> None:
    call.reject(404)


async def heard(party: Any, *kinds: str) -> Any:
    """The first observation of some kinds; waits for it."""
    async with asyncio.timeout(60):
        while not (found := [seen for seen in party.seen if seen.what in kinds]):
            await asyncio.sleep(0.05)
    return found[0]


async def test_a_prompt_is_heard_before_the_company_has_answered(telephone: Any) -> None:
    async with company_that_says(prompts.spoken(CLOSED), answered) as (place, on):
        caller = await telephone("ivr", place, golden=RECORDINGS)
        dialling = asyncio.create_task(caller.do("dial", within=90))
        prompt = await heard(caller, "prompt")
        signal = await caller.see("signal")
        on.set()
        await dialling
        assert (prompt.who, prompt.text) == ("company", CLOSED)
        assert signal["progress"] == "183" and "code" not in signal
        assert (await caller.see("signal"))["code"] == 200


async def test_what_is_said_before_a_refusal_is_heard_and_ringing_is_no_prompt(
    telephone: Any,
) -> None:
    rings = transfer.RINGBACK[: 2 * 8000]
    async with company_that_says(rings + prompts.spoken(CLOSED), refused) as (place, on):
        caller = await telephone("ivr", place, golden=RECORDINGS)
        dialling = asyncio.create_task(caller.do("dial", within=90))
        prompt, tone = await heard(caller, "prompt"), await heard(caller, "ringing", "music")
        on.set()
        with pytest.raises(Broken, match="SIP 404"):
            await dialling
        assert prompt.text == CLOSED and tone.at < prompt.at
