"""Where Twilio reaches us: a listener behind the public address, for webhooks and streams."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from cxassure.channel import Opening
from cxassure.channels._telephony.listener import Listener
from cxassure.channels._telephony.twilio.stream import CallStream

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

LARGEST = 100_000
"""Bytes of a request that are read."""

Webhook = Callable[[Mapping[str, str]], Awaitable[str]]
"""Told what Twilio tells of a call, answers with TwiML."""


@dataclass(slots=True)
class Door:
    """A part of the address that only Twilio was told of: what comes there, and the token that its
    requests are signed with."""

    token: str
    auth_token: str
    webhook: Webhook | None = None
    stream: CallStream | None = None


class Public:
    """One listener for all parties of a command that share a public address."""

    def __init__(self, public: str, port: int) -> None:
        way_out = "set `listen` to the port that your tunnel or proxy leads to"
        self.root = public.rstrip("/")
        self._listener = Listener(port, "behind the public address", way_out)
        self.doors: dict[str, Door] = {}
        self.refused = 0
        """Requests that were not signed by Twilio, or knew no door."""

    @classmethod
    async def of(cls, opening: Opening, public: str, port: int) -> Public:
        """The listener behind `public`; raises `CannotLook` when its port is taken."""

        async def make() -> Public:
            made = cls(public, port or urlsplit(public).port or 0)
            await made.start()
            return made

        found: Public = await opening.campaign.once(f"twilio reaches us at {public}", make)
        return found

    def door(self, auth_token: str) -> Door:
        """A new door, with a name that cannot be guessed."""
        made = Door(secrets.token_urlsafe(24), auth_token)
        self.doors[made.token] = made
        return made

    def shut(self, door: Door) -> None:
        self.doors.pop(door.token, None)

    def webhook_url(self, door: Door) -> str:
        return f"{self.root}/cxassure/voice/{door.token}"

    def stream_url(self, door: Door) -> str:
        scheme, _, rest = self.root.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/cxassure/stream/{door.token}"

    async def start(self) -> None:
        from starlette.routing import Route, WebSocketRoute

        routes = [
            Route("/cxassure/voice/{token}", self._asked, methods=["POST"]),
            WebSocketRoute("/cxassure/stream/{token}", self._streamed),
        ]
        await self._listener.start(routes, "websockets-sansio")

    async def close(self) -> None:
        await self._listener.close()

    async def _asked(self, request: Request) -> Response:
        from starlette.responses import Response

        door = self.doors.get(request.path_params["token"])
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                return Response(status_code=413)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        signature = request.headers.get("x-twilio-signature", "")
        if not door or not door.webhook or not self._signed(door, form, signature):
            self.refused += 1
            return Response(status_code=403)
        return Response(await door.webhook(form), media_type="text/xml")

    def _signed(self, door: Door, form: Mapping[str, str], signature: str) -> bool:
        """Twilio, Security: Validating requests."""
        from twilio.request_validator import RequestValidator

        validator = RequestValidator(door.auth_token)
        return bool(validator.validate(self.webhook_url(door), dict(form), signature))

    async def _streamed(self, socket: WebSocket) -> None:
        door = self.doors.get(socket.path_params["token"])
        signature = socket.headers.get("x-twilio-signature", "")
        stream = door.stream if door else None
        if not door or not stream or not self._signed_stream(door, signature):
            self.refused += 1
            await socket.close(1008)
            return
        door.stream = None  # one call, one stream
        await socket.accept()
        await stream.run(lambda: _received(socket), lambda text: _sent(socket, text))
        with contextlib.suppress(RuntimeError):
            await socket.close()

    def _signed_stream(self, door: Door, signature: str) -> bool:
        from twilio.request_validator import RequestValidator

        validator, url = RequestValidator(door.auth_token), self.stream_url(door)
        return any(validator.validate(form, {}, signature) for form in (url, f"{url}/"))


async def _received(socket: WebSocket) -> str | None:
    """The next message, None when there are no more."""
    from starlette.websockets import WebSocketDisconnect

    try:
        return await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return None


async def _sent(socket: WebSocket, text: str) -> None:
    """Sends; a socket that is closed meanwhile is told by what is received."""
    from starlette.websockets import WebSocketDisconnect

    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(text)
