"""Calls that are passed on to a desk, and what both ends hear of each other."""

from __future__ import annotations

import pytest

from cxassure.errors import Broken, CannotLook

CLIENT = (
    '<Dial action="after" timeout="20" answerOnBridge="true"><Client><Identity>billing</Identity>'
    '<Parameter name="order number" value="1048213"/></Client></Dial>'
)


async def test_a_desk_is_rung_sees_why_and_both_hear_each_other(table, company, act, hears):
    company.says("/voice", "<Say>I am connecting you.</Say>" + CLIENT)
    company.says("/after", lambda p: f"<Say>{p['DialCallStatus']} {p['DialCallDuration']}.</Say>")
    caller = await table.caller(company.url(), party={"from_": "+12025550111"})
    agent = await table.agent("client:billing")
    await act(caller, "dial")
    await hears(caller, "connecting you")
    await act(agent, "answer")
    assert agent.rang() and agent.context()["order number"] == "1048213"
    assert agent.context()["caller"] == "+12025550111"
    await act(agent, "speak", "This is Kim.")
    caller.window = caller.matched
    await hears(caller, "this is kim")
    await act(caller, "say", "I cannot find my parcel.")
    await hears(agent, "my parcel")
    assert agent.speech().text == "I cannot find my parcel."
    await act(agent, "hang_up")
    await hears(caller, "completed")
    whats = [(s.who, s.what) for s in caller.seen]
    assert ("agent", "joined") in whats and ("agent", "speech") in whats
    assert agent.call()["ended_by"] == "agent"
    assert company.params("/after")[0]["DialBridged"] == "true"


async def test_a_caller_who_hangs_up_ends_the_agents_leg(table, company, act):
    company.says("/voice", "<Say>Hello.</Say>" + CLIENT)
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "answer")
    await act(caller, "hang_up")
    assert agent.ended() and agent.call()["ended_by"] == "customer"
    with pytest.raises(Broken, match="the call had ended: hung up by the caller"):
        await act(agent, "speak", "Hello?")


