"""A socket to the company (RFC 6455): opened signed and bounded, to listed origins only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cxassure.channels._http.origins import on_loopback, shown
from cxassure.channels._http.redirects import guarded
from cxassure.channels._telephony.carrier.fault import Fault

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from cxassure.channels._telephony.carrier.walker import Walker
    from cxassure.channels._telephony.carrier.webhook import Account, Webhooks

OPENING = 5.0
"""Seconds that a socket may take to open."""
LARGEST = 1_000_000


class Socket:
    """JSON messages both ways; what comes is kept in `inbox` until somebody takes it."""

    def __init__(self, connection: ClientConnection, came: Callable[[], None]) -> None:
        self._connection = connection
        self._came = came
        self.inbox: list[dict[str, Any]] = []
        self.closed = False
        self.arrived = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @property
    def stirred(self) -> bool:
        """Whether something has come, or nothing more can."""
        return bool(self.inbox) or self.closed

    async def _read(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            async for frame in self._connection:
                self.inbox.append(_message(frame))
                self._tell()
        except ConnectionClosed:
            pass
        finally:
            self.closed = True
            self._tell()

    def _tell(self) -> None:
        self.arrived.set()
        self._came()

    async def next(self, patience: float) -> dict[str, Any] | None:
        """The next message; None when there is none within `patience` real seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.stirred:
                    self.arrived.clear()
                    await self.arrived.wait()
        return self.inbox.pop(0) if self.inbox else None

    async def send(self, message: Mapping[str, Any]) -> None:
        """Sends one message; a socket that is closed meanwhile is told by `closed`."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(json.dumps(message))

    async def close(self) -> None:
        self._reader.cancel()
        await self._connection.close()
        self.closed = True


def _message(frame: str | bytes) -> dict[str, Any]:
    """A frame as a message; what is none is kept to be complained of."""
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {"": str(frame)[:200]}


async def plug(walker: Walker, url: str, code: int) -> Socket:
    """A call's socket to `url`; raises as `opened`."""
    call = walker.call
    return await opened(walker.exchange.webhooks, call.account, url, call.clock.stir, code)


async def opened(
    webhooks: Webhooks,
    account: Account,
    url: str,
    came: Callable[[], None],
    code: int,
    patience: float = OPENING,
) -> Socket:
    """Opens `url`; `came` is called whenever a message has come. Raises `Fault` `code` when it does
    not open, 11100 for what is no address, and `CannotLook` where it leads to no listed origin."""
    from websockets.exceptions import InvalidHandshake, InvalidURI

    if not url.lower().startswith(("ws://", "wss://")):
        raise Fault(code, f"«{shown(url)}» is no ws:// or wss:// address")
    webhooks.guard(url, account)
    try:
        return Socket(await _connected(webhooks, account, url, patience), came)
    except TimeoutError:
        raise Fault(code, f"{shown(url)} did not open within {patience:g} s") from None
    except (InvalidHandshake, InvalidURI, OSError, EOFError) as wrong:
        raise Fault(code, f"{shown(url)}: {wrong}") from None


async def _connected(
    webhooks: Webhooks, account: Account, url: str, patience: float
) -> ClientConnection:
    from websockets.asyncio.client import connect

    silent = logging.getLogger("cxassure.carrier.socket")
    silent.disabled = True  # its debug lines would hold what customers say
    connecting = connect(
        url,
        open_timeout=patience,
        additional_headers=webhooks.handshake(account, url),
        user_agent_header=None,
        ssl=webhooks.context if url.lower().startswith("wss") else None,
        proxy=None if on_loopback(url) else True,
        max_size=LARGEST,
        logger=silent,
    )
    return await guarded(connecting, lambda there: webhooks.guard(there, account))
