"""The guard: what every request passes and every answer carries.

Only hosts that we are known by (against DNS rebinding), only who may, no request larger than a
form, no change from another site; and on every answer the headers that keep content from acting.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxassure.surfaces.dashboard.pace import KNOWN, STRANGERS, Pace
from cxassure.surfaces.dashboard.people import People, may
from cxassure.surfaces.dashboard.sessions import Sessions, Visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-store",
}
LARGEST = 64 * 1024
"""Bytes of a request."""

LARGER = {"/answers": 4 * 1024 * 1024}
"""Where somebody who may change things may send more."""

PUBLIC = ("/static/", "/login", "/sw.js", "/manifest.webmanifest", "/health", "/oidc/")
PROGRAMS = ("/live", "/push", "/metrics")
"""Where no person types an address: nobody is led to a form from there."""

MEASURED = ("/api/", "/metrics")
"""Where programs ask, and no faster than their pace allows."""

SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Before `app`; `hosts` are the names (and ports, where written) that we are known by, `public`
    the beginnings of addresses that are for everybody."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str],
        people: People,
        sessions: Sessions,
        public: Sequence[str] = PUBLIC,
    ) -> None:
        self._app, self._hosts, self._public = app, frozenset(hosts), public
        self._people, self._sessions = people, sessions
        self._known, self._strangers = Pace(*KNOWN), Pace(*STRANGERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, began = Headers(scope=scope), time.perf_counter()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), time.perf_counter() - began)
            await send(message)

        refused = self._refused(scope, headers)
        if refused is not None:
            await refused(scope, receive, told)
            return
        await self._app(scope, _bounded(receive, self._most(scope)), told)

    def _dress(self, headers: MutableHeaders, took: float) -> None:
        headers["server-timing"] = f"app;dur={took * 1000:.1f}"
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self._sessions.secure:
            headers["strict-transport-security"] = "max-age=31536000"

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered to who may not; else `scope["visitor"]` says who asks, and `still` who
        that is by now."""
        path = scope["path"]
        if not self._ours(headers.get("host", "")):
            return PlainTextResponse("this dashboard is not known by that name\n", 421)
        if scope["method"] not in SAFE and _from_elsewhere(headers):
            return _refusal(path, 403, "a change must come from this dashboard's own pages")
        visitor = scope["visitor"] = self._visitor(scope, headers)
        scope["still"] = lambda: self._visitor(scope, headers)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:12]) > self._most(scope):
            return _refusal(path, 413, "that is too much for a form")
        if wait := self._wait(scope, visitor):
            refused = _refusal(path, 429, f"too many calls: wait {int(wait) + 1} seconds")
            refused.headers["retry-after"] = str(int(wait) + 1)
            return refused
        if visitor or any(path == one or path.startswith(one) for one in self._public):
            return None
        if path.startswith("/api/") or path in PROGRAMS:
            refused = _refusal("/api/", 401, "log in, or show a token (Authorization: Bearer)")
            refused.headers["www-authenticate"] = "Bearer"
            return refused
        query = scope["query_string"].decode("latin-1")
        there = quote(path + (f"?{query}" if query else ""), safe="")
        return RedirectResponse(f"/login?next={there}", 303)

    def _wait(self, scope: Scope, visitor: Visitor | None) -> float:
        """For how many seconds a program that asks too fast has to wait."""
        if not scope["path"].startswith(MEASURED):
            return 0.0
        if visitor:
            return self._known.wait(f"{visitor.way} {visitor.name}")
        return self._strangers.wait((scope.get("client") or ("?",))[0])

    def _most(self, scope: Scope) -> int:
        """Bytes that may be sent: who may change nothing has little to say."""
        who, most = scope["visitor"], LARGER.get(scope["path"], LARGEST)
        return most if who and may(who.role, "operator") else LARGEST

    def _ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return host in self._hosts or name in self._hosts

    def _visitor(self, scope: Scope, headers: Headers) -> Visitor | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            known = self._people.by_token(token.strip())
            return Visitor(known.name, known.role, "token") if known else None
        cookie = HTTPConnection(scope).cookies.get(self._sessions.cookie, "")
        return self._sessions.visitor(cookie) if cookie else None


def _from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that another site asks (Fetch Metadata; else by `Origin`)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


def _refusal(path: str, status: int, why: str) -> Response:
    if path.startswith("/api/"):
        return JSONResponse({"error": why}, status)
    return PlainTextResponse(why + "\n", status)


def _bounded(receive: Receive, most: int) -> Receive:
    """A body without a length is cut off where it becomes too long."""
    left = most

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                return {"type": "http.disconnect"}
        return message

    return bounded
