"""How a party asks over HTTP: listed origins only, redirects included, within a time and a size."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxassure.channel import Opening
from cxassure.channels._http.exchange import Exchange
from cxassure.channels._http.origins import guard, shown
from cxassure.channels._http.trouble import told
from cxassure.errors import Broken, CannotLook

if TYPE_CHECKING:
    import httpx

LARGEST = 5_000_000
"""Bytes of an answer that are read."""
REDIRECTS = 10
_DIRECT = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class HttpClient:
    """One party's own connections and cookies. TLS settings are shared by the whole command:
    reading the certificates costs more than a short conversation."""

    def __init__(self, opening: Opening, client: httpx.AsyncClient) -> None:
        self.opening = opening
        self._client = client

    @classmethod
    async def open(cls, opening: Opening, headers: Mapping[str, str] | None = None) -> HttpClient:
        """A client for `opening`'s party that sends `headers` along with every question."""
        import httpx

        client = httpx.AsyncClient(
            verify=await tls(opening),
            headers={"User-Agent": "cxassure", **(headers or {})},
            timeout=None,  # noqa: S113 - every question has a deadline of its own
            mounts=dict.fromkeys(_DIRECT),
        )
        return cls(opening, client)

    async def ask(self, method: str, url: str, *, patience: float, **content: Any) -> Exchange:
        """The answer to one question, redirects followed.

        `content` is what httpx takes: `params`, `json`, `content`, `data`, `headers`. Raises
        `Broken` when the company cannot be reached or does not answer within `patience` seconds,
        `CannotLook` when `url` is not listed or the answer is too large. Any status is an answer.
        """
        import httpx

        began = time.monotonic()
        guard(self.opening, url)
        try:
            async with asyncio.timeout(patience):
                request = self._client.build_request(method, url, **content)
                for name, value in self.opening.marks.items():
                    request.headers.setdefault(name, value)
                return await self._follow(request, began)
        except TimeoutError:
            raise Broken(
                f"{method} {shown(url)} was not answered within {patience:g} s",
                expected="an answer",
                seen="none",
            ) from None
        except (httpx.InvalidURL, UnicodeError) as wrong:
            raise CannotLook(f"«{shown(url)}» is no address: {wrong}") from None
        except (httpx.HTTPError, OSError) as wrong:
            others = [target.address for target in self.opening.targets.values()]
            raise await told(wrong, url, others) from None

    async def _follow(self, request: httpx.Request, began: float) -> Exchange:
        for _ in range(REDIRECTS + 1):
            guard(self.opening, str(request.url))
            response = await self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await self._read(request, response, began)
                request = response.next_request
            finally:
                await response.aclose()
        raise Broken(
            f"{shown(str(request.url))} redirects without end",
            expected="a page",
            seen=f"more than {REDIRECTS} redirects",
        )

    async def _read(
        self, request: httpx.Request, response: httpx.Response, began: float
    ) -> Exchange:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise CannotLook(
                    f"{shown(str(request.url))} answers with more than {LARGEST} bytes",
                    "ask for less",
                )
        return Exchange(
            request.method,
            shown(str(request.url)),
            response.status_code,
            response.reason_phrase,
            time.monotonic() - began,
            dict(request.headers),
            await request.aread(),
            dict(response.headers),
            bytes(body),
            response.charset_encoding or "utf-8",
        )

    async def close(self) -> None:
        await self._client.aclose()


async def tls(opening: Opening) -> ssl.SSLContext:
    """The TLS settings that all sessions of this command share."""

    async def make() -> ssl.SSLContext:
        import httpx

        return httpx.create_ssl_context()

    context: ssl.SSLContext = await opening.campaign.once("tls settings", make)
    return context
