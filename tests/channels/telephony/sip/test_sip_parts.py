"""The parts that need no network: timers of transactions, digests, causes, context."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._telephony.sip import session_timer
from cxassure.channels._telephony.sip.about import about, packed, unpacked
from cxassure.channels._telephony.sip.allowed import Allowed, NotAllowed
from cxassure.channels._telephony.sip.causes import IMPLIED, PHRASES, Q850, SIP, cause
from cxassure.channels._telephony.sip.dialog import Dialog, next_hop
from cxassure.channels._telephony.sip.digest import (
    Authorizer,
    Credentials,
    Guard,
    fields,
    response,
)
from cxassure.channels._telephony.sip.headers import Headers, Via
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.parsing import parse
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.channels._telephony.sip.transaction import Client, Server
from cxassure.channels._telephony.sip.uri import Address, Uri
from cxassure.channels._telephony.sip.within import pressed


class Clock:
    """Time that is wound by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Any]] = []
        self._count = 0

    def later(self, seconds: float, then: Callable[[], None]) -> Any:
        self._count += 1
        handle = Due(then)
        heapq.heappush(self._due, (self.now + seconds, self._count, handle))
        return handle

    def wind(self, to: float) -> None:
        while self._due and self._due[0][0] <= to:
            self.now, _, handle = heapq.heappop(self._due)
            if not handle.off:
                handle.then()
        self.now = to


class Due:
    def __init__(self, then: Callable[[], None]) -> None:
        self.then, self.off = then, False

    def cancel(self) -> None:
        self.off = True


class Line:
    """Keeps when what was sent."""

    def __init__(self, clock: Clock, reliable: bool = False) -> None:
        self.clock, self.reliable = clock, reliable
        self.sent: list[tuple[float, str]] = []

    def send(self, data: bytes) -> None:
        self.sent.append((self.clock.now, data.split(b" SIP/2.0")[0].decode().split("\r")[0]))

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.sent]


def asked(method: str = "INVITE") -> Request:
    headers = Headers(
        [
            ("Via", "SIP/2.0/UDP h:5060;branch=z9hG4bKx;rport"),
            ("From", "<sip:1@h>;tag=a"),
            ("To", "<sip:2@h>"),
            ("Call-ID", "c"),
            ("CSeq", f"1 {method}"),
        ]
    )
    return Request(headers, method=method, uri="sip:2@h")


def client(method: str, reliable: bool = False) -> tuple[Clock, Line, Client, list[Response]]:
    clock = Clock()
    line, told = Line(clock, reliable), []
    made = Client(asked(method), line, clock.later, Timers(), told.append)
    made.start()
    return clock, line, made, told


def test_an_invite_is_sent_seven_times_in_32_seconds() -> None:
    clock, line, _, told = client("INVITE")
    clock.wind(100)
    assert line.times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert [(r.code, r.ours) for r in told] == [(408, True)]


def test_another_request_is_sent_eleven_times_in_32_seconds() -> None:
    clock, line, _, told = client("OPTIONS")
    clock.wind(100)
    assert line.times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert told[0].code == 408


def test_nothing_is_sent_again_where_nothing_is_lost() -> None:
    clock, line, _, told = client("INVITE", reliable=True)
    clock.wind(100)
    assert line.times == [0] and told[0].code == 408


def test_ringing_may_last_and_a_refusal_is_acknowledged_each_time() -> None:
    clock, line, made, told = client("INVITE")
    clock.wind(1)
    made.heard(reply(asked(), 180, tag="b"))
    clock.wind(500)
    busy = reply(asked(), 486, tag="b")
    made.heard(busy)
    made.heard(busy)
    assert [what for _, what in line.sent[2:]] == ["ACK sip:2@h", "ACK sip:2@h"]
    assert [r.code for r in told] == [180, 486]
    clock.wind(600)
    assert made.state == "terminated"


def test_each_2xx_is_told_once_and_acknowledged_each_time() -> None:
    _, _, made, told = client("INVITE")
    acks: list[str] = []
    for tag in ("b", "b", "d", "b"):
        made.heard(reply(asked(), 200, tag=tag))
        made.acknowledge(tag, lambda tag=tag: acks.append(tag))  # type: ignore[misc]
    assert [r.to.tag for r in told] == ["b", "d"]
    assert acks.count("b") == 5 and acks.count("d") == 1


def served(method: str) -> tuple[Clock, Line, Server]:
    clock = Clock()
    line = Line(clock)
    return clock, line, Server(asked(method), line, clock.later, Timers())


def test_an_answer_is_sent_again_until_it_is_acknowledged() -> None:
    clock, line, server = served("INVITE")
    server.reply(reply(asked(), 200, tag="b"))
    clock.wind(5)
    server.acknowledged()
    clock.wind(100)
    assert line.times == [0, 0.5, 1.5, 3.5]
    assert server.state == "terminated"


