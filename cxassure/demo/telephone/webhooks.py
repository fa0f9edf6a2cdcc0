"""How the exchange asks the company's own phone tree: signed requests within the process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator

from cxassure.demo.company import Company

PATIENCE = 15.0
"""Seconds that the tree has to answer, as a carrier would give it."""


class Unanswered(Exception):
    """The tree gave no TwiML."""


@dataclass
class Answered:
    """What a webhook answered."""

    status: int
    body: bytes


class Webhooks:
    """Posts to an ASGI application as Twilio does (Twilio, Voice webhooks), by its own address."""

    def __init__(self, app: Any, company: Company, base: str) -> None:
        self._app, self._company, self.base = app, company, base
        self._signs = RequestValidator(company.token)

    async def twiml(self, url: str, form: dict[str, str], at: str = "") -> ElementTree.Element:
        """The verbs that the tree answers with; Unanswered where it has none in time."""
        try:
            async with asyncio.timeout(PATIENCE * self._company.speed):
                answer = await self.post(url, form, at)
            if answer.status >= 300:
                raise Unanswered(f"{urlsplit(url).path} answered {answer.status}")
            return ElementTree.fromstring(answer.body)
        except (TimeoutError, ElementTree.ParseError) as problem:
            raise Unanswered(f"{urlsplit(url).path}: {problem or 'no answer in time'}") from problem

    async def post(self, url: str, form: dict[str, str], at: str = "") -> Answered:
        url = urljoin(self.base, url)
        signature = self._signs.compute_signature(url, form)
        headers = {"x-twilio-signature": signature, **({"x-rehearsal-time": at} if at else {})}
        return await self._ask("POST", url, urlencode(form).encode(), headers)

    async def get(self, url: str) -> Answered:
        return await self._ask("GET", urljoin(self.base, url), b"", {})

    async def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        parts = urlsplit(url)
        told = {"host": parts.netloc, "content-type": "application/x-www-form-urlencoded",
                "content-length": str(len(body)), **headers}  # fmt: skip
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("latin-1", "replace")) for name, value in told.items()
            ],
            "server": (parts.hostname, parts.port),
            "client": ("127.0.0.1", 0),
        }
        answer = Answered(500, b"")

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: dict[str, Any]) -> None:
            answer.status = event.get("status", answer.status)
            answer.body += event.get("body", b"")

        await self._app(scope, receive, send)
        return answer
