"""Being registered: told to a registrar, kept fresh, and taken back (RFC 3261 section 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip.causes import cause
from cxassure.channels._telephony.sip.digest import Authorizer
from cxassure.channels._telephony.sip.headers import Headers, number
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.uri import Uri
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.agent import UserAgent

TRIES = 3


class Registration:
    """One address of record at one registrar. `expires` is what the registrar granted, in seconds;
    0 is not registered. `failures` tells refreshes that went wrong, the newest last."""

    def __init__(
        self,
        agent: UserAgent,
        record: Uri,
        registrar: Uri,
        authorizer: Authorizer,
        headers: Mapping[str, str],
    ) -> None:
        self.record, self.registrar = record, registrar
        self.expires = 0
        self.failures: list[str] = []
        self._agent, self._authorizer = agent, authorizer
        first = agent.fresh("REGISTER", str(registrar), str(record), str(record))
        self._headers: Headers = first.headers
        self._headers.extend(headers)
        self._seq = 0
        self._wanted = 0
        self._fresh: asyncio.Task[None] | None = None

    async def register(self, expires: int) -> None:
        """Registers, and stays so. Raises `CannotLook` where the registrar will not have it."""
        self._wanted = expires
        answer = await self._send(expires)
        if not answer.good:
            raise CannotLook(
                f"registering {self.record} was refused: {self._why(answer)}",
                cause(answer.code).check,
            )
        if self._fresh is None:
            self._fresh = asyncio.create_task(self._keep())

    async def unregister(self) -> None:
        """Takes it back; that the registrar does not answer is no error any more."""
        if self._fresh:
            self._fresh.cancel()
            self._fresh = None
        if self.expires:
            await self._send(0)
            self.expires = 0

    async def _keep(self) -> None:
        while True:
            due = max(self.expires * 0.5, self.expires - 30.0) if self.expires else 30.0
            await asyncio.sleep(max(due, 1.0) * self._agent.timers.second)
            answer = await self._send(self._wanted)
            if not answer.good:
                self.expires = 0
                self.failures.append(self._why(answer))

    async def _send(self, expires: int) -> Response:
        answer = Response(code=423)
        for _ in range(TRIES):
            answer = await self._once(expires)
            least = number(answer.headers.get("Min-Expires"), 0, 86_400)
            if answer.code != 423 or least <= expires:
                break
            self._wanted = expires = least
        if answer.good:
            self.expires = self._granted(answer, expires)
        return answer

    async def _once(self, expires: int) -> Response:
        self._seq += 1
        request = Request(self._headers.copy(), method="REGISTER", uri=str(self.registrar))
        request.headers.put("CSeq", f"{self._seq} REGISTER")
        request.headers.put("Expires", str(expires))
        answer = await self._agent.persist(request, self._authorizer)
        self._seq = max(self._seq, request.cseq.number)
        return answer

    def _granted(self, answer: Response, asked: int) -> int:
        """Our Contact's `expires` in the answer, else its Expires header."""
        ours = [
            a for a in answer.headers.addresses("Contact") if self._agent.place in a.uri
        ] or answer.headers.addresses("Contact")
        told = number(ours[0].param("expires"), -1) if ours else -1
        return told if told >= 0 else number(answer.headers.get("Expires"), asked)

    def _why(self, answer: Response) -> str:
        return answer.reason if answer.ours else cause(answer.code, answer.headers).words
