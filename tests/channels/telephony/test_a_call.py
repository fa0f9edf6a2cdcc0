"""A caller in a phone tree, over real webhooks and in virtual time."""

from __future__ import annotations

import pytest

from cxassure.errors import Broken, CannotLook, Misread

MENU = '<Gather numDigits="1" action="choice"><Say>For orders press 2.</Say></Gather>'


async def test_a_caller_hears_the_welcome_and_gets_through_the_menu(table, company, hears, act):
    company.says("/voice", "<Say>Welcome to Birch and Bay.</Say><Redirect>menu</Redirect>")
    company.says("/menu", MENU + "<Redirect>menu</Redirect>")
    company.says("/choice", lambda p: f"<Say>You pressed {p['Digits']}.</Say><Hangup/>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    took = await hears(caller, "welcome")
    assert 2 <= took < 2.5
    await act(caller, "press", "2")
    await hears(caller, "you pressed 2")
    assert caller.call()["ended_by"] == "company"


async def test_a_whole_journey_of_minutes_takes_no_time_of_ours(table, company, act):
    import time

    company.says("/voice", '<Say>Hold.</Say><Pause length="600"/><Say>Thanks for waiting.</Say>')
    caller = await table.caller(company.url())
    began = time.monotonic()
    await act(caller, "dial")
    await act(caller, "wait", 620.0)
    assert caller.prompt().text == "Hold. Thanks for waiting."
    assert time.monotonic() - began < 62


async def test_a_pause_in_front_of_everything_only_rings(table, company, act):
    """Twilio, TwiML Voice: Pause as the first verb delays the answer."""
    company.says("/voice", '<Pause length="4"/><Say>Hello.</Say>')
    caller = await table.caller(company.url())
    await act(caller, "dial")
    ringing = next(s for s in caller.seen if s.what == "ringing")
    assert ringing.ends - ringing.at == pytest.approx(4, abs=0.5)


async def test_pressing_cuts_the_prompt_short_and_says_how_much_was_heard(
    table, company, hears, act
):
    words = "For orders press 2. For returns press 3. For everything else stay on the line."
    company.says("/voice", f'<Gather numDigits="1" action="c"><Say>{words}</Say></Gather>')
    company.says("/c", "<Say>Orders.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 2.0)
    await act(caller, "press", "2")
    cut = next(s for s in caller.seen if s.what == "prompt")
    assert cut.data["cut"] and cut.text == "For orders press 2. For"
    assert cut.data["whole"] == words
    assert caller.interrupted()
    await hears(caller, "orders.")
    assert "returns" not in caller.prompt().text


async def test_keys_pressed_over_a_bare_announcement_are_lost(table, company, hears, act):
    company.says("/voice", "<Say>This call may be recorded for quality.</Say>" + MENU)
    company.says("/choice", "<Say>Never.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "press", "2", at_once=True)
    await hears(caller, "for orders press 2")
    assert company.params("/choice") == []
    assert any("nothing asked for keys" in finding for finding in table.findings)


async def test_a_caller_with_manners_waits_until_keys_are_asked_for(table, company, act):
    company.says("/voice", "<Say>This call may be recorded for quality.</Say>" + MENU)
    company.says("/choice", "<Say>Orders.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "press", "2")
    assert company.params("/choice")[0]["Digits"] == "2"


async def test_a_line_that_never_asks_for_keys_is_told(table, company, act):
    company.says("/voice", '<Gather input="speech"><Say>How can I help?</Say></Gather>' * 30)
    caller = await table.caller(company.url())
    caller.limit, caller.look_on = 10, 5
    await act(caller, "dial")
    with pytest.raises(Broken, match="no keys were asked for within"):
        await act(caller, "press", "2")


async def test_speech_reaches_the_company_as_words(table, company, act, hears):
    company.says(
        "/voice",
        '<Gather input="speech" speechTimeout="auto" action="said"><Say>Go on.</Say></Gather>',
    )
    company.says("/said", "<Say>Understood.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "say", "representative please")
    await hears(caller, "understood")
    told = company.params("/said")[0]
    assert told["SpeechResult"] == "representative please"
    assert 0 < float(told["Confidence"]) <= 1


async def test_a_verb_after_the_end_says_who_hung_up_and_when(table, company, act):
    company.says("/voice", "<Say>We are closed. Goodbye.</Say><Hangup/>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    with pytest.raises(Broken, match=r"the call had ended: hung up by the company at 1\.\d s"):
        await act(caller, "press", "1")


async def test_a_busy_line_is_told(table, company, act):
    company.says("/voice", '<Reject reason="busy"/>')
    caller = await table.caller(company.url())
    with pytest.raises(Broken, match="the line was busy"):
        await act(caller, "dial")
    assert caller.call()["status"] == "busy"


async def test_dead_air_is_measured_but_the_callers_own_turn_is_not(table, company, act):
    company.says("/voice", '<Say>One moment.</Say><Pause length="8"/>' + MENU + "<Say>Bye.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 30.0)
    assert 8 <= caller.silence() < 8.5


async def test_hold_music_and_places_in_the_queue_are_heard(table, company, act):
    places = iter(("2", "1", "0"))

    def wait(params):
        place = next(places)
        if place == "0":
            return "<Leave/>"
        return f"<Say>You are number {place} in the queue.</Say><Play>music.wav</Play>"

    company.says("/voice", '<Enqueue waitUrl="wait" action="out">billing</Enqueue>')
    company.says("/wait", wait)
    company.says("/out", "<Say>Here you are.</Say>")
    company.says("/music.wav", lambda p: wav(3))
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 30.0)
    assert caller.queue() == ["2", "1"]
    assert caller.position() == 1
    assert caller.music()
    music = [s for s in caller.seen if s.what == "music"]
    assert [round(s.ends - s.at) for s in music] == [3, 3]
    out = company.params("/out")[0]
    assert out["QueueResult"] == "leave" and int(out["QueueTime"]) >= 10
    assert company.params("/wait")[0]["QueuePosition"] == "1"


def wav(seconds: float) -> object:
    import io
    import wave

    from starlette.responses import Response

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * int(8000 * seconds))
    return Response(file.getvalue(), media_type="audio/wav")


async def test_a_number_read_digit_by_digit_can_be_expected_whole(table, company, act):
    company.says("/voice", "<Say>Order 1 0 4 8 2 1 3. It is on its way.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 10.0)
    assert "Order 1048213. It" in caller.read_back()


async def test_requests_are_signed_as_twilio_signs(table, company, act):
    from twilio.request_validator import RequestValidator

    company.says("/voice", "<Redirect>menu?a=b c</Redirect>")
    company.says("/menu", "<Say>Hello.</Say>")
    caller = await table.caller(company.url(), auth_token="t0ken")
    await act(caller, "dial")
    for _path, params, request in company.asked:
        signature = request.headers["x-twilio-signature"]
        assert RequestValidator("t0ken").validate(str(request.url), params, signature)
    assert len(company.asked) == 2


async def test_over_get_everything_stands_in_the_address_and_is_signed_there(table, company, act):
    from twilio.request_validator import RequestValidator

    company.says("/voice", "<Say>Hello.</Say>")
    caller = await table.caller(company.url(), method="GET", auth_token="t0ken")
    await act(caller, "dial")
    _, params, request = company.asked[0]
    assert params["CallStatus"] == "ringing"
    signature = request.headers["x-twilio-signature"]
    assert RequestValidator("t0ken").validate(str(request.url), {}, signature)


async def test_a_status_callback_hears_of_the_end(table, company, act):
    company.says("/voice", "<Say>Hello.</Say>" + MENU)
    company.says("/status", "")
    caller = await table.caller(company.url(), status_callback=company.url("/status"))
    await act(caller, "dial")
    await act(caller, "wait", 3.0)
    await act(caller, "hang_up")
    told = company.params("/status")[0]
    assert told["CallStatus"] == "completed" and told["CallDuration"] == "3"
    assert caller.call()["ended_by"] == "customer"


async def test_a_message_can_be_left_on_voicemail(table, company, act):
    company.says("/voice", '<Say>Leave a message.</Say><Record action="done" maxLength="60"/>')
    company.says("/done", "<Say>Thank you.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "say", "please call me back about my order")
    await act(caller, "wait", 10.0)
    told = company.params("/done")[0]
    assert int(told["RecordingDuration"]) >= 3 and told["RecordingUrl"].startswith("https://")
    assert any(s.what == "recording" for s in caller.seen)


async def test_cookies_live_as_long_as_the_call(table, company, act):
    from starlette.responses import Response

    welcome = Response("<Response><Redirect>next</Redirect></Response>", media_type="text/xml")
    welcome.set_cookie("seen", "yes")
    company.says("/voice", welcome)
    company.says("/next", "<Say>Hello.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    assert company.asked[1][2].cookies == {"seen": "yes"}


async def test_two_calls_at_once_share_the_clock_and_nothing_else(table, company, act, hears):
    company.says("/voice", MENU + "<Say>Goodbye.</Say>")
    company.says("/choice", lambda p: f"<Say>{p['From']} pressed {p['Digits']}.</Say>")
    one = await table.caller(company.url(), party={"from_": "+12025550111"})
    two = await table.caller(company.url(), party={"from_": "+12025550122"})
    await act(one, "dial")
    await act(two, "dial")
    await act(one, "press", "1")
    await act(two, "press", "2")
    await hears(one, "+12025550111 pressed 1")
    await hears(two, "+12025550122 pressed 2")
    assert one.clock is two.clock
    assert one.call()["sid"] != two.call()["sid"]


async def test_the_same_call_takes_the_same_time_twice(table, company, act):
    company.says("/voice", "<Say>Welcome.</Say>" + MENU + '<Pause length="3"/><Say>Bye.</Say>')
    times = []
    for _ in range(2):
        caller = await table.caller(company.url())
        began = caller.clock.now()
        await act(caller, "dial")
        await act(caller, "wait", 30.0)
        times.append([(s.what, s.text, round(s.at - began, 0)) for s in caller.seen])
    assert times[0] == times[1]


async def test_what_cannot_be_pressed_is_refused(table, company, act):
    company.says("/voice", MENU)
    caller = await table.caller(company.url())
    with pytest.raises(CannotLook, match="there is no call"):
        await act(caller, "press", "1")
    await act(caller, "dial")
    with pytest.raises(Misread, match="cannot be pressed"):
        await act(caller, "press", "x")


async def test_evidence_holds_requests_with_answers_and_no_signature(table, company, act):
    company.says("/voice", "<Say>Welcome.</Say>")
    caller = await table.caller(company.url(), auth_token="t0ken")
    await act(caller, "dial")
    await caller.witness("a test")
    assert b"<Say>Welcome.</Say>" in table.kept["call.json"]
    assert b"connected" in table.kept["call.txt"]
    assert not any(b"t0ken" in kept or b"ignature" in kept for kept in table.kept.values())
    request = next(s for s in caller.seen if s.what == "request")
    assert request.data["params"]["CallStatus"] == "ringing" and request.data["status"] == 200


async def test_sound_cannot_be_seen_over_twiml(table, company):
    from cxassure.channel import Unseen

    caller = await table.caller(company.url())
    with pytest.raises(Unseen):
        await caller.audio()


async def test_a_misspelt_option_of_the_target_is_told(table, company):
    with pytest.raises(CannotLook, match="auth_tokn"):
        await table.caller(company.url(), auth_tokn="x")
