"""What goes over the wire: Twilio's errors, pages and dates (Twilio, REST API responses)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.exchange import Exchange
    from cxassure.channels._telephony.carrier.webhook import Account

ROOT = "/2010-04-01/Accounts"
LARGEST_PAGE = 1_000

WORDS = {
    20001: (400, "Several runs share this interface; name a call, conference or queue of one"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {} was not found"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required."),
    21211: (400, "Invalid 'To' Phone Number: {}"),
    21213: (400, "No 'From' number is specified"),
    21218: (400, "Invalid 'Status': {}"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    22001: (400, "Queue name is required."),
    22003: (400, "Queue name already exists: {}"),
}


class Refusal(Exception):
    """An error as Twilio's REST API answers it: `code` is its number."""

    def __init__(self, code: int, what: str = "") -> None:
        self.status, words = WORDS[code]
        self.code, self.message = code, words.format(what)
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `form` and `query` as they came, `named` what stood in the path."""

    exchange: Exchange
    account: Account
    method: str
    path: str
    named: Mapping[str, str]
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        return self.form[name][0] if self.form.get(name) else default

    def all(self, name: str) -> str:
        return " ".join(self.form.get(name, ()))

    def flag(self, name: str, default: bool = False) -> bool:
        return self.get(name, str(default)).lower() == "true"

    def number(self, name: str, default: int) -> int:
        return _number(self.get(name), default)

    def uri(self, tail: str) -> str:
        return f"{ROOT}/{self.account.account_sid}/{tail}"

    def missing(self) -> Refusal:
        return Refusal(20404, self.path)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `body` is JSON unless `kind` says another type."""

    body: Any = None
    status: int = 200
    kind: str = "application/json"

    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Handler: TypeAlias = "Callable[[Asked], Reply]"
_T = TypeVar("_T")


def page(asked: Asked, key: str, found: Sequence[_T], form: Callable[[_T], Any]) -> Reply:
    """One page of `found` (Twilio, REST API: paging); the newest comes first in `found`."""
    size = _number(asked.query.get("PageSize"), 50) or 50
    size, at = min(size, LARGEST_PAGE), _number(asked.query.get("Page"), 0)
    shown = [form(one) for one in found[at * size : (at + 1) * size]]
    more = len(found) > (at + 1) * size
    return Reply(
        {
            key: shown,
            "page": at,
            "page_size": size,
            "start": at * size,
            "end": at * size + max(len(shown) - 1, 0),
            "uri": _page(asked, at, size),
            "first_page_uri": _page(asked, 0, size),
            "next_page_uri": _page(asked, at + 1, size) if more else None,
            "previous_page_uri": _page(asked, at - 1, size) if at else None,
        }
    )


def _page(asked: Asked, number: int, size: int) -> str:
    told = {**asked.query, "PageSize": str(size), "Page": str(number)}
    return f"{asked.path}?{urlencode(told)}"


def _number(text: str | None, default: int) -> int:
    """More digits than nine say no more, and `int` refuses very many."""
    return int(text[:9]) if text and text.isdecimal() else default
