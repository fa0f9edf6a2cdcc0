"""Parties that are driven by hand, as the engine drives them, and servers on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from cxassure.channel import Opening, Scope, Seen, Session
from cxassure.grammar import Grammar, grammar
from cxassure.settings import Target


@dataclass
class Driven:
    """A party, and all that it let out."""

    session: Session
    language: Grammar
    seen: list[Seen] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    async def do(self, verb: str, argument: Any = "", within: float = 10.0) -> None:
        """A step's verb, bound and given its window as the engine does."""
        found, session = self.language.verbs[verb], self.session
        session.limit, session.look_on = within, 0.0
        if not found.passive:
            session.matched = len(session.seen)
        session.window = session.matched
        await getattr(session, found.method)(**found.parameters.bind(argument))

    async def see(self, facet: str, given: Any = None) -> Any:
        found = self.language.facets[facet]
        bound = found.parameters.bind(given) if given else {}
        value = getattr(self.session, found.method)(**bound)
        return await value if asyncio.iscoroutine(value) else value

    async def until(
        self, facet: str, suits: Callable[[Any], bool] = lambda value: True, limit: float = 10.0
    ) -> Any:
        """What the facet gives once it suits, or at last."""
        end = self.session.clock.now() + limit
        while True:
            value = await self.see(facet)
            if (value is not None and suits(value)) or self.session.clock.now() >= end:
                return value
            await self.session.attend(end)

    async def settle(self, limit: float = 10.0) -> None:
        """Until nothing more will come."""
        end = self.session.clock.now() + limit
        while not self.session.settled and self.session.clock.now() < end:
            await self.session.attend(end)

    def lines(self) -> list[str]:
        return [f"{seen.who} {seen.what}: {seen.text}" for seen in self.seen]


@pytest.fixture
async def drive() -> AsyncIterator[Callable[..., Driven]]:
    """Makes parties; all are closed, and what they shared, when the test ends."""
    made: list[Driven] = []
    run, campaign = Scope(), Scope()

    def make(
        session: type[Session], address: str, connector: type | None = None, **options: Any
    ) -> Driven:
        target = Target(name="there", address=address, options=options)
        name = session.__module__.split(".")[2]
        opening = Opening(
            party="kim",
            channel=name,
            target=target,
            targets={"there": target},
            observe=lambda seen: driven.seen.append(seen),
            keep=_keeper(lambda: driven.kept),
            finding=lambda text: driven.findings.append(text),
            conceals=lambda text: False,
            run=run,
            campaign=campaign,
            run_id="run-1",
        )
        driven = Driven(session(opening, connector), grammar(name, session))
        made.append(driven)
        return driven

    yield make
    for one in made:
        await one.session.close()
    await run.close()
    await campaign.close()


def _keeper(kept: Callable[[], dict[str, bytes]]) -> Any:
    async def keep(name: str, data: bytes, media: str) -> None:
        kept()[name] = data

    return keep


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Serves an ASGI application on a free port of this machine; gives its address."""
    running: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def start(app: Any) -> str:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
        server, door = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
        running.append((server, asyncio.create_task(server.serve([door]))))
        return f"http://127.0.0.1:{door.getsockname()[1]}"

    yield start
    for server, task in running:
        server.should_exit = server.force_exit = True
        await task
