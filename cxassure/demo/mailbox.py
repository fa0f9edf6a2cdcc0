"""The mail host: takes letters by SMTP and shows them by the part of Mailpit's API that is read.

`GET /api/v1/messages`, `GET /api/v1/search?query=to:ADDR`, `GET /api/v1/message/{ID}` (ID may be
`latest`) and `DELETE /api/v1/messages` answer in the shapes of Mailpit's API version 1.
"""

from __future__ import annotations

import email
import email.policy
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses
from hashlib import sha256
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cxassure.demo.memory import Memory


@dataclass
class Letter:
    """A letter as it came, with the recipients of its envelope."""

    id: str
    message: EmailMessage
    recipients: list[str]
    created: str
    size: int

    def part(self, kind: str) -> str:
        """The body of a kind, `plain` or `html`, "" where the letter has none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()).replace("\r\n", "\n") if body else ""

    def addresses(self, header: str) -> list[dict[str, str]]:
        pairs = getaddresses([str(value) for value in self.message.get_all(header, [])])
        return [{"Name": name, "Address": address} for name, address in pairs]

    def summary(self) -> dict[str, Any]:
        return {
            "ID": self.id,
            "MessageID": str(self.message.get("Message-ID", "")),
            "From": next(iter(self.addresses("From")), None),
            "To": self.addresses("To"),
            "Cc": self.addresses("Cc"),
            "Subject": str(self.message.get("Subject", "")),
            "Created": self.created,
            "Size": self.size,
            "Snippet": " ".join(self.part("plain").split())[:200],
        }

    def whole(self) -> dict[str, Any]:
        bodies = {"Date": self.created, "Text": self.part("plain"), "HTML": self.part("html")}
        return {**self.summary(), **bodies}

    def suits(self, term: str) -> bool:
        """Whether it suits one search term: `to:`, `from:`, `subject:` or plain words."""
        key, colon, value = term.lower().partition(":")
        if colon and key == "to":
            return value in (recipient.lower() for recipient in self.recipients)
        if colon and key in ("from", "subject"):
            return value in str(self.message.get(key, "")).lower()
        return term.lower() in f"{self.message.get('Subject', '')} {self.part('plain')}".lower()


class Mailbox:
    """Every letter, newest last; also the SMTP handler that puts them there."""

    def __init__(self) -> None:
        self.letters: Memory[str, Letter] = Memory(5_000)
        self._count = 0

    def server(self) -> SMTP:
        """A fresh SMTP protocol for one connection."""
        return SMTP(self, hostname="mail.birchandbay.example", enable_SMTPUTF8=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one letter (the name is aiosmtpd's)."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        self._count += 1
        key = sha256(f"letter {self._count}".encode()).hexdigest()[:22]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        now = datetime.now(UTC).isoformat()
        self.letters[key] = Letter(key, message, list(envelope.rcpt_tos), now, len(raw))
        return "250 OK"

    def search(self, query: str) -> list[Letter]:
        """Letters that suit every term, newest first; ValueError for an unclosed quote."""
        terms = shlex.split(query)
        found = [one for one in self.letters.values() if all(one.suits(term) for term in terms)]
        return found[::-1]

    def app(self) -> Starlette:
        """The HTTP side."""
        listed = Route("/api/v1/messages", self._search, methods=["GET"])
        return Starlette(
            routes=[
                listed,
                Route("/api/v1/messages", self._clear, methods=["DELETE"]),
                Route("/api/v1/search", self._search),
                Route("/api/v1/message/{key}", self._message),
            ]
        )

    async def _search(self, request: Request) -> Response:
        try:
            found = self.search(request.query_params.get("query", ""))
            limit = int(request.query_params.get("limit", "50"))
        except ValueError as problem:
            return PlainTextResponse(f"the search is not understood: {problem}", 400)
        shown = [letter.summary() for letter in found[: max(limit, 0)]]
        counts = {"total": len(self.letters), "count": len(shown), "messages_count": len(found)}
        return JSONResponse({**counts, "messages": shown})

    async def _message(self, request: Request) -> Response:
        key = request.path_params["key"]
        if key == "latest" and self.letters:
            key = next(reversed(self.letters))
        letter = self.letters.get(key)
        return JSONResponse(letter.whole()) if letter else PlainTextResponse("not found", 404)

    async def _clear(self, request: Request) -> Response:
        self.letters.clear()
        return PlainTextResponse("ok")
