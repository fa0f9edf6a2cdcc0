"""Peers that do what standards forbid or forget: driven by hand, message by message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.digest import Credentials
from cxassure.channels._telephony.sip.ladder import drawn
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.parsing import parse
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.errors import CannotLook

SDP = b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n"


class Peer(asyncio.DatagramProtocol):
    """A far end that says exactly what it is told to."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.got: asyncio.Queue[Any] = asyncio.Queue()
        self.address: Any = None

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.address = addr
        self.got.put_nowait(parse(data))

    @property
    def uri(self) -> str:
        return f"sip:peer@127.0.0.1:{self.transport.get_extra_info('sockname')[1]}"

    async def get(self, what: str | int) -> Any:
        """The next message that is `what`, a method or a code; others are passed over."""
        async with asyncio.timeout(20):
            while True:
                message = await self.got.get()
                if what in (getattr(message, "method", None), getattr(message, "code", None)):
                    return message

    def say(self, data: bytes | Request | Response, to: Any = None) -> None:
        raw = data if isinstance(data, bytes) else data.encode()
        self.transport.sendto(raw, to or self.address)

    def answer(self, request: Request, code: int, tag: str = "b", **more: Any) -> Response:
        contact = f"<{self.uri}>"
        body = more.pop("body", SDP if code in (183, 200) else b"")
        headers = {"Contact": contact, **more.pop("headers", {})}
        answer = reply(request, code, tag=tag, headers=headers, body=body)
        self.say(answer)
        return answer


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        transport.close()


def asked(method: str, to: Any, far: Peer, *lines: str, seq: int = 1, tag: str = "") -> bytes:
    head = [
        f"{method} sip:desk@{to.place} SIP/2.0",
        f"Via: SIP/2.0/UDP {far.uri.partition('@')[2]};branch=z9hG4bK{method}{seq};rport",
        "From: <sip:peer@127.0.0.1>;tag=p",
        f"To: <sip:desk@127.0.0.1>{f';tag={tag}' if tag else ''}",
        "Call-ID: by-hand",
        f"CSeq: {seq} {method}",
        f"Contact: <{far.uri}>",
        *lines,
    ]
    return "\n".join(head).encode() + b"\n\n"


async def test_two_phones_answer_and_the_second_is_hung_up_on(
    opened: Any, described: Any, patience: float
) -> None:
    ours = await opened()
    async with peer() as far:
        call = await ours.call(far.uri, described())
        invite = await far.get("INVITE")
        far.answer(invite, 200, "first")
        assert (await far.get("ACK")).to.tag == "first"
        second = far.answer(invite, 200, "second")
        assert (await far.get("ACK")).to.tag == "second"
        bye = await far.get("BYE")
        assert bye.to.tag == "second"
        far.answer(bye, 200)
        far.say(second)
        assert (await far.get("ACK")).to.tag == "second"
        assert await call.wait(events.Forked, patience) and call.state == "up"


async def test_an_answer_that_crosses_our_taking_back_is_acknowledged_and_hung_up(
    opened: Any, described: Any
) -> None:
    ours = await opened()
    async with peer() as far:
        call = await ours.call(far.uri, described())
        invite = await far.get("INVITE")
        far.answer(invite, 180)
        assert await call.wait(events.Progress, 20)
        leaving = asyncio.create_task(call.hang_up())
        cancel = await far.get("CANCEL")
        assert cancel.via.branch == invite.via.branch
        far.answer(cancel, 200, body=b"")
        far.answer(invite, 200)
        await far.get("ACK")
        far.answer(await far.get("BYE"), 200)
        await leaving
        assert call.ended.by == "us"
        assert not any(isinstance(event, events.Answered) for event in call.history)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Contact", "<sip:x@192.0.2.9>"),
        ("Record-Route", "<sip:192.0.2.9;lr>"),
        ("Contact", "<sip:x@127.0.0.1;maddr=192.0.2.9>"),
        ("Contact", "<not an address>"),
    ],
)
async def test_an_answer_that_leads_elsewhere_ends_the_call_with_the_reason(
    opened: Any, described: Any, patience: float, header: str, value: str
) -> None:
    ours = await opened()
    async with peer() as far:
        call = await ours.call(far.uri, described())
        far.answer(await far.get("INVITE"), 200, headers={header: value})
        ended = await call.wait(events.Ended, patience)
        assert ended.by == "us"
        assert "192.0.2.9" in ended.words or "not an address" in ended.words
        assert all("192.0.2.9" not in r.destination for r in ours.ladder)


async def test_a_proxy_and_a_desk_that_both_ask_for_a_password_get_it(
    opened: Any, described: Any, patience: float
) -> None:
    both = [Credentials("kim", "one", "proxy"), Credentials("lee", "two", "desk")]
    ours = await opened(credentials=both)
    async with peer() as far:
        call = await ours.call(far.uri, described())
        asks = {"Proxy-Authenticate": 'Digest realm="proxy",nonce=a,qop="auth-int,auth"'}
        far.answer(await far.get("INVITE"), 407, headers=asks)
        await far.get("ACK")
        asks = {"WWW-Authenticate": 'Digest realm="desk", nonce="b", opaque="", algorithm=SHA-256'}
        far.answer(await far.get("INVITE"), 401, headers=asks)
        invite = await far.get("INVITE")
        assert invite.cseq.number == 3
        assert 'username="kim"' in invite.headers.get("Proxy-Authorization")
        assert "qop=auth," in invite.headers.get("Proxy-Authorization")
        assert 'username="lee"' in invite.headers.get("Authorization")
        far.answer(invite, 200)
        assert await call.wait(events.Answered, patience)
        assert "Authorization" in (await far.get("ACK")).headers


