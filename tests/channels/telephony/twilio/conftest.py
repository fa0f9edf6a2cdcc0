"""A telephone network on loopback: our own exchange behind Twilio's REST API, in real time.

A company's number leads to its voice webhook, a number of the account to where it is configured.
Sound is real: prompts are read aloud into recordings and streams, tones are found in what comes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from cxassure.channel import Calling, Opening, Scope, Seen
from cxassure.channels._telephony.audio.repertoire import SCRIPT, Repertoire, slug
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.speaking import say
from cxassure.channels._telephony.carrier.api.numbers import Number
from cxassure.channels._telephony.carrier.api.server import Api, _bound
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.exchange import Exchange
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.carrier.media import encoded
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.voice import Offline
from cxassure.channels._telephony.carrier.webhook import Account, Webhooks
from cxassure.channels._telephony.rtp.tones import Ear as Tones
from cxassure.channels.agent import AgentSession
from cxassure.channels.ivr import IvrSession
from cxassure.settings import Calls, Target

SID, TOKEN = "AC" + "7" * 32, "the-token-of-the-account"
COMPANY, OURS, DESK = "+12025550199", "+12025550101", "+12025550177"
RATE = 8_000
KEYS = "keys "
PROMPTS = (
    "Welcome to the garden shop.",
    "For roses, press 1.",
    "You have chosen tulips.",
    "We are closed today.",
    "One moment.",
    "Please hold the line.",
    "We are open until five.",
    "A person please.",
    "This is Kim.",
    "Where are my roses?",
)
"""What is said on this network. It is read aloud alike each time, and so known by its sound: a
recogniser takes a second and more for each of them."""


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: Any) -> Path:
    """Recordings of `PROMPTS`, in a folder."""
    folder: Path = tmp_path_factory.mktemp("prompts")
    for text in PROMPTS:
        (folder / f"{slug(text)}.wav").write_bytes(say(text, rate=RATE).wav())
    (folder / SCRIPT).write_text("\n".join(PROMPTS))
    return folder


class Ears(Offline):
    """The network's voice: keys in the sound are keys, prompts are known, the rest is heard as
    ever."""

    def __init__(self, prompts: Path) -> None:
        self.prompts, self._known = prompts, Repertoire([str(prompts)])

    async def hear(self, sound: Sound, language: str) -> str | None:
        found = Tones(sound.rate).feed(sound.samples)
        if found:
            return KEYS + "".join(key for key, _, _ in found)
        known = await asyncio.to_thread(self._known.hear, sound)
        return known.text or await super().hear(sound, language)


class Incoming:
    """What comes in on a leg of ours: read aloud where it is wanted as sound."""

    def __init__(self, leg: Call) -> None:
        self.leg = leg
        self.said: list[tuple[float, str]] = []
        leg.carries = self.between

    def hears(self, text: str, track: str = "outbound") -> None:
        """Somebody begins to say something to our leg."""
        if track != "outbound":
            return
        self.said.append((self.leg.clock.now(), text))
        self.leg.clock.start(self._stream(text, self.leg.clock.now()))

    async def _stream(self, text: str, began: float) -> None:
        """To a stream that opens late goes what is left of it."""
        clock = self.leg.clock
        if await clock.until(lambda: self.leg.ended is not None or self.streams, 5):
            taker: Any = self.leg.taker
            if self.streams:
                sound = say(text, rate=RATE)
                taker.media.say(encoded(sound.cut(min(clock.now() - began, sound.seconds))))

    @property
    def streams(self) -> bool:
        return hasattr(self.leg.taker, "media")

    def key(self, key: str) -> None:
        """Keys pressed by our side are not heard by it."""

    def tone(self, key: str) -> None:
        taker: Any = self.leg.taker
        if self.streams:
            taker.key(key)

    def between(self, began: float, ended: float) -> Sound:
        import numpy as np

        whole = np.zeros(max(round((ended - began) * RATE), 1), np.int16)
        for place, (at, text) in enumerate(self.said):
            until = self.said[place + 1][0] if place + 1 < len(self.said) else ended
            sound = say(text, rate=RATE).cut(0, max(min(until, ended) - at, 0))
            start = round((at - began) * RATE)
            samples = sound.samples[max(-start, 0) :]
            start = max(start, 0)
            samples = samples[: max(len(whole) - start, 0)]
            whole[start : start + len(samples)] = samples
        return Sound(whole, RATE)


class Patch:
    """Two legs joined: `near` carries out our documents, `far` is the company's end."""

    def __init__(self, network: Network, near: Call, far: Call) -> None:
        self.network, self.near, self.far = network, near, far
        self.incoming = Incoming(near)

    def from_near(self, seen: Seen) -> None:
        """What our document says or plays goes to the company."""
        if seen.what == "tones" or seen.text.startswith(KEYS):
            for key in seen.text.removeprefix(KEYS):
                if key not in "wW":
                    self.far.key(key)
        elif seen.what == "prompt":
            self.far.speak(seen.text, spoken(seen.text))

    def from_far(self, seen: Seen) -> None:
        """What others say in the company's rooms; its own prompts come by the tap."""
        if seen.what == "speech":
            self.incoming.hears(seen.text)
        elif seen.what == "tone":
            self.incoming.tone(seen.text)

    async def until_over(self) -> None:
        near, far = self.near, self.far
        await near.clock.until(lambda: near.ended is not None or far.ended is not None)
        far.end("customer", "hung up by the caller")
        near.end("company", "hung up at the other end")


