"""The back office."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_booked_by_hand_is_known_to_bot_and_phone(site):
    body = {"product": "thank-you", "value": 5000, "quantity": 2, "email": "hand@example.org"}
    made = await site.http.post(site.targets["back-office"] + "/orders", json=body)
    assert made.status_code == 201 and made.json()["total"] == 10000
    number = made.json()["number"]
    answer = await site.ask(f"order {number}")
    assert answer["replies"][0]["text"] == f"Thanks, I found order {number}."
    phone = await (await site.phone().dial()).press("2")
    assert "on its way" in (await phone.press(number)).heard
    cancel = await site.http.post(site.targets["back-office"] + f"/orders/{number}/cancel")
    assert (cancel.json()["status"], cancel.json()["charged"]) == ("cancelled", 0)
    assert [step["what"] for step in cancel.json()["history"]] == ["placed", "cancelled"]
    assert "cancelled" in str(await site.ask(f"order {number}"))


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"product": "no"}', b'{"value": "x"}', b'{"quantity": -1}']
)
async def test_an_order_that_makes_no_sense_is_refused_or_the_usual_one(site, body):
    answer = await site.http.post(site.targets["back-office"] + "/orders", content=body)
    assert answer.status_code in (201, 422)
    assert answer.status_code == 422 or answer.json()["total"] == 2500


@pytest.mark.parametrize("path", ["/orders/1", "/cases/C-1"])
async def test_what_does_not_exist_is_404(site, path):
    answer = await site.http.get(site.targets["back-office"] + path)
    assert answer.status_code == 404 and "no such" in answer.json()["error"]


async def test_health_hours_and_stock_are_told(site):
    assert await site.api("/health") == {"status": "ok"}
    assert (await site.api("/hours"))["opens"] == "08:00"
    assert (await site.api("/stock"))["birch-grove"] > 1000
    refused = await site.http.post(
        site.targets["back-office"] + "/products", json={"stock": "all of it"}
    )
    assert refused.status_code == 422
