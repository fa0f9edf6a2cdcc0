"""Sending by a signed webhook of our own: JSON by POST, once more with the same id until a 2xx."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from cxassure.errors import UsageError
from cxassure.incident import Message
from cxassure.report.senders import wording
from cxassure.report.senders.discretion import hush, masked, pieces
from cxassure.report.senders.sender import NotSent
from cxassure.report.senders.signature import headers, key_of
from cxassure.text import clip

SCHEMA = 1
PATIENCE = 10.0
NEAR = ("127.0.0.1", "::1", "localhost")
LONGEST_WAIT = 3600.0


class WebhookSender:
    """`url` (https, or http on this machine) and `key`, which signs."""

    known: ClassVar[frozenset[str]] = frozenset(("url", "key"))
    needed: ClassVar[frozenset[str]] = frozenset(("url", "key"))

    def __init__(self, options: Mapping[str, str]) -> None:
        self._url = options["url"].strip()
        self._key = key_of(options["key"].strip())
        self._secrets = {options["key"], *pieces(self._url)}
        try:
            parts = urllib.parse.urlsplit(self._url)
            safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in NEAR)
        except ValueError:
            safe = False
        if not safe or not parts.hostname:
            raise UsageError("a webhook goes to an https:// address", "http is for this machine")

    def send(self, message: Message) -> None:
        """Posts it; anything but a 2xx is `NotSent`. Redirects are not followed."""
        import httpx

        hush(self._secrets)
        sent = body(message)
        signed = headers(self._key, message.id, int(time.time()), sent)
        try:
            answer = httpx.post(
                self._url,
                content=sent,
                headers={"content-type": "application/json", "user-agent": "cxassure", **signed},
                timeout=PATIENCE,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as wrong:
            said = clip(str(wrong), 200) or type(wrong).__name__
            raise NotSent(f"webhook: {masked(said, self._secrets)}", "is it up?") from None
        if not answer.is_success:
            wait = _seconds(answer.headers.get("retry-after", ""))
            raise NotSent(f"webhook: it answered {answer.status_code}", "see its log", wait)


def body(message: Message) -> bytes:
    """What is posted: the message as data, and as words for people."""
    told = {
        "schema": SCHEMA,
        "type": f"incident.{message.word}",
        "message": message,
        "title": wording.title(message),
        "text": wording.plain(message),
    }
    return msgspec.json.encode(told)


def _seconds(text: str) -> float:
    """A `Retry-After` in seconds; one that is a date is left to our own patience."""
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdecimal() else 0.0