async def test_bare_line_feeds_folds_and_compact_names_are_a_call(
    opened: Any, taking: Any, patience: float
) -> None:
    ours = await opened()
    taken = taking(ours)
    async with peer() as far:
        lines = ("s: a\n  folded\n\tsubject", "X-Caf\xe9: odd", "X-Name: caf\xe9", "no header")
        data = asked("INVITE", ours, far, *lines, f"l: {len(SDP)}", "c: application/sdp")
        far.say(data.decode().encode("latin-1") + SDP, ours.address)
        ok = await far.get(200)
        far.say(asked("ACK", ours, far, tag=ok.to.tag), ours.address)
        far.say(asked("BYE", ours, far, seq=2, tag=ok.to.tag), ours.address)
        ended = await taken[0].wait(events.Ended, patience)
        assert ended.by == "them"
        assert taken[0].about.extra["X-Name"] == "caf\xe9"
        assert "bare line feeds" in drawn(ours.ladder)


async def test_a_request_that_comes_again_rings_once(opened: Any, taking: Any, until: Any) -> None:
    ours = await opened()
    taken = taking(ours)
    async with peer() as far:
        data = asked("INVITE", ours, far)
        for _ in range(3):
            far.say(data, ours.address)
        first = await far.get(200)
        again = await far.get(200)
        assert first.to.tag == again.to.tag and len(taken) == 1
        far.say(asked("ACK", ours, far, tag=first.to.tag).replace(b"\n\n", b"\n") + b"\n" + SDP)
        far.say(asked("BYE", ours, far, seq=2, tag=first.to.tag))
        await until(lambda: taken[0].ended)


async def test_an_older_number_and_an_unknown_call_are_refused(opened: Any, taking: Any) -> None:
    ours = await opened()
    taking(ours)
    async with peer() as far:
        far.say(asked("INVITE", ours, far, "c: application/sdp", seq=5) + SDP, ours.address)
        tag = (await far.get(200)).to.tag
        far.say(asked("ACK", ours, far, seq=5, tag=tag))
        far.say(asked("INFO", ours, far, seq=4, tag=tag))
        await far.get(500)
        far.say(asked("SUBSCRIBE", ours, far, seq=6, tag=tag))
        assert "INVITE" in (await far.get(405)).headers.get("Allow")
        far.say(asked("BYE", ours, far, seq=7, tag="stranger"))
        await far.get(481)
        far.say(asked("NOTIFY", ours, far, "Event: refer", seq=8, tag=tag))
        await far.get(481)
        far.say(asked("BYE", ours, far, seq=9, tag=tag))
        await far.get(200)


async def test_answers_go_where_the_request_came_from(opened: Any) -> None:
    ours = await opened()
    async with peer() as far:
        data = asked("OPTIONS", ours, far).replace(far.uri.partition("@")[2].encode(), b"192.0.2.5")
        far.say(data, ours.address)
        via = (await far.get(200)).via
        port = far.transport.get_extra_info("sockname")[1]
        assert via.param("received") == "127.0.0.1" and via.param("rport") == str(port)


async def test_a_far_end_that_never_comes_to_an_end_is_given_up(
    opened: Any, described: Any, hasty: Any
) -> None:
    ours = await opened(timers=hasty)
    async with peer() as far:
        call = await ours.call(far.uri, described())
        far.answer(await far.get("INVITE"), 183)
        assert await call.wait(events.Progress, 20)
        await call.hang_up()  # the CANCEL is answered by nobody
        assert (call.ended.by, call.ended.code) == ("us", 487)


async def test_a_connection_lost_while_calling_is_told(
    opened: Any, described: Any, patience: float
) -> None:
    async def slam(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ours = await opened("tcp")
    call = await ours.call(f"sip:1@127.0.0.1:{port};transport=tcp", described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.code) == ("network", 503) and "connection was lost" in ended.words
    server.close()
    await server.wait_closed()


async def test_a_stream_of_rubbish_is_closed(opened: Any) -> None:
    ours = await opened("tcp")
    reader, writer = await asyncio.open_connection(*ours.address)
    writer.write(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"\r\n"
    writer.write(b"x" * 100_000)
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()


# TLS


async def test_a_call_over_tls_checks_the_certificate(
    opened: Any, taking: Any, described: Any, patience: float, certificate: Tls
) -> None:
    hosts = ["127.0.0.1", "localhost"]
    desk = await opened("tls", tls=certificate, allowed=hosts)
    taken = taking(desk)
    port = desk.address[1]
    trusting = await opened("tls", tls=Tls(ca=certificate.ca), allowed=hosts)
    call = await trusting.call(f"sip:2@localhost:{port};transport=tls", described())
    assert await call.wait(events.Answered, patience)
    await taken[0].hang_up()
    assert await call.wait(events.Ended, patience)
    doubting = await opened("tls", allowed=hosts)
    call = await doubting.call(f"sip:2@localhost:{port};transport=tls", described())
    ended = await call.wait(events.Ended, patience)
    assert (ended.by, ended.code) == ("network", 503)
    assert "certificate" in ended.words.lower()
    told = await opened("tls", tls=Tls(verify=False), allowed=hosts)
    assert (await told.options(f"sip:2@127.0.0.1:{port}")).code == 200


async def test_an_address_that_is_taken_is_said(opened: Any) -> None:
    first = await opened()
    with pytest.raises(CannotLook, match="cannot listen"):
        await opened(address=first.address)
    with pytest.raises(CannotLook, match="cannot listen"):
        await opened("tls", tls=Tls(certificate="/nowhere"))
