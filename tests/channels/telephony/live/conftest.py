"""A company that answers real calls, and telephones against it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from cxassure import catalog
from cxassure.company import Company, started
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven

Phone = Callable[..., Any]


@pytest.fixture(scope="session")
def company() -> Iterator[Company]:
    with started() as company:
        yield company


@pytest.fixture
async def telephone(company: Company) -> AsyncIterator[Phone]:
    """Opens parties of one run, by channel, target and options."""
    async with AsyncExitStack() as stack:
        first: list[HandDriven] = []

        async def open(
            channel: str, at: str, party: dict[str, str] | None = None, **options: Any
        ) -> HandDriven:
            address = company.targets.get(at, at)
            settings = {"recogniser": "golden", "silence": "800ms", **options}
            target = Target(name="target", address=address, over="sip", options=settings)
            hand = HandDriven(channel, catalog.connector(channel, "sip"), target)
            if first:
                hand.opening.run = first[0].opening.run
                hand.opening.campaign = first[0].opening.campaign
            first.append(hand)
            await stack.enter_async_context(hand)
            await hand.open(party)
            return hand

        yield open
