"""The phone tree, by its webhooks."""

from __future__ import annotations

import io
import wave

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_is_read_back_digit_by_digit_and_transferred_with_context(site):
    phone = await site.phone("+15550111").dial()
    assert "Welcome to Birch and Bay Gifts." in phone.heard and "press 2" in phone.heard
    await phone.press("2")
    assert "seven digit order number" in phone.heard
    await phone.press("1047352")
    assert "Order 1 0 4 7 3 5 2. It is on its way" in phone.heard
    await phone.press("0")
    assert phone.said == [
        "Please hold. I am connecting you to our billing team.",
        "You are number 2 in the queue.",
        "You are number 1 in the queue.",
    ]
    dial = phone.last.find("Dial")
    assert dial.attrib == {
        "action": "/voice/after-dial",
        "answerOnBridge": "true",
        "callerId": "+15550111",
        "method": "POST",
        "timeout": "20",
    }
    assert dial.find("Client/Identity").text == "billing-desk"
    assert phone.context == {
        "order number": "1047352",
        "caller": "+15550111",
        "queue": "billing",
        "reason": "order status",
        "address": "12 Birch Lane, Bayview",
    }
    assert (await site.api("/desk/pops?caller=%2B15550111"))["pops"] == [phone.context]


async def test_the_phone_knows_what_was_told_in_the_chat(site):
    async with site.shopper() as shopper:
        number = await site.buy(shopper, mobile="+1 555-0177", email="both@example.org")
    chat = await site.ask(f"Where is my order {number}?")
    told = await site.ask("I want an agent", chat["conversation"])
    phone = await (await site.phone("+15550177").dial()).press("2")
    assert f"about order {' '.join(number)}. Is this about that order?" in phone.heard
    await (await phone.press("1")).press("0")
    assert phone.context["case"] == told["handover"]["case"]
    assert phone.context["order number"] == number
    await phone.go("/voice/after-dial", DialCallStatus="completed")
    assert "Goodbye" in phone.heard
    await phone.post("/voice/status", {"CallStatus": "completed"})
    letters = await site.letters("both@example.org", 2)
    assert letters == [f"Your receipt for order {number}", "How did we do?"]


@pytest.mark.parametrize("key", ["2", "7"])
async def test_a_caller_who_says_no_is_asked_for_the_number(site, key):
    await site.ask("agent", customer={"phone": "+15550178", "order": "1047352"})
    phone = await (await site.phone("+15550178").dial()).press("2")
    assert "seven digit" in (await phone.press(key)).heard


@pytest.mark.parametrize("words", ["representative", "I want to speak to an agent please"])
async def test_a_person_is_reached_by_speech(site, words):
    phone = await (await site.phone().dial()).speak(words)
    assert phone.last.find("Dial") is not None


async def test_silence_is_prompted_twice_again_and_then_goes_to_a_person(site):
    phone = await site.phone().dial()
    assert "did not hear" in (await phone.wait()).heard
    assert "did not hear" in (await phone.wait()).heard
    assert "Please hold" in (await phone.wait()).heard


async def test_a_wrong_key_and_a_wrong_order_number_are_told(site):
    phone = await (await site.phone().dial()).press("9")
    assert phone.heard.startswith("Sorry, I did not get that. For your gift card balance")
    await (await phone.press("2")).press("7654321")
    assert "cannot find that order" in phone.heard
    await (await phone.press("7654322")).press("7654323")
    assert "Please hold" in phone.heard


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        (["1", "61047352"], "Your balance is $25.00."),
        (["1", "99999999"], "cannot find that card"),
        (["3"], "within 30 days"),
        (["4"], "open every day from 8 am to 10 pm"),
    ],
)
async def test_every_branch_of_the_menu_answers(site, keys, part):
    phone = await site.phone().dial()
    for key in keys:
        await phone.press(key)
    assert part in phone.heard


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed"])
async def test_a_desk_that_does_not_answer_is_told_and_a_message_taken(site, status):
    phone = await site.phone().go("/voice/after-dial", DialCallStatus=status)
    assert "nobody is free" in phone.heard and "Record" in phone.verbs
    assert "call you back" in (await phone.go("/voice/voicemail")).heard


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ("2026-12-24T10:00:00-05:00", "Happy holidays"),
        ("2026-11-03T07:59:00", "We are closed at the moment"),
        ("2026-11-03T12:59:00+00:00", "We are closed at the moment"),
        ("2026-11-03T13:00:00+00:00", "For your order, press 2"),
        ("2026-12-25T12:00:00", "We are closed at the moment"),
        ("rubbish", "For your order, press 2"),
    ],
)
async def test_hours_and_holidays_follow_the_rehearsal_time(site, at, part):
    phone = await site.phone(**{"X-Rehearsal-Time": at}).dial()
    assert part in phone.heard


async def test_a_request_that_is_not_signed_is_refused(site):
    phone = site.phone()
    assert (await phone.post("/voice/welcome", {}, token="other")).status_code == 403
    assert (await site.http.post(site.targets["support-line"])).status_code == 403


async def test_hold_music_is_four_seconds_of_telephone_sound(site):
    answer = await site.http.get(site.targets["shop"] + "/voice/hold-music.wav")
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (8000, 32000)
