"""A caller over twilio, against our own exchange behind Twilio's REST API."""

from __future__ import annotations

import json
import socket

import msgspec
import pytest

from cxassure.channel import Unseen
from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.channels._telephony.twilio import talk
from cxassure.errors import Broken, CannotLook

GATHER = (
    '<Gather numDigits="1" action="choice" timeout="40" input="dtmf speech" '
    'speechTimeout="auto"><Pause/>{}</Gather>'
)
ASKS = '<Gather action="words" timeout="40" input="speech" speechTimeout="auto">{}</Gather>'


def says(text, times):
    """By recordings words may fall between two pieces, on a busy machine: they are said again."""
    return f"<Say>{text}</Say><Pause/>" * times


async def until_ended(caller):
    for _ in range(400):
        if caller.ended():
            return
        await caller.attend(caller.clock.now() + 1)
    raise AssertionError("the call did not end")


@pytest.fixture
async def placed(open_network, parties, company, public):
    """Places the call to a company that asks for a key, then for words; gives what there is."""

    async def placed(greeting, times, **options):
        company.says("/voice", GATHER.format(says(greeting, times)))
        company.says("/choice", ASKS.format(says("We are open until five.", times)))
        company.says("/words", says("You have chosen tulips.", times) + "<Hangup/>")
        network = await open_network(company.url(), public)
        return await parties.caller(network, **options), network, network.company(company.url())

    return placed


async def test_a_call_is_heard_by_recordings_and_answered_with_keys_and_words(
    placed, parties, company, act, hears
):
    caller, network, number = await placed("For roses, press 1.", 4)
    await act(caller, "dial")
    await hears(caller, "for roses")
    await act(caller, "press", "2")
    await hears(caller, "open until five")
    await act(caller, "say", "A person please.")
    await hears(caller, "you have chosen")
    assert company.params("/choice")[0]["Digits"] == "2"
    assert company.params("/words")[0]["SpeechResult"] == "A person please."
    assert number.calls[0].caller == "+12025550101"
    await until_ended(caller)
    assert caller.call()["ended_by"] == "company"
    assert caller.call()["called"] == "+12" + "•" * 7 + "99"
    ledger = Ledger(parties.ledger)
    assert ledger.up() == [] and ledger.spent() > 0
    with pytest.raises(Unseen):
        await caller.audio()
    await caller.witness("at the end")
    assert parties.kept["call.wav"].startswith(b"RIFF")
    assert json.loads(parties.kept["call.json"])["insights"] is None
    assert network.exchange.recordings == {}, "nothing is left at Twilio"


async def test_with_a_public_address_a_call_is_heard_live_and_words_are_recognised(
    placed, company, act, hears, public
):
    whisper = {"recogniser": "whisper", "recogniser_options": {}}
    caller, network, _ = await placed("Welcome to the garden shop.", 1, public=public, **whisper)
    await act(caller, "dial")
    await hears(caller, "welcome to the garden")
    await act(caller, "press", "2")
    await hears(caller, "open until")
    await act(caller, "say", "A person please.")
    await hears(caller, "you have chosen")
    assert company.params("/choice")[0]["Digits"] == "2"
    assert company.params("/words")[0]["SpeechResult"] == "A person please."
    await until_ended(caller)
    assert caller.call()["ended_by"] == "company" and network.findings == []


async def test_a_recogniser_that_there_is_not_is_told_with_the_target(open_network, parties):
    network = await open_network("http://127.0.0.1:9/voice")
    with pytest.raises(CannotLook, match="target «line»: unknown recogniser «wisper»"):
        await parties.caller(network, recogniser="wisper", recogniser_options={})


async def test_a_busy_line_is_told_with_its_code(open_network, parties, company, act):
    company.says("/voice", '<Reject reason="busy"/>')
    network = await open_network(company.url())
    network.company(company.url())
    caller = await parties.caller(network)
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
    assert told.value.code == "486" and caller.call()["status"] == "busy"
    assert Ledger(parties.ledger).up() == []


async def test_a_number_that_twilio_cannot_call_is_our_own_error_in_its_words(
    open_network, parties, act
):
    network = await open_network("http://127.0.0.1:9/voice")
    network.unreached(13224)
    caller = await parties.caller(network)
    with pytest.raises(CannotLook) as told:
        await act(caller, "dial")
    assert "does not support calling this number" in told.value.what
    assert "(13224)" in told.value.what and "E.164" in told.value.hint
    assert Ledger(parties.ledger).up() == []


@pytest.mark.parametrize(
    ("code", "words"),
    [(32009, "not registered with the corresponding SIP Domain (32009)"), (0, "knows no way")],
)
async def test_a_company_that_the_network_does_not_reach_has_failed(
    open_network, parties, act, code, words
):
    network = await open_network("http://127.0.0.1:9/voice")
    network.unreached(code)
    caller = await parties.caller(network)
    with pytest.raises(Broken) as told:
        await act(caller, "dial")
    assert words in told.value.what and told.value.code == str(code or "")
    assert caller.call()["status"] == "failed"


