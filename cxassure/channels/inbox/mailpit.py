"""Mail that a Mailpit, or a host with its API (version 1), has taken in."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from cxassure.channels._http import Access, HttpClient, access_headers, read_options
from cxassure.channels._http.json_path import get
from cxassure.channels.inbox.connector import InboxConnector
from cxassure.channels.inbox.mail import Mail
from cxassure.channels.inbox.options import MailpitOptions
from cxassure.errors import Broken, CannotLook

_EVERY = 0.2
_PATIENCE = 10.0


class MailpitConnector(InboxConnector):
    """Searches for the party's address a few times a second, and reads what is new."""

    Options = MailpitOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    _client: HttpClient | None = None

    async def open(self) -> None:
        access: Access = read_options(self.opening, MailpitOptions)
        self._client = await HttpClient.open(self.opening, access_headers(access))
        self._known = set(await self._listed())

    async def new(self, patience: float) -> list[Mail]:
        fresh = await self._fresh()
        if not fresh:
            await asyncio.sleep(max(0.0, min(_EVERY, patience)))
            fresh = await self._fresh()
        return fresh

    async def _fresh(self) -> list[Mail]:
        keys = [key for key in await self._listed() if key not in self._known]
        self._known.update(keys)
        return [_mail(await self._ask(f"/api/v1/message/{key}")) for key in reversed(keys)]

    async def _listed(self) -> list[str]:
        """Identifiers of the mails to this address, newest first."""
        found = await self._ask("/api/v1/search", query=f'to:"{self.address}"', limit="200")
        messages = get(found, "messages", [])
        return [str(message["ID"]) for message in messages if "ID" in message]

    async def _ask(self, path: str, **params: str) -> Any:
        if self._client is None:
            raise CannotLook("the inbox has been closed", "nothing can be read after closing")
        url = self.opening.target.address.rstrip("/") + path
        try:
            exchange = await self._client.ask("GET", url, params=params, patience=_PATIENCE)
            if exchange.status >= 400:
                raise Broken(exchange.told)
            return exchange.json()
        except Broken as wrong:
            raise CannotLook(
                f"the mailbox cannot be read: {wrong.what}",
                f"check the address of target «{self.opening.target.name}»",
            ) from None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.close()


def _mail(found: Any) -> Mail:
    files = tuple(str(get(one, "FileName", "")) for one in get(found, "Attachments") or [])
    sender, subject = str(get(found, "From.Address", "")), str(get(found, "Subject", ""))
    return Mail.of(subject, sender, get(found, "Text") or "", get(found, "HTML") or "", files)
