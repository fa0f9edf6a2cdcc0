"""Whatever bytes come: they are read or let fall, and the receiving goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.headers import CSeq, Headers, Via
from cxassure.channels._telephony.sip.ladder import Ladder, Rung, drawn, masked
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.parsing import LARGEST, Framer, Unparsable, parse
from cxassure.channels._telephony.sip.uri import Address, Uri, split

INVITE = (
    b"INVITE sip:2@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx\r\n"
    b"From: <sip:1@127.0.0.1>;tag=a\r\nTo: <sip:2@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
    b"Contact: <sip:1@127.0.0.1:5060>\r\nContent-Length: 0\r\n\r\n"
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "", "<", '"', "<sip:1@127.0.0.1>;tag=", "sip:[::1", ";;;=", "99999999999999999999",
            "-1", "1", "1 INVITE", "SIP/2.0/UDP", "SIP/2.0/UDP [::1]:x;rport;branch=z9hG4bK",
            "timer, 100rel", "replaces", "1;refresher=uac", "Digest", "Digest ,,=,nonce",
            'Digest realm="house", username="kim", nonce="x", algorithm=XX, response="1"',
            "<sip:1@192.0.2.1?Replaces=a%3Bto-tag%3Db>", "a;to-tag=b;from-tag=c", "7 1 INVITE",
            "application/sdp", "multipart/mixed;boundary=", "application/dtmf-relay", "refer",
            "active;expires=x", "Q.850;cause=٣", "SIP;cause=", "%zz", "\u00e9\u0130", "0",
        ]
    ),
    st.text(max_size=60),
)  # fmt: skip
NAMES = st.sampled_from(
    """Via From To Call-ID CSeq Contact Route Record-Route Require Supported Session-Expires Min-SE
    Replaces Refer-To Referred-By RAck RSeq Event Subscription-State Reason Content-Type l v f t i
    Content-Length Authorization Proxy-Authenticate P-Asserted-Identity Diversion History-Info
    User-to-User Session-ID Retry-After Refer-Sub Expires X-Odd""".split()
)
LINES = st.lists(st.tuples(NAMES, VALUES), max_size=6)
FIRST = st.sampled_from(
    [f"{m} sip:2@127.0.0.1 SIP/2.0" for m in
     "INVITE ACK BYE CANCEL OPTIONS INFO UPDATE PRACK REFER NOTIFY MESSAGE REGISTER X".split()]
    + [f"SIP/2.0 {code} x" for code in (100, 183, 200, 302, 401, 407, 422, 487, 491, 503, 699)]
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=60), st.sampled_from([b"Signal=", b"Signal=5", b"SIP/2.0", b"v=0\r\nm=x"])
)
EASY = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def built(first: str, tags: tuple[str, str, str], lines: Any, body: bytes, end: str) -> bytes:
    """A message for the dialog `tags` with `lines` put over its headers."""
    call_id, to, from_ = tags
    method = first.split()[0]
    pairs = {
        "Via": f"SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{abs(hash((first, str(lines), body)))}",
        "From": f"<sip:1@127.0.0.1>;tag={from_}",
        "To": f"<sip:2@127.0.0.1>;tag={to}",
        "Call-ID": call_id,
        "CSeq": f"{2**20} {method if method != 'SIP/2.0' else 'INVITE'}",
        **dict(lines),
    }
    head = end.join([first, *(f"{name}: {value}" for name, value in pairs.items())])
    return (head + end + end).encode("utf-8", "replace") + body


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)))
@EASY
def test_any_bytes_are_a_message_or_are_said_not_to_be(data: bytes) -> None:
    try:
        message = parse(data)
    except Unparsable:
        return
    assert message.raw == data
    parse(message.encode())


@given(FIRST, LINES, BODIES, st.sampled_from(["\r\n", "\n"]))
@EASY
def test_what_was_read_is_written_and_read_the_same(
    first: str, lines: Any, body: bytes, end: str
) -> None:
    try:
        message = parse(built(first, ("c", "a", "b"), lines, body, end))
    except Unparsable:
        return
    again = parse(message.encode())
    assert (again.first_line, again.body) == (message.first_line, message.body)
    assert again.cseq == message.cseq and again.from_ == message.from_


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 50))
@EASY
def test_a_stream_is_cut_the_same_however_it_arrives(bodies: list[bytes], step: int) -> None:
    head = INVITE.replace(b"Content-Length: 0\r\n\r\n", b"")
    sent = [head + b"l: %d\r\n\r\n" % len(body) + body for body in bodies]
    stream, framer, found = b"".join(sent), Framer(), []
    for at in range(0, len(stream), step):
        found += framer.feed(stream[at : at + step])
    assert found == sent


@given(st.lists(st.binary(max_size=300), max_size=10))
@EASY
def test_no_stream_hangs_the_framer(parts: list[bytes]) -> None:
    framer = Framer()
    for part in parts:
        framer.feed(part)


def test_a_stream_without_an_end_is_given_up() -> None:
    with pytest.raises(Unparsable):
        Framer().feed(b"x" * (LARGEST + 1))
    with pytest.raises(Unparsable):
        Framer().feed(b"INVITE x SIP/2.0\r\nContent-Length: 999999999\r\n\r\n")
    assert Framer().feed(b"\r\n\r\n") == [b""]


@given(st.text(max_size=80))
@EASY
def test_addresses_are_read_from_any_text(text: str) -> None:
    address = Address.read(text)
    Address.read(str(address))
    assert isinstance(address.number, str)
    Via.read(text)
    CSeq.read(text)
    list(split(text, ","))
    try:
        uri = Uri.read(text)
    except ValueError:
        return
    assert Uri.read(str(uri)).host == uri.host


@given(VALUES, VALUES)
@EASY
def test_no_value_makes_another_header(name: str, value: str) -> None:
    headers = Headers()
    headers.add(name, f"{value}\r\nEvil: yes")
    message = Request(headers, method="OPTIONS", uri="sip:x@y\r\nEvil: yes")
    assert b"\nEvil:" not in message.encode()


def test_a_receiving_agent_takes_anything() -> None:
    """Mutated messages, also within a call that is up: no error of ours, and calls still go."""

    async def begin() -> tuple[UserAgent, UserAgent, Any]:
        agents = UserAgent(allowed=["127.0.0.1"]), UserAgent(allowed=["127.0.0.1"])
        for agent in agents:
            await agent.open()

        async def answer(call: Any) -> None:
            await call.answer(Silent())

        agents[1].incoming = answer
        call = await agents[0].call(f"sip:2@{agents[1].place}", Silent())
        while call.state != "up":
            await asyncio.sleep(0.005)
        return *agents, call

    with asyncio.Runner() as runner:
        caller, desk, call = runner.run(begin())
        flow = runner.run(caller.transactions._reached(hop(desk)))
        inside = (call.call_id, call.dialog.remote.tag, call.dialog.local.tag)

        async def receive(data: bytes) -> None:
            desk.transactions.received(data, flow)
            await asyncio.sleep(0)
            for known in desk.calls:
                if known.dialog:
                    known.dialog.remote_seq = min(known.dialog.remote_seq, 100)

        @given(FIRST, LINES, BODIES, st.sampled_from(["\r\n", "\n"]), st.booleans())
        @EASY
        def feed(first: str, lines: Any, body: bytes, end: str, within: bool) -> None:
            tags = inside if within and not first.startswith("BYE") else ("c", "", "a")
            runner.run(receive(built(first, tags, lines, body, end)))
            assert desk.troubles == []

        feed()
        runner.run(receive(b"\0" * 70_000))
        runner.run(receive(INVITE.replace(b"Call-ID", b"X" * 5000)))
        runner.run(receive(INVITE.replace(b"Contact: ", b"Contact: " + b"<" * 60_000)))
        assert desk.troubles == [] and drawn(desk.ladder, whole=True)
        caller.timers = desk.timers = type(desk.timers)(linger=0.2)
        runner.run(desk.close())
        runner.run(caller.close())


class Silent:
    """Media that takes everything."""

    def offer(self, *, hold: bool = False) -> bytes:
        return b"v=0\r\n"

    def answer(self, offer: bytes) -> bytes:
        return b"v=0\r\n"

    def accept(self, answer: bytes) -> None: ...

    async def close(self) -> None: ...


def hop(agent: UserAgent) -> Any:
    from cxassure.channels._telephony.sip.wire import Hop

    return Hop("udp", *agent.address)


def test_what_is_odd_is_read_and_noted() -> None:
    data = (
        b"\r\nSIP/2.0 200\nv: SIP/2.0/UDP h;branch=z9hG4bKx\nf: caf\xe9 <sip:1@h>;tag=a\n"
        b"t: <sip:2@h>\nSubject: a\n\t folded\n line\ni: c\nCSEQ: 1 invite\nno header\n"
        b"l: 999\n\nbody"
    )
    message = parse(data)
    assert isinstance(message, Response) and message.code == 200
    assert message.headers.get("subject") == "a folded line"
    assert message.from_.name == "caf\u00e9" and message.charset == "latin-1"
    assert str(message.cseq) == "1 INVITE" and message.body == b"body"
    assert message.odd == (
        "bare line feeds",
        "«no header» is no header",
        "Content-Length 999, but 4 bytes of body",
    )


def test_secrets_are_not_on_the_ladder() -> None:
    raw = (
        b'Authorization: Digest username="kim", response="deadbeef",\r\n cnonce="feed", nc=1\r\n'
        b"Proxy-Authorization: Basic a2ltOnMzY3JldA==\r\nX: response=kept\r\n\r\n"
        b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5\r\n"
    )
    kept = masked(raw)
    for secret in (b"deadbeef", b"feed", b"a2lt", b"c2Vj"):
        assert secret not in kept
    assert b'username="kim"' in kept and b"response=kept" in kept and b"nc=1" in kept


def test_the_ladder_keeps_to_its_room() -> None:
    ladder = Ladder(most=3, room=25)
    for at in range(5):
        ladder.note(Rung(at, "udp", "a", "b", True, "x", "c", "1 X", b"0123456789"))
    assert [rung.at for rung in ladder] == [3, 4] and ladder.lost == 3


def test_long_and_empty_things_take_no_time() -> None:
    for text in (" " * 60_000, '"' * 60_001, "<" * 60_000, '"' + "\\" * 59_999, "a" * 60_000):
        Address.read(text)
        Via.read(text)
        masked(b"Authorization: " + text.encode())
    framer = Framer()
    for _ in range(30_000):
        framer.feed(b"ab")
