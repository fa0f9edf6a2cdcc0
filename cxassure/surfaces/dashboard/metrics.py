"""Metrics: the latest state of every journey for Prometheus, as `cxassure export` writes it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.report.exports.prometheus import MEDIA, exposition
from cxassure.surfaces.dashboard.looking import Looking

KEPT = 5.0
"""Seconds for which an answer is good: two that scrape cost as much as one."""


class Metrics:
    """Of what is looked at. Who may ask is the guard's affair."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self._made: tuple[float, str] = (-KEPT, "")
        self._one = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Where they are."""
        return [Route("/metrics", self.answer)]

    async def answer(self, request: Request) -> Response:
        """OpenMetrics text."""
        async with self._one:
            if time.monotonic() - self._made[0] > KEPT:
                text = await asyncio.to_thread(self._told)
                self._made = time.monotonic(), text
        return Response(self._made[1], media_type=MEDIA)

    def _told(self) -> str:
        picture, now = self._looking.picture, datetime.now(UTC)
        recent = self._looking.views.seen(now - timedelta(days=1), now + timedelta(minutes=1))
        return exposition((one.last for one in picture.standings), picture.incidents, recent)
