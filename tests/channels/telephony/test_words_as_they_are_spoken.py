"""What a phone tree says is compared as it is spoken, over every line alike."""

from __future__ import annotations

from cxassure import matcher
from cxassure.engine.settling import checks, holds_now, verdict
from cxassure.grammar import grammar
from cxassure.probe import Expectation

MENU = """<Response><Gather><Say>Welcome to Birch &amp; Bay!</Say>
<Say>For an order, press two. For returns, press 3.</Say></Gather></Response>"""


async def _heard(table, company):
    company.says("/voice", MENU.encode())
    caller = await table.caller(company.url())
    await caller.dial()
    until = caller.clock.now() + 8
    while caller.clock.now() < until:
        await caller.attend(until)
    return caller


async def test_a_prompt_over_twiml_needs_no_commas_no_figures_and_takes_a_star(table, company):
    caller = await _heard(table, company)
    for said in ("order press 2", "welcome to * and bay", "for returns, press three"):
        assert matcher.holds({"contains": said}, caller.prompt()), said
    assert not matcher.holds({"contains": "order press 3"}, caller.prompt())


async def test_a_failure_shows_what_was_compared(table, company):
    caller = await _heard(table, company)
    expected = Expectation(facet="prompt", must={"contains": "returns, press four"})
    (check,) = checks(grammar("ivr", type(caller)), [expected])
    assert not await holds_now(caller, [check], late=True)
    assert verdict(check, 0.0, 8.0, None)[0] == "failed"
    assert check.compared.startswith("compared as «returns press 4» with «")
    assert "for returns press 3" in check.compared