class CompanyNumber:
    """A number that leads to a company's webhook."""

    def __init__(self, network: Network, account: Account) -> None:
        self.network, self.account, self.address = network, account, account.number
        self.calls: list[Call] = []

    def rung(self, ring: Ring) -> None:
        self.network.exchange.clock.start(self._through(ring))

    async def _through(self, ring: Ring) -> None:
        exchange, near = self.network.exchange, ring.leg
        heard: list[Seen] = []
        far = exchange.place(self.account, near.caller, Ear(exchange.clock, heard.append))
        patch = Patch(self.network, near, far)
        far.ear.record = patch.from_far
        far.taps.append(patch.incoming)  # type: ignore[arg-type]
        self.calls.append(far)
        await exchange.clock.until(lambda: far.answered is not None or far.ended is not None)
        if far.answered is None:
            ring.decline()
            return
        if ring.state != "ringing":
            far.end("customer", "gave up")
            return
        ring.answer(Ear(exchange.clock, patch.from_near))
        await patch.until_over()


class OurNumber:
    """A number of the account: rings wherever it is configured to."""

    def __init__(self, network: Network, number: Number) -> None:
        self.network, self.number, self.address = network, number, number.number

    def rung(self, ring: Ring) -> None:
        if self.number.settings.get("voice_url"):
            self.network.exchange.clock.start(self._through(ring))

    async def _through(self, ring: Ring) -> None:
        exchange, far = self.network.exchange, ring.leg
        url = self.number.settings["voice_url"]
        account = replace(self.network.account, url=url, number=self.address)
        near = exchange.place(account, far.caller, Ear(exchange.clock, lambda seen: None))
        patch = Patch(self.network, near, far)
        near.ear.record = patch.from_near
        await exchange.clock.until(
            lambda: near.answered is not None or near.ended is not None or ring.state != "ringing"
        )
        if ring.state == "ringing" and near.answered is not None:
            far.taps.append(patch.incoming)  # type: ignore[arg-type]
            ring.answer(Ear(exchange.clock, patch.from_far))
            await patch.until_over()
        elif ring.state == "ringing":
            ring.decline()
        near.end("customer", "the caller gave up")


class Network:
    """The exchange, its API and its clock, which goes as real time does."""

    def __init__(self, exchange: Exchange, api: Api, findings: list[str], ears: Ears) -> None:
        self.exchange, self.api, self.findings = exchange, api, findings
        self.asked: list[str] = []
        """Operations of Twilio's document that were asked, and what of them is against it."""
        self.wrong: list[str] = []
        self.account = Account("twilio", "", account_sid=SID, auth_token=TOKEN)
        self.address = api.address
        exchange.voice = ears
        exchange.api, exchange.api_address = api, api.address
        api.enrol(exchange, self.account)

    def company(self, url: str, number: str = COMPANY, token: str = "") -> CompanyNumber:
        account = Account("company", url, number=number, account_sid="AC" + "c" * 32)
        desk = CompanyNumber(self, replace(account, auth_token=token))
        self.exchange.desks.append(desk)
        return desk

    def number(self, number: str = DESK, url: str = "https://before.example/voice") -> Number:
        made = Number(self.exchange.new_sid("PN"), number, {"voice_url": url})
        self.exchange.numbers[made.sid] = made
        self.exchange.desks.append(OurNumber(self, made))
        return made

    async def drive(self) -> None:
        clock = self.exchange.clock
        with clock.bound():
            while True:
                await clock.advance(clock.now() + 1)

    @property
    def up(self) -> list[Call]:
        return [call for call in self.exchange.everyone() if call.ended is None]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def nothing(name: str, data: bytes, media: str) -> None:
    """Keeps nothing."""


def an_opening(channel: str, target: Target, **more: Any) -> Opening:
    told: dict[str, Any] = {
        "observe": lambda seen: None,
        "keep": nothing,
        "finding": lambda text: None,
        "conceals": lambda text: False,
        "run": Scope(),
        "campaign": Scope(),
        "targets": {target.name: target},
        **more,
    }
    return Opening(party=target.name, channel=channel, target=target, **told)


