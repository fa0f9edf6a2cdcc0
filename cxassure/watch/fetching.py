"""Fetching a calendar by https, once, because somebody asked for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cxassure.errors import CannotLook, Misread, UsageError
from cxassure.text import clip, fill
from cxassure.watch.feeds import LARGEST, decoded

PATIENCE = 20.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _SameHost(HTTPRedirectHandler):
    """Follows a redirect only to the host that was listed."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc or not _safe(newurl):
            fp.close()
            raise CannotLook("it leads to another host", "write the address that it leads to")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetched(source: str, copy: Path, secret: Callable[[str], str]) -> Path:
    """Writes what `source` gives to `copy` and returns that.

    `secret` gives the value of a secret by its name. What is said in errors is the address as it
    is written, never a secret. Raises `UsageError` when it may not be asked, `CannotLook` when it
    gives no calendar.
    """
    shown = clip(source, 80)
    address = fill(source, lambda name: secret(name.removeprefix("secret.")))
    if not _safe(address):
        raise UsageError(f"{shown} is no https address", "calendars are fetched by https only")
    try:
        text = decoded(_asked(address), shown)
    except Misread as wrong:
        raise CannotLook(wrong.what, wrong.hint) from None
    except CannotLook as wrong:
        raise CannotLook(f"{shown}: {wrong.what}", wrong.hint) from None
    except HTTPError as wrong:
        wrong.close()
        raise CannotLook(
            f"{shown} answers {wrong.code}", "look whether the address still holds"
        ) from None
    except (URLError, OSError, ValueError) as wrong:
        why = type(getattr(wrong, "reason", wrong)).__name__
        raise CannotLook(
            f"{shown} cannot be reached ({why})", "look at network and address"
        ) from None
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = copy.with_suffix(".part")
    fresh.write_text(text, "utf-8")
    return fresh.replace(copy)


def _safe(address: str) -> bool:
    """https, or plain http to this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _asked(address: str) -> bytes:
    request = Request(address, headers={"Accept": "text/calendar", "User-Agent": "cxassure"})
    with build_opener(_SameHost).open(request, timeout=PATIENCE) as answer:
        data: bytes = answer.read(LARGEST + 1)
        return data
