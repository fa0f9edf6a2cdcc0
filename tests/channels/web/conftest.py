"""A shop on loopback, one browser for all tests, and parties that are driven by hand."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio

from cxassure.channel import Opening, Scope, Seen
from cxassure.channels.web import WebSession
from cxassure.grammar import Grammar, grammar
from cxassure.settings import Target


def _beside(name: str) -> ModuleType:
    """A module of this folder: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


shopfront = _beside("shopfront")


@dataclass
class Driven:
    """A party and what it let out."""

    session: WebSession
    opening: Opening
    seen: list[Seen]
    kept: dict[str, bytes] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    language: Grammar = field(default_factory=lambda: grammar("web", WebSession))

    async def do(self, verb: str, argument: Any = "") -> None:
        """A step's verb, bound as the engine binds it."""
        found = self.language.verbs[verb]
        self.session.window = len(self.session.seen)
        await getattr(self.session, found.method)(**found.parameters.bind(argument))

    async def see(self, facet: str, given: Any = None) -> Any:
        found = self.language.facets[facet]
        bound = found.parameters.bind(given) if given else {}
        value = getattr(self.session, found.method)(**bound)
        return await value

    async def until(self, facet: str, suits: Callable[[Any], bool], limit: float = 20) -> Any:
        """What the facet gives once it suits, or at last."""
        clock = self.session.clock
        end = clock.now() + limit
        while True:
            value = await self.see(facet)
            if (value is not None and suits(value)) or clock.now() >= end:
                return value
            await self.session.attend(end)

    def lines(self) -> list[str]:
        return [f"{seen.what} {seen.text}" for seen in self.seen]


@pytest.fixture(scope="session")
def shop() -> Iterator[Any]:
    with shopfront.open_shop() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def campaign() -> AsyncIterator[Scope]:
    scope = Scope()
    yield scope
    await scope.close()


@pytest.fixture(scope="session")
def party(shop: Any, campaign: Scope) -> Callable[..., Driven]:
    """Makes a party that is not opened yet; its limits are short."""

    def make(address: str = "", **more: Any) -> Driven:
        seen: list[Seen] = []
        kept: dict[str, bytes] = {}
        findings: list[str] = []

        async def keep(name: str, data: bytes, media: str) -> None:
            kept[name] = data

        secrets = more.pop("secrets", ())
        target = Target(name="shop", address=address or shop.address)
        opening = Opening(
            party="shopper",
            channel="web",
            target=target,
            targets={"shop": target, **more.pop("targets", {})},
            observe=seen.append,
            keep=keep,
            finding=findings.append,
            conceals=lambda text: any(secret in text for secret in secrets),
            run=Scope(),
            campaign=more.pop("campaign", campaign),
            run_id="run-1",
            **more,
        )
        session = WebSession(opening)
        session.limit, session.look_on = 5.0, 0.2
        return Driven(session, opening, seen, kept, findings)

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def shopper(party: Callable[..., Driven]) -> AsyncIterator[Driven]:
    driven = party()
    await driven.session.open()
    yield driven
    await driven.session.close()
