"""Forms: what was filled in, by somebody who may, on a page of ours."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
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


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody chose."""

    name: str
    data: bytes


async def uploaded(request: Request, needed: Role) -> tuple[Visitor, Upload]:
    """Who has sent a file with a form (`multipart/form-data`, RFC 7578), and the file.

    Raises 403 as `filled`, 400 for what is no form with a file.
    """
    who = visitor(request, needed)
    head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n"
    form = message_from_bytes(head.encode("latin-1") + await request.body(), policy=HTTP)
    named = {p.get_param("name", header="content-disposition"): p for p in form.iter_parts()}
    token, file = named.get(FIELD), named.get("file")
    check(request, who, _bytes(token).decode("latin-1").strip() if token else "")
    if file is None or file.get_filename() is None:
        raise HTTPException(400, "choose a file first")
    return who, Upload(file.get_filename() or "", _bytes(file))


def _bytes(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


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
