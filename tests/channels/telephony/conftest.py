"""A company on loopback that answers what a test tells it to, and parties that telephone it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.channel import Opening, Scope, Session
from cxassure.channels.agent import AgentSession
from cxassure.channels.ivr import IvrSession
from cxassure.settings import Target

Reply = "str | bytes | Response | Callable[[dict[str, str]], Any]"


class Company:
    """One test's corner of the server: documents by path, and what was asked for them."""

    def __init__(self, root: str, prefix: str) -> None:
        self.root, self.prefix = root, prefix
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str], Request]] = []

    def url(self, path: str = "/voice") -> str:
        return f"{self.root}{self.prefix}{path}"

    def says(self, path: str, reply: Any) -> None:
        self.answers[path] = reply

    def params(self, path: str) -> list[dict[str, str]]:
        """What was sent to `path`, in order."""
        return [params for asked, params, _ in self.asked if asked == path]

    async def answer(self, path: str, request: Request) -> Response:
        body = (await request.body()).decode()
        params = dict(parse_qsl(body or request.url.query, keep_blank_values=True))
        self.asked.append((path, params, request))
        reply = self.answers.get(path, Response("no such page", 404))
        if callable(reply) and not isinstance(reply, Response):
            reply = reply(params)
        if isinstance(reply, Response):
            return reply
        text = reply if isinstance(reply, bytes) else f"<Response>{reply}</Response>".encode()
        return Response(text, media_type="text/xml")


@pytest.fixture(scope="session")
def corners() -> Iterator[tuple[str, dict[str, Company]]]:
    """The server, in a thread of its own."""
    companies: dict[str, Company] = {}

    async def page(request: Request) -> Response:
        prefix, path = f"/{request.path_params['test']}", f"/{request.path_params['path']}"
        return await companies[prefix].answer(path, request)

    app = Starlette(routes=[Route("/{test}/{path:path}", page, methods=["GET", "POST"])])
    settings = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", companies
    server.should_exit = True
    thread.join()


@pytest.fixture
def company(corners: tuple[str, dict[str, Company]]) -> Company:
    root, companies = corners
    prefix = f"/t{len(companies)}"
    companies[prefix] = Company(root, prefix)
    return companies[prefix]


class Table:
    """Opens parties of one run as an engine does, and looks at them as it does."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.run, self.campaign = Scope(), Scope()
        self.targets: dict[str, Target] = {}
        self.findings: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.sessions: list[Session] = []

    async def caller(self, url: str, *, party: dict[str, Any] | None = None, **options: Any) -> Any:
        also = options.pop("also", ())
        name = f"line-{len(self.targets)}"
        target = Target(name=name, address=url, over="twiml", also=also, options=options)
        return await self._open(IvrSession(self._opening("ivr", target)), party)

    async def agent(self, address: str, *, party: dict[str, Any] | None = None) -> Any:
        from cxassure.channels.agent.desk import ChatDesk
        from cxassure.channels.agent.twiml import TwimlDesk

        line = ChatDesk if address.startswith("ws") else TwimlDesk
        target = Target(name=f"desk-{len(self.targets)}", address=address)
        return await self._open(AgentSession(self._opening("agent", target), line), party)

    async def _open(self, session: Any, party: dict[str, Any] | None) -> Any:
        self.sessions.append(session)
        await session.open(**(party or {}))
        return session

    def _opening(self, channel: str, target: Target) -> Opening:
        self.targets[target.name] = target

        async def keep(name: str, data: bytes, media: str) -> None:
            self.kept[name] = data

        return Opening(
            party=target.name,
            channel=channel,
            target=target,
            targets=self.targets,
            observe=lambda seen: None,
            keep=keep,
            finding=self.findings.append,
            conceals=lambda text: False,
            run=self.run,
            campaign=self.campaign,
            run_id=self.run_id,
        )

    async def close(self) -> None:
        for session in reversed(self.sessions):
            await session.close()
        await self.run.close()
        await self.campaign.close()


@pytest.fixture
async def table(request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    table = Table(f"{request.node.name}-{time.time_ns()}")
    yield table
    await table.close()


@pytest.fixture
def hears() -> Callable[..., Any]:
    """Attends until what is said to a party holds `words`; gives the seconds that it took."""

    async def hears(session: Any, words: str, within: float = 60) -> float:
        began = session.clock.now()
        while True:
            heard = session.prompt()
            if heard and words.lower() in heard.text.lower():
                session.matched = len(session.seen)
                return float(session.clock.now() - began)
            if session.clock.now() >= began + within:
                raise AssertionError(f"never heard «{words}» but: {session.seen}")
            await session.attend(began + within)

    return hears


@pytest.fixture
def act() -> Callable[..., Any]:
    """Does a verb as the engine does: what is read begins with it."""

    async def act(session: Any, verb: str, *words: Any, **named: Any) -> None:
        session.window = session.matched = len(session.seen)
        await getattr(session, verb)(*words, **named)

    return act


@pytest.fixture(scope="session")
def streams() -> ModuleType:
    """The small voice agent of `streams.py` beside this file, and its voice."""
    place = Path(__file__).with_name("streams.py")
    spec = importlib.util.spec_from_file_location("telephony_streams", place)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def demo() -> Iterator[dict[str, str]]:
    """The built-in company, a process of its own; gives its targets."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cxassure.demo", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield json.loads(line)["targets"]
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    assert process.stdin is not None
    process.stdin.close()
    process.stdout.close()
