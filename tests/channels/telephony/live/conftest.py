"""A company that answers real calls, and telephones against it.

What fails on a call that this machine was too busy to hear is no failure here either: the call is
placed again, as whoever reads such a run is told to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from cxassure import catalog
from cxassure.company import Company, started
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven

Phone = Callable[..., Any]
TRIES = 4
DOUBTS = pytest.StashKey[list[str]]()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    place = (item.nodeid, item.location)
    item.ihook.pytest_runtest_logstart(nodeid=place[0], location=place[1])
    for _ in range(TRIES):
        item.stash[DOUBTS] = []
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if not (any(report.failed for report in reports) and item.stash[DOUBTS]):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=place[0], location=place[1])
    return True


@pytest.fixture(scope="session")
def company() -> Iterator[Company]:
    with started() as company:
        yield company


@pytest.fixture
async def telephone(company: Company, request: pytest.FixtureRequest) -> AsyncIterator[Phone]:
    """Opens parties of one run, by channel, target and options."""
    async with AsyncExitStack() as stack:
        first: list[HandDriven] = []
        doubts = request.node.stash[DOUBTS]

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
        doubts += [one.session.doubt for one in first if one.session.doubt]