async def test_a_line_that_nobody_picks_up_is_given_up_and_hung_up(open_network, parties, act):
    network = await open_network("http://127.0.0.1:9/voice")
    caller = await parties.caller(network)
    caller.limit, caller.look_on = 1.0, 0.5
    with pytest.raises(Broken, match="nobody picked up"):
        await act(caller, "dial")
    assert network.up == [] and Ledger(parties.ledger).up() == []


async def test_a_call_is_ended_when_the_journey_is_over(open_network, parties, company, act):
    company.says("/voice", "<Say>Please hold.</Say><Pause length='3000'/>")
    network = await open_network(company.url())
    network.company(company.url())
    caller = await parties.caller(network)
    await act(caller, "dial")
    assert len(network.up) == 2 and len(Ledger(parties.ledger).up()) == 1
    await caller.close()
    assert network.up == [] and Ledger(parties.ledger).up() == []


async def test_a_wrong_token_is_our_own_error_and_names_the_secret(open_network, parties):
    network = await open_network("http://127.0.0.1:9/voice")
    parties.secrets = {"auth_token": "${secret.twilio_token}"}
    with pytest.raises(CannotLook) as told:
        await parties.caller(network, auth_token="a-token-that-was-taken-back")
    assert "(20003)" in told.value.what and "secret.twilio_token" in told.value.hint
    assert "a-token" not in str(told.value) and not parties.ledger.exists()


async def test_an_account_that_cannot_be_reached_is_our_own_error(open_network, parties):
    network = await open_network("http://127.0.0.1:9/voice")
    with pytest.raises(CannotLook, match="cannot be reached"):
        await parties.caller(network, api="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("number", "rule"),
    [("911", "emergency"), ("+19005551234", "premium"), ("+442079460000", "allow")],
)
async def test_a_number_that_may_not_be_dialled_is_refused_before_anything_is_asked(
    open_network, parties, act, number, rule
):
    network = await open_network("http://127.0.0.1:9/voice")
    caller = await parties.caller(network)
    with pytest.raises(CannotLook) as told:
        await act(caller, "dial", number)
    assert f"({rule})" in told.value.what
    assert network.exchange.everyone() == [] and Ledger(parties.ledger).up() == []


@pytest.mark.parametrize(
    ("rules", "quiet", "rule"),
    [
        ({"per_run": 0.01}, "", "per_run"),
        ({"per_day": 0.01}, "", "per_day"),
        ({}, "the night, until 08:00", "quiet"),
    ],
)
async def test_ceilings_and_quiet_hours_refuse_before_anything_rings(
    open_network, parties, act, rules, quiet, rule
):
    network = await open_network("http://127.0.0.1:9/voice")
    network.company("http://127.0.0.1:9/voice")
    parties.rules, parties.quiet = msgspec.structs.replace(parties.rules, **rules), quiet
    caller = await parties.caller(network)
    with pytest.raises(CannotLook) as told:
        await act(caller, "dial")
    assert f"({rule})" in told.value.what and told.value.hint
    assert network.exchange.everyone() == [] and Ledger(parties.ledger).up() == []


async def test_a_call_lasts_no_longer_than_it_may(open_network, parties, company, act):
    company.says("/voice", "<Say>Please hold the line.</Say><Pause length='3000'/>")
    network = await open_network(company.url())
    network.company(company.url())
    caller = await parties.caller(network, longest=2)
    await act(caller, "dial")
    await until_ended(caller)
    assert caller.call()["ended_by"] == "line" and "longest" in caller.call()["ending"]


async def test_a_stream_that_does_not_come_is_our_own_error_and_names_the_address(
    open_network, parties, company, act, public, monkeypatch
):
    monkeypatch.setattr(talk, "CONNECTING", 0.5)
    company.says("/voice", "<Say>Please hold the line.</Say><Pause length='3000'/>")
    network = await open_network(company.url(), public)
    network.company(company.url())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    caller = await parties.caller(network, public=public, listen=port)
    with pytest.raises(CannotLook) as told:
        await act(caller, "dial")
    assert "did not open the call's stream" in told.value.what and public in told.value.hint


async def test_options_that_are_missing_are_named(open_network, parties):
    network = await open_network("http://127.0.0.1:9/voice")
    for option, word in (("account_sid", "account_sid"), ("auth_token", "auth_token")):
        with pytest.raises(CannotLook, match=word):
            await parties.caller(network, **{option: ""})
    with pytest.raises(CannotLook, match="from which number"):
        await parties.caller(network, **{"from": ""})
    with pytest.raises(CannotLook, match="no https://"):
        await parties.caller(network, public="ftp://tunnel.example")
