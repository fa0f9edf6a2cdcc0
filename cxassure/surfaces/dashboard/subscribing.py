"""Subscribing: which browsers are told of incidents by web push (RFC 8030, VAPID of RFC 8292)."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cxassure.errors import CxassureError
from cxassure.report.senders.webpush import Phones, Subscription
from cxassure.surfaces.dashboard.forms import check, visitor
from cxassure.surfaces.dashboard.rendering import Rendering


class Subscribing:
    """`phones` keeps them."""

    def __init__(self, phones: Phones, rendering: Rendering) -> None:
        self._phones, self._rendering = phones, rendering

    def routes(self) -> list[Route]:
        """Where a browser says that it wants to be told."""
        return [
            Route("/phones", self.page),
            Route("/push", self.key, methods=["GET"]),
            Route("/push", self.subscribe, methods=["POST"]),
            Route("/push", self.leave, methods=["DELETE"]),
        ]

    async def page(self, request: Request) -> Response:
        """How a phone is told, and how it stops."""
        visitor(request)
        count = len(await asyncio.to_thread(self._phones.all))
        return self._rendering.page(request, "phones.html", count=count)

    async def key(self, request: Request) -> Response:
        """The key that a browser's push service knows us by."""
        visitor(request)
        return JSONResponse({"key": await asyncio.to_thread(self._phones.public_key)})

    async def subscribe(self, request: Request) -> Response:
        """Takes a browser in."""
        found = await self._subscription(request)
        try:
            await asyncio.to_thread(self._phones.add, found)
        except CxassureError as wrong:
            raise HTTPException(422, wrong.what) from None
        return JSONResponse({"told": True}, 201)

    async def leave(self, request: Request) -> Response:
        """Lets it go."""
        found = await self._subscription(request)
        await asyncio.to_thread(self._phones.remove, found.endpoint)
        return JSONResponse({"told": False})

    async def _subscription(self, request: Request) -> Subscription:
        who = visitor(request)
        check(request, who)
        try:
            found = msgspec.json.decode(await request.body(), type=Subscription)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise HTTPException(400, "that is no subscription") from None
        return msgspec.structs.replace(found, who=who.name)
