"""What Twilio does where a document does not say, each with the section that says so."""

from __future__ import annotations

from typing import Any

import pytest

VOICE = "Twilio, TwiML Voice: "

# section, TwiML of /voice, what the caller does, what /next is asked with or what is heard when
GATHERS: list[tuple[str, str, list[tuple[str, Any]], dict[str, str] | None]] = [
    (
        "Gather, input: dtmf",
        '<Gather action="next"/>',
        [("say", "hello"), ("wait", 20.0)],
        None,
    ),
    (
        "Gather, finishOnKey: #",
        '<Gather action="next"/>',
        [("press", "12#")],
        {"Digits": "12", "FinishedOnKey": "#"},
    ),
    (
        "Gather, finishOnKey: only behind other keys",
        '<Gather action="next"/>',
        [("press", "#"), ("wait", 20.0)],
        None,
    ),
    (
        "Gather, finishOnKey: empty takes every key",
        '<Gather action="next" finishOnKey=""/>',
        [("press", "1#"), ("wait", 6.0)],
        {"Digits": "1#"},
    ),
    (
        "Gather, numDigits: ends with the last",
        '<Gather action="next" numDigits="2"/>',
        [("press", "123")],
        {"Digits": "12"},
    ),
    (
        "Gather, numDigits: unlimited, ended by the time-out",
        '<Gather action="next"/>',
        [("press", "1234567890"), ("wait", 6.0)],
        {"Digits": "1234567890"},
    ),
    (
        "Gather, timeout: 5 seconds between keys",
        '<Gather action="next" numDigits="2"/>',
        [("press", "1"), ("wait", 6.0)],
        {"Digits": "1"},
    ),
    (
        "Gather, actionOnEmptyResult: false",
        '<Gather action="next"/>',
        [("wait", 20.0)],
        None,
    ),
    (
        "Gather, actionOnEmptyResult: true asks with no digits",
        '<Gather action="next" actionOnEmptyResult="true"/>',
        [("wait", 6.0)],
        {"Digits": ""},
    ),
    (
        "Gather, input: keys win over speech where both are asked for",
        '<Gather action="next" input="dtmf speech" numDigits="1"/>',
        [("press", "1")],
        {"Digits": "1"},
    ),
    (
        "Gather, speechTimeout: as timeout",
        '<Gather action="next" input="speech" timeout="2"/>',
        [("say", "yes"), ("wait", 2.2)],
        {"SpeechResult": "yes"},
    ),
    (
        "Gather, bargeIn: false loses words said into the prompt",
        '<Gather action="next" input="speech" bargeIn="false"><Say>Please tell me more.</Say>'
        "</Gather>",
        [("interject", "yes"), ("wait", 20.0)],
        None,
    ),
    (
        "Gather, bargeIn: true takes them",
        '<Gather action="next" input="speech"><Say>Please tell me more.</Say></Gather>',
        [("interject", "yes"), ("wait", 6.0)],
        {"SpeechResult": "yes"},
    ),
    (
        "Record, an empty recording goes to the next verb",
        '<Record action="next"/>',
        [("wait", 20.0)],
        None,
    ),
    (
        "Record, finishOnKey: any key",
        '<Record action="next"/>',
        [("wait", 1.5), ("say", "hello"), ("press", "5")],
        {"Digits": "5"},
    ),
    (
        "Record, timeout: 5 seconds of silence",
        '<Record action="next"/>',
        [("wait", 1.5), ("say", "hello"), ("wait", 6.0)],
        {"Digits": ""},
    ),
]


@pytest.mark.parametrize(
    ("section", "twiml", "does", "asked"), GATHERS, ids=[VOICE + g[0] for g in GATHERS]
)
async def test_what_is_entered_arrives_as_twilio_sends_it(
    table, company, act, section, twiml, does, asked
):
    company.says("/voice", f"<Say>Hi.</Say>{twiml}<Say>Nothing came.</Say>")
    company.says("/next", "<Say>Next.</Say>")
    caller = await table.caller(company.url())
    caller.limit, caller.look_on = 8.0, 0.0
    await act(caller, "dial")
    await act(caller, "wait", 0.5)
    for verb, argument in does:
        early = verb == "interject"
        if early or (verb == "say" and 'input="dtmf"' not in twiml and "Record" not in twiml):
            await act(caller, "say", argument, at_once=True)
        else:
            await act(caller, verb, argument)
    caller.window = 0
    told = company.params("/next")
    if asked is None:
        assert told == [] and "Nothing came." in caller.prompt().text
    else:
        assert {key: told[0].get(key) for key in asked} == asked


