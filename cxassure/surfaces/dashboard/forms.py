"""Forms: what was filled in, by somebody who may, on a page of ours."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cxassure.surfaces.dashboard.people import Role, may
from cxassure.surfaces.dashboard.sessions import Visitor

FIELD, HEADER = "csrf", "x-csrf-token"


def visitor(request: Request, needed: Role = "viewer") -> Visitor:
    """Who asks. Raises 403 for who may not."""
    found: Visitor = request.scope["visitor"]
    if not may(found.role, needed):
        raise HTTPException(403, f"that is for an {needed}, and {found.name} is a {found.role}")
    return found


async def filled(request: Request, needed: Role = "operator") -> tuple[Visitor, dict[str, str]]:
    """Who has filled a form in, and its fields. Raises 403 for who may not, or another's form."""
    who = visitor(request, needed)
    fields = await fields_of(request)
    check(request, who, fields.pop(FIELD, ""))
    return who, fields


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form (`application/x-www-form-urlencoded`), white space round them gone."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        found = parse_qs(body, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise HTTPException(400, "that is no form of ours") from None
    return {name: values[-1].strip() for name, values in found.items()}


def check(request: Request, who: Visitor, token: str = "") -> None:
    """That the change was asked for on a page of this session. Raises 403.

    A program with a token has no session that somebody else's page could use.
    """
    if who.way == "token":
        return
    given = token or request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode(), who.csrf.encode()):
        raise HTTPException(403, "the form is too old: load the page again")


def inside(address: str) -> str:
    """`address` where it leads to a page of ours, else the first page: no open redirect."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    tame = address.isprintable() and "\\" not in address
    return address if ours and tame else "/"
