"""The pages that only read the picture: now, journeys, peaks, coverage."""

from __future__ import annotations

import time
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.surfaces.dashboard.forms import visitor
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.picture import Standing, coverage
from cxassure.surfaces.dashboard.rendering import Rendering

PER_PAGE = 100


class Pages:
    """All of them; each is as fast as its template."""

    def __init__(self, looking: Looking, rendering: Rendering) -> None:
        self._looking, self._rendering = looking, rendering
        self._now: tuple[object, str] = (None, "")

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self.now),
            Route("/journeys", self.journeys),
            Route("/peaks", self.peaks),
            Route("/peaks/{name}", self.peak),
            Route("/coverage", self.coverage),
        ]

    def _page(self, request: Request, template: str, **told: Any) -> Response:
        visitor(request)
        picture = self._looking.picture
        return self._rendering.page(request, template, picture=picture, **told)

    async def now(self, request: Request) -> Response:
        """What is broken now."""
        return self._page(request, "now.html", fragment=Markup(self.fragment()))

    def fragment(self) -> str:
        """The part of the first page that changes, rendered once for all who look at it."""
        picture = self._looking.picture
        key = picture.version, int(time.time() // 20)  # as it tells how long ago things were
        if self._now[0] != key:
            self._now = key, self._rendering.html("now_fragment.html", picture=picture)
        return self._now[1]

    async def journeys(self, request: Request) -> Response:
        """Every journey with its history."""
        asked = request.query_params
        word, env = asked.get("q", "").strip().casefold(), asked.get("env", "")
        found = [one for one in self._looking.picture.standings if _fits(one, word, env)]
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(_number(asked.get("page", "")), pages)
        shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        told = {"shown": shown, "count": len(found), "page": page, "pages": pages}
        return self._page(request, "journeys.html", word=asked.get("q", ""), env=env, **told)

    async def peaks(self, request: Request) -> Response:
        """Peaks to come, and whether we are ready."""
        return self._page(request, "peaks.html")

    async def peak(self, request: Request) -> Response:
        """One peak: the last decision about it, journey by journey."""
        name = request.path_params["name"]
        ahead = next((a for a in self._looking.picture.ahead if a.peak.name == name), None)
        if ahead is None:
            raise HTTPException(404, "there is no such peak to come")
        return self._page(request, "peak.html", ahead=ahead)

    async def coverage(self, request: Request) -> Response:
        """Journeys by channels: when each was last looked at."""
        channels, rows = coverage(self._looking.picture)
        return self._page(request, "coverage.html", channels=channels, rows=rows)


def _number(text: str) -> int:
    """A page's number; more digits than nine say no more, and `int` refuses very many."""
    return max(1, int(text[:9])) if text.isdecimal() else 1


def _fits(one: Standing, word: str, env: str) -> bool:
    text = f"{one.name} {one.title} {one.owner} {' '.join(one.channels)}".casefold()
    return word in text and (not env or one.env == env)
