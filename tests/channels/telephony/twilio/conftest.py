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
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cxassure.channel import Calling, Opening, Scope
from cxassure.channels._telephony.audio.repertoire import SCRIPT, slug
from cxassure.channels._telephony.audio.speaking import say
from cxassure.channels._telephony.carrier.api.server import Api
from cxassure.channels._telephony.carrier.exchange import Exchange
from cxassure.channels._telephony.carrier.webhook import Webhooks
from cxassure.channels.agent import AgentSession
from cxassure.channels.ivr import IvrSession
from cxassure.settings import Calls, Target


def _beside(name: str) -> ModuleType:
    """A module that lies beside this file."""
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"twilio_{name}", place)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from network import COMPANY, DESK, OURS, RATE, SID, TOKEN, Ears, Network
else:
    _network = _beside("network")
    COMPANY, DESK, OURS = _network.COMPANY, _network.DESK, _network.OURS
    RATE, SID, TOKEN = _network.RATE, _network.SID, _network.TOKEN
    Ears, Network = _network.Ears, _network.Network

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
    return _beside("contract")


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
        api = Api(0)
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
        self.quiet = ""
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
            calling=Calling(self.rules, self.ledger, lambda: self.quiet),
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
