"""The pure parts of the browser kit: where a browser is, locators, origins, words for trouble."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._browser import trouble
from cxassure.channels._browser.finding import cache, find, first, own
from cxassure.channels._browser.gate import _as_pattern
from cxassure.channels._browser.locator import Locator
from cxassure.channels._browser.origins import Origins
from cxassure.channels._http.origins import origin
from cxassure.channels.web.signing_in import one_time_code
from cxassure.errors import Broken, CannotLook, Misread
from cxassure.settings import Target


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_browser_that_was_named_is_taken_or_the_search_stops(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine")
    assert find(str(mine), {}) == mine
    assert find("", {"CXASSURE_BROWSER": str(mine)}) == mine
    with pytest.raises(CannotLook, match="CXASSURE_BROWSER") as caught:
        find("", {"CXASSURE_BROWSER": str(tmp_path / "none")})
    assert "remove" in caught.value.hint
    with pytest.raises(CannotLook, match=r"browser: in cxassure\.yaml"):
        find(str(tmp_path / "none"), {"CXASSURE_BROWSER": str(mine)})


def test_playwrights_own_come_first_and_the_newest_of_them(tmp_path: Path) -> None:
    shells = [
        program(tmp_path / f"chromium_headless_shell-{n}" / "chrome-linux" / "headless_shell")
        for n in (999, 1200, 1187)
    ]
    full = program(tmp_path / "chromium-1300" / "chrome-linux" / "chrome")
    environ = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    assert list(own(environ)) == [shells[1], shells[2], shells[0], full]
    assert find("", environ) == shells[1]
    assert cache({"XDG_CACHE_HOME": "/x", "PLAYWRIGHT_BROWSERS_PATH": "0"}).name == "ms-playwright"


def test_without_any_browser_it_is_said_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(CannotLook) as caught:
        first([tmp_path / "none", tmp_path])
    assert caught.value.what == "no browser was found"
    assert "playwright install --only-shell chromium" in caught.value.hint


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("Pay now", "«Pay now»"),
        ({"role": "button", "name": "Pay"}, "button «Pay»"),
        ({"testid": "total", "nth": "2", "frame": "f"}, "test id «total» number 2 in frame «f»"),
        ({"label": "Card"}, "label «Card»"),
        ({"css": ".x"}, "CSS «.x»"),
    ],
)
def test_a_locator_reads_and_says_what_it_means(raw: object, said: str) -> None:
    assert str(Locator.read(raw)) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        [],
        {},
        {"role": ""},
        {"name": "Pay"},
        {"nth": "1"},
        {"role": "button", "text": "x"},
        {"labl": "x"},
        {"text": "x", "nth": "0"},
        {"text": "x", "nth": "9" * 5000},
        {"text": ["x"]},
    ],
)
def test_a_locator_that_points_at_nothing_or_twice_is_misread(raw: object) -> None:
    with pytest.raises(Misread):
        Locator.read(raw)  # type: ignore[arg-type]


@given(st.text())
def test_any_text_is_a_locator_or_misread(text: str) -> None:
    try:
        assert Locator.read(text).words == text
    except Misread:
        assert not text.strip()


@given(st.text())
def test_any_text_has_an_origin_or_none(text: str) -> None:
    assert origin(text) == "" or origin(text).startswith(("http://", "https://"))


def test_sockets_have_the_origin_of_their_pages() -> None:
    assert origin("wss://Shop.test/chat") == origin("https://shop.test") == "https://shop.test:443"
    assert origin("http://shop.test:8080/x?y") == "http://shop.test:8080"
    assert origin("client:billing-desk") == origin("http://[bad") == ""


def test_targets_are_own_and_what_they_name_is_listed() -> None:
    shop = Target(name="shop", address="https://shop.test", also=("https://pay.test",))
    origins = Origins.of(shop, {"shop": shop, "bot": Target(name="bot", address="wss://bot.test")})
    assert origins.own == {"https://shop.test:443", "https://bot.test:443"}
    assert origins.admits("https://pay.test/3ds") and origins.admits("about:blank")
    assert not origins.admits("http://shop.test/") and not origins.admits("https://evil.test")
    assert origins.locate("/x") == "https://shop.test/x"
    assert _as_pattern("https://shop.test:443") == "https://shop.test/*"
    with pytest.raises(CannotLook, match="is no web address"):
        Origins.of(Target(name="desk", address="client:desk"), {}).locate("/")


def test_a_status_is_a_page_to_go_on_with_or_not() -> None:
    assert trouble.of_status(200, "GET", "u", "") is None
    assert trouble.of_status(422, "POST", "u", "") is None
    assert isinstance(trouble.of_status(404, "GET", "u", ""), Broken)
    assert isinstance(trouble.of_status(503, "POST", "u", ""), Broken)
    assert isinstance(trouble.of_status(401, "GET", "u", ""), CannotLook)


async def test_an_expired_certificate_is_the_companys_and_a_dead_network_ours() -> None:
    told = await trouble.of_network("ERR_CERT_DATE_INVALID", "https://x.test", ())
    assert isinstance(told, Broken) and "expired" in told.what
    told = await trouble.of_network("ERR_INTERNET_DISCONNECTED", "https://x.test", ())
    assert isinstance(told, CannotLook)
    told = await trouble.of_network("ERR_NEVER_HEARD_OF", "https://x.test", ())
    assert isinstance(told, Broken) and told.code == "ERR_NEVER_HEARD_OF"


def test_a_wall_says_little_and_a_page_about_robots_much() -> None:
    assert trouble.wall("", "Please verify you are human", ())
    assert trouble.wall("", "", ["https://challenges.cloudflare.com/x"])
    assert not trouble.wall("Robots", "Are you a robot? " + "We sell toys. " * 200, ())
    assert not trouble.wall("Shop", "Buy", ["https://www.google.com/recaptcha/api2/anchor"])


def test_short_keys_give_the_codes_that_the_rfc_gives() -> None:
    def rfc_4226(key: bytes, step: int) -> str:
        digest = hmac.new(key, step.to_bytes(8, "big"), "sha1").digest()
        number = int.from_bytes(digest[digest[-1] & 15 :][:4], "big") & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"

    full = b"12345678901234567890"
    assert one_time_code(base64.b32encode(full).decode(), 59) == "287082"  # RFC 6238, appendix B
    assert one_time_code(base64.b32encode(full[:10]).decode(), 59) == rfc_4226(full[:10], 1)
