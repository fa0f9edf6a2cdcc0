"""Offer and answer: what is agreed, refused, held and kept out, whatever a description says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.rtp import sdes, sdp
from cxassure.channels._telephony.rtp.codecs import G722, OPUS, PCMA, PCMU
from cxassure.channels._telephony.rtp.negotiation import NotAcceptable, Terms
from cxassure.channels._telephony.rtp.session import Session
from cxassure.channels._telephony.rtp.sockets import networks

HERE = networks(["localhost", "10.0.0.0/8"])
ALL = Terms((PCMU, PCMA, G722, OPUS))


def session(terms: Terms = ALL, port: int = 4000, address: str = "127.0.0.1") -> Session:
    return Session(terms, address, port, HERE)


def met(left: Session, right: Session, *, hold: bool = False) -> None:
    left.accept(right.answer(left.offer(hold=hold)))


def described(*lines: str, address: str = "10.0.0.9") -> bytes:
    head = ("v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0")
    return "\r\n".join((*head, *lines, "")).encode()


PLAIN = "m=audio 5000 RTP/AVP 0"


@pytest.mark.parametrize("codec", [PCMU, PCMA, G722, OPUS])
def test_both_ends_agree_on_the_first_codec_of_the_offer_that_both_speak(codec) -> None:  # type: ignore[no-untyped-def]
    left, right = session(Terms((codec, PCMU))), session(port=6000)
    met(left, right)
    assert left.agreed and right.agreed
    assert left.agreed.codec == right.agreed.codec == codec
    assert left.agreed.remote == ("127.0.0.1", 6000)
    assert right.agreed.remote == ("127.0.0.1", 4000)
    assert left.agreed.event_clock == right.agreed.event_clock == codec.clock
    assert left.agreed.event_number == right.agreed.event_number


def test_dynamic_payload_types_are_the_offerers() -> None:
    us = session()
    answer = us.answer(
        described(
            "m=audio 5000 RTP/AVP 111 120 121",
            "a=rtpmap:111 OPUS/48000/2",
            "a=rtpmap:120 telephone-event/8000",
            "a=rtpmap:121 telephone-event/48000",
            "a=ptime:40",
        )
    )
    assert us.agreed
    assert (us.agreed.codec, us.agreed.number, us.agreed.packet_ms) == (OPUS, 111, 40)
    assert (us.agreed.event_number, us.agreed.event_clock) == (121, 48000)
    assert b"m=audio 4000 RTP/AVP 111 121" in answer
    again = us.offer()
    assert re.search(rb"a=rtpmap:111 opus/48000/2", again)
    assert not re.search(rb"a=rtpmap:96 ", again)


@pytest.mark.parametrize(
    ("ptime", "packet_ms"), [("10", 10), ("20", 20), ("30", 30), ("400", 40), ("x", 20), ("0", 20)]
)
def test_the_far_ends_packet_length_is_kept_within_reason(ptime: str, packet_ms: int) -> None:
    us = session()
    us.answer(described(PLAIN, f"a=ptime:{ptime}"))
    assert us.agreed and us.agreed.packet_ms == packet_ms


def test_streams_that_are_not_ours_are_refused_in_their_place() -> None:
    us = session()
    answer = sdp.read(
        us.answer(
            described(
                "m=video 5002 RTP/AVP 97",
                "a=rtpmap:97 VP8/90000",
                "m=audio 0 RTP/AVP 0",
                PLAIN,
                "m=image 5004 udptl t38",
            )
        )
    )
    assert [(s.kind, s.port) for s in answer.streams] == [
        ("video", 0), ("audio", 0), ("audio", 4000), ("image", 0),
    ]  # fmt: skip
    later = sdp.read(us.offer())
    assert [(s.kind, s.port) for s in later.streams] == [
        ("video", 0), ("audio", 0), ("audio", 4000), ("image", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["m=video 5002 RTP/AVP 97"], "no audio was offered, but video"),
        ([], "no audio was offered, but nothing"),
        (["m=audio 0 RTP/AVP 0"], "port 0"),
        (["m=audio 5000 RTP/AVP 18", "a=rtpmap:18 G729/8000"], "no codec in common"),
        (["m=audio 5000 UDP/TLS/RTP/SAVPF 0"], "UDP/TLS/RTP/SAVPF"),
        (["m=audio 5000 RTP/SAVP 0"], "without a key"),
        ([PLAIN, "c=IN IP4 192.0.2.7"], "192.0.2.7, which is not allowed"),
    ],
)
def test_what_cannot_be_accepted_says_why(lines: list[str], words: str) -> None:
    us = session()
    with pytest.raises(NotAcceptable) as told:
        us.answer(described(*lines))
    assert words in str(told.value)
    assert us.agreed is None


def test_an_answer_may_not_lead_astray_either() -> None:
    us = session()
    us.offer()
    with pytest.raises(NotAcceptable, match="not allowed"):
        us.accept(described(PLAIN, address="192.0.2.7"))
    with pytest.raises(NotAcceptable, match="port 0"):
        us.accept(described("m=audio 0 RTP/AVP 0"))


def test_a_name_for_an_address_is_not_looked_up_but_learned() -> None:
    us = session()
    us.answer(described(PLAIN, "c=IN IP4 pbx.example"))
    assert us.agreed and us.agreed.remote is None


@pytest.mark.parametrize("style", ["sendonly", "inactive", "0.0.0.0"])
def test_hold_and_resume_in_every_style(style) -> None:  # type: ignore[no-untyped-def]
    left, right = session(), session(port=6000)
    left.hold = style
    met(left, right)
    met(left, right, hold=True)
    assert left.agreed and right.agreed
    assert right.agreed.held
    assert not left.agreed.hears
    assert right.agreed.hears == left.agreed.sends == (style != "inactive")
    met(left, right)
    assert not right.agreed.held
    assert left.agreed.hears and left.agreed.sends


def test_both_ends_may_hold_at_once() -> None:
    left, right = session(), session(port=6000)
    met(left, right)
    met(right, left, hold=True)
    met(left, right, hold=True)
    assert left.agreed and right.agreed
    assert not (left.agreed.sends or left.agreed.hears or right.agreed.sends)


def test_a_stream_switched_off_in_the_call_rests_and_comes_back() -> None:
    us = session()
    us.answer(described(PLAIN))
    off = sdp.read(us.answer(described("m=audio 0 RTP/AVP 0")))
    assert off.streams[0].port == 0
    assert us.agreed and not us.agreed.sends
    us.answer(described(PLAIN))
    assert us.agreed.sends


def test_the_version_grows_only_when_something_changed() -> None:
    us = session()
    told = [sdp.read(us.offer(hold=hold)).version for hold in (False, False, True, True, False)]
    assert told == [1, 1, 2, 2, 3]
    assert len({sdp.read(us.offer()).session for _ in range(2)}) == 1


def test_a_late_offer_is_ours_and_an_answer_without_one_is_refused() -> None:
    left, right = session(), session(port=6000)
    with pytest.raises(NotAcceptable, match="no offer"):
        left.accept(described(PLAIN))
    met(right, left)
    assert left.agreed and right.agreed


@pytest.mark.parametrize(
    ("left", "right", "sealed"),
    [
        ("must", "must", True), ("must", "may", True), ("may", "must", True),
        ("may", "may", True), ("may", "never", False), ("never", "may", False),
        ("must", "never", None), ("never", "must", None),
    ],
)  # fmt: skip
def test_keys_are_agreed_where_both_allow_them(left, right, sealed) -> None:  # type: ignore[no-untyped-def]
    caller, callee = session(replace(ALL, secured=left)), session(replace(ALL, secured=right))
    if sealed is None:
        with pytest.raises(NotAcceptable):
            met(caller, callee)
        return
    met(caller, callee)
    assert caller.agreed and callee.agreed
    assert (caller.agreed.ours == callee.agreed.theirs) and (
        caller.agreed.theirs == callee.agreed.ours
    )
    assert (caller.agreed.ours is not None) == sealed


def test_the_first_key_that_can_be_used_is_taken_by_its_tag() -> None:
    key = sdes.fresh(7, sdes.SUITES[1])
    us = session(replace(ALL, secured="may"))
    answer = us.answer(
        described(
            "m=audio 5000 RTP/SAVP 0",
            "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:AAAA",
            "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:dG9vIHNob3J0",
            f"a=crypto:3 {key.line.partition(' ')[2]}|2^20|1:4",
            f"a=crypto:{key.line}|2^20",
        )
    )
    assert us.agreed and us.agreed.theirs == key
    assert b"a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:" in answer
    assert us.agreed.ours and us.agreed.ours.key != key.key


def test_our_key_stays_through_renegotiation_and_never_shows() -> None:
    left, right = (session(replace(ALL, secured="must")) for _ in range(2))
    met(left, right)
    assert left.agreed and left.agreed.ours
    first = left.agreed.ours.key, left.agreed.theirs
    met(left, right, hold=True)
    assert (left.agreed.ours.key, left.agreed.theirs) == first
    assert "key=" not in repr(left.agreed)


def test_addresses_of_the_newer_kind_are_spoken() -> None:
    left, right = session(address="::1"), session(address="::1", port=6000)
    offer = left.offer()
    assert b"c=IN IP6 ::1" in offer
    left.accept(right.answer(offer))
    assert right.agreed and right.agreed.remote == ("::1", 4000)


def test_control_goes_where_it_is_wanted() -> None:
    us = session()
    us.answer(described(PLAIN, "a=rtcp:7001 IN IP4 10.0.0.8"))
    assert us.agreed and us.agreed.remote_rtcp == ("10.0.0.8", 7001)
    us.answer(described(PLAIN))
    assert us.agreed.remote_rtcp == ("10.0.0.9", 5001)
    us.answer(described(PLAIN, "a=rtcp-mux"))
    assert us.agreed.remote_rtcp == us.agreed.remote
    us.answer(described(PLAIN, "a=rtcp:7001 IN IP4 192.0.2.8"))
    assert us.agreed.remote_rtcp is None


words = st.sampled_from(
    "m=audio m=video c=IN IP4 10.0.0.9 0.0.0.0 a=rtpmap: 0 8 96 opus/48000/2 a=crypto:1 inline: "
    "AES_CM_128_HMAC_SHA1_80 RTP/AVP RTP/SAVP 5000 99999 a=sendonly a=ptime: -1 ² ٣ a=fmtp:".split()
)
lines = st.lists(st.lists(words | st.text(max_size=8), max_size=8).map(" ".join), max_size=30)


@settings(deadline=None)
@given(lines, st.sampled_from(["\r\n", "\n", "\r", "\r\n\r\n"]), st.booleans())
def test_any_description_is_answered_or_refused(told: list[str], ending: str, after: bool) -> None:
    us, data = session(replace(ALL, secured="may")), ending.join(told).encode()
    if after:
        us.answer(described(PLAIN))
    for take in (us.answer, us.accept):
        us.offer()
        try:
            take(data)
        except NotAcceptable as e:
            assert e.what


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_as_some_description(data: bytes) -> None:
    told = sdp.read(data)
    assert sdp.read(told.pack()).session == told.session


def test_lines_are_read_though_they_are_not_written_well() -> None:
    told = sdp.read(
        b" v=0\no=x 12 3 IN IP4 h\nM=AUDIO 5000/2 rtp/avp  0  8\n a = x\na=PTIME: 30 \n"
    )
    assert (told.session, told.version) == (12, 3)
    assert [(s.kind, s.port, s.protocol, s.formats) for s in told.streams] == [
        ("audio", 5000, "RTP/AVP", ["0", "8"])
    ]
    assert told.streams[0].first("ptime") == "30"
