"""Visitors and accounts: the session behind a cookie, passwords, one-time codes (RFC 6238)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from cxassure.demo.company import Company, company_of
from cxassure.demo.orders import Line

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "visit"
PASSWORD = "birch-and-bay"
SECRET = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
ADDRESS = "12 Birch Lane, Bayview"
ACCOUNT = re.compile(r"kim(\+[\w.-]{1,40})?@example\.com")


@dataclass
class Session:
    """One visitor: basket, promotion, orders that may be seen, and who is signed in."""

    basket: list[Line] = field(default_factory=list)
    promo: str = ""
    checkout: str = field(default_factory=lambda: secrets.token_hex(8))
    orders: set[str] = field(default_factory=set)
    signing_in: str = ""
    email: str = ""

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.basket)

    @property
    def subtotal(self) -> int:
        return sum(line.total for line in self.basket)

    @property
    def discount(self) -> int:
        return self.subtotal // 10 if self.promo else 0

    @property
    def total(self) -> int:
        return self.subtotal - self.discount


def session_of(request: Request) -> Session:
    """The visitor's session; a new one is kept once `remember` has set its cookie."""
    known = company_of(request).sessions.get(request.cookies.get(COOKIE, ""))
    if known is None:
        known = getattr(request.state, "session", None) or Session()
        request.state.session = known
    return known


def remember(request: Request, response: Response) -> Response:
    """Set the cookie of a visitor who came without one."""
    fresh: Session | None = getattr(request.state, "session", None)
    if fresh is not None:
        key = secrets.token_urlsafe(18)
        company_of(request).sessions[key] = fresh
        response.set_cookie(COOKIE, key, httponly=True, samesite="lax")
    return response


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a posted form (application/x-www-form-urlencoded), trimmed."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: value.strip() for name, value in parse_qsl(body, keep_blank_values=True)}


def may_sign_in(email: str, password: str) -> bool:
    """The demo's account is kim@example.com; kim+anything@example.com is one apart from it."""
    right = hmac.compare_digest(password.encode(), PASSWORD.encode())
    return right and ACCOUNT.fullmatch(email.lower()) is not None


def address_of(company: Company, email: str) -> str:
    return company.addresses.get(email, ADDRESS if ACCOUNT.fullmatch(email) else "")


def code_fits(code: str) -> bool:
    """Whether it is the one-time code of now or of one step of 30 s before or after."""
    step = int(time.time()) // 30
    given = code.replace(" ", "").encode()
    return any(hmac.compare_digest(given, one_time_code(step + n).encode()) for n in (-1, 0, 1))


def one_time_code(step: int) -> str:
    """Six digits for a time step (RFC 4226, section 5.3)."""
    key = base64.b32decode(SECRET)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
