"""The mail host, over SMTP and HTTP."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def post(site, to, subject="Hello", text="A line\n"):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "Ann <ann@example.org>", to, subject
    letter.set_content(text)
    host, port = site.told["smtp"].split(":")

    def deliver():
        with smtplib.SMTP(host, int(port), timeout=30) as server:
            server.send_message(letter)

    await asyncio.to_thread(deliver)


async def get(site, path, **query):
    return await site.http.get(site.targets["mailbox"] + "/api/v1" + path, params=query)


async def test_a_receipt_has_number_total_text_and_html(site):
    async with site.shopper() as shopper:
        number = await site.buy(shopper, email="Reads@Example.org")
    assert await site.letters("reads@example.org") == [f"Your receipt for order {number}"]
    found = (await get(site, "/search", query='to:"reads@example.org"')).json()["messages"][0]
    assert found["From"]["Name"] == "Birch & Bay Gifts"
    letter = (await get(site, f"/message/{found['ID']}")).json()
    assert f"order {number}" in letter["Text"] and "Total paid: $25.00." in letter["Text"]
    assert f"<p>Thank you for your order {number}.</p>" in letter["HTML"]
    assert letter["To"] == [{"Name": "", "Address": "reads@example.org"}]


async def test_letters_are_found_by_terms_newest_first(site):
    for subject in ("First é", "Second"):
        await post(site, "terms@example.org", subject)
    found = (await get(site, "/search", query="to:terms@example.org")).json()
    assert [letter["Subject"] for letter in found["messages"]] == ["Second", "First é"]
    one = await get(site, "/search", query="to:terms@example.org subject:first from:ann")
    assert one.json()["messages_count"] == 1
    none = await get(site, "/search", query="to:terms@example.or")
    assert none.json()["messages"] == []
    assert (await get(site, "/messages", limit="1")).json()["count"] == 1
    assert (await get(site, "/message/latest")).json()["Subject"] == "Second"


async def test_a_search_or_letter_that_is_none_is_told(site):
    assert (await get(site, "/search", query='to:"open')).status_code == 400
    assert (await get(site, "/messages", limit="many")).status_code == 400
    assert (await get(site, "/message/none")).status_code == 404


async def test_letters_can_be_thrown_away(own_site):
    await post(own_site, "gone@example.org")
    await own_site.http.delete(own_site.targets["mailbox"] + "/api/v1/messages")
    assert (await get(own_site, "/messages")).json()["total"] == 0
    assert (await get(own_site, "/message/latest")).status_code == 404
