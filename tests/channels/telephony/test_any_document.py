"""Whatever a webhook answers, the call comes to an end that is told."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.keys import keys
from cxassure.channels._telephony.carrier.lengths import heard_of, spoken, wav_seconds
from cxassure.channels._telephony.carrier.markup import parse
from cxassure.channels._telephony.carrier.schema import ATTRIBUTES, complaints
from cxassure.channels.ivr.spoken import positions, read_out
from cxassure.errors import CxassureError, Misread

NAMES = st.sampled_from([*ATTRIBUTES, "Start", "Connect", "Refer", "say", "Bogus"])
VALUES = st.sampled_from(
    ["", "0", "1", "-1", "x", "true", "999999999999", "/voice", "menu", "ftp://x", "[", "#", "GET"]
)
ATTRIBUTE = st.sampled_from(sorted({name for names in ATTRIBUTES.values() for name in names}))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@st.composite
def elements(draw, depth: int = 2) -> str:
    name = draw(NAMES)
    given = draw(st.dictionaries(ATTRIBUTE, VALUES, max_size=4))
    attributes = "".join(f' {key}="{escaped(value)}"' for key, value in given.items())
    text = draw(
        st.sampled_from(["", "Hello.", "client:x", "+12025550100", "/voice", "menu", "sip:"])
    )
    inside = "".join(draw(st.lists(elements(depth=depth - 1), max_size=2))) if depth else ""
    return f"<{name}{attributes}>{text}{inside}</{name}>"


documents = st.lists(elements(), max_size=5).map(
    lambda parts: f"<Response>{''.join(parts)}</Response>"
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=documents | st.binary(max_size=200))
async def test_any_document_ends_in_a_told_error_or_a_finite_call(table, company, document):
    body = document.encode() if isinstance(document, str) else document
    company.says("/voice", body)
    company.says("/menu", body)
    caller = await table.caller(company.url())
    caller.limit, caller.look_on = 20.0, 0.0
    with suppress(CxassureError):
        await asyncio.wait_for(caller.dial(), 20)
        await asyncio.wait_for(caller.wait(120.0), 20)
    await caller.hang_up()
    await caller.line.exchange.clock.idle()
    call = caller.line.current
    assert call.ended and call.ended.how
    assert not isinstance(call.trouble, Exception) or isinstance(call.trouble, CxassureError)


@given(st.binary(max_size=400))
def test_any_bytes_are_verbs_or_a_complaint(body: bytes) -> None:
    with suppress(Fault):
        list(complaints(parse(body)))


@given(documents)
def test_any_tree_of_elements_can_be_complained_of(document: str) -> None:
    assert all(str(fault.code) in str(fault) for fault in complaints(parse(document.encode())))


@given(st.text(max_size=300), st.floats(0, 1))
def test_what_was_heard_of_a_text_is_its_beginning(text: str, part: float) -> None:
    heard = heard_of(text, spoken(text) * part)
    assert text.split()[: len(heard.split())] == heard.split()


@given(st.binary(max_size=200))
def test_the_length_of_any_bytes_is_a_number_or_unknown(data: bytes) -> None:
    lasts = wav_seconds(b"RIFF\0\0\0\0WAVE" + data)
    assert lasts is None or lasts >= 0


@given(st.text(max_size=40))
def test_what_is_written_is_keys_or_misread(written: str) -> None:
    with suppress(Misread):
        assert set(keys(written)) <= set("0123456789*#ABCDwW")


@given(st.text(max_size=200))
def test_spoken_numbers_are_looked_for_in_any_text(text: str) -> None:
    assert all(place.isdigit() for place in positions(text))
    read_out(text)


@given(st.integers(1, 9999))
def test_a_place_in_the_queue_is_heard(place: int) -> None:
    assert positions(f"You are number {place} in the queue. Please hold.") == [str(place)]
    assert positions(f"There are {place} callers ahead of you.") == [str(place)]
    assert positions(f"Your order number is {place}.") == []


@given(st.integers(10, 10**9))
def test_a_number_spelt_out_is_put_together(number: int) -> None:
    assert read_out(f"Order {' '.join(str(number))}. Thanks.") == f"Order {number}. Thanks."


def test_the_length_of_a_recording_is_read_off_its_head() -> None:
    import io
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0" * 16_000 * 4)
    assert wav_seconds(file.getvalue()[:100]) == 4.0
