"""What the tests of the built-in company share: a company on loopback and customers of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect

from cxassure.demo.serving import running

SPEED = 0.02
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"
CARD = {
    "name": "Kim Lee",
    "card": "4242 4242 4242 4242",
    "expiry": "12/39",
    "code": "123",
    "email": "kim.lee@example.org",
    "mobile": "+1 555 0155",
}


class Socket:
    """One WebSocket of JSON frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """All frames up to and with the first of that type."""
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1]["type"] != kind:
            frames.append(json.loads(await self.connection.recv()))
        return frames

    async def next(self, kind: str) -> dict[str, Any]:
        return (await self.until(kind))[-1]


class Phone:
    """A caller, and as much of a carrier as following redirects and the queue takes."""

    def __init__(self, site: Site, caller: str, sid: str, headers: dict[str, str]) -> None:
        self.site, self.headers = site, headers
        self.params = {"CallSid": sid, "From": caller, "To": "+15550199", "CallStatus": "ringing"}
        self.said: list[str] = []
        self.verbs: list[str] = []
        self.last = ElementTree.Element("Response")

    async def dial(self) -> Phone:
        return await self.go("/voice/welcome")

    async def press(self, digits: str) -> Phone:
        return await self.go(self._gather().attrib["action"], Digits=digits)

    async def speak(self, words: str) -> Phone:
        return await self.go(self._gather().attrib["action"], SpeechResult=words)

    async def wait(self) -> Phone:
        """Say and press nothing: go on behind the gather."""
        redirect = self.last.find("Redirect")
        return await self.go(redirect.text or "") if redirect is not None else self

    async def go(self, path: str, **params: str) -> Phone:
        self.said, self.verbs = [], []
        await self._go(path, params)
        return self

    async def _go(self, path: str, params: dict[str, str]) -> None:
        answer = await self.post(path, params)
        answer.raise_for_status()
        self.last = ElementTree.fromstring(answer.text)
        self.said += [say.text or "" for say in self.last.iter("Say")]
        self.verbs += [verb.tag for verb in self.last]
        if self.last.find("Gather") is not None:
            return
        queue, redirect = self.last.find("Enqueue"), self.last.find("Redirect")
        if queue is not None:
            await self._go(queue.attrib["waitUrl"], {})
            await self._go(queue.attrib["action"], {"QueueResult": "leave"})
        elif redirect is not None and self.last.find("Record") is None:
            await self._go(redirect.text or "", {})

    async def post(self, path: str, params: dict[str, str], token: str = "demo-token") -> Any:
        form = {**self.params, **params}
        url = urljoin(self.site.targets["support-line"], path)
        signature = RequestValidator(token).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, **self.headers}
        return await self.site.http.post(url, data=form, headers=headers)

    def _gather(self) -> ElementTree.Element:
        gather = self.last.find("Gather")
        assert gather is not None, self.said
        return gather

    @property
    def heard(self) -> str:
        return " ".join(self.said)

    @property
    def context(self) -> dict[str, str]:
        """What the last dial gives to the desk."""
        found = self.last.iter("Parameter")
        return {each.attrib["name"]: each.attrib["value"] for each in found}


class Site:
    """A company that runs, and what its customers do there."""

    def __init__(self, told: dict[str, Any], http: httpx.AsyncClient) -> None:
        self.told, self.targets, self.http = told, told["targets"], http
        self.calls = 0

    def shopper(self, phone: bool = False) -> httpx.AsyncClient:
        headers = {"User-Agent": PHONE} if phone else {}
        return httpx.AsyncClient(
            base_url=self.targets["shop"], headers=headers, follow_redirects=True, trust_env=False
        )

    async def fill(self, shopper: httpx.AsyncClient, product: str = "birch-grove") -> str:
        """Put a card into the basket and open the checkout: its page."""
        await shopper.post("/basket/add", data={"product": product})
        return (await shopper.get("/checkout")).text

    async def buy(self, shopper: httpx.AsyncClient, **fields: str) -> str:
        answer = await self.pay(shopper, await self.fill(shopper), **fields)
        number: str = answer.json()["order"]
        return number

    async def pay(self, shopper: httpx.AsyncClient, page: str, **fields: str) -> httpx.Response:
        found = re.search(r'data-checkout="(\w+)"', page)
        checkout = found[1] if found else ""
        return await shopper.post("/api/pay", json={**CARD, "checkout": checkout, **fields})

    async def ask(self, text: str, chat: str | None = None, **more: Any) -> dict[str, Any]:
        body = {"conversation": chat, "text": text, **more}
        answer = await self.http.post(self.targets["help-bot"], json=body)
        told: dict[str, Any] = answer.json()
        return told

    def socket(self, name: str, query: str = "") -> AbstractAsyncContextManager[Socket]:
        return open_socket(self.targets[name] + query)

    def phone(self, caller: str = "+15550100", **headers: str) -> Phone:
        self.calls += 1
        return Phone(self, caller, f"CA{self.calls:032d}", headers)

    async def api(self, path: str) -> Any:
        return (await self.http.get(self.targets["back-office"] + path)).json()

    async def letters(self, to: str, count: int = 1) -> list[str]:
        """Subjects of the letters to somebody, oldest first, once there are that many."""
        deadline = time.monotonic() + 3
        while True:
            query = {"query": f"to:{to}"}
            found = await self.http.get(self.targets["mailbox"] + "/api/v1/search", params=query)
            subjects = [letter["Subject"] for letter in found.json()["messages"]][::-1]
            if len(subjects) >= count or time.monotonic() > deadline:
                return subjects


@asynccontextmanager
async def open_socket(address: str) -> AsyncIterator[Socket]:
    async with connect(address, proxy=None) as connection:
        yield Socket(connection)


@asynccontextmanager
async def open_site(*faults: str) -> AsyncIterator[Site]:
    async with (
        running(frozenset(faults), SPEED) as told,
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        yield Site(told, http)


@pytest.fixture
def a_company() -> Callable[..., AbstractAsyncContextManager[Site]]:
    """Opens a company with faults: `async with a_company("bot-silent") as site`."""
    return open_site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[Site]:
    """A healthy company that all tests share, as its customers do."""
    async with open_site() as healthy:
        yield healthy


@pytest_asyncio.fixture(loop_scope="session")
async def own_site() -> AsyncIterator[Site]:
    """A healthy company without other customers."""
    async with open_site() as healthy:
        yield healthy
