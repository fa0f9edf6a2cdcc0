"""What the exchange answers on the wire: refusals, digest, CANCEL, lost packets, TCP, sipp."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SIPP = Path(__file__).with_name("sipp")
MAIN = "+15550199"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("number", "status"),
    [("+15550403", 403), ("+15550486", 486), ("+15550603", 603), ("+15550503", 503), ("x", 404)],
)
async def test_a_number_may_refuse(office, number, status):
    phone = await office()
    assert await phone.call(number) == status


async def test_a_call_that_is_cancelled_ends_with_487(office):
    phone = await office()
    phone.invite = phone.request("INVITE", "+15550408", body=phone.sdp())
    calling = asyncio.create_task(phone.ask(phone.invite))
    await phone.until(lambda: 180 in phone.statuses)
    phone.cancel()
    assert {await calling, await phone.ask("")} == {200, 487}


async def test_early_media_is_heard_before_the_answer(office):
    phone = await office()
    calling = asyncio.create_task(phone.call("+15550195"))
    await phone.until(lambda: 183 in phone.statuses)
    assert await calling == 200 and phone.statuses == [100, 180, 183, 200]


async def test_digest_is_asked_for_where_a_number_wants_it(office):
    phone = await office("anybody")
    assert await phone.call("+15550196") == 401
    proof = phone.proof("INVITE", "call-please")
    phone.to = ""
    assert await phone.call("+15550196", proof) == 200


@pytest.mark.parametrize(
    ("desk", "password", "status"),
    [("billing-desk", "wrong", 401), ("billing-desk", "desk-please", 200)],
)
async def test_a_desk_registers_with_its_password(office, desk, password, status):
    phone = await office(desk)
    assert await phone.register(password) == status


async def test_who_has_no_desk_cannot_register(office):
    phone = await office("somebody")
    assert await phone.ask(phone.request("REGISTER", "somebody")) == 404


async def test_what_cannot_be_spoken_is_refused_and_an_offer_is_made_where_none_came(office):
    phone = await office()
    video = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 9\r\n"
    assert await phone.call(MAIN, body=video) == 488
    phone.to = ""
    assert await phone.call(MAIN, body="") == 200
    assert "m=audio" in phone.last and "RTP/AVP 0 8 101" in phone.last


async def test_requests_outside_of_calls_are_answered(office):
    phone = await office()
    assert await phone.ask(phone.request("OPTIONS", MAIN)) == 200 and "REFER" in phone.last
    assert await phone.ask(phone.request("MESSAGE", MAIN)) == 405
    phone.to = f"<sip:{MAIN}@x>;tag=gone"
    assert await phone.ask(phone.request("BYE", MAIN)) == 481


async def test_an_answer_is_sent_again_until_it_is_acknowledged(office):
    phone = await office()
    text = phone.request("INVITE", MAIN, body=phone.sdp())
    assert await phone.ask(text) == 200
    assert await phone.ask("") == 200  # nobody acknowledged the first
    phone.send(text)
    assert await phone.ask("") == 200  # nor is a repeated INVITE a new call
    phone.to = re.search(r"(?im)^to: (.*?)\r", phone.last)[1]
    phone.send(phone.request("ACK", MAIN, cseq=phone._cseq))
    assert await phone.hang_up() == 200


@pytest.mark.parametrize(
    "rubbish", [b"", b"\r\n\r\n", b"INVITE", b"\xff" * 40, b"SIP/2.0 x\r\n\r\n"]
)
async def test_rubbish_is_left_out(office, rubbish):
    phone = await office()
    host, _, port = phone.exchange.partition(":")
    phone.sip.transport.sendto(rubbish, (host, int(port)))
    assert await phone.ask(phone.request("OPTIONS", MAIN)) == 200


async def test_tcp_takes_messages_in_pieces(office):
    phone = await office()
    host, _, port = phone.exchange.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    asked = phone.request("OPTIONS", MAIN).replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode()
    for part in (asked[:20], asked[20:200], asked[200:] + asked[:30], asked[30:]):
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert answer.startswith(b"SIP/2.0 200 OK")
    writer.close()
    await writer.wait_closed()


async def test_twenty_callers_at_once_hear_every_packet_at_its_time(office):
    phones = [await office(f"+155501{n:02d}") for n in range(20)]
    assert await asyncio.gather(*(phone.call(MAIN) for phone in phones)) == [200] * 20
    for phone in phones:
        await phone.until(lambda heard=phone.arrivals: len(heard) > 100)
        first, *_, last = phone.arrivals
        numbers = [int.from_bytes(packet[2:4], "big") for _, packet in phone.arrivals]
        steps = {after - before & 0xFFFF for before, after in itertools.pairwise(numbers)}
        assert steps == {1}
        assert abs(last[0] - first[0] - 0.02 * (len(numbers) - 1)) < 10  # the tests' machine stalls


async def sipp(office: Any, scenario: str, *options: str, number: str = MAIN) -> None:
    """Run one scenario of sipp's against the exchange; its exit code is its verdict."""
    program = shutil.which("sipp")
    if not program:
        pytest.skip("sipp is not installed")
    command = [program, office.exchange, "-sf", str(SIPP / f"{scenario}.xml"), "-s", number,
               "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "30s", *options]  # fmt: skip
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=40, check=False
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]


async def test_sipp_calls_presses_holds_and_hangs_up(office):
    await sipp(office, "call")


async def test_sipp_calls_by_tcp(office):
    await sipp(office, "call", "-t", "t1")


async def test_sipp_proves_who_it_is(office):
    await sipp(office, "digest", "-au", "x", "-ap", "call-please", number="+15550196")


async def test_sipp_cancels(office):
    await sipp(office, "cancel", number="+15550408")


async def test_sipp_is_refused(office):
    await sipp(office, "busy", number="+15550486")
