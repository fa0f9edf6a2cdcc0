"""Mail that is sent straight to us: a listener that takes in all and passes none on."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any, ClassVar
from urllib.parse import urlsplit

from cxassure.channels._http import read_options
from cxassure.channels.inbox.connector import InboxConnector
from cxassure.channels.inbox.mail import Mail, parse
from cxassure.channels.inbox.options import SmtpOptions
from cxassure.errors import CannotLook

LARGEST = 10_000_000
_MANY = 1_000


class Sink:
    """An SMTP server (RFC 5321) that keeps what came for each address, and tells who waits."""

    def __init__(self) -> None:
        self.mails: defaultdict[str, list[Mail]] = defaultdict(list)
        self.came = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Raises `OSError` when the port is taken."""
        from aiosmtpd.smtp import SMTP

        loop = asyncio.get_running_loop()

        def session() -> Any:
            return SMTP(self, data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop)

        self._server = await loop.create_server(session, host, port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes one mail in (the name is aiosmtpd's)."""
        mail = parse(envelope.original_content or b"")
        async with self.came:
            for recipient in envelope.rcpt_tos:
                box = self.mails[recipient.casefold()]
                box.append(mail)
                del box[:-_MANY]
            self.came.notify_all()
        return "250 taken"

    async def close(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()


class SmtpConnector(InboxConnector):
    """Listens at the target's address, one listener for the whole command."""

    Options = SmtpOptions
    schemes: ClassVar[tuple[str, ...]] = ("smtp",)
    _sink: Sink | None = None
    _read = 0

    async def open(self) -> None:
        read_options(self.opening, SmtpOptions)
        host, port = self._place()
        self._sink = await self.opening.campaign.once(
            f"smtp sink {host}:{port}", lambda: _listening(host, port)
        )
        self._read = len(self._box())

    def _place(self) -> tuple[str, int]:
        address = self.opening.target.address
        try:
            parts = urlsplit(address)
            if parts.scheme == "smtp" and parts.hostname and parts.port is not None:
                return parts.hostname, parts.port
        except ValueError:
            pass
        raise CannotLook(f"«{address}» is no place to listen", "write it as smtp://127.0.0.1:2525")

    def _box(self) -> list[Mail]:
        return self._sink.mails[self.address.casefold()] if self._sink else []

    async def new(self, patience: float) -> list[Mail]:
        if self._sink is None:
            raise CannotLook("the inbox has been closed", "nothing can be read after closing")
        try:
            async with asyncio.timeout(max(patience, 0)), self._sink.came:
                await self._sink.came.wait_for(lambda: len(self._box()) > self._read)
        except TimeoutError:
            return []
        fresh = self._box()[self._read :]
        self._read += len(fresh)
        return fresh

    async def close(self) -> None:
        self._sink = None


async def _listening(host: str, port: int) -> Sink:
    sink = Sink()
    try:
        await sink.listen(host, port)
    except OSError as wrong:
        raise CannotLook(
            f"cannot listen for mail at {host}:{port}: {wrong.strerror or wrong}",
            "free the port or give the target another one",
        ) from None
    return sink
