"""Senders against real servers on loopback: the suite for each, and what each does besides."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from cxassure.errors import UsageError
from cxassure.incident import Account, Message, Recipient, decode, encode
from cxassure.report.senders import NotSent, make, markdown, ping, plain, senders
from cxassure.report.senders.conformance import CANARY, HOSTILE, SenderConformance, sample
from cxassure.report.senders.services import AppriseSender
from cxassure.report.senders.signature import TOLERANCE, genuine, key_of

KEY = f"whsec-{CANARY}-{CANARY}"
Arrived = Callable[[], list[str]]


class TestWebhook(SenderConformance):
    sender = "webhook"

    @pytest.fixture
    def options(self, sink: Any) -> dict[str, str]:
        return {"url": f"http://{sink.address}/cx", "key": KEY}

    @pytest.fixture
    def nobody(self, nowhere: str) -> dict[str, str]:
        return {"url": f"http://{nowhere}/{CANARY}?token={CANARY}", "key": KEY}

    @pytest.fixture
    def arrived(self, sink: Any) -> Arrived:
        def texts() -> list[str]:
            bodies = (json.loads(body) for _, _, body in sink.got)
            return [f"{one['title']}\n{one['text']}" for one in bodies]

        return texts


class TestMail(SenderConformance):
    sender = "apprise"

    @pytest.fixture
    def options(self, post: Any) -> dict[str, str]:
        return {"url": f"mailto://127.0.0.1:{post[1]}?from=cx@example.com&to=ops@example.com"}

    @pytest.fixture
    def nobody(self, nowhere: str) -> dict[str, str]:
        return {"url": f"mailto://kim:{CANARY}@{nowhere}?from=cx@example.com&to=ops@example.com"}

    @pytest.fixture
    def arrived(self, post: Any) -> Arrived:
        def texts() -> list[str]:
            letters = [
                email.message_from_bytes(raw, policy=email.policy.default)
                for raw in post[0].letters
            ]
            return [f"{one['subject']}\n{_body(one)}" for one in letters]

        return texts


class TestMarkdown(SenderConformance):
    """The way that chat rooms take: Markdown in JSON."""

    sender = "apprise"

    @pytest.fixture
    def options(self, sink: Any) -> dict[str, str]:
        return {"url": f"json://{sink.address}/room", "format": "markdown"}

    @pytest.fixture
    def nobody(self, nowhere: str) -> dict[str, str]:
        return {"url": f"json://{nowhere}/{CANARY}", "format": "markdown"}

    @pytest.fixture
    def arrived(self, sink: Any) -> Arrived:
        def texts() -> list[str]:
            bodies = (json.loads(body) for _, _, body in sink.got)
            return [f"{one['title']}\n{one['message']}" for one in bodies]

        return texts


def _body(letter: Any) -> str:
    part = letter.get_body(preferencelist=("plain", "html"))
    return str(part.get_content())


def webhook(sink: Any, path: str = "/cx") -> Any:
    options = {"url": f"http://{sink.address}{path}", "key": KEY}
    return make(Recipient(name="ledger", sender="webhook"), options)


def test_a_webhook_is_signed_and_cannot_be_changed_or_kept_for_later(sink: Any) -> None:
    webhook(sink).send(sample())
    _, given, body = sink.got[0]
    now = int(time.time())
    key = key_of(KEY)
    assert given["webhook-id"] == "inc-1f-1"
    assert genuine(key, given, body, now)
    assert not genuine(key, given, body + b" ", now)
    assert not genuine(b"x" * 32, given, body, now)
    assert not genuine(key, {**given, "webhook-id": "inc-2"}, body, now)
    assert not genuine(key, {**given, "webhook-timestamp": str(now + 1)}, body, now)
    assert not genuine(key, given, body, now + TOLERANCE + 2)
    assert not genuine(key, {}, body, now)
    assert not genuine(key, {**given, "webhook-timestamp": "9" * 5000}, body, now)


def test_a_webhook_carries_the_message_as_data_too(sink: Any) -> None:
    webhook(sink).send(sample())
    told = json.loads(sink.got[0][2])
    assert told["type"] == "incident.opened"
    assert decode(json.dumps(told["message"]).encode(), Message) == sample()
    assert decode(encode(sample()), Message) == sample()


def test_a_webhook_follows_no_redirect(sink: Any) -> None:
    sink.answers = [(307, {"location": f"http://{sink.address}/elsewhere"})]
    with pytest.raises(NotSent, match="307"):
        webhook(sink).send(sample())
    assert [path for path, _, _ in sink.got] == ["/cx"]


def test_apprise_follows_no_redirect(sink: Any) -> None:
    sink.answers = [(307, {"location": f"http://{sink.address}/elsewhere"})]
    room = make(Recipient(name="room", sender="apprise"), {"url": f"json://{sink.address}/room"})
    with pytest.raises(NotSent, match="307"):
        room.send(sample())
    assert [path for path, _, _ in sink.got] == ["/room"]


def test_a_receiver_that_asks_for_patience_gets_it(sink: Any) -> None:
    sink.answers = [(429, {"retry-after": "120"})]
    with pytest.raises(NotSent) as wrong:
        webhook(sink).send(sample())
    assert wrong.value.after == 120
    sink.answers = [(503, {"retry-after": "Fri, 27 Nov 2026 10:00:00 GMT"})]
    with pytest.raises(NotSent) as wrong:
        webhook(sink).send(sample())
    assert wrong.value.after == 0


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/cx", "ftp://127.0.0.1/", "hooks.example", "https://", "http://[::"],
)
def test_a_webhook_goes_nowhere_in_the_open(url: str) -> None:
    with pytest.raises(UsageError, match="https"):
        make(Recipient(name="ledger", sender="webhook"), {"url": url, "key": KEY})


@pytest.mark.parametrize("key", ["tooshort1", "whsec_%%%", "whsec_c2hvcnQ="])
def test_a_key_that_protects_nothing_is_refused(key: str) -> None:
    with pytest.raises(UsageError) as wrong:
        make(Recipient(name="l", sender="webhook"), {"url": "https://a.example", "key": key})
    assert key not in str(wrong.value)


def test_an_unknown_sender_gets_a_guess() -> None:
    with pytest.raises(UsageError, match="apprise"):
        make(Recipient(name="x", sender="aprise"), {"url": "json://127.0.0.1"})
    assert senders() == ["apprise", "webhook", "webpush"]


def test_a_service_that_apprise_does_not_know_is_told_without_its_address() -> None:
    lost = make(Recipient(name="x", sender="apprise"), {"url": f"nosuch://{CANARY}/{CANARY}"})
    with pytest.raises(NotSent, match="nosuch") as wrong:
        lost.send(sample())
    assert CANARY not in str(wrong.value)


def test_a_pager_opens_an_incident_and_closes_the_same_one(
    sink: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PagerDuty's own address is changed for one on loopback; all else is what is sent there."""
    from apprise.plugins import pagerduty

    lookup = dict.fromkeys(pagerduty.PAGERDUTY_API_LOOKUP, f"http://{sink.address}/enqueue")
    monkeypatch.setattr(pagerduty, "PAGERDUTY_API_LOOKUP", lookup)
    sink.answers = [(202, {})]
    pager = make(
        Recipient(name="duty", sender="apprise"),
        {"url": f"pagerduty://{CANARY}@{CANARY}9/cxassure/shop"},
    )
    pager.send(sample())
    pager.send(sample(id="inc-1f-2", word="reminded"))
    pager.send(sample(id="inc-1f-3", word="resolved"))
    told = [json.loads(body) for _, _, body in sink.got]
    assert [one["event_action"] for one in told] == ["trigger", "trigger", "resolve"]
    assert {one["dedup_key"] for one in told} == {"inc-1f"}
    assert told[0]["payload"]["severity"] == "critical"
    assert "gift-card[mobile]" in told[0]["payload"]["summary"]


