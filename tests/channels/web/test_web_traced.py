"""Pages and calls of the company's own are part of the run's trace; other places are not."""

from __future__ import annotations

import pytest

from cxassure.events import traceparent
from cxassure.settings import Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_company_s_own_pages_and_calls_carry_the_step_s_span(shopper, shop):
    shopper.session.opening.step = 1
    await shopper.do("open", "/")
    await shopper.until("requests", lambda seen: seen["count"] >= 4)
    assert shop.header("/", "traceparent") == traceparent("run-1", 1)
    assert shop.header("/api", "traceparent") == traceparent("run-1", 1)
    shopper.session.opening.step = 2
    await shopper.do("open", "/basket")
    assert shop.header("/basket", "traceparent") == traceparent("run-1", 2)


async def test_a_listed_place_that_is_not_the_company_s_own_is_not_traced(party, shop):
    also = Target(name="shop", address="http://127.0.0.1:1", also=(shop.address,))
    driven = party("http://127.0.0.1:1", targets={"shop": also})
    await driven.session.open()
    await driven.do("open", shop.address + "/basket")
    assert shop.header("/basket", "traceparent") == ""
    await driven.session.close()
