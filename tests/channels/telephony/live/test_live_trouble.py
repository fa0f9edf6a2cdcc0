"""Trouble on a call that nobody asked about, keys that the far end presses, and voicemail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from cxassure import catalog
from cxassure.channel import Scope, Unseen
from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.live.listening import Listening
from cxassure.channels._telephony.live.options import SipOptions
from cxassure.channels._telephony.live.understanding import Understanding
from cxassure.channels._telephony.rtp.leg import Frame
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.errors import Broken
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven

RATE = 8000
PROMPTS = Path(__file__).parents[1] / "audio" / "prompts"
SETTINGS = SipOptions(silence="800ms", golden="cxassure.demo:assets/prompts", recogniser="golden")


def spoken(name: str = "greeting") -> np.ndarray:
    return read_wav(PROMPTS / f"{name}.wav").at(RATE).samples


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


def tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    return sound_of(0.3 * np.sin(2 * np.pi * hertz * time), RATE).samples


def holed(samples: np.ndarray) -> np.ndarray:
    made = samples.copy()
    for at in range(1600, len(made), 1600):
        made[at : at + 400] = 0
    return made


def flat(samples: np.ndarray) -> np.ndarray:
    return np.clip(samples * 12.0, -32767, 32767).astype(np.int16)


Listened = Callable[..., Awaitable["Heard"]]


class Played:
    at = 0.0

    def now(self) -> float:
        return self.at


class Heard:
    """A call that was listened to as fast as it can be: what was noted, and what it comes to."""

    def __init__(self, party: HandDriven) -> None:
        self.what = [(seen.what, seen.text) for seen in party.session.seen]
        self.verdicts = {t.what.partition(":")[0]: t.verdict for t in party.session.troubles}
        self.findings = party.findings


@pytest.fixture
async def heard() -> AsyncIterator[Listened]:
    """Listens to sound as it would to a call: `gaps` are frames that were made up, the caller acts
    at `acts` seconds."""
    shared = Scope()

    async def listen(
        *line: np.ndarray, gaps: tuple[int, ...] = (), acts: float = 0.0, **settings: str
    ) -> Heard:
        sound = np.concatenate(line)
        target = Target(name="line", address="sip:1@127.0.0.1:9")
        options = msgspec.structs.replace(SETTINGS, **settings)
        async with HandDriven("ivr", catalog.connector("ivr", "sip"), target) as party:
            party.opening.campaign, session, clock = shared, party.session, Played()
            session.clock = clock
            understanding = Understanding(party.opening, options)
            await understanding.open()
            listening = Listening(session, options, understanding, lambda: None)
            clock.at = listening.quiet_since = listening.connected = 100.0
            for place in range(0, len(sound) - 159, 160):
                clock.at = 100 + place / RATE
                if acts and place == round(acts * 50) * 160:
                    listening.acted()
                samples = sound[place : place + 160]
                listening._frame(Frame(samples, RATE, clock.at, None, place // 160 in gaps))
            listening.stop()
            await listening.finish()
            return Heard(party)

    yield listen
    await shared.close()


async def test_a_healthy_call_has_no_trouble(heard):
    call = await heard(quiet(0.5), spoken(), quiet(1.0), spoken("menu"), quiet(1.0))
    assert (call.verdicts, call.findings) == ({}, [])


async def test_trouble_is_noted_found_and_judged(heard):
    for kind, verdict, *line in (
        ("choppy", "failed", spoken(), holed(spoken()), quiet(1)),
        ("clipping", "degraded", flat(spoken()), quiet(1)),
        ("fax", "failed", quiet(0.5), tone(2100, 3.0), quiet(1)),
        ("answering machine", "failed", spoken(), quiet(0.4), tone(1000, 0.5), quiet(2)),
        ("dead air", "failed", quiet(7), spoken("closed")),
        ("dead air", "degraded", spoken("closed"), quiet(7)),
    ):
        call = await heard(*line)
        assert call.verdicts == {kind: verdict}
        assert any(found.startswith(f"{kind}: ") for found in call.findings)
        assert any(what == "trouble" and text.startswith(kind) for what, text in call.what)
        if kind == "fax":
            assert not {what for what, _ in call.what} & {"music", "ringing", "prompt"}


async def test_trouble_may_be_told_and_no_more(heard):
    call = await heard(holed(spoken()), quiet(1), trouble="told")
    assert call.verdicts == {} and "choppy" in call.findings[0]


async def test_holes_that_this_side_made_up_are_not_the_companys(heard):
    line = holed(spoken())
    gaps = {at // 160 + more for at in range(1600, len(line), 1600) for more in range(-1, 4)}
    assert (await heard(line, quiet(1), gaps=tuple(gaps))).findings == []


async def test_a_beep_takes_us_down_and_is_no_machine_behind_a_choice_nor_ringing(heard):
    menu, closed = spoken("menu"), spoken("closed")
    call = await heard(menu, quiet(2), closed, quiet(0.3), tone(1000, 0.5), quiet(2), acts=5.0)
    assert "recording" in [what for what, _ in call.what]
    assert call.verdicts == {}
    ringing = [part for _ in range(3) for part in (tone(425, 1.0), quiet(4.0))]
    call = await heard(spoken("person"), quiet(0.3), *ringing, closed)
    assert "recording" not in [what for what, _ in call.what]
    assert "answering machine" not in call.verdicts


# On a real line


class Exchange:
    """Takes calls on loopback: `said` is played, `keys` are pressed, what comes goes back."""

    def __init__(self) -> None:
        self.said, self.keys, self.way, self.echoes = quiet(0.1), "", "rfc4733", False
        self.leg = None

    async def rung(self, ring: Incoming) -> None:
        leg = self.leg = await self.media.leg("company")
        await ring.ring()
        await ring.answer(leg)
        leg.play(Sound(self.said, RATE))
        if self.echoes:
            leg.listen(lambda frame: leg.play(Sound(frame.samples // 2, frame.rate)))
        if self.way == "info":
            for key in self.keys:
                await ring.key(key)
        elif self.keys:
            leg.keys.send(self.keys, by=self.way)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    company = Exchange()
    company.media = MediaPort(address="127.0.0.1", allowed=["127.0.0.1"])
    agent = UserAgent("udp", ("127.0.0.1", 0), allowed=["127.0.0.1"], user="company")
    agent.incoming = company.rung
    await agent.open()
    company.address = f"sip:1001@{agent.place}"
    yield company
    await agent.close()
    if company.leg:
        await company.leg.close()


async def until(asked, patience: float = 30.0):
    async with asyncio.timeout(patience):
        while not (value := await asked()):
            await asyncio.sleep(0.05)
    return value


@pytest.mark.parametrize("way", ["rfc4733", "inband", "info"])
async def test_keys_of_the_company_are_seen_however_they_come(exchange, telephone, way):
    exchange.keys, exchange.way = "58#", way
    caller = await telephone("ivr", exchange.address)
    await caller.do("dial")
    await caller.do("listen")

    async def pressed():
        return await caller.see("keys") == "58#"

    await until(pressed)
    noted = [(seen.who, seen.text) for seen in caller.seen if seen.what == "keys"]
    assert noted == [("company", "5"), ("company", "8"), ("company", "#")]
    await caller.session.witness("")
    assert b"keys       5" in caller.kept["call.txt"]
    assert b'"keys": "58#"' in caller.kept["call.json"]


async def test_our_own_voice_that_comes_back_is_told(exchange, telephone):
    exchange.echoes = True
    caller = await telephone("ivr", exchange.address, dead_air="60s")
    await caller.do("dial")
    await caller.do("say", {"text": "My order please", "at_once": "true"})

    async def echo():
        found = caller.session.troubles
        return [one for one in found if one.what.startswith("echo: our own voice comes back")]

    assert (await until(echo))[0].verdict == "degraded"


async def test_a_greeting_and_a_beep_take_us_down(exchange, telephone):
    exchange.said = np.concatenate([spoken()[: 2 * RATE], quiet(0.3), tone(1000, 0.5), quiet(2)])
    caller = await telephone("ivr", exchange.address)
    await caller.do("dial")

    async def taken():
        return await caller.see("recording")

    await until(taken)


async def test_long_ringing_is_told_where_it_is_too_long_for_the_target(exchange, telephone):
    caller = await telephone("ivr", exchange.address, ringing="1ms")
    await caller.do("dial")
    (trouble,) = caller.session.troubles
    assert trouble.what.startswith("long ringing: the company picked up after")
    assert (trouble.verdict, trouble.facets) == ("degraded", {"signal"})


async def test_an_address_at_which_nobody_is_is_told_as_that(telephone):
    caller = await telephone("ivr", "sip:1001@127.0.0.1:9")
    with pytest.raises(Broken, match=r"nothing answers at sip:1001@127\.0\.0\.1:9"):
        await caller.do("dial", within=0.6)


def test_a_message_that_is_asked_for_without_a_beep_cannot_be_known():
    from cxassure.channel import Seen
    from cxassure.channels._telephony.live.keyed import taken_down

    asked = [Seen("company", "prompt", "Please leave your message after the tone.", 1.0, 3.0)]
    assert taken_down(asked, 1.0) is None
    with pytest.raises(Unseen, match="nobody can say"):
        taken_down(asked, 5.0)
    assert taken_down([Seen("company", "prompt", "Welcome.", 1.0, 3.0)], 1.0) is False
    assert taken_down([], 9.0) is None
