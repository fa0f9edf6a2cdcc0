"""Calls that we take: ringing, answering, refusing, sending elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import events, session_timer
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.dialog import Dialog
from cxassure.channels._telephony.sip.headers import CSeq, number
from cxassure.channels._telephony.sip.media import Media, refused
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.timers import Handle
from cxassure.channels._telephony.sip.transaction import Server
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.agent import UserAgent


class Incoming(Call):
    """A call that rings here. `invite` is the INVITE as it came; `replaces` is the call of ours
    whose place it takes, which is hung up once this one is answered."""

    def __init__(
        self,
        agent: UserAgent,
        invite: Request,
        server: Server,
        tag: str,
        replaces: Call | None = None,
    ) -> None:
        super().__init__(agent)
        self.invite = invite
        self.server = server
        self.replaces = replaces
        self.state = "ringing"
        self.dialog = Dialog.of_request(invite, tag)
        self.dialog.authorizer = agent.authorizer()
        self._tag = tag
        self._answer = b""
        self._offered = False
        self._rseq = 0
        self._repeating: Handle | None = None
        self._pracked = asyncio.Event()
        self._pracked.set()
        self.knows(invite)

    async def ring(
        self,
        code: int = 180,
        reason: str = "",
        *,
        media: Media | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A provisional answer; with `media` it carries a description, and sound may flow before
        the call is answered (183). Reliable where the far end wants it so (RFC 3262).

        Raises `NotAcceptable` (and has answered 488) where media finds nothing in their offer.
        """
        self._still()
        body = self._describe(media) if media and self.invite.sdp else b""
        answer = self._reply(code, reason, headers, body)
        self.tell(events.Progress(self.agent.now(), code, answer.reason, bool(body)))
        required = "100rel" in self.invite.headers.words("Require")
        wanted = body and "100rel" in self.invite.headers.words("Supported")
        if required or wanted:
            await self._reliably(answer)
        else:
            self.server.reply(answer)

    async def answer(self, media: Media, headers: Mapping[str, str] | None = None) -> None:
        """Takes the call (200). Raises `NotAcceptable`, having answered 488, where nothing fits."""
        self._still()
        body = self._describe(media)
        self.media = media
        agreed, timer = session_timer.answer(self.agent.session, self.invite.headers)
        answer = self._reply(200, "", {**timer, **(headers or {})}, body)
        await self._pracked.wait()
        self._still()
        self.session.awaits(self.server, offered=self._offered)
        self.server.reply(answer)
        self.up(media)
        self.session.agree(agreed)
        if self.replaces:
            self.replaces.tell(events.Replaced(self.agent.now(), self.call_id))
            self.agent.spawn(self.replaces.bye(why="another call took its place"))

    def reject(
        self, code: int = 486, reason: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Refuses the call with any final code from 300 on."""
        self._still()
        self._calm()
        answer = self._reply(code, reason, headers)
        self.server.reply(answer)
        self.end("us", code, answer.headers, reason)

    def redirect(self, *contacts: str, code: int = 302) -> None:
        """Sends the caller elsewhere."""
        named = ", ".join(f"<{contact}>" for contact in contacts)
        self.reject(code, headers={"Contact": named})

    async def hang_up(self, headers: Mapping[str, str] | None = None) -> None:
        if self.state == "ringing":
            self.reject(480, headers=headers)
        else:
            await super().hang_up(headers)

    async def bye(
        self, headers: Mapping[str, str] | None = None, by: events.By = "us", why: str = ""
    ) -> None:
        """Not before the ACK has come, or will not any more (section 15)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.agent.timers.give_up):
                await self.session.acked.wait()
        await super().bye(headers, by, why)

    # What the far end does

    def cancelled(self, request: Request) -> None:
        """The caller took the call back: 487."""
        if self.state == "ringing":
            self._calm()
            self.server.reply(self._reply(487))
            self.end("them", 487, request.headers, why="the caller took the call back")

    def hung_up(self, bye: Request) -> None:
        self._calm()
        if self.state == "ringing":
            self.server.reply(self._reply(487))
        super().hung_up(bye)

    def pracked(self, request: Request, server: Server) -> None:
        rseq, _, cseq = request.headers.get("RAck").strip().partition(" ")
        fits = number(rseq) == self._rseq and CSeq.read(cseq) == self.invite.cseq
        if not fits or self._pracked.is_set():
            server.reply(reply(request, 481))
            return
        self._calm()
        try:
            body = self.media.answer(request.sdp) if self.media and request.sdp else b""
        except Exception as error:
            if not refused(error):
                raise
            server.reply(reply(request, 488))
            return
        server.reply(reply(request, 200, body=body))

    # How

    def _still(self) -> None:
        if self.state != "ringing":
            raise CannotLook(
                f"this call is {self.state}: it can be neither answered nor refused",
                "look at `ended`: the caller may have given up",
            )

    def _describe(self, media: Media) -> bytes:
        """Our description, the same in every answer of this call."""
        if self._answer:
            return self._answer
        try:
            self._offered = not self.invite.sdp
            self._answer = media.offer() if self._offered else media.answer(self.invite.sdp)
        except Exception as error:
            if refused(error):
                self.reject(488)
            raise
        return self._answer

    def _reply(
        self,
        code: int,
        reason: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        own = self.agent.told(self.server.flow) if code < 300 else {}
        told = {**own, **self.headers(), **(headers or {})}
        return reply(self.invite, code, reason, tag=self._tag, headers=told, body=body)

    async def _reliably(self, answer: Response) -> None:
        """Sends a provisional answer until its PRACK comes; one at a time."""
        await self._pracked.wait()
        self._still()
        self._rseq += 1
        answer.headers.put("Require", "100rel")
        answer.headers.put("RSeq", str(self._rseq))
        self._pracked.clear()
        self.server.reply(answer)
        self._repeat(answer, self.agent.timers.t1)

    def _repeat(self, answer: Response, wait: float) -> None:
        loop = asyncio.get_running_loop()

        def again() -> None:
            if 2 * wait > self.agent.timers.give_up:
                self._calm()
                what = "our provisional answer was never acknowledged (PRACK)"
                self.tell(events.Trouble(self.agent.now(), what))
            else:
                self.server.reply(answer)
                self._repeat(answer, 2 * wait)

        self._repeating = loop.call_later(wait, again)

    def _calm(self) -> None:
        if self._repeating:
            self._repeating.cancel()
        self._pracked.set()
