"""A company's programs ask for calls through Twilio's own client, and the run's exchange obeys."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from cxassure.errors import Broken, CannotLook

SID, TOKEN = "AC" + "1" * 32, "a-token-of-the-account"
KEYS = {"account_sid": SID, "auth_token": TOKEN, "api": "any", "settle": 0.02}


def program(caller: Any, token: str = TOKEN) -> Client:
    """Twilio's own client, pointed at the run's exchange."""
    client = Client(SID, token, http_client=TwilioHttpClient(pool_connections=False))
    client.api.base_url = caller.line.exchange.api_address
    return client


def soon(what: Callable[..., Any], *told: Any, **named: Any) -> Any:
    """Does something with the client beside the loop, as a program of the company's does."""
    return asyncio.to_thread(what, *told, **named)


async def test_a_warm_transfer_through_the_api_is_rehearsed(table, company, act, hears):
    company.says(
        "/voice",
        '<Say>Hello.</Say><Dial><Conference endConferenceOnExit="true" waitUrl="wait">case 7'
        "</Conference></Dial>",
    )
    company.says("/wait", "<Say>An agent will join.</Say><Pause/>")
    caller = await table.caller(company.url(), **KEYS)
    kim, lee = await table.agent("client:kim"), await table.agent("+12025550177")
    client = program(caller)
    await act(caller, "dial")
    await hears(caller, "an agent will join")
    rooms = await soon(client.conferences.list, friendly_name="case 7")
    assert [room.status for room in rooms] == ["init"]
    seats = client.conferences(rooms[0].sid).participants
    await soon(seats.create, to="client:kim", from_="+12025550100", label="first")
    await act(kim, "answer")
    await act(kim, "speak", "This is Kim, one moment.")
    await hears(caller, "this is kim")
    second = await soon(seats.create, to="+12025550177", from_="+12025550100", label="second")
    assert second.status == "queued"
    await soon(
        client.conferences(rooms[0].sid).participants(caller.call()["sid"]).update, hold=True
    )
    await act(lee, "answer")
    await act(kim, "speak", "The parcel is lost.")
    await hears(lee, "the parcel is lost")
    caller.window = caller.matched
    await act(caller, "wait", 70.0)
    assert "lost" not in caller.prompt().text if caller.prompt() else True
    assert caller.music()
    await soon(
        client.conferences(rooms[0].sid).participants(caller.call()["sid"]).update, hold=False
    )
    held = [one.hold for one in await soon(seats.list)]
    assert held == [False, False, False]
    await soon(client.conferences(rooms[0].sid).participants("first").delete)
    await act(lee, "speak", "This is Lee.")
    await hears(caller, "this is lee")
    await act(kim, "wait", 1.0)
    assert kim.ended()
    await act(caller, "hang_up")
    await act(lee, "wait", 1.0)
    assert lee.ended()


async def test_click_to_call_rings_the_desk_and_then_the_other(table, company, act, hears):
    company.says("/voice", "<Say>Hello.</Say><Pause length='60'/>")
    company.says("/bridge", "<Say>Connecting.</Say><Dial><Number>+12025550188</Number></Dial>")
    caller = await table.caller(company.url(), **KEYS)
    desk, customer = await table.agent("client:kim"), await table.agent("+12025550188")
    client = program(caller)
    placed = await soon(
        client.calls.create, to="client:kim", from_="+12025550100", url=company.url("/bridge")
    )
    assert placed.status == "queued" and placed.direction == "outbound-api"
    await act(desk, "answer")
    await hears(desk, "connecting")
    await act(customer, "answer")
    await act(desk, "speak", "You asked for a call.")
    await hears(customer, "you asked for a call")
    assert customer.context()["caller"] == "+12025550100" or customer.context()["caller"]
    told = await soon(client.calls(placed.sid).fetch)
    assert told.status == "in-progress" and told.to == "client:kim"
    legs = await soon(client.calls.list, parent_call_sid=placed.sid)
    assert [leg.to for leg in legs] == ["+12025550188"]


async def test_a_call_is_sent_elsewhere_and_then_ended(table, company, act, hears):
    company.says("/voice", "<Say>Please hold.</Say><Enqueue>support</Enqueue><Say>Never.</Say>")
    company.says("/elsewhere", "<Say>We will call you back.</Say><Pause length='30'/>")
    caller = await table.caller(company.url(), **KEYS)
    await act(caller, "dial")
    await hears(caller, "please hold")
    await act(caller, "wait", 5.0)
    call = program(caller).calls(caller.call()["sid"])
    await soon(call.update, url=company.url("/elsewhere"))
    await hears(caller, "call you back")
    sent = await soon(call.update, twiml="<Response><Say>Bye now.</Say><Pause/></Response>")
    assert sent.status == "in-progress"
    await hears(caller, "bye now")
    ended = await soon(call.update, status="completed")
    assert ended.status == "completed" and caller.ended()
    assert caller.call()["ended_by"] == "company"
    with pytest.raises(TwilioRestException) as told:
        await soon(call.update, url=company.url("/elsewhere"))
    assert told.value.code == 21220 and told.value.status == 400


