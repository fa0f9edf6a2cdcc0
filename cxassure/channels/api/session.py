"""What can be asked of a back office, and what can be seen in its answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from cxassure.channel import Opening, Seconds, Seen, Session, facet, verb
from cxassure.channels._http import (
    Exchange,
    HttpClient,
    access_headers,
    read_options,
    unwelcome,
)
from cxassure.channels._http.json_path import Absent, at, text
from cxassure.channels.api.document import Document
from cxassure.errors import Broken, CannotLook, Misread

_EVERY = 0.25


class ApiOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Target options: `token` (bearer), `basic` (`user:password`) and `headers` let a party in."""

    token: str = ""
    basic: str = ""
    headers: dict[str, str] = {}


class ApiSession(Session):
    """A party that asks the company's own systems, to see what they hold.

    An answer of status 500 or above, or none, fails the step unless `any_status: true` says that
    it may; anything below is for `expect` to judge. While what is expected of a `get` has not
    come, it is asked again four times a second, as asking changes nothing.
    """

    Options = ApiOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    patience: ClassVar[float] = 10.0
    rehearses: ClassVar[bool] = True

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self._client: HttpClient | None = None
        self._answer: Exchange | None = None
        self._again: partial[Any] | None = None

    async def open(self) -> None:
        """Gets ready to ask; nothing is sent before the first step."""
        options = read_options(self.opening, ApiOptions)
        self._client = await HttpClient.open(self.opening, access_headers(options))

    # What can be done

    @verb()
    async def get(
        self,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        any_status: bool = False,
    ) -> None:
        """Reads what is at a path below the target's address.

        Example: `office: {get: "/orders/${order}"}`
        """
        await self._ask("GET", path, any_status, params=query, headers=headers)
        self._again = partial(self._fetch, "GET", path, params=query, headers=headers)

    @verb()
    async def post(
        self,
        path: str,
        json: Document | None = None,
        form: dict[str, str] | None = None,
        body: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        any_status: bool = False,
    ) -> None:
        """Sends something to a path: as `json`, as a `form`, or as a `body` of plain text.

        Example: `office: {post: {path: /orders, json: {product: birch-grove, quantity: 1}}}`
        """
        content = {**_content(json, body), "data": form}
        await self._ask("POST", path, any_status, params=query, headers=headers, **content)

    @verb()
    async def put(
        self,
        path: str,
        json: Document | None = None,
        body: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        any_status: bool = False,
    ) -> None:
        """Puts something at a path.

        Example: `office: {put: {path: /orders/1, json: {status: shipped}}}`
        """
        content = _content(json, body)
        await self._ask("PUT", path, any_status, params=query, headers=headers, **content)

    @verb()
    async def delete(
        self,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        any_status: bool = False,
    ) -> None:
        """Removes what is at a path.

        Example: `office: {delete: "/orders/${order}"}`
        """
        await self._ask("DELETE", path, any_status, params=query, headers=headers)

    async def _ask(self, method: str, path: str, any_status: bool, **content: Any) -> None:
        self._answer = self._again = None
        exchange = await self._fetch(method, path, **content)
        if exchange.status >= 500 and not any_status:
            raise unwelcome(exchange.status, exchange.told) or Broken(exchange.told)

    async def _fetch(self, method: str, path: str, **content: Any) -> Exchange:
        if self._client is None:
            raise CannotLook("this party has been closed", "nothing can be asked after closing")
        given = {key: value for key, value in content.items() if value is not None}
        url, patience = self._url(path), self.limit + self.look_on
        exchange = await self._client.ask(method, url, patience=patience, **given)
        if self._answer is None or _news(self._answer, exchange):
            now = self.clock.now()
            asked = now - exchange.took
            told = exchange.record()
            self.record(Seen("company", "request", exchange.told, asked, now, told))
        self._answer = exchange
        return exchange

    def _url(self, path: str) -> str:
        """`path` below the target's address; a whole address stands for itself, if listed."""
        if urlsplit(path).scheme in ("http", "https"):
            return path
        return self.opening.target.address.rstrip("/") + "/" + path.lstrip("/")

    async def attend(self, until: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, until - self.clock.now())):
                await asyncio.sleep(_EVERY)
                if self._again:
                    await self._again()
        except TimeoutError:
            return

    @property
    def final(self) -> bool:
        """What was sent is never sent again: its answer stays what it is."""
        return self._answer is not None and self._again is None

    # What can be seen

    @facet()
    def status(self) -> int | None:
        """The HTTP status of the answer.

        Example: `status: 200`
        """
        return self._answer.status if self._answer else None

    @facet()
    def json(self, path: str = "") -> str | None:
        """What stands at a path of the JSON answer, as text; `items[0].title` goes into a list.

        Example: `json: {path: status, equals: shipped}`
        """
        found = self._found(path)
        return None if found is None else text(found[0])

    @facet()
    def number(self, path: str = "") -> float | None:
        """The number at a path of the JSON answer.

        Example: `number: {path: charged, at_most: 0}`
        """
        found = self._found(path)
        if found is None or isinstance(found[0], bool):
            return None
        try:
            return float(found[0])
        except (TypeError, ValueError):
            return None

    @facet()
    def count(self, path: str = "") -> int | None:
        """How many things the list or mapping at a path of the JSON answer has.

        Example: `count: {path: orders, equals: 1}`
        """
        found = self._found(path)
        return len(found[0]) if found and isinstance(found[0], list | dict) else None

    @facet()
    def body(self) -> str | None:
        """The whole answer as text.

        Example: `body: {contains: ok}`
        """
        return self._answer.text if self._answer else None

    @facet()
    def header(self) -> Mapping[str, str] | None:
        """The headers of the answer, by their names in lower case.

        Example: `header: {content-type: {contains: json}}`
        """
        return self._answer.headers if self._answer else None

    @facet()
    def took(self) -> Seconds | None:
        """How long the answer took, from asking to its last byte.

        Example: `took: {at_most: 500ms}`
        """
        return Seconds(self._answer.took) if self._answer else None

    def _found(self, path: str) -> tuple[Any] | None:
        """What stands at `path`, in a tuple because it may be null; None where nothing does."""
        try:
            return (at(self._answer.json(), path),) if self._answer else None
        except (Absent, Broken):
            return None

    async def read(self, locator: Any) -> str:
        raise Misread("an answer has no things to point at", "keep {json: {path: …}}")

    async def witness(self, why: str) -> None:
        if self._answer:
            told = json.dumps(self._answer.record(), indent=1, ensure_ascii=False)
            await self.opening.keep("answer.json", told.encode(), "application/json")

    async def close(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.close()


def _content(document: Document | None, body: str) -> dict[str, Any]:
    """What httpx is given to send."""
    if document is not None:
        return {"json": document.value}
    return {"content": body.encode()} if body else {}


def _news(before: Exchange, now: Exchange) -> bool:
    """Whether an answer that was asked for again differs from the one before."""
    return (before.status, before.body) != (now.status, now.body)
