"""Web push: a browser is taken in, told without a secret, and let go when it is gone."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from cxassure.errors import UsageError
from cxassure.incident import Account, Affected, Fault, Message
from cxassure.report.senders import NotSent, deliver
from cxassure.report.senders.strangers import session
from cxassure.report.senders.webpush import Keys, Phones, Subscription, WebPushSender
from cxassure.store.incidents import Incidents

SECRET = "sk_live_1234 Kim Lee +15550100"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


class Service:
    """A push service on loopback, and the browser behind it, which can read what comes."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 201
        self.browser = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                service.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(service.status)
                if service.status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def subscription(self) -> Subscription:
        point = self.browser.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return Subscription(f"{self.address}/push/abc", Keys(_b64(point), _b64(self.auth)))

    def read(self, body: bytes) -> dict[str, str]:
        """What the browser reads (RFC 8291)."""
        import http_ece

        plain = http_ece.decrypt(body, private_key=self.browser, auth_secret=self.auth)
        told: dict[str, str] = json.loads(plain)
        return told


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


def message() -> Message:
    """One whose every text is a secret."""
    affected = Affected(SECRET, SECRET, "critical", SECRET, NOW)
    account = Account(step=SECRET, seen=SECRET, expected=SECRET, customer=SECRET, cause=SECRET)
    return Message(
        id="m1",
        to="phones",
        word="opened",
        at=NOW,
        incident="inc-7",
        severity="critical",
        fault=Fault(kind="failed", step=SECRET, host=SECRET),
        affected=(affected,),
        account=account,
    )


NEAR = ("127.0.0.1",)
"""Where the service of these tests is: an address of ours, which must be allowed by name."""


def sender(folder: Path) -> WebPushSender:
    options = {"folder": str(folder), "subject": "mailto:ops@example.com", "allow": "127.0.0.1"}
    return WebPushSender(options)


def test_a_browser_is_told_where_to_look_and_no_secret_goes_out(
    service: Service, tmp_path: Path
) -> None:
    phones = Phones(tmp_path, NEAR)
    phones.add(service.subscription)
    sender(tmp_path).send(message())
    ((headers, body),) = service.came
    told = service.read(body)
    assert told["title"] == "critical incident opened" and told["to"] == "/incidents/inc-7"
    assert told["body"] == "1 journey not as promised"
    assert not any(word in json.dumps(told) for word in SECRET.split())
    assert headers["content-encoding"] == "aes128gcm" and int(headers["ttl"]) > 0
    scheme, _, rest = headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid" and given["k"] == phones.public_key()
    point = base64.urlsafe_b64decode(given["k"] + "==")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(given["t"], ECKey.import_key(_pem(key))).claims
    assert claims["aud"] == service.address and claims["sub"] == "mailto:ops@example.com"


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("status", [410, 404])
def test_a_browser_that_is_gone_is_forgotten_and_then_nobody_was_told(
    service: Service, tmp_path: Path, status: int
) -> None:
    Phones(tmp_path, NEAR).add(service.subscription)
    service.status = status
    with pytest.raises(NotSent, match="no browser has asked"):
        sender(tmp_path).send(message())
    assert Phones(tmp_path).all() == []


def test_where_no_phone_has_asked_nobody_was_told_and_the_next_is_at_once(tmp_path: Path) -> None:
    outbox, told = Incidents(f"sqlite:///{tmp_path / 'incidents.db'}"), Somebody()
    outbox.put([message()])
    people = {"phones": sender(tmp_path / "none"), "room": told}
    (failed,) = deliver(outbox, people, NOW, ["room"]).failed
    assert (failed.message.to, failed.why) == (
        "phones",
        "web push: no browser has asked to be told",
    )
    deliver(outbox, people, NOW)
    assert [(m.to, m.word) for m in told.got] == [("room", "undelivered")]
    assert [one.message.to for one in outbox.waiting()] == ["phones"]


class Somebody:
    """A recipient who is there."""

    known = needed = frozenset[str]()

    def __init__(self) -> None:
        self.got: list[Message] = []

    def send(self, message: Message) -> None:
        self.got.append(message)


@pytest.mark.parametrize("status", [302, 429, 500])
def test_what_the_service_does_not_take_is_tried_again_by_the_outbox(
    service: Service, tmp_path: Path, status: int
) -> None:
    Phones(tmp_path, NEAR).add(service.subscription)
    service.status = status
    with pytest.raises(NotSent, match="web push"):
        sender(tmp_path).send(message())
    assert len(service.came) == 1 and len(Phones(tmp_path).all()) == 1


def test_one_browser_that_cannot_be_told_keeps_no_other_from_it(
    service: Service, tmp_path: Path
) -> None:
    phones, keys = Phones(tmp_path, NEAR), service.subscription.keys
    phones.add(Subscription("http://127.0.0.1:9/push", keys))
    phones.add(service.subscription)
    sender(tmp_path).send(message())
    assert len(service.came) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/a",
        "http://127.0.0.1/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://0x7f.1/a",
        "https://2130706433/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://[64:ff9b::7f00:1]/a",
        "https://0.0.0.0/a",
        "https://localhost/a",
        "https://10.0.0.7/a",
        "https://169.254.169.254/latest",
        "https://intranet/a",
        "https://[fd00::1]/a",
        "file:///etc/passwd",
        "https://kim:pass@push.example/a",
        "https://push.example:99999/a",
        "",
    ],
)
def test_nobody_makes_us_ask_in_our_own_network(
    service: Service, tmp_path: Path, endpoint: str
) -> None:
    with pytest.raises(UsageError, match="push service"):
        Phones(tmp_path).add(Subscription(endpoint, service.subscription.keys))


def test_what_a_name_has_led_to_is_looked_at_before_a_word_is_said() -> None:
    """A name that led elsewhere when it was looked up: the service is on this machine now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        address = f"https://127.0.0.1:{listening.getsockname()[1]}/a"
        with session() as asking, pytest.raises(requests.ConnectionError, match="own network"):
            asking.post(address, data=b"secret", timeout=20)
        came, _ = listening.accept()
        with came:
            came.settimeout(20)
            assert came.recv(100) == b""


def test_a_phone_whose_service_has_come_into_our_network_is_told_nothing(
    service: Service, tmp_path: Path
) -> None:
    Phones(tmp_path, NEAR).add(service.subscription)
    with pytest.raises(NotSent, match="no address of a push service"):
        WebPushSender({"folder": str(tmp_path), "subject": "mailto:a@b.example"}).send(message())
    assert service.came == []


def test_the_dashboard_takes_a_browser_in_and_lets_it_go(
    client: httpx.Client, service: Service
) -> None:
    """The dashboard of these tests allows 127.0.0.1."""
    csrf = client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert len(base64.urlsafe_b64decode(client.get("/push").json()["key"] + "==")) == 65
    one = {"endpoint": service.subscription.endpoint, "expirationTime": None}
    one["keys"] = {
        "p256dh": service.subscription.keys.p256dh,
        "auth": service.subscription.keys.auth,
    }
    assert client.post("/push", json=one).status_code == 403
    shown = {"x-csrf-token": csrf}
    assert client.post("/push", json=one, headers=shown).status_code == 201
    assert "1 browser is told" in client.get("/phones").text
    bad = {**one, "endpoint": "https://10.0.0.1/"}
    assert client.post("/push", json=bad, headers=shown).status_code == 422
    assert client.request("DELETE", "/push", json=one, headers=shown).status_code == 200
    assert "0 browsers are told" in client.get("/phones").text
