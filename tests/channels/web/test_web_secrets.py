"""What a real browser's addresses show of a secret is masked, wherever in them it stood."""

from __future__ import annotations

import pytest

from cxassure.engine.masking import Mask

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRETS = [
    "It's@Canary/9",
    "Kim{Canary} 9",
    "Kim^Canary<9>",
    'Kim|"Canary`é\\~9',
    "Kim\t[Canary]\n50%!$&+=",
    "Kim?Canary'{#'<`9> ",
]
ADDRESSES = """secret => {
    const set = (part, at) => { const url = new URL(at); url[part] = secret; return url.href }
    const form = new URL("http://shop.test/"); form.searchParams.set("k", secret)
    const heads = ["http://shop.test/pay/", "http://shop.test/pay?k=", "http://shop.test/pay#k="]
    const read = heads.map(head => new URL(head + secret))
    const parts = ["pathname", "search", "hash", "username", "password"]
    const all = [form, ...read].map(url => url.href).concat(
        parts.map(part => set(part, "http://shop.test/")), set("search", "other://shop.test/"))
    return all.concat(all.map(href => Object.assign(document.createElement("a"), {href}).outerHTML))
}"""


async def test_no_address_of_a_browser_shows_a_secret(shopper):
    await shopper.do("open", "/")
    for secret in SECRETS:
        mask = Mask({"key": secret})
        for address in await shopper.session.tab.page.evaluate(ADDRESSES, secret):
            assert "‹secret.key›" in mask.text(address), address
            assert "Canary" not in mask.text(address), address


async def test_no_page_that_was_opened_with_a_secret_tells_it(shopper):
    for secret in SECRETS:
        await shopper.do("open", f"/basket?k={secret}")
        masked = Mask({"key": secret}).text(str(shopper.seen[-1].data["url"]))
        assert masked == "/basket?k=‹secret.key›"
