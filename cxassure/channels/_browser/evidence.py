"""What is kept of a page at the moment a step is found broken: picture, outline, source, requests.

Nothing here costs anything before that moment: the browser buffers what it is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.channels._browser.tab import Tab

if TYPE_CHECKING:
    from playwright.async_api import Locator as Element
    from playwright.async_api import Request

PATIENCE = 5.0
"""Seconds given to each piece of evidence: a page that hangs must not hold up the verdict."""


async def witness(tab: Tab, secrets: Sequence[Element]) -> None:
    """Keeps what there is to see; `secrets` are fields whose picture is blotted out."""
    kept: tuple[tuple[str, str, Callable[[], Awaitable[bytes]]], ...] = (
        ("screenshot.jpg", "image/jpeg", lambda: _picture(tab, secrets)),
        ("page.aria.yml", "text/yaml", lambda: _outline(tab)),
        ("page.html", "text/html", lambda: _source(tab)),
        ("console.txt", "text/plain", lambda: _console(tab)),
        ("requests.har", "application/json", lambda: _requests(tab)),
    )
    for name, media, take in kept:
        with contextlib.suppress(Exception):  # evidence is welcome, never a reason to fail
            content = await asyncio.wait_for(take(), PATIENCE)
            if content:
                await tab.opening.keep(name, content, media)


async def _picture(tab: Tab, secrets: Sequence[Element]) -> bytes:
    look = await tab.look()
    if look and tab.opening.conceals(look["text"]):
        tab.opening.finding("no screenshot was kept: a secret stands on the page")
        return b""
    masked = [*secrets, tab.page.locator("css=input[type=password]")]
    return await tab.page.screenshot(
        type="jpeg", quality=70, scale="css", mask=masked, timeout=PATIENCE * 1000
    )


async def _outline(tab: Tab) -> bytes:
    return (await tab.outline()).encode()


async def _source(tab: Tab) -> bytes:
    return (await tab.page.content()).encode()


async def _console(tab: Tab) -> bytes:
    said = [f"{message.type}: {message.text}" for message in await tab.page.console_messages()]
    said += [f"uncaught: {error}" for error in await tab.page.page_errors()]
    return "\n".join(said).encode()


async def _requests(tab: Tab) -> bytes:
    entries = [_entry(request) for request in await tab.page.requests()]
    log = {
        "version": "1.2",
        "creator": {"name": "cxassure", "version": "1"},
        "entries": entries,
    }
    return json.dumps({"log": log}, indent=1).encode()


def _entry(request: Request) -> dict[str, Any]:
    """A minimal HAR 1.2 entry: no headers, cookies or bodies, which would hold secrets."""
    timing, response = request.timing, request.existing_response
    began = datetime.fromtimestamp(max(timing["startTime"], 0) / 1000, UTC)
    return {
        "startedDateTime": began.isoformat(),
        "time": max(timing["responseEnd"], 0),
        "request": {"method": request.method, "url": request.url, "httpVersion": ""},
        "response": {
            "status": response.status if response else 0,
            "statusText": request.failure or "",
            "content": {"mimeType": _media(response), "size": 0},
        },
        "_resourceType": request.resource_type,
    }


def fault_of(request: Request) -> str:
    """What went wrong with a call of the page, in words; `""` where nothing did."""
    if request.resource_type not in ("xhr", "fetch"):
        return ""
    if request.failure:
        return f"failed ({request.failure})"
    if request.existing_response is None:
        return "was not answered"
    status = request.existing_response.status
    return f"answered {status}" if status >= 400 else ""


def _media(response: Any) -> str:
    return str(response.headers.get("content-type", "")) if response else ""


async def keep_trace(tab: Tab, secret: bool) -> None:
    """Keeps Playwright's trace; not where a secret was typed, for a trace cannot be masked."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Exception):
        path = Path(folder) / "trace.zip"
        await asyncio.wait_for(tab.context.tracing.stop(path=path), 30)
        if secret:
            tab.opening.finding("no trace was kept: a secret was typed")
        else:
            await tab.opening.keep("trace.zip", path.read_bytes(), "application/zip")