async def test_a_dialled_leg_that_is_sent_elsewhere_leaves_the_caller_to_the_action(
    table, company, act, hears
):
    company.says("/voice", '<Say>Hi.</Say><Dial action="after"><Client>kim</Client></Dial>')
    company.says("/after", "<Say>Kim has left.</Say>")
    company.says("/survey", "<Say>How was it?</Say><Pause/>")
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    await act(caller, "dial")
    await act(kim, "answer")
    await act(kim, "speak", "Hello.")
    client = program(caller)
    leg = next(iter(await soon(client.calls.list, parent_call_sid=caller.call()["sid"])))
    await soon(client.calls(leg.sid).update, url=company.url("/survey"))
    await hears(kim, "how was it")
    await hears(caller, "kim has left")


async def test_a_webhook_that_calls_the_api_while_it_answers_holds_the_clock(
    table, company, act, hears
):
    """The request comes while time stands still, whatever the machine's load."""

    def connect(params: dict[str, str]) -> str:
        client.calls.create(
            to="client:kim", from_="+12025550100", twiml="<Response><Say>Hi Kim.</Say></Response>"
        )
        return "<Say>Kim is being called.</Say><Pause length='20'/>"

    company.says("/voice", connect)
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    client = program(caller)
    await act(caller, "dial")
    rang = next(seen for seen in kim.seen if seen.what == "rang")
    assert rang.at == 0.0
    await act(kim, "answer")
    await hears(kim, "hi kim")


async def test_a_request_from_the_background_is_picked_up_before_time_leaps(
    table, company, act, hears
):
    """Two seconds of real time to act in: more than a thread needs on any machine."""

    def later(params: dict[str, str]) -> str:
        call = client.calls(params["CallSid"])
        away = "<Response><Say>Moved at once.</Say><Pause/></Response>"
        threading.Thread(target=lambda: call.update(twiml=away)).start()
        return "<Say>Hold.</Say><Pause length='600'/>"

    company.says("/voice", later)
    caller = await table.caller(company.url(), **{**KEYS, "settle": 2.0})
    client = program(caller)
    await act(caller, "dial")
    caller.line.exchange.clock.grace = 0.0
    await act(caller, "wait", 3.0)
    caller.window = 0
    assert "Moved at once." in caller.prompt().text
    said = next(seen for seen in caller.seen if seen.text == "Moved at once.")
    assert said.at < 1.0