def test_what_an_author_says_about_an_incidents_key_stands() -> None:
    given = AppriseSender({"url": "pagerduty://a@b?dedup=mine"})
    assert given._address(sample()) == "pagerduty://a@b?dedup=mine&action=map"


def test_an_address_that_was_seen_can_be_read_and_is_none_to_follow() -> None:
    seen = "GET http://shop.example/pay answered 503 to kim@shop.example, see #42" + " x" * 300
    for form in (plain, markdown):
        said = form(sample(account=Account(seen=seen)))
        assert "\N{REPLACEMENT CHARACTER}" not in said
        assert "http://shop.example" not in said
        assert "GET http://shop.example/pay answered 503 to kim@shop.example, see #42 x x" in (
            said.replace("\N{WORD JOINER}", "")
        )


def test_markdown_keeps_what_a_company_says_in_code(sink: Any) -> None:
    room = make(
        Recipient(name="room", sender="apprise"),
        {"url": f"json://{sink.address}/room", "format": "markdown"},
    )
    room.send(sample(account=Account(seen=HOSTILE)))
    text = json.loads(sink.got[0][2])["message"]
    (line,) = [one for one in text.splitlines() if "**seen**" in one]
    assert line.startswith("- **seen** `")
    assert line.endswith("`")
    assert line.count("`") == 2


def test_a_debug_log_of_a_send_that_succeeds_holds_no_key(
    sink: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    for name in ("apprise", "urllib3.connectionpool", "httpx", "httpcore.connection"):
        logging.getLogger(name).setLevel(1)
    room = {"url": f"json://user:{CANARY}@{sink.address}/{CANARY}"}
    make(Recipient(name="room", sender="apprise"), room).send(sample())
    webhook(sink, f"/{CANARY}").send(sample())
    ping(f"http://{sink.address}/{CANARY}")
    assert len(sink.got) == 3
    assert CANARY not in caplog.text


def test_a_ping_is_one_request_and_silence_is_told(sink: Any, nowhere: str) -> None:
    ping(f"http://{sink.address}/alive")
    assert [path for path, _, _ in sink.got] == ["/alive"]
    sink.answers = [(500, {})]
    with pytest.raises(NotSent, match="500"):
        ping(f"http://{sink.address}/alive")
    with pytest.raises(NotSent) as wrong:
        ping(f"http://{nowhere}/{CANARY}")
    assert CANARY not in str(wrong.value)
