"""A server of ours on this machine, which the company's programs or Twilio reach."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from cxassure.errors import CannotLook

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute

HOST = "127.0.0.1"
Sockets: TypeAlias = Literal["none", "websockets-sansio"]
STARTING = 10.0
"""Seconds that a server may take until it is up."""


class Listener:
    """Serves routes on one port, from `start` to `close`."""

    def __init__(self, port: int, what: str, way_out: str) -> None:
        """Port 0 is any that is free. Raises `CannotLook` with `what` the port is for, and the
        `way_out`, when it is not to be had."""
        self._socket = _bound(port, what, way_out)
        self.address = f"http://{HOST}:{self._socket.getsockname()[1]}"

    async def start(self, routes: Sequence[BaseRoute], ws: Sockets = "none") -> None:
        """Returns when it is up; raises `TimeoutError` after `STARTING` seconds."""
        from starlette.applications import Starlette

        up = asyncio.Event()
        self._server = _server(Starlette(routes=routes), ws, up)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        async with asyncio.timeout(STARTING):
            await up.wait()

    async def close(self) -> None:
        self._server.should_exit = True
        await self._serving
        self._socket.close()


def _server(app: Starlette, ws: Sockets, up: asyncio.Event) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """Says when it is up, and leaves signals to the process, whose they are."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            up.set()

        @contextmanager
        def capture_signals(self) -> Generator[None]:
            yield

    config = uvicorn.Config(
        app,
        ws=ws,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return Server(config)


def _bound(port: int, what: str, way_out: str) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as wrong:
        listening.close()
        raise CannotLook(f"port {port} {what} is not to be had: {wrong}", way_out) from None
    listening.listen(128)
    return listening
