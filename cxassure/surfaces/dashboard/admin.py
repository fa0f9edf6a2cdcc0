"""For admins: people and their roles, programs and their tokens, and sessions that are ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.errors import UsageError
from cxassure.surfaces.dashboard.forms import filled, visitor
from cxassure.surfaces.dashboard.logbook import Logbook
from cxassure.surfaces.dashboard.people import ROLES, People, Role, checked, named
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.surfaces.dashboard.sessions import Sessions, Visitor

if TYPE_CHECKING:
    from collections.abc import Mapping

Deed = tuple[Callable[[], object], str]
"""What is to be done, and how the logbook tells it."""


class Admin:
    """One page, and what is done on it. Nobody changes themselves: there is always somebody left
    who may."""

    def __init__(
        self, people: People, sessions: Sessions, logbook: Logbook, rendering: Rendering
    ) -> None:
        self._people, self._sessions = people, sessions
        self._logbook, self._rendering = logbook, rendering

    def routes(self) -> list[Route]:
        """Where they are."""
        deeds = {
            "/people/add": self._add,
            "/people/role": self._role,
            "/people/disable": self._disable,
            "/people/enable": self._enable,
            "/people/password": self._password,
            "/people/remove": self._remove,
            "/tokens/remove": self._stop,
            "/sessions/end": self._end,
        }
        return [
            Route("/people", self.page),
            Route("/tokens/make", self.token, methods=["POST"]),
            *(Route(path, self._doing(deed), methods=["POST"]) for path, deed in deeds.items()),
        ]

    async def page(self, request: Request) -> Response:
        """Who is known, who is here, and what was done."""
        visitor(request, "admin")
        return self._page(request)

    async def token(self, request: Request) -> Response:
        """Makes a token and tells it this once."""
        who, fields = await filled(request, "admin")
        name, role = fields.get("name", ""), fields.get("role", "")
        try:
            made = await asyncio.to_thread(self._people.token, name, _role(role))
        except UsageError as wrong:
            return self._page(request, wrong=f"{wrong.what}: {wrong.hint}", status=422)
        self._logbook.write(who.name, f"made a token for {name} ({role})")
        return self._page(request, made=(name, made))

    def _doing(
        self, deed: Callable[[Visitor, Mapping[str, str]], Deed]
    ) -> Callable[[Request], object]:
        """What answers where something is done: the page again, or what was wrong with it."""

        async def answer(request: Request) -> Response:
            who, fields = await filled(request, "admin")
            try:
                work, told = deed(who, fields)
                await asyncio.to_thread(work)
            except UsageError as wrong:
                return self._page(request, wrong=f"{wrong.what}: {wrong.hint}", status=422)
            self._logbook.write(who.name, told)
            return RedirectResponse("/people", 303)

        return answer

    def _add(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name, role = named(given.get("name", "")), _role(given.get("role", ""))
        if name in self._people.known().people:
            raise UsageError("somebody is called that already", "change them in the list")
        password = given.get("password", "")
        by = "password" if password and checked(password) else "sign-in"
        return lambda: self._people.add(name, role, password), f"added {name} ({role}, by {by})"

    def _role(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name, role = _another(who, given), _role(given.get("role", ""))
        return lambda: self._people.change(name, role=role), f"made {name} {role}"

    def _disable(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name = _another(who, given)
        return lambda: self._people.change(name, disabled=True), f"keeps {name} out"

    def _enable(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name = _another(who, given)
        return lambda: self._people.change(name, disabled=False), f"lets {name} in again"

    def _password(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name, password = _another(who, given), checked(given.get("password", ""))
        person = self._people.known().people.get(name)
        if person is None:
            raise UsageError("nobody is called that", "load the page again")

        def work() -> None:
            self._people.add(name, person.role, password)
            self._sessions.end_all(name)

        return work, f"gave {name} another password"

    def _remove(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name = _another(who, given)
        return lambda: self._people.remove(name, "people"), f"removed {name}"

    def _stop(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        name = _another(who, given)
        return lambda: self._people.remove(name, "tokens"), f"removed the token of {name}"

    def _end(self, who: Visitor, given: Mapping[str, str]) -> Deed:
        session, name = given.get("session", ""), given.get("name", "")
        if session:
            found = next((one for one in self._sessions.seen() if one.id == session), None)
            if found is None:
                raise UsageError("that session has ended already", "load the page again")
            return lambda: self._sessions.end(session), f"ended a session of {found.name}"
        return lambda: self._sessions.end_all(named(name)), f"ended all sessions of {name}"

    def _page(
        self,
        request: Request,
        *,
        wrong: str = "",
        made: tuple[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        known = self._people.known()
        return self._rendering.page(
            request,
            "people.html",
            status=status,
            wrong=wrong,
            made=made,
            people=sorted(known.people.values(), key=lambda one: one.name.casefold()),
            tokens=sorted(known.tokens.values(), key=lambda one: one.name.casefold()),
            sessions=self._sessions.seen(),
            book=self._logbook.newest(),
            roles=ROLES,
        )


def _role(text: str) -> Role:
    if text not in ROLES:
        raise UsageError("that is no role", f"one of: {', '.join(ROLES)}")
    return text


def _another(who: Visitor, given: Mapping[str, str]) -> str:
    """The name in a form, which is not that of whoever filled it in."""
    name = named(given.get("name", ""))
    if name == who.name:
        raise UsageError("nobody changes themselves", "another admin does, or cxassure user")
    return name
