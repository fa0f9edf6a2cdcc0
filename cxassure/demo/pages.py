"""How pages, scripts and letters are rendered: Jinja templates with every value escaped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cxassure.demo.hours import ANNOUNCEMENT, holidays, rehearsed

HERE = Path(__file__).parent
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Pages:
    """The templates; `broken` lets a template hold its own fault where a real bug would live."""

    def __init__(self, broken: Callable[[str], bool]) -> None:
        folders = FileSystemLoader([HERE / "templates", HERE / "assets"])
        self.environment = Environment(
            loader=folders, autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self.environment.globals["broken"] = broken
        self.environment.filters["money"] = self.money

    @staticmethod
    def money(cents: int) -> str:
        """Cents as customers read them, like `$25.00`."""
        return f"${cents / 100:,.2f}"

    def text(self, name: str, **values: Any) -> str:
        return self.environment.get_template(name).render(**values)

    def page(self, request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for this visitor, under a strict content security policy (CSP level 3)."""
        notice = ANNOUNCEMENT if holidays(rehearsed(request)) else ""
        about = {"path": request.url.path, "phone": is_phone(request), "notice": notice}
        html = self.text(name, **about, **values)
        return HTMLResponse(html, status, headers=safe_headers(request))

    def asset(self, request: Request, name: str, **values: Any) -> Response:
        """A script, style sheet or picture."""
        body = self.text(name, phone=is_phone(request), **values)
        return Response(body, media_type=KINDS[Path(name).suffix])


def is_phone(request: Request) -> bool:
    """Whether the browser calls itself a phone's."""
    return "mobile" in request.headers.get("user-agent", "").lower()


def safe_headers(request: Request) -> dict[str, str]:
    own = f"ws://{request.url.netloc}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {own}; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