def held_to(contract: ModuleType, network: Network) -> None:
    """From now on every request and answer is compared with Twilio's document."""
    known, page = contract.operations(), network.api._page

    async def checked(request: Any) -> Any:
        body = (await request.body()).decode()
        answer = await page(request)
        found = contract.find(request.method, request.url.path, known)
        if found:
            one, named = found
            network.asked.append(one.name)
            wrong = one.wrong_request(named, request.url.query, body)
            wrong += one.wrong_answer(answer.status_code, answer.body)
            network.wrong += [f"{one.name}: {what}" for what in wrong]
        elif request.url.path.endswith(".json"):
            network.wrong.append(f"{request.method} {request.url.path} is not in the document")
        return answer

    network.api._page = checked  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def contract() -> ModuleType:
    """Twilio's published document: `contract.py` beside this file."""
    place = Path(__file__).with_name("contract.py")
    spec = importlib.util.spec_from_file_location("twilio_contract", place)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def open_network(
    request: Any, contract: ModuleType, prompts: Path
) -> AsyncIterator[Callable[..., Any]]:
    """Makes networks that reach the given addresses; what they are asked is held to the document
    that Twilio publishes."""
    made: list[tuple[Network, asyncio.Task[None]]] = []

    async def make(*addresses: str) -> Network:
        findings: list[str] = []
        target = Target(name="network", address=addresses[0], also=tuple(addresses[1:]))
        opening = an_opening("ivr", target, finding=findings.append)
        webhooks = await Webhooks.open(opening)
        exchange = Exchange(webhooks, f"{request.node.name}-{time.time_ns()}", findings.append)
        api = Api(_bound(0))
        network = Network(exchange, api, findings, Ears(prompts))
        held_to(contract, network)
        await api.start()
        made.append((network, asyncio.create_task(network.drive())))
        return network

    yield make
    for network, driving in made:
        driving.cancel()
        with suppress(asyncio.CancelledError):
            await driving
        await network.exchange.close()
        await network.api.close()
        assert set(network.wrong) == set(), "\n".join(sorted(set(network.wrong)))


class Parties:
    """Opens parties over twilio, as an engine does."""

    def __init__(self, folder: Path, run_id: str, prompts: Path) -> None:
        self.ledger, self.run_id, self.prompts = folder / "calls.db", run_id, prompts
        self.rules = Calls(allow=("+1202555*",), per_day=100, per_run=100, longest=300)
        self.run, self.campaign = Scope(), Scope()
        self.findings: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.sessions: list[Any] = []
        self.secrets: dict[str, str] = {}
        """Options as they stand in cxassure.yaml, before they are filled in."""

    def options(self, network: Network, **more: Any) -> dict[str, Any]:
        keys = {"account_sid": SID, "auth_token": TOKEN, "api": network.address}
        known = {"recogniser": "golden", "recogniser_options": {"folders": [str(self.prompts)]}}
        return {**keys, **known, "insights": network.address, "poll": 0.1, **more}

    async def caller(self, network: Network, **more: Any) -> Any:
        from cxassure.channels.ivr.twilio import TwilioLine

        options = self.options(network, **{"from": OURS, "piece": 1.5, **more})
        target = Target(name="line", address=COMPANY, over="twilio", options=options)
        return await self._open(IvrSession(self._opening("ivr", target), TwilioLine))

    async def agent(self, network: Network, **more: Any) -> Any:
        from cxassure.channels.agent.twilio import TwilioDesk

        target = Target(
            name="desk", address=DESK, over="twilio", options=self.options(network, **more)
        )
        return await self._open(AgentSession(self._opening("agent", target), TwilioDesk))

    def _opening(self, channel: str, target: Target) -> Opening:
        async def keep(name: str, data: bytes, media: str) -> None:
            self.kept[name] = data

        written = msgspec.structs.replace(target, options={**target.options, **self.secrets})
        return an_opening(
            channel,
            target,
            keep=keep,
            finding=self.findings.append,
            run=self.run,
            campaign=self.campaign,
            run_id=self.run_id,
            targets={target.name: written},
            calling=Calling(self.rules, self.ledger),
        )

    async def _open(self, session: Any) -> Any:
        self.sessions.append(session)
        await session.open()
        return session

    async def close(self) -> None:
        for session in reversed(self.sessions):
            await session.close()
        await self.run.close()
        await self.campaign.close()


@pytest.fixture
def public() -> str:
    """An address under which the network reaches our listener."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
async def parties(tmp_path: Path, request: Any, prompts: Path) -> AsyncIterator[Parties]:
    made = Parties(tmp_path, f"{request.node.name}-{time.time_ns()}", prompts)
    yield made
    await made.close()
