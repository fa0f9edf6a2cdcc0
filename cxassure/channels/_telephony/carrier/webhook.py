"""How the carrier asks the company's webhooks: signed, bounded, listed origins only.

Follows Twilio, "Webhooks security" (signature), "Webhooks connection overrides" (the time-out in
an address's fragment) and "TwiML for Programmable Voice" (what is posted, cookies, redirects).
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from cxassure.channel import Opening
from cxassure.channels._http.client import tls
from cxassure.channels._http.origins import listed, on_loopback, origin, shown
from cxassure.channels._http.trouble import told
from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import LARGEST
from cxassure.channels._telephony.carrier.overrides import PATIENCE, Overrides, overrides
from cxassure.errors import CannotLook, CxassureError

if TYPE_CHECKING:
    import httpx

REDIRECTS = 10
REHEARSED = "RehearsalTime"
"""The parameter that tells a webhook for when the call is rehearsed; no real call has it."""
MEDIA = 65_536
"""Bytes read of a recording: its head says how long it plays."""
_LOST = (301, 302, 303)
_KEPT = (307, 308)


@dataclass(frozen=True, slots=True)
class Account:
    """What the carrier knows of the number that is called; `target` names it in cxassure.yaml."""

    target: str
    url: str
    method: str = "POST"
    number: str = ""
    account_sid: str = ""
    auth_token: str = ""
    status_callback: str = ""
    fallback: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answered: `url` is where it came from in the end, `took` real seconds."""

    method: str
    url: str
    status: int
    content_type: str
    body: bytes
    took: float


