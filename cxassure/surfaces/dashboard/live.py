"""Live: what changes is sent to who looks on, as server-sent events (HTML, section 9.2)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cxassure.surfaces.dashboard.forms import visitor
from cxassure.surfaces.dashboard.looking import Looking

BEAT = 15.0
"""Seconds after which a silent stream says that it is alive."""

LASTS = 600.0
"""Seconds after which a stream ends and is asked for again: by somebody who still may."""

MOST = 500
"""Streams at once."""


class Live:
    """Sends `fragment` each time the picture has changed."""

    def __init__(self, looking: Looking, fragment: Callable[[], str]) -> None:
        self._looking, self._fragment = looking, fragment
        self._open = 0
        self._event: tuple[int, bytes] = (-1, b"")

    def routes(self) -> list[Route]:
        """Where they are."""
        return [Route("/live", self.stream)]

    async def stream(self, request: Request) -> Response:
        """A stream without an end."""
        visitor(request)
        if self._open >= MOST:
            return JSONResponse({"error": "too many look on"}, 503, {"retry-after": "30"})
        return StreamingResponse(
            self._events(request.scope["still"]),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def _events(self, still: Callable[[], object]) -> AsyncIterator[bytes]:
        """For as long as whoever asked still may."""
        self._open += 1
        try:
            until, version = time.monotonic() + LASTS, -1
            yield b"retry: 3000\n\n"
            while time.monotonic() < until:
                picture = await self._looking.newer(version, BEAT)
                if picture is None or not still():
                    return
                yield b": alive\n\n" if picture.version == version else self._now()
                version = picture.version
        finally:
            self._open -= 1

    def _now(self) -> bytes:
        """The first page's fragment, made once for all."""
        picture = self._looking.picture
        if self._event[0] != picture.version:
            told = {"html": self._fragment(), "open": len(picture.open)}
            data = msgspec.json.encode(told)
            head = f"id: {picture.version}\nevent: now\n".encode()
            self._event = picture.version, head + b"data: " + data + b"\n\n"
        return self._event[1]
