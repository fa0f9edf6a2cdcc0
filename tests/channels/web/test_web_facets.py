"""What a customer sees on a page, and what is kept when it is not as promised."""

from __future__ import annotations

import json

import pytest

from cxassure.channel import Scope
from cxassure.errors import Broken

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_things_are_seen_counted_and_read(shopper):
    await shopper.do("open", "/form")
    assert await shopper.see("visible", "Pay now") is True
    assert await shopper.see("visible", {"of": "Secretly here"}) is False
    assert await shopper.see("enabled", "Sold out") is False
    assert await shopper.see("enabled", "Pay now") is True
    assert await shopper.see("count", {"role": "button", "name": "o"}) == 3
    assert await shopper.see("count", {"css": "nonsense"}) == 0
    assert await shopper.see("element", {"testid": "nonsense"}) is None
    assert await shopper.session.read({"testid": "total"}) == "$25.00"
    assert (await shopper.see("url")).endswith("/form")
    assert await shopper.see("status") == 200


async def test_what_is_kept_must_be_there_and_say_something(shopper):
    await shopper.do("open", "/form")
    shopper.session.limit = 1.0
    with pytest.raises(Broken, match="test id «order-number» is not on the page"):
        await shopper.session.read({"testid": "order-number"})
    with pytest.raises(Broken, match="is empty"):
        await shopper.session.read({"testid": "empty"})


async def test_fields_without_a_label_and_pictures_that_did_not_come(shopper):
    await shopper.do("open", "/form")
    assert await shopper.until("unlabelled_fields", bool) == ["unnamed"]
    assert await shopper.see("broken_images") == []
    await shopper.do("open", "/noisy")
    broken = await shopper.until("broken_images", bool)
    assert [url.rsplit("/", 1)[1] for url in broken] == ["no-such.svg"]


async def test_the_console_tells_errors_of_scripts_since_the_step_began(shopper):
    await shopper.do("open", "/noisy")
    assert (await shopper.see("console"))["no_errors"] is True
    await shopper.do("click", "Complain")
    seen = await shopper.until("console", lambda seen: not seen["no_errors"])
    assert seen["errors"] == ["it is broken"]
    await shopper.do("click", "Throw")
    seen = await shopper.until("console", lambda seen: not seen["no_errors"])
    assert seen["errors"] == ["out of reach"]


async def test_a_missing_resource_is_a_warning_of_the_console(shopper):
    await shopper.do("open", "/noisy")
    seen = await shopper.until("console", lambda seen: bool(seen["warnings"]))
    assert "404" in seen["warnings"][0]


async def test_requests_are_counted_since_the_step_began(shopper):
    await shopper.do("open", "/growing")
    await shopper.do("click", "Go")
    await shopper.until("page", lambda text: "order failed" in text)
    assert (await shopper.see("requests", "/slow-call"))["count"] == 1
    await shopper.do("click", "Go")
    await shopper.until("requests", lambda seen: seen["count"] == 1)
    await shopper.session.attend(shopper.session.clock.now() + 1)
    seen = await shopper.see("requests", "*/slow-*")
    assert (seen["count"], seen["failed"]) == (1, 0)


async def test_timing_knows_load_paint_and_shift(shopper):
    await shopper.do("open", "/shifting")
    wanted = {"first_byte", "ready", "load", "first_paint", "largest_paint", "layout_shift"}
    seen = await shopper.until("timing", lambda s: s["layout_shift"] > 0 and wanted == s.keys())
    assert seen.keys() == wanted
    assert seen["layout_shift"] > 0.01
    assert 0 < seen["first_byte"] <= seen["load"] < 5


JUMPS = """() => { const box = document.createElement('div'); box.style.height = '200px';
  document.body.prepend(box); }"""


