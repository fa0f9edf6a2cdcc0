"""The exchange's parts by themselves: recordings, G.711, keys, messages, sound descriptions."""

from __future__ import annotations

import contextlib
import inspect
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.demo.app import application
from cxassure.demo.company import Company
from cxassure.demo.faults import AUDIBLE, FAULTS, named
from cxassure.demo.telephone import (
    context,
    digest,
    g711,
    keys,
    prompts,
    registrar,
    sdp,
    tree,
    words,
)
from cxassure.demo.telephone.message import Malformed, Message, address, parse, response, uri
from cxassure.demo.telephone.webhooks import Unanswered, Webhooks

INVITE = b"""INVITE sip:+15550199@127.0.0.1 SIP/2.0
v: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa,
 SIP/2.0/UDP 127.0.0.1:8;branch=z9hG4bKb
f: "Lee, Kim" <sip:+15550142@127.0.0.1>;tag=1
t: sip:+15550199@127.0.0.1
i: one
CSeq: 7 INVITE
Record-Route: <sip:127.0.0.1;lr>,<sip:127.0.0.2;lr>

v=0
"""


KEYS = (*"0123456789", "1047318", "1047335", "1047352", "7654321", "61047352", "99999999")
FAULTY = ["", *(fault.name for fault in FAULTS if fault.channel not in ("web", "chat"))]
HOURS = ("", "2026-12-24T10:00:00+00:00", "2026-11-03T03:00:00+00:00")


async def said(*faults: str) -> set[str]:
    """Every text that the company's webhooks ever say, found by going every way through them."""
    quiet = {"survey-not-sent"}  # there is no post office here
    company = Company(frozenset(quiet.union(faults)), speed=0.001)
    company.cases.open("1047335", "billing", "", "", "+15550142")
    company.book.cancel(company.book.place([], 100))
    asked = Webhooks(application(company), company, "http://127.0.0.1:9")
    texts: set[str] = set()
    for hour in HOURS:
        left, seen = [("/voice/welcome", {})], set()
        while left:
            url, told = left.pop()
            known = (re.sub("try=[1-9]", "try=1", url), str(told))
            if known in seen:
                continue
            seen.add(known)
            form = {"CallSid": hour, "From": "+15550142", **told}
            with contextlib.suppress(Unanswered):
                document = await asked.twiml(url, form, hour)
                texts |= {"".join(each.itertext()) for each in document.iter("Say")}
                left += ways(document)
    await company.close()
    return texts


def ways(document: ElementTree.Element) -> list[tuple[str, dict[str, str]]]:
    """Where a caller may get from here: by every key, by silence, with and without an agent."""
    found: list[tuple[str, dict[str, str]]] = []
    for verb in document:
        action = verb.get("action", "")
        if verb.tag == "Gather":
            found += [(action, {"Digits": keys}) for keys in KEYS]
        elif verb.tag == "Redirect":
            found.append((verb.text or "", {}))
        elif verb.tag == "Enqueue":
            found += [(verb.get("waitUrl", ""), {}), (action, {})]
        elif verb.tag == "Dial":
            found += [(action, {"DialCallStatus": status}) for status in ("completed", "busy")]
        elif verb.tag == "Record":
            found.append((action, {}))
    return found


@pytest.mark.parametrize("fault", FAULTY)
async def test_everything_the_phone_tree_says_is_recorded(fault):
    texts = await said(fault) if fault else await said()
    assert {text: prompts.unrecorded(text) for text in texts if prompts.unrecorded(text)} == {}
    assert len(texts) > 5 or fault


def test_what_the_exchange_says_itself_is_recorded():
    for queue in ("billing", "returns"):
        told = {"queue": queue, "order number": "1047352"}
        assert prompts.unrecorded(context.whisper(told) + " " + context.connected(told)) == []
    source = inspect.getsource(tree)
    assert prompts.unrecorded(re.findall(r'speak\("(.+?)"\)', source)[0]) == []