async def test_status_callbacks_of_a_call_come_in_twilios_order_and_are_signed(table, company, act):
    from twilio.request_validator import RequestValidator

    company.says("/voice", "")
    company.says("/hello", "<Say>Hello Kim.</Say>")
    company.says("/told", "")
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    await soon(
        program(caller).calls.create,
        to="client:kim",
        from_="+12025550100",
        url=company.url("/hello"),
        status_callback=company.url("/told"),
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    await act(kim, "answer")
    await act(kim, "wait", 10.0)
    told = company.params("/told")
    assert [one["CallStatus"] for one in told] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [one["SequenceNumber"] for one in told] == ["0", "1", "2", "3"]
    assert told[3]["CallDuration"] == "1" and told[0]["CallbackSource"] == "call-progress-events"
    validator = RequestValidator(TOKEN)
    for path, params, request in company.asked:
        signature = request.headers["x-twilio-signature"]
        assert validator.validate(company.url(path), params, signature), path


@pytest.mark.parametrize(
    ("does", "status"), [("let_ring", "no-answer"), ("decline", "busy")], ids=str
)
async def test_a_call_that_nobody_takes_completes_with_its_reason(
    table, company, act, does, status
):
    company.says("/voice", "")
    company.says("/told", "")
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    call = await soon(
        program(caller).calls.create,
        to="client:kim",
        from_="+12025550100",
        twiml="<Response/>",
        timeout=9,
        status_callback=company.url("/told"),
    )
    await act(kim, does)
    await act(kim, "wait", 1.0)
    assert [one["CallStatus"] for one in company.params("/told")] == [status]
    assert (await soon(program(caller).calls(call.sid).fetch)).status == status


async def test_a_call_that_rings_can_be_canceled(table, company, act):
    company.says("/voice", "")
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    client = program(caller)
    call = await soon(
        client.calls.create, to="client:kim", from_="+12025550100", twiml="<Response/>"
    )
    await soon(client.calls(call.sid).update, status="canceled")
    with pytest.raises(Broken, match="not rung"):
        kim.limit = kim.look_on = 1.0
        await act(kim, "answer")
    assert (await soon(client.calls(call.sid).fetch)).status == "canceled"


async def test_a_queue_is_seen_and_emptied(table, company, act, hears):
    company.says("/voice", '<Enqueue action="after">support</Enqueue>')
    company.says("/after", lambda p: f"<Say>{p['QueueResult']}</Say>")
    company.says("/taken", "<Say>Your turn.</Say><Pause/>")
    caller = await table.caller(company.url(), **KEYS)
    await act(caller, "dial")
    await act(caller, "wait", 12.0)
    client = program(caller)
    queue = next(iter(await soon(client.queues.list)))
    assert (queue.friendly_name, queue.current_size) == ("support", 1)
    members = client.queues(queue.sid).members
    waits = await soon(members.list)
    assert [one.call_sid for one in waits] == [caller.call()["sid"]] and waits[0].position == 1
    assert waits[0].wait_time >= 12
    await soon(client.queues(queue.sid).members("Front").update, url=company.url("/taken"))
    await hears(caller, "your turn")
    assert company.params("/after")[0]["QueueResult"] == "redirected"
    made = await soon(client.queues.create, friendly_name="spare", max_size=3)
    assert made.max_size == 3
    await soon(client.queues(made.sid).update, max_size="9" * 5000)
    await soon(client.queues(made.sid).delete)
    assert [one.friendly_name for one in await soon(client.queues.list)] == ["support"]


async def test_muting_coaching_and_the_end_of_a_conference_are_told_in_order(
    table, company, act, hears
):
    events = "start end join leave mute hold modify"
    company.says(
        "/voice",
        f'<Dial action="after"><Conference statusCallback="room" statusCallbackEvent="{events}">'
        "case 9</Conference></Dial>",
    )
    company.says("/after", "<Say>The conference is over.</Say>")
    company.says("/room", "")
    caller = await table.caller(company.url(), **KEYS)
    kim, boss = await table.agent("client:kim"), await table.agent("client:boss")
    client = program(caller)
    await act(caller, "dial")
    room = next(iter(await soon(client.conferences.list)))
    seats = client.conferences(room.sid).participants
    first = await soon(seats.create, to="client:kim", from_="+12025550100")
    await act(kim, "answer")
    coach = {"coaching": True, "call_sid_to_coach": first.call_sid}
    await soon(seats.create, to="client:boss", from_="+12025550100", **coach)
    await act(boss, "answer")
    await act(boss, "speak", "Offer a refund.")
    await hears(kim, "offer a refund")
    await soon(client.conferences(room.sid).participants(first.call_sid).update, muted=True)
    await act(kim, "speak", "Nobody hears this.")
    caller.window = 0
    assert caller.prompt() is None
    done = await soon(client.conferences(room.sid).update, status="completed")
    assert done.status == "completed"
    await hears(caller, "the conference is over")
    told = [one["StatusCallbackEvent"] for one in company.params("/room")]
    assert told == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-join",
        "participant-modify",
        "participant-mute",
        "participant-leave",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    numbers = [int(one["SequenceNumber"]) for one in company.params("/room")]
    assert numbers == list(range(1, len(told) + 1))
    last = company.params("/room")[-1]
    assert last["ReasonConferenceEnded"] == "conference-ended-via-api"


async def test_what_was_recorded_can_be_fetched(table, company, act, hears):
    company.says(
        "/voice",
        '<Record action="next" transcribe="true" transcribeCallback="text"'
        ' recordingStatusCallback="taped"/>',
    )
    for path in ("/next", "/text", "/taped"):
        company.says(path, "<Say>Thanks.</Say><Pause/>")
    caller = await table.caller(company.url(), **KEYS)
    await act(caller, "dial")
    await act(caller, "wait", 1.5)
    await act(caller, "say", "Please call me back.")
    await act(caller, "press", "1")
    await hears(caller, "thanks")
    assert company.params("/text")[0]["TranscriptionText"] == "Please call me back."
    assert company.params("/taped")[0]["RecordingStatus"] == "completed"
    url = company.params("/next")[0]["RecordingUrl"]
    assert url.startswith(caller.line.exchange.api_address)
    client = program(caller)
    tapes = await soon(client.recordings.list, call_sid=caller.call()["sid"])
    assert tapes[0].sid == company.params("/next")[0]["RecordingSid"]
    sound = await soon(client.http_client.request, "GET", f"{url}.wav")
    assert sound.status_code == 200 and sound.headers["content-type"] == "audio/x-wav"
    await soon(client.recordings(tapes[0].sid).delete)
    assert await soon(client.recordings.list) == []


async def test_a_text_message_reaches_who_is_on_the_line(table, company, act):
    company.says("/voice", "<Say>Hi.</Say><Pause length='9'/>")
    company.says("/sent", "")
    caller = await table.caller(company.url(), party={"from_": "+12025550111"}, **KEYS)
    client = program(caller)
    await act(caller, "dial")
    sent = await soon(
        client.messages.create,
        to="+12025550111",
        from_="+12025550100",
        body="Your code is 4711.",
        status_callback=company.url("/sent"),
    )
    assert caller.message().text == "Your code is 4711."
    assert (await soon(client.messages(sent.sid).fetch)).status == "delivered"
    await act(caller, "wait", 1.0)
    told = [one["MessageStatus"] for one in company.params("/sent")]
    assert told == ["queued", "sent", "delivered"]


async def test_lists_come_in_pages(table, company, act):
    company.says("/voice", "<Say>Hi.</Say>")
    caller = await table.caller(company.url(), **KEYS)
    client = program(caller)
    for number in range(5):
        told = {"to": "+1202555019", "from_": "+12025550100", "body": str(number)}
        await soon(client.messages.create, **told)
    found = await soon(client.messages.list, page_size=2)
    assert [one.body for one in found] == ["4", "3", "2", "1", "0"]
    first = await soon(client.messages.page, page_size=2)
    assert len(list(first)) == 2 and first.next_page_url


REFUSALS: list[tuple[str, Callable[[Client], Any], int, int]] = [
    ("no such call", lambda c: c.calls("CA" + "0" * 32).fetch(), 404, 20404),
    ("no From", lambda c: c.calls.create(to="client:x", from_="", twiml="<R/>"), 400, 21213),
    ("nothing to do", lambda c: c.calls.create(to="client:x", from_="+12025550100"), 400, 21205),
    (
        "no number",
        lambda c: c.calls.create(to="nobody", from_="+12025550100", twiml="<Response/>"),
        400,
        21211,
    ),
    ("no body", lambda c: c.messages.create(to="+12025550111", from_="+12025550100"), 400, 21602),
    ("no such room", lambda c: c.conferences("CF" + "0" * 32).fetch(), 404, 20404),
    ("no such queue", lambda c: c.queues("QU" + "0" * 32).fetch(), 404, 20404),
    ("what is not here", lambda c: c.tokens.create(), 404, 20404),
]


async def test_a_request_that_cannot_be_met_is_refused_in_twilios_words(table, company):
    caller = await table.caller(company.url(), **KEYS)
    client = program(caller)
    for what, does, status, code in REFUSALS:
        with pytest.raises(TwilioRestException) as told:
            await soon(does, client)
        assert (told.value.status, told.value.code) == (status, code), what


async def test_wrong_keys_are_not_let_in(table, company):
    caller = await table.caller(company.url(), **KEYS)
    with pytest.raises(TwilioException, match="20003"):
        await soon(program(caller, "guessed").calls.list)


async def test_an_interface_without_keys_or_port_is_ours_to_mend(table, company):
    with pytest.raises(CannotLook, match="no auth_token"):
        await table.caller(company.url(), api="any")
    with pytest.raises(CannotLook, match="is no port"):
        await table.caller(company.url(), api="soon", auth_token="x")
    with pytest.raises(CannotLook, match="is no port"):
        await table.caller(company.url(), api="9" * 5000, auth_token="x")


async def test_a_wait_that_leads_out_of_the_listed_origins_is_trouble_of_ours(table, company, act):
    company.says("/voice", "<Say>Hi.</Say><Pause length='60'/>")
    caller = await table.caller(company.url(), **KEYS)
    kim = await table.agent("client:kim")
    seats = program(caller).conferences("case 11").participants
    away = {"wait_url": "http://127.0.0.1:9/wait"}
    await soon(seats.create, to="client:kim", from_="+12025550100", **away)
    await act(kim, "answer")
    with pytest.raises(CannotLook, match="not a listed target"):
        await act(kim, "wait", 5.0)


async def test_two_runs_that_share_an_account_are_told_apart_by_what_is_named(table, company, act):
    """A request that names nothing of either is refused, never given to the wrong run."""
    from cxassure.channel import Scope

    company.says("/voice", "<Say>Hi.</Say><Pause length='60'/>")
    one = await table.caller(company.url(), **KEYS)
    first, table.run = table.run, Scope()
    two = await table.caller(company.url(), **KEYS)
    assert one.line.exchange is not two.line.exchange
    assert one.line.exchange.api_address == two.line.exchange.api_address
    await act(one, "dial")
    await act(two, "dial")
    client = program(one)
    for caller in (one, two):
        told = await soon(client.calls(caller.call()["sid"]).fetch)
        assert told.sid == caller.call()["sid"]
    with pytest.raises(TwilioRestException) as told:
        await soon(client.calls.create, to="client:x", from_="+12025550100", twiml="<Response/>")
    assert told.value.code == 20001
    await first.close()
