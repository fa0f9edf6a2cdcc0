"""Waiting for mail: by SMTP to our own listener, and through a Mailpit on loopback."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from email.message import EmailMessage
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cxassure.channels.inbox import InboxSession
from cxassure.channels.inbox.smtp import SmtpConnector
from cxassure.errors import Broken, CannotLook

KIM = "Kim.Lee@example.com"


def receipt(order: str = "1048213", to: str = KIM) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"Your receipt for order {order}"
    mail["From"], mail["To"] = "Birch & Bay <shop@birchandbay.example>", to
    mail.set_content(f"Thank you.\nSee https://shop.example/orders/{order}.")
    mail.add_alternative(
        f"<p>Thank you.</p><a href='https://shop.example/o/{order}'>see</a>", "html"
    )
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="receipt.pdf")
    return mail


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


async def send(port: int, mail: EmailMessage) -> None:
    def go() -> None:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.send_message(mail)

    await asyncio.to_thread(go)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def kim(port: int, drive: Any) -> Any:
    kim = drive(InboxSession, f"smtp://127.0.0.1:{port}", SmtpConnector)
    await kim.session.open(KIM)
    return kim


async def test_a_mail_is_waited_for_and_read(kim: Any, port: int) -> None:
    began = kim.session.clock.now()
    waiting = asyncio.create_task(kim.do("wait_for", "your RECEIPT"))
    await asyncio.sleep(0)
    await send(port, receipt())
    await waiting
    lasted = kim.session.clock.now() - began
    assert await kim.see("subject") == "Your receipt for order 1048213"
    assert await kim.see("from") == "shop@birchandbay.example"
    assert "Thank you." in (await kim.see("message")).text
    assert await kim.see("links") == [
        "https://shop.example/o/1048213",
        "https://shop.example/orders/1048213",
    ]
    assert await kim.see("attachments") == ["receipt.pdf"]
    assert 0 < await kim.see("took") <= lasted
    assert kim.lines() == [
        "company mail: Your receipt for order 1048213\nThank you.\n"
        "See https://shop.example/orders/1048213."
    ]


async def test_a_mail_is_taken_once_and_in_the_order_of_coming(kim: Any, port: int) -> None:
    await send(port, receipt("1"))
    await send(port, receipt("2"))
    for order in ("1", "2"):
        await kim.do("wait_for", {"contains": "receipt", "from": "birchandbay"})
        assert await kim.see("subject") == f"Your receipt for order {order}"
    with pytest.raises(Broken) as broken:
        await kim.do("wait_for", "receipt", within=0.05)
    assert broken.value.seen == "no mail"


async def test_a_mail_that_does_not_come_is_told_with_those_that_did(kim: Any, port: int) -> None:
    await send(port, receipt())
    with pytest.raises(Broken) as broken:
        await kim.do("wait_for", {"subject": "Shipped", "contains": "1048213"}, within=0.1)
    assert broken.value.expected == "subject «Shipped», contains «1048213»"
    assert broken.value.seen == "«Your receipt for order 1048213»"


async def test_that_nothing_came_is_known_when_the_time_is_up(kim: Any, port: int) -> None:
    await send(port, receipt())
    await kim.do("listen")
    assert await kim.until("count", lambda count: count == 1) == 1
    assert await kim.see("count", {"subject": "shipped"}) == 0
    assert not kim.session.settled


async def test_another_customers_mail_is_not_read(kim: Any, port: int, drive: Any) -> None:
    lee = drive(InboxSession, f"smtp://127.0.0.1:{port}", SmtpConnector)
    await lee.session.open("lee@example.com")
    await send(port, receipt(to="LEE@example.com"))
    await lee.do("wait_for", "receipt")
    with pytest.raises(Broken):
        await kim.do("wait_for", "receipt", within=0.05)


async def test_what_was_there_before_is_no_news(kim: Any, port: int, drive: Any) -> None:
    await send(port, receipt())
    late = drive(InboxSession, f"smtp://127.0.0.1:{port}", SmtpConnector)
    await late.session.open(KIM.lower())
    with pytest.raises(Broken):
        await late.do("wait_for", within=0.05)
    await kim.do("wait_for")


async def test_the_mails_are_kept_as_evidence(kim: Any, port: int) -> None:
    await send(port, receipt())
    await kim.do("wait_for")
    await kim.session.witness("the amount was wrong")
    assert b"1048213" in kim.kept["mails.json"]


async def test_a_port_that_is_taken_is_told(drive: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(CannotLook, match="cannot listen for mail"):
            await drive(InboxSession, f"smtp://127.0.0.1:{port}", SmtpConnector).session.open(KIM)


@pytest.mark.parametrize("address", ["http://127.0.0.1:25", "smtp://127.0.0.1", "smtp://x:99999"])
async def test_a_place_where_nobody_can_listen_is_told(address: str, drive: Any) -> None:
    with pytest.raises(CannotLook, match="no place to listen"):
        await drive(InboxSession, address, SmtpConnector).session.open(KIM)


@pytest.mark.parametrize("address", ["kim", "a@b c", 'kim"@example.com', "kim@x@y", ""])
async def test_what_is_no_mail_address_is_refused(address: str, drive: Any) -> None:
    with pytest.raises(CannotLook, match="no mail address"):
        await drive(InboxSession, "smtp://127.0.0.1:2525", SmtpConnector).session.open(address)


class Mailpit:
    """The part of Mailpit's API that is read."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.queries: list[str] = []

    def add(self, **parts: Any) -> None:
        sender = {"Name": "Shop", "Address": "shop@birchandbay.example"}
        self.mails.append({"ID": f"m{len(self.mails)}", "From": sender, **parts})

    async def search(self, request: Request) -> Response:
        self.queries.append(request.query_params["query"])
        return JSONResponse({"messages": [{"ID": mail["ID"]} for mail in reversed(self.mails)]})

    async def message(self, request: Request) -> Response:
        found = next(m for m in self.mails if m["ID"] == request.path_params["key"])
        return JSONResponse(found)


async def test_mail_is_fetched_from_a_mailpit(serve: Any, drive: Any) -> None:
    host = Mailpit()
    host.add(Subject="Old", Text="from before", HTML="")
    routes = [
        Route("/api/v1/search", host.search),
        Route("/api/v1/message/{key}", host.message),
    ]
    kim = drive(InboxSession, await serve(Starlette(routes=routes)))
    await kim.session.open(KIM)
    host.add(Subject="First", Text="", HTML="<style>p{}</style><p>Hi&nbsp;<b>Kim</b></p>")
    host.add(Subject="Second", Text="two", HTML=None, Attachments=[{"FileName": "a.pdf"}])
    await kim.do("wait_for")
    assert (await kim.see("message")).text == "First\nHi Kim"
    await kim.do("wait_for")
    assert await kim.see("attachments") == ["a.pdf"]
    assert host.queries[0] == f'to:"{KIM}"'


async def test_a_mailbox_that_cannot_be_read_is_ours(serve: Any, drive: Any) -> None:
    url = await serve(lambda scope, receive, send: PlainTextResponse("", 500)(scope, receive, send))
    for address in (url, "http://127.0.0.1:1"):
        with pytest.raises(CannotLook, match="the mailbox cannot be read"):
            await drive(InboxSession, address).session.open(KIM)
