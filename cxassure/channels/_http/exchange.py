"""One question and its answer over HTTP, and how it may be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxassure.errors import Broken
from cxassure.text import clip

_PRIVATE = re.compile(r"auth|cookie|token|secret|api-?key|signature|password|session", re.I)
_LONGEST = 20_000


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """`headers` with the values of those that let somebody in blotted out."""
    return {key: "•••" if _PRIVATE.search(key) else value for key, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered; `took` is seconds from the first byte sent to the last read.

    Header names are in lower case. `url` carries no user name or password.
    """

    method: str
    url: str
    status: int
    reason: str
    took: float
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    sent: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    encoding: str = "utf-8"

    @property
    def text(self) -> str:
        try:
            return self.body.decode(self.encoding, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body read as JSON; raises `Broken` when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Broken(
                f"{self.told} and no JSON",
                expected="a JSON document",
                seen=clip(self.text) or "an empty body",
                code=str(self.status),
            ) from None

    @property
    def told(self) -> str:
        """`GET https://… answered 200 OK`."""
        return f"{self.method} {self.url} answered {self.status} {self.reason}".rstrip()

    def record(self) -> dict[str, Any]:
        """The exchange as plain data, with private headers masked and long bodies cut."""
        return {
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "took": round(self.took, 4),
            "request": {"headers": masked(self.sent_headers), "body": _cut(self.sent)},
            "response": {"headers": masked(self.headers), "body": _cut(self.body)},
        }


def _cut(body: bytes) -> str:
    text = body[:_LONGEST].decode("utf-8", "replace")
    return text + f"… ({len(body)} bytes)" if len(body) > _LONGEST else text