def test_that_nobody_acknowledged_is_told_after_32_seconds() -> None:
    clock, line, server = served("INVITE")
    told: list[float] = []
    server.unacknowledged = lambda: told.append(clock.now)
    server.reply(reply(asked(), 486, tag="b"))
    clock.wind(100)
    assert told == [32.0] and len(line.sent) == 11


def test_a_request_that_comes_again_is_answered_again_and_not_twice() -> None:
    _, line, server = served("OPTIONS")
    server.repeated()
    server.reply(reply(asked("OPTIONS"), 200, tag="b"))
    server.reply(reply(asked("OPTIONS"), 500, tag="b"))
    server.repeated()
    assert [what for _, what in line.sent] == ["SIP/2.0 200 OK", "SIP/2.0 200 OK"]


def test_digests_are_those_of_the_rfcs() -> None:
    old = {
        "realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html", "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b",
    }  # fmt: skip
    right = "6629fae49393a05397450978507c4ef1"  # RFC 2617 section 3.5
    assert response(old, "GET", "Mufasa", "Circle Of Life") == right
    new = {
        "realm": "http-auth@example.org", "uri": "/dir/index.html", "algorithm": "SHA-256",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "qop": "auth", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    right = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"  # RFC 7616, 3.9.1
    assert response(new, "GET", "Mufasa", "Circle of Life") == right


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_guard_admits_each_count_once_and_says_what_is_stale(algorithm: str) -> None:
    guard = Guard("house", {"kim": "pass"}, algorithms=(algorithm,), life=60)
    authorizer = Authorizer((Credentials("kim", "pass"),))
    request = asked()
    headers, _ = guard.admits(request, 0)
    assert authorizer.challenged(Response(Headers(headers), code=401), request)
    authorizer.authorize(request)
    assert guard.admits(request, 1) == ((), "kim")
    replayed, _ = guard.admits(request, 2)
    assert fields(replayed[0][1])["stale"] == "true"
    authorizer.authorize(request)
    assert fields(request.headers.get("Authorization"))["nc"] == "00000002"
    assert guard.admits(request, 3) == ((), "kim")
    authorizer.authorize(request)
    late, _ = guard.admits(request, 70)
    assert authorizer.challenged(Response(Headers(late), code=401), request)
    request.method = "BYE"
    wrong, _ = guard.admits(request, 3)
    assert "stale" not in fields(wrong[0][1])
    assert not authorizer.challenged(Response(Headers(wrong), code=401), request)


def test_a_realm_that_is_not_ours_gets_no_answer() -> None:
    authorizer = Authorizer((Credentials("kim", "pass", realm="house"),))
    challenge = 'Digest realm="elsewhere", nonce="x"'
    answer = Response(Headers([("WWW-Authenticate", challenge)]), code=401)
    assert not authorizer.challenged(answer, asked())
    assert "pass" not in repr(Credentials("kim", "pass"))


def test_every_code_and_cause_has_words_and_something_to_check() -> None:
    for code in [*PHRASES, *SIP, 499, 699]:
        told = cause(code)
        assert told.words and told.check and str(code) in told.words, code
    assert all(words and check for words, check in [*SIP.values(), *Q850.values()])
    assert set(IMPLIED.values()) <= set(Q850)


@pytest.mark.parametrize(
    ("code", "reason", "q850", "words"),
    [
        (486, "", 17, "the line is busy (486)"),
        (0, "", 16, "hung up"),
        (0, "Q.850;cause=16", 16, "normal hang-up (Q.850 16)"),
        (0, 'SIP;cause=200;text="Call completed elsewhere"', 16, "answer 200 (200)"),
        (603, "Q.850;cause=1", 1, "the call was declined (603): unallocated number (Q.850 1)"),
        (480, 'Q.850 ;cause=19 ;text="No answer"', 19,
         "nobody could be reached (480): it rang and nobody answered (Q.850 19, «No answer»)"),
        (0, "nonsense", 16, "hung up"),
    ],
)  # fmt: skip
def test_causes_are_put_in_words(code: int, reason: str, q850: int, words: str) -> None:
    told = cause(code, Headers([("Reason", reason)] if reason else []))
    assert (told.q850, told.words) == (q850, words)


def test_who_calls_and_with_what_is_read() -> None:
    message = asked()
    message.headers.extend(
        {
            "P-Asserted-Identity": '"Kim Lee" <sip:+15550100@example.com>, <tel:+15550100>',
            "History-Info": "<sip:800@h?Reason=SIP%3Bcause%3D486>;index=1, <sip:2@h>;index=1.1",
            "User-to-User": "00686579;encoding=hex, plain;encoding=text",
            "X-Order": "42",
        }
    )
    known = about(message)
    assert (known.caller, known.name, known.called) == ("+15550100", "Kim Lee", "2")
    assert known.reached == "2"
    assert known.asserted == ("+15550100", "+15550100")
    assert [(d.number, d.reason) for d in known.diverted] == [("800", "SIP 486")]
    assert known.user_to_user == ("hey", "plain") and known.extra == {"X-Order": "42"}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["C"])))