LENGTHS: list[tuple[str, str, float]] = [
    ("Gather, timeout: 5", "<Gather/>", 5),
    ("Gather, timeout is counted from the end of the prompts", "<Gather><Pause/></Gather>", 6),
    ("Gather, timeout: a wrong value is left out", '<Gather timeout="soon"/>', 5),
    ("Pause, length: 1", "<Pause/>", 1),
    ("Pause, length", '<Pause length="7"/>', 7),
    ("Dial, timeout: 30", "<Dial><Client>nobody</Client></Dial>", 30),
    ("Dial, timeout", '<Dial timeout="12"><Client>nobody</Client></Dial>', 12),
    ("Play, digits: w is half a second", '<Play digits="wwww"/>', 2),
    ("Play, a length that cannot be told", "<Play>http://elsewhere.example/a.mp3</Play>", 5),
    ("Say, loop", '<Say loop="3">one two three four five</Say>', 6),
    ("Say, SSML break", '<Say>one <break time="1500ms"/> two three four five</Say>', 3.5),
    ("Record, timeout: 5, behind the beep", "<Record/>", 6),
]


@pytest.mark.parametrize(
    ("section", "twiml", "lasts"), LENGTHS, ids=[VOICE + row[0] for row in LENGTHS]
)
async def test_a_verb_lasts_as_long_as_twilio_lets_it(table, company, act, section, twiml, lasts):
    company.says("/voice", f"<Say>Hi.</Say>{twiml}<Say>Over.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 60.0)
    said = {s.text: s for s in caller.seen if s.what == "prompt"}
    assert said["Over."].at - said["Hi."].ends == pytest.approx(lasts, abs=0.01)


async def test_the_first_request_says_ringing_and_later_ones_in_progress(table, company, act):
    """Twilio, Voice webhooks: request parameters, CallStatus."""
    company.says("/voice", "<Redirect>two</Redirect>")
    company.says("/two", "<Say>Hi.</Say><Redirect>three</Redirect>")
    company.says("/three", "<Say>Bye.</Say>")
    caller = await table.caller(company.url(), number="+12025550199")
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    told = [params for _, params, _ in company.asked]
    assert [params["CallStatus"] for params in told] == ["ringing", "ringing", "in-progress"]
    first = told[0]
    assert first["To"] == "+12025550199" and first["From"].startswith("+1202555")
    assert first["Direction"] == "inbound" and first["ApiVersion"] == "2010-04-01"
    assert len({params["CallSid"] for params in told}) == 1
    assert first["CallSid"].startswith("CA") and len(first["CallSid"]) == 34
    assert first["AccountSid"].startswith("AC") and len(first["AccountSid"]) == 34


@pytest.mark.parametrize(
    "twiml", ['<Gather numDigits="1"/>', '<Record finishOnKey="1"/>'], ids=["Gather", "Record"]
)
async def test_an_action_that_is_not_said_is_the_document_itself(table, company, act, twiml):
    company.says(
        "/voice", lambda p: "<Say>Again.</Say>" if "Digits" in p else f"<Say>Hi.</Say>{twiml}"
    )
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 2.0)
    if "Record" in twiml:
        await act(caller, "say", "hello")
    await act(caller, "press", "1")
    await act(caller, "wait", 2.0)
    caller.window = 0
    assert "Again." in caller.prompt().text


async def test_a_dial_without_action_goes_on_and_one_with_action_does_not(table, company, act):
    """Twilio, TwiML Voice: Dial, action."""
    client = "<Client>nobody</Client>"
    company.says("/voice", f"<Say>Hi.</Say><Dial>{client}</Dial><Say>Still here.</Say>")
    company.says("/two", f'<Dial action="end">{client}</Dial><Say>Never said.</Say>')
    company.says("/end", lambda p: f"<Say>{p['DialCallStatus']}.</Say>")
    one, two = await table.caller(company.url()), await table.caller(company.url("/two"))
    for caller in (one, two):
        await act(caller, "dial")
        await act(caller, "wait", 60.0)
        caller.window = 0
    assert "Still here." in one.prompt().text
    assert two.prompt().text == "no-answer."


async def test_text_is_said_and_audio_is_played(table, company, act):
    """Twilio, TwiML: MIME types."""
    from starlette.responses import Response

    company.says("/voice", Response("Hello there.", media_type="text/plain"))
    company.says("/audio", Response(b"ID3", media_type="audio/mpeg"))
    one, two = await table.caller(company.url()), await table.caller(company.url("/audio"))
    for caller in (one, two):
        await act(caller, "dial")
        await act(caller, "wait", 10.0)
        caller.window = 0
    assert one.prompt().text == "Hello there."
    assert two.prompt().text == "audio"


async def test_hold_music_plays_where_the_company_names_none(table, company, act):
    """Twilio, TwiML Voice: Enqueue, waitUrl."""
    company.says("/voice", "<Say>Please wait.</Say><Enqueue>support</Enqueue>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 130.0)
    assert caller.music()
    assert not caller.ended()


async def test_a_text_message_is_sent_and_the_call_goes_on(table, company, act):
    """Twilio, TwiML Voice: Sms."""
    company.says("/voice", "<Say>Hi.</Say><Sms>Your order is on its way.</Sms><Say>Bye.</Say>")
    caller = await table.caller(company.url(), party={"from_": "+12025550111"})
    await act(caller, "dial")
    await act(caller, "wait", 5.0)
    assert caller.message().text == "Your order is on its way."
    assert next(s for s in caller.seen if s.what == "message").data["to"] == "+12025550111"
    assert caller.prompt().text == "Hi. Bye."
