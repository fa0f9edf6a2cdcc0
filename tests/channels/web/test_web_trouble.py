"""Whose trouble it is: error pages, walls, places that are not listed, dead browsers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from cxassure.channel import Scope
from cxassure.errors import Broken, CannotLook
from cxassure.settings import Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_error_page_is_broken_with_its_status(shopper):
    with pytest.raises(Broken, match="answered 500") as caught:
        await shopper.do("open", "/broken")
    assert (caught.value.code, caught.value.seen) == ("500", "500 Internal trouble")
    with pytest.raises(Broken, match="answered 404"):
        await shopper.do("open", "/gone")
    with pytest.raises(Broken) as caught:
        await shopper.do("open", "/empty-error")
    assert caught.value.code in ("500", "ERR_HTTP_RESPONSE_CODE_FAILURE")
    await shopper.do("open", "/")


async def test_a_link_to_an_error_page_is_broken_too(shopper):
    for link, code in (("Broken page", "500"), ("Gone page", "404")):
        await shopper.do("open", "/")
        with pytest.raises(Broken) as caught:
            await shopper.do("click", link)
        assert caught.value.code == code


async def test_an_error_page_can_be_what_is_wanted(shopper):
    await shopper.do("open", {"path": "/gone", "status": "404"})
    assert "Not here" in await shopper.see("page")
    with pytest.raises(Broken, match="answered 200"):
        await shopper.do("open", {"path": "/", "status": "404"})


async def test_a_redirect_loop_is_called_by_its_name(shopper):
    with pytest.raises(Broken, match="redirect loop") as caught:
        await shopper.do("open", "/loop")
    assert caught.value.code == "ERR_TOO_MANY_REDIRECTS"
    await shopper.do("open", "/")
    with pytest.raises(Broken, match="redirect loop"):
        await shopper.do("click", "Round and round")


async def test_a_refused_connection_is_the_companys(party):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        driven = party(f"http://127.0.0.1:{taken.getsockname()[1]}")
        await driven.session.open()
        with pytest.raises(Broken, match="the connection was refused"):
            await driven.do("open", "/")
        await driven.session.close()


async def test_a_name_that_alone_does_not_resolve_is_the_companys(party):
    other = Target(name="other", address="http://localhost:1")
    driven = party("http://no-such-shop.invalid", targets={"other": other})
    await driven.session.open()
    with pytest.raises(Broken, match=r"the name no-such-shop\.invalid does not resolve"):
        await driven.do("open", "/")
    await driven.session.close()


async def test_a_page_that_does_not_come_in_time_is_broken(party, shop):
    driven = party()
    await driven.session.open()
    driven.session.limit, driven.session.look_on = 0.2, 0.1
    with pytest.raises(Broken, match=r"did not come within 0\.30 s"):
        await driven.do("open", "/late")
    await driven.session.close()


async def test_a_bot_wall_is_not_the_companys_fault(shopper):
    for path in ("/wall", "/wall-403"):
        with pytest.raises(CannotLook, match="blocked: a bot wall or captcha"):
            await shopper.do("open", path)


async def test_places_that_are_not_listed_are_refused(shopper):
    for path in ("http://localhost:1/", "file:///etc/passwd", "javascript:alert(1)", "//x.test"):
        with pytest.raises(CannotLook, match="is not a listed target"):
            await shopper.do("open", path)
    await shopper.do("open", "/")
    with pytest.raises(CannotLook, match=r"«http://\[oops» is no address"):
        await shopper.do("open", "http://[oops")
    with pytest.raises(CannotLook, match=r"http://127.0.0.1:9 is not a listed target") as caught:
        await shopper.do("click", "Elsewhere")
    assert "also:" in caught.value.hint


async def test_a_target_that_is_no_web_address_lists_no_place(party):
    desk = Target(name="desk", address="client:billing-desk")
    driven = party(targets={"desk": desk})
    await driven.session.open()
    for path in ("file:///etc/passwd", "data:text/html,hello"):
        with pytest.raises(CannotLook, match="is not a listed target"):
            await driven.do("open", path)
    await driven.session.close()


async def test_a_listed_place_may_be_visited_but_is_not_marked(party, shop):
    also = Target(name="shop", address="http://127.0.0.1:1", also=(shop.address,))
    driven = party("http://127.0.0.1:1", targets={"shop": also})
    await driven.session.open()
    await driven.do("open", shop.address + "/basket")
    assert shop.header("/basket", "x-synthetic-test") == ""
    assert shop.header("/basket", "user-agent").endswith(" cxassure")
    await driven.session.close()


async def test_the_companys_own_pages_and_calls_are_marked(shopper, shop):
    await shopper.do("open", "/")
    await shopper.until("requests", lambda seen: seen["count"] >= 4)
    assert shop.header("/", "x-synthetic-test") == "run-1"
    assert shop.header("/api", "x-synthetic-test") == "run-1"
    assert shop.header("/", "user-agent").endswith(" cxassure")


async def test_own_headers_go_with_every_request_to_the_company(party, shop):
    driven = party()
    await driven.session.open(headers={"X-Pass": "please"})
    await driven.do("open", "/")
    await driven.until("requests", lambda seen: seen["count"] >= 4)
    assert shop.header("/card.svg", "x-pass") == "please"
    await driven.session.close()


async def test_basic_auth_is_given_and_its_lack_told(party):
    driven = party()
    await driven.session.open()
    with pytest.raises(CannotLook, match=r"asks for a login \(401\)"):
        await driven.do("open", "/locked")
    await driven.session.close()
    driven = party()
    await driven.session.open(basic_auth={"user": "kim", "password": "birch"})
    await driven.do("open", "/locked")
    assert "Open to you" in await driven.see("page")
    await driven.session.close()


async def test_options_make_the_window(party):
    driven = party()
    await driven.session.open(
        device="iPhone 15", locale="de-DE", timezone="Europe/Berlin", viewport="300x500"
    )
    await driven.do("open", "/")
    seen = await driven.session.tab.ask(
        "() => [innerWidth, navigator.language, navigator.userAgent,"
        " Intl.DateTimeFormat().resolvedOptions().timeZone]"
    )
    assert seen[1] == "de-DE" and seen[3] == "Europe/Berlin"
    assert "iPhone" in seen[2] and seen[2].endswith(" cxassure")
    await driven.session.close()


async def test_wrong_options_are_told_not_thrown(party, tmp_path: Path):
    wrong = (
        ({"device": "iPhone 155"}, "no device «iPhone 155»"),
        ({"viewport": "big"}, "no size of a window"),
        ({"viewport": "1280x" + "9" * 5000}, "no size of a window"),
        ({"timezone": "Mars/Base"}, "imezone"),
        ({"basic_auth": {"user": "kim"}}, "password is missing"),
        ({"signed_in": str(tmp_path / "none.json")}, "no saved state"),
    )
    for options, said in wrong:
        driven = party()
        with pytest.raises(CannotLook, match=said):
            await driven.session.open(**options)
            await driven.do("open", "/")
        await driven.session.close()


async def test_a_page_that_hangs_is_broken_and_can_be_closed(party, monkeypatch):
    monkeypatch.setattr("cxassure.channels._browser.tab.HANGS", 0.5)
    driven = party()
    await driven.session.open()
    await driven.do("open", "/hang")
    driven.session.limit = 1.0
    with pytest.raises(Broken):
        await driven.do("click", "Hang")
        await driven.see("page")
    await driven.session.close()


async def test_a_browser_that_dies_is_our_trouble_and_another_takes_its_place(party):
    scope = Scope()
    driven = party(campaign=scope)
    await driven.session.open()
    await driven.do("open", "/")
    cdp = await driven.session.tab.shared._browser.new_browser_cdp_session()
    found = await cdp.send("SystemInfo.getProcessInfo")
    browser = next(p["id"] for p in found["processInfo"] if p["type"] == "browser")
    os.kill(browser, signal.SIGKILL)
    with pytest.raises(CannotLook, match=r"our browser .* died"):
        for _ in range(100):
            await driven.see("page")
            await asyncio.sleep(0.02)
    await driven.session.witness("dead")
    await driven.session.close()
    again = party(campaign=scope)
    await again.session.open()
    await again.do("open", "/basket")
    assert await again.see("title") == "Basket"
    await again.session.close()
    await scope.close()
