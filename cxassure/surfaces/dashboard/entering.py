"""Entering: the link on this machine, name and password, the company's own sign-in, and leaving."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.surfaces.dashboard.forms import fields_of, filled, inside
from cxassure.surfaces.dashboard.people import LONGEST, People, Person
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.surfaces.dashboard.sessions import LASTS, Sessions, Way

TRIES, WITHIN = 5, 60.0
"""Tries that may go wrong within so many seconds, by name and by address."""

WORDS = {
    "unknown": "you are known there, but not here: ask whoever runs this dashboard",
    "sign-in": "the sign-in did not work: try again",
}


@dataclass(slots=True)
class Patience:
    """Counts what went wrong lately, by whatever key; it forgets by itself."""

    tries: int = TRIES
    within: float = WITHIN
    _wrong: dict[str, deque[float]] = field(default_factory=dict)

    def spent(self, *keys: str) -> float:
        """For how many seconds no more is tried; 0 where it may be."""
        now = time.monotonic()
        for key in [key for key, times in self._wrong.items() if times[-1] <= now - self.within]:
            del self._wrong[key]
        waits = (self._wait(self._wrong.get(key, ()), now) for key in keys)
        return max(waits, default=0.0)

    def _wait(self, times: Sequence[float] | deque[float], now: float) -> float:
        lately = [at for at in times if at > now - self.within]
        return lately[-self.tries] + self.within - now if len(lately) >= self.tries else 0.0

    def wrong(self, *keys: str) -> None:
        """It went wrong once more."""
        for key in keys:
            times = self._wrong.setdefault(key, deque(maxlen=self.tries))
            times.append(time.monotonic())

    def right(self, *keys: str) -> None:
        """The last one did not go wrong: it was counted before that was known."""
        for key in keys:
            if times := self._wrong.get(key):
                times.pop()
            if not times:
                self._wrong.pop(key, None)


class Entering:
    """`link` is the token of the link that was printed; nothing where there is none."""

    def __init__(
        self, people: People, sessions: Sessions, rendering: Rendering, link: str, sign_in: str = ""
    ) -> None:
        self._people, self._sessions, self._rendering = people, sessions, rendering
        self._link, self._sign_in = link, sign_in
        self._patience = Patience()
        self._one_by_one = asyncio.Semaphore(2)  # scrypt takes a core and 32 MB each time

    def routes(self) -> list[Route]:
        """Where one comes in and goes."""
        return [
            Route("/login", self.page, methods=["GET"]),
            Route("/login", self.enter, methods=["POST"]),
            Route("/logout", self.leave, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The form; a link with a token comes in at once."""
        token = request.query_params.get("token", "")
        there = inside(request.query_params.get("next", "/"))
        if not token:
            return self._form(request, there, WORDS.get(request.query_params.get("wrong", ""), ""))
        return self._by_link(request, token, there)

    async def enter(self, request: Request) -> Response:
        """A name and a password, or the token by hand."""
        fields = await fields_of(request)
        there = inside(fields.get("next", "/"))
        if fields.get("token"):
            return self._by_link(request, fields["token"], there)
        name, password = fields.get("name", ""), fields.get("password", "")[:LONGEST]
        keys = (f"name {name}", f"from {_whence(request)}")
        async with self._one_by_one:
            # only now: of a thousand that come at once all wait here before the first is judged
            if refused := self._too_many(request, there, *keys):
                return refused
            person = await self._judged(name, password, *keys)
        if person is None:
            return self._form(request, there, "that name and password do not go together", 401)
        return self.let_in(self._sessions.begin(person.name, person.role, "password"), there)

    async def _judged(self, name: str, password: str, *keys: str) -> Person | None:
        """Who that is. Counted as wrong until it is known to be right: others come meanwhile."""
        self._patience.wrong(*keys)
        person = await asyncio.to_thread(self._people.by_password, name, password)
        if person is not None:
            self._patience.right(*keys)
        return person

    async def leave(self, request: Request) -> Response:
        """Ends the session, and what the browser kept to read offline."""
        who, _ = await filled(request, "viewer")
        self._sessions.end(who.session)
        gone = RedirectResponse("/login", 303)
        gone.headers["clear-site-data"] = '"cache", "storage"'
        gone.delete_cookie(self._sessions.cookie, secure=self._sessions.secure, httponly=True)
        return gone

    def let_in(self, cookie: str, there: str) -> Response:
        """On to where they wanted to go, with the session's cookie."""
        answer = RedirectResponse(there, 303)
        answer.set_cookie(
            self._sessions.cookie,
            cookie,
            max_age=LASTS,
            httponly=True,
            samesite="lax",
            secure=self._sessions.secure,
        )
        return answer

    def _by_link(self, request: Request, token: str, there: str) -> Response:
        key = f"from {_whence(request)}"
        if refused := self._too_many(request, there, key):
            return refused
        if not self._link or not hmac.compare_digest(token.encode(), self._link.encode()):
            self._patience.wrong(key)
            return self._form(request, there, "that link is not of this start of the server", 401)
        way: Way = "link"
        return self.let_in(self._sessions.begin("this machine", "admin", way), there)

    def _too_many(self, request: Request, there: str, *keys: str) -> Response | None:
        wait = self._patience.spent(*keys)
        if not wait:
            return None
        said = f"too many tries: wait {int(wait) + 1} seconds"
        answer = self._form(request, there, said, 429)
        answer.headers["retry-after"] = str(int(wait) + 1)
        return answer

    def _form(self, request: Request, there: str, wrong: str = "", status: int = 200) -> Response:
        return self._rendering.page(
            request,
            "login.html",
            status=status,
            wrong=wrong,
            there=there,
            people=bool(self._people.known().people),
            link=bool(self._link),
            sign_in=self._sign_in,
        )


def _whence(request: Request) -> str:
    return request.client.host if request.client else "?"