class Webhooks:
    """One run's connections to the company.

    They are httpx's transports without its client: cookies, redirects and signatures are the
    carrier's own business here, and a client would do the same work twice.
    """

    def __init__(self, opening: Opening, context: ssl.SSLContext) -> None:
        self.context = context
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        self._listed = listed(opening)
        self._opening = opening
        self._about = {REHEARSED: opening.when} if opening.when else {}

    @classmethod
    async def open(cls, opening: Opening) -> Webhooks:
        return cls(opening, await tls(opening))

    @property
    def _marks(self) -> dict[str, str]:
        agent = "cxassure (rehearsing TwilioProxy/1.1)"
        return {"user-agent": agent, "accept": "*/*", **self._opening.marks}

    async def ask(
        self,
        account: Account,
        method: str,
        url: str,
        params: Mapping[str, str],
        cookies: dict[str, str],
    ) -> Answer:
        """Sends `params` and follows redirects, signing each request anew.

        Raises `Fault` as Twilio would complain (11100, 11200–11237, 11750), and `CannotLook` for
        an address that is not listed or a network that is down on this side.
        """
        began = time.perf_counter()
        url, wish = overrides(url)
        try:
            async with asyncio.timeout(wish.total):
                return await self._tried(wish, account, method, url, params, cookies, began)
        except TimeoutError:
            raise _late(method, url, wish.total) from None

    async def _tried(
        self,
        wish: Overrides,
        account: Account,
        method: str,
        url: str,
        params: Mapping[str, str],
        cookies: dict[str, str],
        began: float,
    ) -> Answer:
        """Asks again where the address wants it (Twilio, Webhooks connection overrides)."""
        for left in range(wish.again, -1, -1):
            try:
                asked = self._follow(account, method, url, params, cookies, began)
                answer = await (asyncio.wait_for(asked, wish.read) if wish.hurried else asked)
                if not left or not wish.retries(f"{answer.status // 100}xx"):
                    return answer
            except TimeoutError:
                if not left or not wish.retries("rt"):
                    raise _late(method, url, wish.read) from None
            except Fault as fault:
                if not left or not wish.retries("ct" if fault.unreached else ""):
                    raise
        raise AssertionError("the last try always returns or raises")

    async def _follow(
        self,
        account: Account,
        method: str,
        url: str,
        params: Mapping[str, str],
        cookies: dict[str, str],
        began: float,
    ) -> Answer:
        for _ in range(REDIRECTS + 1):
            status, headers, body, asked = await self._once(account, method, url, params, cookies)
            where = headers.get("location")
            if not where or status not in _LOST + _KEPT:
                kind = headers.get("content-type", "").partition(";")[0].strip().lower()
                took = time.perf_counter() - began
                return Answer(method, asked, status, kind, body, took)
            url = joined(asked, where)
            if status in _LOST and method == "POST":
                method, params = "GET", {}
        raise Fault(11215, f"more than {REDIRECTS} redirects, the last to {shown(url)}")

    async def _once(
        self,
        account: Account,
        method: str,
        url: str,
        params: Mapping[str, str],
        cookies: dict[str, str],
    ) -> tuple[int, Mapping[str, str], bytes, str]:
        import httpx

        self.guard(url, account)
        params = {**params, **self._about}
        if method == "GET" and params:
            url, params = _with_query(url, params), {}
        address = _as_sent(url)
        headers = {**self._marks, **account.headers, **_signed(account, str(address), params)}
        content = None
        if method == "POST":
            content = urlencode(params).encode()
            headers["content-type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        try:
            request = httpx.Request(method, address, headers=headers, content=content)
            response = await self._send(request)
            try:
                body = await _body(response, LARGEST)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as wrong:
            told = await self._complaint(wrong, url)
            if isinstance(told, Fault):
                told.unreached = isinstance(wrong, httpx.ConnectError | httpx.ConnectTimeout)
            raise told from None
        _take_cookies(response, cookies)
        return response.status_code, response.headers, body, str(address)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """The beginning of the answer; to be read and closed."""
        if request.url.userinfo:
            secret = base64.b64encode(unquote(request.url.userinfo.decode()).encode()).decode()
            request.headers["authorization"] = f"Basic {secret}"
        response = await self._transport(request.url).handle_async_request(request)
        response.request = request
        return response

    def _transport(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        """The connections by the way that leads to `url`: direct, or the environment's proxy."""
        import httpx

        proxy = "" if on_loopback(str(url)) else _proxy(url)
        if proxy not in self._transports:
            self._transports[proxy] = httpx.AsyncHTTPTransport(
                verify=self.context, proxy=proxy or None
            )
        return self._transports[proxy]

    def guard(self, url: str, account: Account) -> None:
        """Raises `CannotLook` for an origin that is not listed, `Fault` for what is no address."""
        here = origin(url)
        if not here:
            raise Fault(11100, f"«{shown(url)}» is no http:// or https:// address")
        if here not in self._listed:
            raise CannotLook(
                f"the call is led to {here}, which is not a listed target",
                f"add its origin to `also:` of target «{account.target}» in cxassure.yaml",
            )

    def handshake(self, account: Account, url: str) -> dict[str, str]:
        """The headers that a socket is opened with (Twilio, Webhooks security: WebSockets)."""
        return {**self._marks, **account.headers, **_signed(account, url, {})}

    async def head_of(self, url: str) -> bytes | None:
        """The first bytes of a recording; None when it is on no listed origin.

        Raises `Fault` 11200 where the company's own server has not got it.
        """
        import httpx

        if origin(url) not in self._listed:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                request = httpx.Request("GET", _as_sent(url), headers=self._marks)
                response = await self._send(request)
                try:
                    if response.status_code != 200:
                        raise Fault(11200, f"GET {shown(url)} answered {response.status_code}")
                    return await _body(response, MEDIA, whole=False)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise _late("GET", url, PATIENCE) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as wrong:
            raise await self._complaint(wrong, url) from None

    async def _complaint(self, wrong: BaseException, url: str) -> Fault | CxassureError:
        others = [target.address for target in self._opening.targets.values()]
        return await complaint(wrong, url, others)

    async def close(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


def _signed(account: Account, url: str, params: Mapping[str, str]) -> dict[str, str]:
    """X-Twilio-Signature, where the target has a token to sign with."""
    if not account.auth_token:
        return {}
    from twilio.request_validator import RequestValidator

    signature = RequestValidator(account.auth_token).compute_signature(url, params)
    return {"x-twilio-signature": signature}


def _as_sent(url: str) -> httpx.URL:
    """The address as it goes over the wire, which is the one that is signed."""
    import httpx

    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as wrong:
        raise Fault(11100, f"«{shown(url)}»: {wrong}") from None


def _proxy(url: httpx.URL) -> str:
    """The proxy that the environment names for `url`, "" for none."""
    return "" if proxy_bypass(url.host) else getproxies().get(url.scheme, "")


def _with_query(url: str, params: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    joined = "&".join(filter(None, (parts.query, urlencode(params))))
    return urlunsplit(parts._replace(query=joined))


async def _body(response: httpx.Response, largest: int, *, whole: bool = True) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > largest:
            if whole:
                raise Fault(11750, f"more than {largest} bytes from {shown(str(response.url))}")
            break
    return bytes(body)


def _take_cookies(response: httpx.Response, cookies: dict[str, str]) -> None:
    """Cookies live as long as the call (Twilio, Voice, "Cookies")."""
    for line in response.headers.get_list("set-cookie"):
        name, _, value = line.partition(";")[0].partition("=")
        cookies[name.strip()] = value.strip()


def _late(method: str, url: str, patience: float) -> Fault:
    return Fault(11205, f"{method} {shown(url)} was not answered within {patience:g} s")


async def complaint(wrong: BaseException, url: str, others: Iterable[str]) -> Fault | CxassureError:
    """What Twilio would say of a request that failed; `CannotLook` when the trouble is ours."""
    import httpx

    if isinstance(wrong, httpx.InvalidURL | UnicodeError):
        return Fault(11100, f"«{shown(url)}»: {wrong}")
    if isinstance(wrong, httpx.ProtocolError | httpx.DecodingError):
        return Fault(11206, f"{shown(url)}: {wrong}")
    ours = await told(wrong, url, others)
    if isinstance(ours, CannotLook):
        return ours
    return Fault(_code(wrong), ours.what)


def _code(wrong: BaseException | None) -> int:
    import socket

    seen: list[Any] = []
    while wrong is not None and wrong not in seen:
        seen.append(wrong)
        if isinstance(wrong, ssl.SSLCertVerificationError):
            return 11237
        if isinstance(wrong, ssl.SSLError):
            return 11220
        if isinstance(wrong, socket.gaierror):
            return 11210
        wrong = wrong.__cause__ or wrong.__context__
    return 11205
