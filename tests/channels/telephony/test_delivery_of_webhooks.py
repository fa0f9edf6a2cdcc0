"""How requests to the company are tried again, and what a call does when none gets through."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from cxassure.channels._telephony.carrier.overrides import PATIENCE, overrides
from cxassure.errors import Broken

REFUSES = "http://127.0.0.1:9"


def failing(times: int, status: int, then: str):
    """Answers `status` so many times, then a document."""
    left = [times]

    def answer(params: dict[str, str]) -> str | Response:
        left[0] -= 1
        return Response("no", status) if left[0] >= 0 else then

    return answer


@pytest.mark.parametrize(
    ("fragment", "fails", "status", "heard"),
    [
        ("", 1, 500, None),
        ("#rc=2&rp=5xx", 2, 503, "Hello."),
        ("#rc=2&rp=5xx", 3, 503, None),
        ("#rc=1&rp=4xx,5xx", 1, 404, "Hello."),
        ("#rp=all", 1, 404, "Hello."),
        ("#rc=0&rp=all", 1, 404, None),
    ],
)
async def test_a_webhook_is_asked_again_as_its_address_says(
    table, company, act, fragment, fails, status, heard
):
    """Twilio, Webhooks connection overrides: rc, rp."""
    company.says(
        "/voice", f"<Say>Hi.</Say><Redirect>next{fragment.replace('&', '&amp;')}</Redirect>"
    )
    company.says("/next", failing(fails, status, "<Say>Hello.</Say>"))
    caller = await table.caller(company.url())
    await act(caller, "dial")
    if heard:
        await act(caller, "wait", 5.0)
        caller.window = 0
        assert heard in caller.prompt().text
        assert len(company.params("/next")) == fails + 1
    else:
        with pytest.raises(Broken) as told:
            await act(caller, "wait", 5.0)
        assert told.value.code == "11200"


def test_an_address_without_wishes_is_asked_once_more_where_it_was_not_reached():
    bare, usual = overrides("http://x/voice?a=1")
    assert bare == "http://x/voice?a=1" and usual.total == usual.read == PATIENCE
    assert usual.retries("ct") and not usual.retries("5xx") and not usual.retries("")


ENDLESS = pytest.param(f"#rc={'9' * 5000}&tt={'9' * 5000}", id="more digits than int reads")


@pytest.mark.parametrize(
    "fragment", ["#tt=soon&rc=x&rp=", "#rc=99", "#tt=0", "#e=ashburn", "#&&=", ENDLESS]
)
def test_wishes_that_make_no_sense_are_the_usual(fragment):
    bare, wish = overrides(f"http://x/{fragment}")
    assert bare == "http://x/" and 0 < wish.total <= PATIENCE and 0 <= wish.again <= 5


async def test_the_fallback_is_asked_once_and_told_what_broke(table, company, act, hears):
    """Twilio, VoiceFallbackUrl: ErrorCode, ErrorUrl."""
    company.says("/voice", "<Say>Hi.</Say><Redirect>broken</Redirect>")
    company.says("/broken", Response("no", 500))
    company.says("/sorry", "<Say>We call you back.</Say><Pause/><Redirect>broken</Redirect>")
    caller = await table.caller(company.url(), fallback=company.url("/sorry"))
    await act(caller, "dial")
    await hears(caller, "we call you back")
    told = company.params("/sorry")
    assert told[0]["ErrorCode"] == "11200" and told[0]["ErrorUrl"] == company.url("/broken")
    with pytest.raises(Broken) as broken:
        await act(caller, "wait", 20.0)
    assert broken.value.code == "11200" and len(company.params("/sorry")) == 1
    assert any("fallback" in finding for finding in table.findings)


async def test_the_status_callback_of_a_call_that_comes_in_is_told_of_its_end(table, company, act):
    company.says("/voice", "<Say>Hi.</Say>")
    company.says("/status", "")
    caller = await table.caller(company.url(), status_callback=company.url("/status"))
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    told = company.params("/status")
    assert [one["CallStatus"] for one in told] == ["completed"]
    assert told[0]["CallDuration"] == "1" and told[0]["SequenceNumber"] == "0"
    assert told[0]["Timestamp"].endswith("+0000")


async def test_a_refer_hands_the_caller_on_and_tells_the_company(table, company, act, hears):
    """Twilio, TwiML Voice: Refer."""
    company.says(
        "/voice",
        '<Say>One moment.</Say><Refer action="done"><Sip>sip:kim@desk.example</Sip></Refer>',
    )
    company.says("/done", "")
    caller = await table.caller(company.url())
    kim = await table.agent("sip:kim@desk.example")
    await act(caller, "dial")
    await act(kim, "answer")
    await act(kim, "speak", "This is Kim.")
    await hears(caller, "this is kim")
    told = company.params("/done")[0]
    assert told["ReferCallStatus"] == "completed" and told["NotifySipResponseCode"] == "200"
    await act(kim, "hang_up")
    await act(caller, "wait", 1.0)
    assert caller.ended() and caller.call()["ended_by"] == "agent"


async def test_a_refer_that_nobody_takes_goes_on_with_its_action(table, company, act, hears):
    company.says("/voice", '<Refer action="done"><Sip>sip:gone@desk.example</Sip></Refer>')
    company.says("/done", lambda p: f"<Say>Sorry, {p['ReferCallStatus']}.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await hears(caller, "sorry, no-answer")


async def test_partial_results_are_told_while_the_caller_speaks(table, company, act, hears):
    """Twilio, TwiML Voice: Gather, partialResultCallback."""
    company.says(
        "/voice",
        '<Gather input="speech" language="de-DE" action="next" speechTimeout="auto"'
        ' partialResultCallback="partial"><Say>Yes?</Say></Gather>',
    )
    company.says("/partial", "")
    company.says("/next", "<Say>Thanks.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await hears(caller, "yes?")
    await act(caller, "say", "an agent")
    await hears(caller, "thanks")
    assert company.params("/partial")[0]["UnstableSpeechResult"] == "an agent"
    assert company.params("/next")[0]["Language"] == "de-DE"


async def test_a_full_queue_turns_the_caller_away(table, company, act, hears):
    """Twilio, TwiML Voice: Enqueue, maxQueueSize."""
    company.says("/voice", '<Enqueue maxQueueSize="1" action="after">support</Enqueue>')
    company.says("/after", lambda p: f"<Say>{p['QueueResult']}</Say>")
    one, two = await table.caller(company.url()), await table.caller(company.url())
    await act(one, "dial")
    await act(two, "dial")
    await hears(two, "queue-full")
    assert not one.ended()


async def test_who_is_taken_out_of_a_queue_hears_the_whisper_first(table, company, act, hears):
    """Twilio, TwiML Voice: Queue, url."""
    company.says("/voice", "<Say>Hi.</Say><Enqueue>support</Enqueue>")
    company.says("/staff", '<Dial><Queue url="next">support</Queue></Dial>')
    company.says("/next", "<Say>You are next.</Say>")
    caller = await table.caller(company.url())
    staff = await table.caller(company.url("/staff"))
    await act(caller, "dial")
    await act(caller, "wait", 3.0)
    await act(staff, "dial")
    await hears(caller, "you are next")
    await act(staff, "say", "This is Kim.")
    await hears(caller, "this is kim")
    assert company.params("/next")[0]["DequeingCallSid"] == staff.call()["sid"]


async def test_a_recorded_dial_tells_its_action_and_its_callback(table, company, act, hears):
    """Twilio, TwiML Voice: Dial, record."""
    company.says(
        "/voice",
        '<Say>Hi.</Say><Dial record="record-from-answer-dual" action="after"'
        ' recordingStatusCallback="taped"><Client>kim</Client></Dial>',
    )
    company.says("/after", lambda p: f"<Say>{p['RecordingDuration']} seconds.</Say>")
    company.says("/taped", "")
    caller, kim = await table.caller(company.url()), await table.agent("client:kim")
    await act(caller, "dial")
    await act(kim, "answer")
    await act(kim, "wait", 12.0)
    await act(kim, "hang_up")
    await hears(caller, "12 seconds")
    told = company.params("/taped")[0]
    assert told["RecordingChannels"] == "2" and told["RecordingSource"] == "DialVerb"
