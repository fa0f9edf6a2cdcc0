"""The shop as a browser without scripts sees it."""

from __future__ import annotations

import asyncio
import re
import time

import pytest

from cxassure.demo.accounts import PASSWORD, one_time_code

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_gift_card_is_bought_looked_up_and_cancelled(site):
    async with site.shopper() as shopper:
        added = await shopper.post("/basket/add", data={"product": "birch-grove", "value": "5000"})
        assert "1 item in your basket" in added.text and "$50.00" in added.text
        paid = await site.pay(shopper, (await shopper.get("/checkout")).text)
        number = paid.json()["order"]
        thanks = (await shopper.get(paid.json()["next"])).text
        assert "<h1>Thank you</h1>" in thanks
        assert f'data-testid="order-number">{number}<' in thanks and re.fullmatch(r"\d{7}", number)
        assert "Cancel this order" in (await shopper.get(f"/orders/{number}/cancel")).text
        cancelled = (await shopper.post(f"/orders/{number}/cancel")).text
        assert "Your order has been cancelled." in cancelled
        assert "cancelled" in (await shopper.get(f"/orders/{number}/cancel")).text
    order = await site.api(f"/orders/{number}")
    assert (order["status"], order["total"], order["charged"]) == ("cancelled", 5000, 0)


async def test_pressing_pay_twice_makes_one_order_and_a_later_basket_a_second(site):
    async with site.shopper() as shopper:
        page, email = await site.fill(shopper), "twice@example.org"
        pays = (site.pay(shopper, page, email=email) for _ in range(2))
        assert len({answer.json()["order"] for answer in await asyncio.gather(*pays)}) == 1
        await site.buy(shopper, email=email)
    assert len((await site.api(f"/orders?email={email}"))["orders"]) == 2


async def test_what_is_wrong_in_the_card_form_is_told_by_field(site):
    async with site.shopper() as shopper:
        page = await site.fill(shopper)
        answer = await site.pay(shopper, page, card="4242 4242 4242 4241", expiry="01/20")
        assert answer.status_code == 422 and set(answer.json()["errors"]) == {"card", "expiry"}
        declined = await site.pay(shopper, page, card="4000000000000002")
        assert declined.status_code == 402


async def test_an_empty_basket_and_a_payment_that_is_no_json_are_refused(site):
    async with site.shopper() as shopper:
        assert "Your basket is empty" in (await shopper.get("/checkout")).text
        assert (await shopper.post("/api/pay", content=b"\xff")).status_code == 422
        assert (await site.pay(shopper, "", checkout="none")).status_code == 409


@pytest.mark.parametrize("code", ["SPRING10", "holiday10"])
async def test_a_promo_code_takes_ten_per_cent_off(site, code):
    async with site.shopper() as shopper:
        await site.fill(shopper)
        assert "$22.50" in (await shopper.post("/basket/promo", data={"code": code})).text
        assert "not valid" in (await shopper.post("/basket/promo", data={"code": "NO"})).text


async def test_search_finds_a_listed_card_and_says_when_there_is_none(site):
    async with site.shopper() as shopper:
        assert "Winter Robin" in (await shopper.get("/search?q=robin")).text
        assert "Nothing found for “&lt;b&gt;”" in (await shopper.get("/search?q=<b>")).text


async def test_only_who_knows_number_and_email_sees_an_order(site):
    async with site.shopper() as buyer, site.shopper() as other:
        number = await site.buy(buyer)
        assert "Find your order" in (await other.get(f"/orders/{number}")).text
        assert "Find your order" in (await other.post(f"/orders/{number}/cancel")).text
        wrong = await other.post("/orders", data={"number": number, "email": "x@example.org"})
        assert wrong.status_code == 404 and "cannot find" in wrong.text
        right = await other.post("/orders", data={"number": number, "email": "kim.lee@example.org"})
        assert f"Order {number}" in right.text and "On its way" in right.text


async def test_the_last_card_of_a_batch_is_sold_once(site):
    batch = await site.http.post(site.targets["back-office"] + "/products", json={"stock": 1})
    async with site.shopper() as one, site.shopper() as two:
        pages = [await site.fill(who, batch.json()["slug"]) for who in (one, two)]
        pays = (site.pay(who, page) for who, page in zip((one, two), pages, strict=True))
        answers = await asyncio.gather(*pays)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert "Sold out" in (await one.get(batch.json()["page"])).text


async def test_an_account_takes_password_and_one_time_code_and_keeps_an_address(site):
    async with site.shopper() as shopper:
        login = {"email": "kim+one@example.com", "password": PASSWORD}
        wrong = await shopper.post("/account/sign-in", data={**login, "password": "no"})
        assert wrong.status_code == 403
        assert "One-time code" in (await shopper.post("/account/sign-in", data=login)).text
        assert (await shopper.post("/account/code", data={"code": "000"})).status_code == 403
        code = one_time_code(int(time.time()) // 30)
        assert "Your account" in (await shopper.post("/account/code", data={"code": code})).text
        await shopper.post("/account/address", data={"address": "1 New Road <b>"})
        assert "1 New Road &lt;b&gt;" in (await shopper.get("/account")).text


async def test_every_page_has_one_heading_labels_and_a_policy(site):
    async with site.shopper() as shopper:
        await site.fill(shopper)
        paths = "/ /gift-cards /gift-cards/thank-you /search /basket /checkout /orders /contact"
        for path in [*paths.split(), "/returns", "/account/sign-in", "/widget", "/nowhere"]:
            page = await shopper.get(path)
            assert page.text.count("<h1>") == 1, path
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            fields = re.findall(r'<(?:input|select) id="(\w+)"', page.text)
            assert all(f'for="{field}"' in page.text for field in fields), path
            assert "http://" not in page.text and "https://" not in page.text
        assert page.status_code == 404


async def test_every_picture_style_and_script_of_the_pages_is_there(site):
    async with site.shopper() as shopper:
        await site.fill(shopper)
        for path in ("/", "/gift-cards", "/checkout", "/widget"):
            for address in re.findall(r'(?:src|href)="(/[^"]*)"', (await shopper.get(path)).text):
                assert (await shopper.get(address)).status_code == 200, address


async def test_the_cookie_banner_is_remembered_and_leads_nowhere_else(site):
    async with site.shopper() as shopper:
        assert "Accept cookies" in (await shopper.get("/contact")).text
        back = await shopper.post("/cookies", data={"choice": "all", "back": "/contact"})
        assert "Accept cookies" not in back.text and "Contact" in back.text
        answer = await shopper.post(
            "/cookies", data={"back": "//evil.example"}, follow_redirects=False
        )
        assert answer.headers["location"] == "/"


async def test_thirty_shoppers_at_once_get_their_own_orders(site):
    async def one(place: int) -> tuple[str, str]:
        async with site.shopper() as shopper:
            email = f"shopper{place}@example.org"
            number = await site.buy(shopper, email=email)
            answer = await site.ask(f"Where is my order {number}?")
            assert answer["replies"][0]["text"] == f"Thanks, I found order {number}."
            return number, (await site.api(f"/orders/{number}"))["email"]

    pairs = await asyncio.gather(*(one(place) for place in range(30)))
    assert [email for _, email in pairs] == [f"shopper{n}@example.org" for n in range(30)]
    assert len({number for number, _ in pairs}) == 30