async def test_how_pages_were_painted_is_told_without_being_asked_as_the_pages_have_it(party):
    shopper = party()
    await shopper.session.open()
    tab = shopper.session.tab

    def the_same(asked):
        told = tab.vitals.told()[-1:]
        names = ("first_paint", "largest_paint", "layout_shift")
        return bool(told) and all(abs(told[0][n] - asked.get(n, -1)) < 0.001 for n in names)

    for place in ("/form", "/shifting"):
        await shopper.do("open", place)
        asked = await shopper.until("timing", the_same, 20)
        assert the_same(asked), (asked, tab.vitals.told())
    await tab.page.evaluate(JUMPS)
    jumped = await shopper.until("timing", lambda s: s["layout_shift"] > 0 and the_same(s), 20)
    assert the_same(jumped) and jumped["layout_shift"] > 0.01
    await shopper.session.close()
    await shopper.session.close()
    (told,) = [seen for seen in shopper.seen if seen.what == "vitals"]
    form, shifting = told.data["pages"]
    assert (form["url"], shifting["url"]) == ("/form", "/shifting")
    assert 0 < form["first_paint"] <= form["largest_paint"]
    assert f"layout shift {shifting['layout_shift']:.2g} on /shifting" in told.text


async def test_nothing_is_settled_while_the_company_owes_an_answer(shopper):
    await shopper.do("open", "/growing")
    await shopper.do("click", "Go")
    clock, session = shopper.session.clock, shopper.session
    began = clock.now()
    while not session.settled and clock.now() < began + 5:
        await session.attend(began + 5)
    assert clock.now() - began > 0.6
    assert "order failed" in await shopper.see("page")


async def test_a_page_that_stays_as_it_is_settles(shopper):
    await shopper.do("open", "/basket")
    session = shopper.session
    end = session.clock.now() + 5
    while not session.settled and session.clock.now() < end:
        await session.attend(end)
    assert session.settled


async def test_attending_ends_with_a_change_long_before_its_time(shopper):
    await shopper.do("open", "/growing")
    began = shopper.session.clock.now()
    await shopper.session.attend(began + 30)
    assert shopper.session.clock.now() < began + 1


async def test_a_witness_keeps_picture_outline_source_console_and_requests(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Complain")
    await shopper.session.witness("because")
    assert shopper.kept["screenshot.jpg"].startswith(b"\xff\xd8")
    assert b'button "Complain"' in shopper.kept["page.aria.yml"]
    assert b"<title>Noisy</title>" in shopper.kept["page.html"]
    assert b"it is broken" in shopper.kept["console.txt"]
    entries = json.loads(shopper.kept["requests.har"])["log"]["entries"]
    assert {e["response"]["status"] for e in entries} == {200, 404}


async def test_a_secret_that_was_typed_is_blotted_out_of_the_picture(party):
    driven = party(secrets=("4111",))
    await driven.session.open()
    await driven.do("open", "/form")
    await driven.session.witness("before")
    before = driven.kept["screenshot.jpg"]
    await driven.do("fill", {"Card number": "4111"})
    await driven.session.witness("after")
    masked = driven.kept["screenshot.jpg"]
    assert masked != before
    await driven.session.tab.page.fill("#card", "4222")
    await driven.session.witness("other digits, same picture")
    assert driven.kept["screenshot.jpg"] == masked
    await driven.session.close()


async def test_no_picture_is_kept_of_a_page_that_says_a_secret(party):
    driven = party(secrets=("1 item",))
    await driven.session.open()
    await driven.do("open", "/basket")
    await driven.session.witness("because")
    assert "screenshot.jpg" not in driven.kept
    assert any("secret" in finding for finding in driven.findings)
    await driven.session.close()


async def test_a_trace_is_kept_on_request_and_never_with_a_secret(party):
    for secrets, kept in (((), True), (("4111",), False)):
        driven = party(trace=True, secrets=secrets)
        await driven.session.open()
        await driven.do("open", "/form")
        await driven.do("fill", {"Card number": "4111"})
        await driven.session.close()
        assert ("trace.zip" in driven.kept) is kept


async def test_closing_is_borne_at_any_moment(party):
    driven = party(campaign=Scope())
    await driven.session.close()
    await driven.session.witness("never opened")
    driven = party()
    await driven.session.open()
    await driven.session.close()
    await driven.session.close()


async def test_a_script_that_broke_and_a_call_without_an_answer_are_findings(shopper):
    await shopper.do("open", "/noisy")
    await shopper.do("click", "Throw")
    await shopper.until("console", lambda seen: not seen["no_errors"])
    await shopper.session.witness("because")
    assert shopper.findings == ["a script of the page broke: out of reach"]
    await shopper.do("open", "/growing")
    await shopper.do("click", "Go")
    await shopper.session.witness("because")
    assert shopper.findings[1:] == ["GET /slow-call was not answered"]