async def test_a_wrong_desk_is_named(table, company, act):
    company.says("/voice", "<Say>Hello.</Say><Dial><Client>returns</Client></Dial><Hangup/>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    with pytest.raises(Broken, match="client:billing was not rung") as told:
        await act(agent, "answer")
    assert "client:returns was rung at" in told.value.seen


async def test_a_call_that_drops_on_its_way_is_told(table, company, act):
    company.says("/voice", "<Say>I am connecting you.</Say><Hangup/>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    with pytest.raises(Broken, match="was not rung") as told:
        await act(agent, "answer")
    assert "the call was hung up by the company at " in told.value.seen


async def test_voicemail_instead_of_a_person_is_told(table, company, act):
    company.says("/voice", "<Say>Leave a message.</Say><Record/>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    with pytest.raises(Broken) as told:
        await act(agent, "answer")
    assert "voicemail picked up" in told.value.seen


async def test_a_caller_left_in_the_queue_is_told(table, company, act):
    company.says("/voice", "<Say>Please wait.</Say><Enqueue>billing</Enqueue>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    began = agent.clock.now()
    with pytest.raises(Broken) as told:
        await act(agent, "answer")
    assert "the caller is at position 1 of «billing»" in told.value.seen
    assert agent.clock.now() - began == pytest.approx(agent.limit + agent.look_on)


async def test_an_agent_without_a_call_is_told(table, company, act):
    agent = await table.agent("client:billing")
    with pytest.raises(Broken) as told:
        await act(agent, "answer")
    assert told.value.seen == "no call was placed in this run"


async def test_a_webhook_that_breaks_the_transfer_is_blamed_with_its_number(table, company, act):
    from starlette.responses import Response

    company.says("/voice", "<Say>Hello.</Say><Pause/><Redirect>connect</Redirect>")
    company.says("/connect", Response("no", 500))
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    with pytest.raises(Broken) as told:
        await act(agent, "answer")
    assert told.value.code == "11200"


async def test_a_desk_that_lets_it_ring_leaves_the_caller_to_the_action(table, company, act, hears):
    company.says("/voice", "<Say>Hello.</Say>" + CLIENT)
    company.says("/after", lambda p: f"<Say>Sorry, {p['DialCallStatus']}.</Say>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "let_ring")
    assert agent.ringing() == pytest.approx(20)
    caller.window = 0
    await hears(caller, "sorry, no-answer")
    ringing = [s for s in caller.seen if s.what == "ringing"]
    assert ringing[-1].ends - ringing[-1].at == pytest.approx(20)


async def test_a_desk_that_declines_is_busy(table, company, act, hears):
    company.says("/voice", "<Say>Hello.</Say>" + CLIENT)
    company.says("/after", lambda p: f"<Say>Sorry, {p['DialCallStatus']}.</Say>")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "decline")
    caller.window = 0
    await hears(caller, "sorry, busy")


async def test_a_whisper_is_heard_before_the_caller_is_joined(table, company, act, hears):
    noun = '<Number url="whisper">+1 (202) 555-0155</Number>'
    company.says("/voice", f"<Say>Hello.</Say><Dial>{noun}</Dial>")
    company.says(
        "/whisper",
        '<Gather numDigits="1" action="took"><Say>Order 7. Press 1 to accept.</Say></Gather>'
        "<Hangup/>",
    )
    company.says("/took", "")
    caller, agent = await table.caller(company.url()), await table.agent("+12025550155")
    await act(caller, "dial")
    await act(agent, "answer")
    await hears(agent, "press 1 to accept")
    assert not any(s.what == "joined" for s in caller.seen)
    await act(agent, "press", "1")
    await act(agent, "speak", "Hello, Kim here.")
    caller.window = 0
    await hears(caller, "kim here")
    assert company.params("/whisper")[0]["To"] == "+12025550155"
    assert company.params("/whisper")[0]["ParentCallSid"] == caller.call()["sid"]


async def test_a_desk_that_does_not_accept_is_never_joined(table, company, act, hears):
    noun = '<Number url="whisper">+12025550155</Number>'
    company.says("/voice", f'<Say>Hello.</Say><Dial action="after">{noun}</Dial>')
    company.says("/whisper", "<Gather><Say>Press 1.</Say></Gather><Say>Bye.</Say><Hangup/>")
    company.says("/after", lambda p: f"<Say>Bridged {p['DialBridged']}.</Say>")
    caller, agent = await table.caller(company.url()), await table.agent("+12025550155")
    await act(caller, "dial")
    await act(agent, "answer")
    with pytest.raises(Broken, match="the call had ended"):
        await act(agent, "speak", "Hello?")
    caller.window = 0
    await hears(caller, "bridged false")


async def test_sip_headers_and_user_to_user_are_context(table, company, act):
    uri = "sip:billing@desk.example?X-Order=1048213&amp;User-to-User=4869%3Bencoding%3Dhex"
    company.says("/voice", f"<Say>Hello.</Say><Dial><Sip>{uri}</Sip></Dial>")
    caller, agent = await table.caller(company.url()), await table.agent("sip:billing@desk.example")
    await act(caller, "dial")
    await act(agent, "answer")
    assert agent.context()["X-Order"] == "1048213"
    assert agent.context()["User-to-User"] == "Hi"


async def test_a_desk_can_serve_a_queue_itself(table, company, act, hears):
    company.says("/voice", '<Enqueue action="out" waitUrl="wait">billing</Enqueue>')
    company.says("/wait", "<Say>Please wait.</Say>")
    company.says("/out", lambda p: f"<Say>{p['QueueResult']}.</Say>")
    caller, agent = await table.caller(company.url()), await table.agent("queue:billing")
    await act(caller, "dial")
    await act(caller, "wait", 7.0)
    await act(agent, "answer")
    assert agent.context()["queue"] == "billing"
    await act(agent, "speak", "This is Kim.")
    await act(agent, "hang_up")
    caller.window = 0
    await hears(caller, "kim")
    await hears(caller, "bridged.")


async def test_an_agent_who_dials_in_takes_the_first_caller_of_the_queue(
    table, company, act, hears
):
    company.says("/voice", '<Enqueue waitUrl="wait">billing</Enqueue><Say>Goodbye.</Say>')
    company.says("/wait", "<Say>Please wait.</Say>")
    company.says("/staff", '<Dial action="done"><Queue>billing</Queue></Dial>')
    company.says("/done", "<Say>Well done.</Say>")
    caller = await table.caller(company.url())
    staff = await table.caller(company.url("/staff"))
    await act(caller, "dial")
    await act(staff, "dial")
    await act(staff, "say", "This is Kim")
    caller.window = 0
    await hears(caller, "this is kim")
    await act(caller, "hang_up")
    staff.window = 0
    await hears(staff, "well done")


async def test_a_conference_starts_with_the_agent_and_honours_muted(table, company, act, hears):
    room = '<Conference startConferenceOnEnter="false" waitUrl="wait">case 7</Conference>'
    company.says("/voice", f"<Dial>{room}</Dial>")
    company.says("/wait", "<Say>An agent will join.</Say><Pause/>")
    company.says("/muted", '<Dial><Conference muted="true">case 7</Conference></Dial>')
    caller = await table.caller(company.url())
    agent = await table.agent("conference:case 7")
    supervisor = await table.caller(company.url("/muted"))
    await act(caller, "dial")
    await hears(caller, "an agent will join")
    await act(agent, "answer")
    await act(supervisor, "dial")
    await act(agent, "speak", "This is Kim.")
    await hears(caller, "this is kim")
    await hears(supervisor, "this is kim")
    await act(supervisor, "say", "psst")
    await act(caller, "say", "hello Kim")
    await hears(agent, "hello kim")
    assert "psst" not in agent.prompt().text


async def test_a_star_ends_the_talk_where_the_dial_says_so(table, company, act, hears):
    company.says(
        "/voice",
        '<Say>Hello.</Say><Dial hangupOnStar="true"><Client>billing</Client></Dial>'
        "<Say>Back.</Say>",
    )
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "answer")
    await act(caller, "press", "*")
    await hears(caller, "back.")
    assert agent.ended()


async def test_a_talk_ends_at_its_time_limit(table, company, act):
    company.says("/voice", '<Say>Hello.</Say><Dial timeLimit="30"><Client>billing</Client></Dial>')
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "answer")
    await act(agent, "wait", 40.0)
    assert agent.call()["duration"] == 30 and caller.ended()


async def test_the_first_of_several_desks_to_answer_gets_the_call(table, company, act):
    nouns = "<Client>one</Client><Client>two</Client>"
    company.says("/voice", f"<Say>Hello.</Say><Dial>{nouns}</Dial>")
    caller = await table.caller(company.url())
    one, two = await table.agent("client:one"), await table.agent("client:two")
    await act(caller, "dial")
    await act(two, "answer")
    assert one.rang() and one.call()["status"] == "canceled"
    assert two.call()["status"] == "in-progress"


async def test_nouns_in_sequence_ring_one_after_another(table, company, act):
    nouns = "<Client>one</Client><Client>two</Client>"
    company.says("/voice", f'<Say>Hi.</Say><Dial sequential="true" timeout="9">{nouns}</Dial>')
    caller, two = await table.caller(company.url()), await table.agent("client:two")
    await act(caller, "dial")
    await act(two, "answer")
    rang = next(s for s in two.seen if s.what == "rang")
    assert rang.at == pytest.approx(9.8, abs=0.5)


async def test_status_callbacks_of_a_noun_follow_the_leg(table, company, act):
    events = "initiated ringing answered completed"
    noun = f'<Client statusCallback="leg" statusCallbackEvent="{events}">billing</Client>'
    company.says("/voice", f"<Say>Hello.</Say><Dial>{noun}</Dial>")
    company.says("/leg", "")
    caller, agent = await table.caller(company.url()), await table.agent("client:billing")
    await act(caller, "dial")
    await act(agent, "answer")
    await act(agent, "hang_up")
    told = [params["CallStatus"] for params in company.params("/leg")]
    assert told == ["initiated", "ringing", "in-progress", "completed"]


async def test_a_desk_address_that_no_carrier_can_ring_is_ours(table):
    with pytest.raises(CannotLook, match="no desk that a carrier can ring"):
        await table.agent("http://desk.example")