def test_what_is_packed_for_the_user_is_unpacked_the_same(text: str) -> None:
    if text and text.isprintable():
        assert unpacked(packed(text)) == text


def test_a_dialog_goes_through_its_proxies_in_order() -> None:
    answer = reply(asked(), 200, tag="b")
    answer.headers.add("Record-Route", "<sip:far;lr>, <sip:near;lr>")
    answer.headers.add("Contact", "<sip:2@phone:5070>")
    dialog = Dialog.of_answer(asked(), answer)
    request = dialog.request("BYE")
    assert request.uri == "sip:2@phone:5070"
    assert request.headers.all("Route") == ["<sip:near;lr>", "<sip:far;lr>"]
    assert next_hop(request, "udp").host == "near"
    dialog.route = ["<sip:strict>", "<sip:far;lr>"]
    request = dialog.request("BYE")
    assert request.uri == "sip:strict"
    assert request.headers.all("Route") == ["<sip:far;lr>", "<sip:2@phone:5070>"]


def test_where_a_request_came_from_is_stamped() -> None:
    via = Via.read("SIP / 2.0 / UDP inside.example:5070;rport;branch=z")
    assert str(via.stamped("192.0.2.1", 40000)).endswith(";branch=z;received=192.0.2.1;rport=40000")
    assert via.place == ("inside.example", 5070)
    assert Via.read("SIP/2.0/UDP [::1]:5060;branch=z").stamped("::1", 5060).params == (
        ("branch", "z"),
    )


def test_only_what_was_given_is_allowed() -> None:
    allowed = Allowed(["Pbx.example", "10.0.0.0/8", "::1"])
    for good in ("pbx.example.", "10.1.2.3", "[::1]", "::ffff:10.0.0.1"):
        allowed.check(good, "it")
    for bad in ("", "evil.example", "11.0.0.1", "xpbx.example", "pbx.example.evil"):
        with pytest.raises(NotAllowed):
            allowed.check(bad, "a redirection")


@pytest.mark.parametrize(
    ("content_type", "body", "found"),
    [
        ("application/dtmf-relay", b"Signal= 5\r\nDuration= 160", ("5", 160, "dtmf-relay")),
        ("application/dtmf-relay", b"signal=10\nduration=x", ("*", 0, "dtmf-relay")),
        ("application/dtmf-relay", b"Signal=99", None),
        ("application/dtmf", b"d", ("D", 0, "dtmf")),
        ("application/dtmf", b"Signal=7", ("7", 0, "dtmf")),
        ("text/plain", b"5", None),
        ("application/dtmf", b"\xff", None),
    ],
)
def test_keys_are_read_from_info(content_type: str, body: bytes, found: Any) -> None:
    request = asked("INFO")
    request.carry(body, content_type)
    assert pressed(request) == found


@given(st.integers(1, 100_000), st.sampled_from(["", "uac", "uas"]), st.booleans())
def test_both_sides_agree_on_who_keeps_a_session_alive(
    interval: int, refresher: str, speaks: bool
) -> None:
    request = asked()
    tail = f";refresher={refresher}" if refresher else ""
    request.headers.add("Session-Expires", f"{interval}{tail}")
    if speaks:
        request.headers.add("Supported", "timer")
    theirs, told = session_timer.answer(session_timer.Policy(), request.headers)
    ours = session_timer.agreed(reply(request, 200, headers=told))
    assert theirs and ours and theirs.ours != ours.ours
    assert theirs.interval == ours.interval == interval
    refresh = theirs if theirs.ours else ours
    other = ours if theirs.ours else theirs
    assert refresh.due < other.due < interval


def test_sdp_is_found_in_a_body_of_several_parts() -> None:
    message = asked()
    body = (
        b"--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n"
        b"--x\r\nContent-Type: a/b\r\n\r\nz\r\n--x--"
    )
    message.carry(body, 'multipart/mixed;boundary="x"')
    assert parse(message.encode()).sdp == b"v=0\r\ns=-\r\n"


def test_addresses_keep_their_names_and_parameters() -> None:
    address = Address.read('"Lee, \\"Kim\\" <x>" <sip:1;p=2@h:5070;transport=tcp>;tag=a;q=0.5')
    assert (address.name, address.tag) == ('Lee, "Kim" <x>', "a")
    assert Address.read(str(address)) == address
    uri = Uri.read(address.uri)
    assert (uri.number, uri.port, uri.transport) == ("1", 5070, "tcp")