def test_recordings_are_those_of_the_script_and_small():
    lines = (prompts.FOLDER / "script.txt").read_text("utf-8").splitlines()
    script = {prompts.slug(line.partition("|")[0]) for line in lines if line[:1] != "#"}
    assert script == prompts.recorded()
    assert sum(path.stat().st_size for path in prompts.FOLDER.iterdir()) < 3_000_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Your balance is $25.00.", "your-balance-is 20 5 dollars"),
        ("$1.01 $12345.60", "1 dollar and 1 cent 12 thousand 3 hundred 40 5 dollars and 60 cents"),
        ("You are number 12 in the queue.", "you-are-number 12 in-the-queue"),
        ("Case C-47", "c a s e c 40 7"),
    ],
)
def test_numbers_and_unknown_words_are_put_together(text, told):
    assert " ".join(prompts.pieces(text)) == told


@given(st.text())
def test_any_text_can_be_said(text):
    assert isinstance(prompts.spoken(text), bytes)


@given(st.integers(-32_768, 32_767))
def test_g711_keeps_a_sample_within_its_step(sample):
    told = g711.LINEAR[g711.from_linear([sample])[0]]
    assert abs(told - max(-32_124, min(32_124, sample))) <= max(8, abs(sample) // 16)


@given(st.binary(min_size=160, max_size=160))
def test_a_law_and_back_is_heard_as_the_same(frame):
    back = frame.translate(g711.MU_TO_A).translate(g711.A_TO_MU)
    pairs = zip(g711.to_linear(frame), g711.to_linear(back), strict=True)
    assert all(abs(a - b) <= max(24, abs(a) // 8) for a, b in pairs)
    assert g711.mixed([frame]) == frame


@pytest.mark.parametrize("key", "0123456789*#")
def test_a_key_tone_counts_once_and_speech_does_not(key):
    row = next(n for n, line in enumerate(keys.PAD) if key in line)
    pair = keys.LOW[row], keys.HIGH[keys.PAD[row].index(key)]
    sound = prompts.spoken("Press") + g711.tone(0.1, *pair, level=3_000) + g711.SILENCE * 5
    ear = keys.ToneEar()
    frames = [sound[at : at + 160] for at in range(0, len(sound) // 160 * 160, 160)]
    assert "".join(map(ear.hear, frames)) == key


def test_no_recording_holds_a_key_tone():
    for piece in prompts.recorded():
        sound, ear = prompts.sound(piece), keys.ToneEar()
        assert not any(ear.hear(sound[at : at + 160]) for at in range(0, len(sound) - 160, 160))


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160", "5"),
        ("application/dtmf-relay", "Signal= *", "*"),
        ("application/dtmf", "11", "#"),
        ("application/dtmf", "x", ""),
        ("application/dtmf", "", ""),
        ("text/plain", "5", ""),
    ],
)
def test_keys_of_info(kind, body, key):
    assert keys.info(kind, body) == key


def test_a_message_is_read_leniently():
    message = parse(INVITE)
    assert message.method == "INVITE" and message.cseq == 7 and message.tag("from") == "1"
    assert message.branch == "z9hG4bKa" and len(message.all("via")) == 2
    assert len(message.all("record-route")) == 2
    assert parse(message.encoded()).encoded() == message.encoded()
    told = response(message, 200, "mine")
    assert told.tag("to") == "mine" and told.status == 200 and told.method == "INVITE"


@given(st.binary())
def test_rubbish_is_malformed_or_read(data):
    for whole in (data, INVITE[: len(data)] + data):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(whole), Message)


def test_an_address_is_written_so_that_nothing_breaks_out_of_it():
    found = address('"x" <sip:a%0d%0aEvil:1@127.0.0.1:7;transport=tcp?X-A=b%20c>;tag=t')
    assert found.uri.headers == [("X-A", "b c")] and found.params == {"tag": "t"}
    assert str(found.uri) == "sip:a%0D%0AEvil%3A1@127.0.0.1:7;transport=tcp"
    with pytest.raises(Malformed):
        uri("tel:+1555")


def test_digest_is_that_of_the_standard():
    """The example of RFC 2617, section 3.5."""
    told = {"username": "Mufasa", "realm": "testrealm@host.com", "uri": "/dir/index.html",
            "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "qop": "auth", "nc": "00000001",
            "cnonce": "0a4f113b"}  # fmt: skip
    assert digest.answer(told, "GET", "Circle Of Life") == "6629fae49393a05397450978507c4ef1"


OFFER = "v=0\r\nc=IN IP4 10.0.0.1\r\n{}m=audio 4000 RTP/AVP {}\r\na=rtpmap:96 telephone-event/8000"


@pytest.mark.parametrize(
    ("formats", "payload", "event"),
    [("0 8", 0, None), ("9 8 96", 8, 96), ("96 0", 0, 96), ("9", None, None)],
)
def test_the_first_codec_that_we_speak_is_taken(formats, payload, event):
    media = sdp.parse(OFFER.format("", formats))
    assert (media.payload, media.keys) == (payload, event) if media else payload is None


def test_other_media_are_refused_in_their_place():
    media = sdp.parse(OFFER.format("m=video 5000 RTP/AVP 96\r\n", "0"))
    assert media and media.host == "10.0.0.1"
    lines = [line for line in sdp.answer(media, "127.0.0.1", 6000).splitlines() if line[:2] == "m="]
    assert lines == ["m=video 0 RTP/AVP 96", "m=audio 6000 RTP/AVP 0"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendonly", "recvonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")],
)
def test_hold_is_answered_by_its_opposite(theirs, ours):
    media = sdp.parse(OFFER.format("", "0") + f"\r\na={theirs}\r\n")
    assert media and f"a={ours}\r\n" in sdp.answer(media, "127.0.0.1", 6000)


@given(st.dictionaries(st.sampled_from(["order number", "case", "address"]), st.text(min_size=1)))
def test_context_arrives_as_it_was_told(told):
    carried = Message("INVITE sip:x SIP/2.0", context.headers(told))
    assert all("\n" not in value and "\r" not in value for _, value in carried.headers)
    assert told.items() <= context.of_message(carried).items()


@pytest.mark.parametrize("word", ["representative", "opening hours", "order"])
def test_a_word_is_understood_in_each_voice_and_more_quietly(word):
    for path in words.FOLDER.glob(f"{prompts.slug(word)}.*.ulaw"):
        quieter = g711.from_linear(s // 3 for s in g711.to_linear(path.read_bytes()))
        said = g711.SILENCE * 10 + quieter + g711.SILENCE * 40
        assert words.understood(said)[0] == word, path.name


@pytest.mark.parametrize("said", [b"", g711.SILENCE * 50, g711.tone(1, 440), "Please hold."])
def test_what_is_none_of_the_words_is_not_understood(said):
    sound = said if isinstance(said, bytes) else prompts.spoken(said)
    assert words.understood(sound) == ("", 0.0)


def test_faults_of_the_sound_are_switches_like_the_others():
    assert not {fault.name for fault in AUDIBLE} & {fault.name for fault in FAULTS}
    for fault in AUDIBLE:
        assert named(fault.name) is fault and fault.notice
        assert Company(frozenset({fault.name})).broken(fault.name)


@pytest.mark.parametrize(
    ("told", "keys", "rung"),
    [
        (b"X-For: +15550101\n", ["+15550101"], True),
        (b"X-For: +15550101\n", ["+15550102"], False),
        (b"", ["+15550102"], True),
    ],
)
async def test_a_desk_takes_the_calls_that_it_wants(told, keys, rung):
    proven = registered(told)
    assert bool(proven.seats("billing-desk", keys)) is rung
    assert not proven.seats("returns-desk", keys)


async def test_a_desk_may_tell_what_it_wants_in_its_address():
    proven = registered(b"", b";for=%2B15550101")
    assert proven.seats("billing-desk", ["+15550101"]) and not proven.seats("billing-desk", ["x"])


def registered(told: bytes, behind: bytes = b"") -> registrar.Registrar:
    """A registrar with one telephone, kept as if its password had been proven."""
    message = parse(
        b"REGISTER sip:x SIP/2.0\nv: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa\ni: two\n"
        b"f: <sip:billing-desk@x>\nt: <sip:billing-desk@x" + behind + b">\nCSeq: 1 REGISTER\n"
        b"m: <sip:d@127.0.0.1:9>\n" + told + b"\n"
    )
    kept = registrar.Registrar(digest.Gate())
    kept._keep("billing-desk", message, FLOW)
    return kept


class Nowhere:
    """A way to nobody."""

    reliable = False
    peer = ("127.0.0.1", 9)

    def send(self, data: bytes) -> None:
        raise AssertionError(data)


FLOW = Nowhere()
