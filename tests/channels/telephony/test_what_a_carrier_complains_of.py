"""Webhooks that break a call, told in Twilio's numbers, in the step that met with them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.responses import RedirectResponse, Response

from cxassure.errors import Broken, CannotLook

MENU = '<Gather numDigits="1" action="choice"><Say>Press 2.</Say></Gather>'


def xml(text: str | bytes, kind: str = "text/xml", status: int = 200) -> Response:
    return Response(text, status, media_type=kind)


ENTITIES = (
    '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Response><Say>&b;</Say></Response>'
)
BREAKS: list[tuple[str, Any, int]] = [
    ("an error of the server", xml("no", status=500), 11200),
    ("a page that is not there", xml("no", status=404), 11200),
    ("an ampersand left bare", xml("<Response><Say>Birch & Bay</Say></Response>"), 12100),
    ("an element left open", xml("<Response><Say>Hello</Response>"), 12100),
    ("text in front of the declaration", xml(" \n<?xml version='1.0'?><Response/>"), 12100),
    ("a document type with entities", xml(ENTITIES), 12100),
    (
        "an external document type",
        xml('<!DOCTYPE r SYSTEM "file:///etc/passwd"><Response/>'),
        12100,
    ),
    ("elements without end", xml("<Response>" + "<a>" * 40 + "</a>" * 40 + "</Response>"), 12100),
    ("another root element", xml("<Reply><Say>Hello</Say></Reply>"), 12102),
    ("nothing", xml(""), 11770),
    ("too much", xml("<Response><Say>" + "a " * 40_000 + "</Say></Response>"), 11750),
    ("JSON", xml("{}", kind="application/json"), 12300),
    ("an encoding that is none", xml(b'<?xml version="1.0" encoding="nope"?><Response/>'), 12100),
    ("documents that only lead on", xml("<Response><Redirect>choice</Redirect></Response>"), 11215),
    ("redirects without end", RedirectResponse("choice"), 11215),
    (
        "an address of another kind",
        xml("<Response><Redirect>ftp://x/</Redirect></Response>"),
        11100,
    ),
    ("what is no address", xml("<Response><Redirect>http://[oops/</Redirect></Response>"), 11100),
    (
        "what is no address and has wishes",
        xml("<Response><Redirect>http://[oops/#rt=9</Redirect></Response>"),
        11100,
    ),
    ("a redirect to what is no address", RedirectResponse("http://[oops/"), 11100),
    (
        "a recording at what is no address",
        xml("<Response><Play>http://[oops</Play></Response>"),
        11100,
    ),
    (
        "a stream to what is no address",
        xml('<Response><Connect><Stream url="wss://[oops"/></Connect></Response>'),
        11100,
    ),
]


@pytest.mark.parametrize(("what", "reply", "code"), BREAKS, ids=[what for what, _, _ in BREAKS])
async def test_what_breaks_a_call_is_told_where_the_caller_acted(
    table, company, act, what: str, reply: Any, code: int
):
    company.says("/voice", "<Say>Welcome.</Say>" + MENU)
    company.says("/choice", reply)
    caller = await table.caller(company.url())
    await act(caller, "dial")
    with pytest.raises(Broken) as told:
        await act(caller, "press", "2")
    assert told.value.code == str(code), told.value.seen
    assert "application error" in caller.prompt().text
    assert caller.call()["code"] == str(code) and caller.call()["ended_by"] == "line"
    with pytest.raises(Broken, match="the call had ended: broken off"):
        await act(caller, "press", "2")


async def test_a_first_webhook_that_breaks_fails_the_dialling(table, company, act):
    company.says("/voice", xml("no", status=500))
    caller = await table.caller(company.url())
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
    assert told.value.code == "11200" and "answered 500" in told.value.seen


async def test_what_is_no_address_is_told_as_it_was_given_and_its_password_is_not(
    table, company, act
):
    company.says("/voice", "<Redirect>http://kim:secret@[oops/next</Redirect>")
    caller = await table.caller(company.url())
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
    assert "«[oops/next»" in told.value.seen and "secret" not in repr(caller.seen[-2:])


async def test_a_callback_to_what_is_no_address_is_a_finding_and_the_call_goes_on(
    table, company, act
):
    company.says(
        "/voice",
        '<Dial><Number statusCallback="http://[oops">+15550100</Number></Dial>'
        '<Sms statusCallback="http://[oops">Hello</Sms><Say>Bye.</Say>',
    )
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 60.0)
    assert caller.prompt().text == "Bye."
    assert sum("11100" in finding for finding in table.findings) == 2


@pytest.mark.parametrize("wish", ["tt", "rt"])
async def test_a_webhook_that_is_too_slow_is_told_and_its_time_is_the_customers(
    table, company, act, wish
):
    """Twilio, Webhooks connection overrides: `#tt=` sets the time in which all must be done, `#rt=`
    that of one try."""

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with _server(slowly) as port:
        company.says(
            "/voice",
            f"<Say>One moment.</Say><Redirect>http://127.0.0.1:{port}/#{wish}=300</Redirect>",
        )
        caller = await table.caller(company.url(), also=(f"http://127.0.0.1:{port}",))
        await act(caller, "dial")
        began = caller.clock.now()
        with pytest.raises(Broken) as told:
            await act(caller, "wait", 60.0)
    assert told.value.code == "11205" and "within 0.3 s" in told.value.seen
    error = next(s for s in caller.seen if s.what == "error")
    assert error.at - began > 0.3


async def test_nobody_listening_at_the_webhook_is_the_companys_fault(table, act):
    async with _server(_hang_up) as port:
        pass
    caller = await table.caller(f"http://127.0.0.1:{port}/voice")
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
    assert told.value.code == "11205" and "refuses the connection" in told.value.seen


async def test_an_answer_that_is_no_http_is_told(table, act):
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(b"hello caller\r\n\r\n")
        await writer.drain()

    async with _server(babble) as port:
        caller = await table.caller(f"http://127.0.0.1:{port}/voice")
        with pytest.raises(Broken) as told:
            await act(caller, "dial")
    assert told.value.code == "11206"


async def test_an_origin_that_is_not_listed_is_never_asked(table, company, act):
    company.says("/voice", "<Redirect>http://127.0.0.1:9/</Redirect>")
    caller = await table.caller(company.url())
    with pytest.raises(CannotLook, match=r"127\.0\.0\.1:9, which is not a listed target") as told:
        await act(caller, "dial")
    assert "also:" in told.value.hint


async def test_a_signature_that_is_not_liked_is_our_fault_not_the_companys(table, company, act):
    company.says("/voice", xml("no", status=403))
    caller = await table.caller(company.url())
    with pytest.raises(CannotLook, match="does not let us in") as told:
        await act(caller, "dial")
    assert "auth_token" in told.value.hint


async def test_a_verb_that_there_is_not_is_a_finding_and_the_call_goes_on(table, company, act):
    company.says("/voice", '<say>Hello</say><Say voise="x">Hi.</Say><Wink/><Say>Bye.</Say>')
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    assert caller.prompt().text == "Hi. Bye."
    findings = "\n".join(table.findings)
    assert "12200" in findings and "<say>" in findings and "<Wink>" in findings
    assert "voise" in findings


async def test_a_verb_beyond_a_rehearsal_is_an_error_that_names_it(table, company, act):
    company.says("/voice", "<Pay/>")
    caller = await table.caller(company.url())
    with pytest.raises(CannotLook, match="<Pay> cannot be rehearsed over twiml"):
        await act(caller, "dial")


async def test_a_number_that_cannot_be_dialled_fails_the_dial_and_not_the_call(table, company, act):
    company.says("/voice", '<Say>Hi.</Say><Dial action="after"><Number>nope</Number></Dial>')
    company.says("/after", lambda p: f"<Say>{p['DialCallStatus']}.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    assert caller.prompt().text == "Hi. failed."
    assert any("13223" in finding for finding in table.findings)


async def test_a_recording_that_is_not_there_is_told_and_nothing_is_heard(table, company, act):
    company.says("/voice", "<Say>Hi.</Say><Play>gone.wav</Play><Say>Bye.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    assert caller.prompt().text == "Hi. Bye."
    assert any("11200" in finding for finding in table.findings)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def _server(serve: Serve) -> AsyncIterator[int]:
    writers: list[asyncio.StreamWriter] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in writers:
            writer.close()
        server.close()
        await server.wait_closed()
