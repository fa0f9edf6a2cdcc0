"""The company's own sign-in: OpenID Connect by its discovery document, code flow with PKCE."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.surfaces.dashboard.forms import inside
from cxassure.surfaces.dashboard.people import People, Role
from cxassure.surfaces.dashboard.sessions import Sessions

if TYPE_CHECKING:
    from cxassure.surfaces.dashboard.entering import Entering

_LOG = logging.getLogger("cxassure.dashboard")
WAITS = 600
"""Seconds that somebody may take to sign in."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who signs in: `issuer` is where its discovery document lies below, `url` our own address.

    `others` is what may be done by who signs in there and is not listed with us: nothing if empty.
    """

    issuer: str
    client: str
    secret: str
    url: str
    others: Role | None = None
    title: str = "Sign in"


class Oidc:
    """Lets in who the provider knows and we do."""

    def __init__(
        self, provider: Provider, people: People, sessions: Sessions, entering: Entering
    ) -> None:
        from authlib.integrations.starlette_client import OAuth

        self._provider, self._people = provider, people
        self._sessions, self._entering = sessions, entering
        registry = OAuth()
        registry.register(
            "company",
            client_id=provider.client,
            client_secret=provider.secret,
            server_metadata_url=provider.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
        )
        self._company: Any = registry.company

    def routes(self) -> list[Route]:
        """There and back."""
        return [Route("/oidc/go", self.go), Route("/oidc/back", self.back)]

    def middleware(self) -> list[Middleware]:
        """A cookie that lives as long as somebody is on the way there and back."""
        from starlette.middleware.sessions import SessionMiddleware

        return [
            Middleware(
                SessionMiddleware,
                secret_key=secrets.token_hex(32),
                session_cookie="cxassure-on-the-way",
                max_age=WAITS,
                same_site="lax",
                https_only=self._sessions.secure,
            )
        ]

    async def go(self, request: Request) -> Response:
        """To the provider."""
        request.session["there"] = inside(request.query_params.get("next", "/"))
        back = self._provider.url.rstrip("/") + "/oidc/back"
        try:
            answer: Response = await self._company.authorize_redirect(request, back)
        except Exception as wrong:
            _LOG.warning("the sign-in does not answer: %s", type(wrong).__name__)
            return self._refused(request, "sign-in")
        return answer

    async def back(self, request: Request) -> Response:
        """From the provider; state, nonce, signature, issuer and audience are checked (authlib)."""
        there = inside(request.session.get("there", "/"))
        try:
            told = (await self._company.authorize_access_token(request))["userinfo"]
        except Exception as wrong:
            _LOG.warning("a sign-in was not accepted: %s", type(wrong).__name__)
            return self._refused(request, "sign-in")
        request.session.clear()
        found = self._role(dict(told))
        if found is None:
            return self._refused(request, "unknown")
        name, role = found
        return self._entering.let_in(self._sessions.begin(name, role, "oidc"), there)

    def _role(self, told: dict[str, Any]) -> tuple[str, Role] | None:
        """What somebody may do, None for nothing.

        An e-mail address counts only when the provider has verified it.
        """
        mail = str(told.get("email", "")) if told.get("email_verified") is True else ""
        known = self._people.known().people
        for name in filter(None, (mail, str(told.get("sub", "")))):
            if name in known:
                return None if known[name].disabled else (name, known[name].role)
        if self._provider.others:
            return mail or str(told.get("sub", "?")), self._provider.others
        return None

    def _refused(self, request: Request, why: str) -> Response:
        request.session.clear()
        return RedirectResponse(f"/login?wrong={why}", 303)
