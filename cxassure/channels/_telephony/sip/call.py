"""A call: what happened in it, how it ended, and what can be done while it is up."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.about import About, about
from cxassure.channels._telephony.sip.causes import cause
from cxassure.channels._telephony.sip.dialog import Dialog
from cxassure.channels._telephony.sip.digest import retry_after
from cxassure.channels._telephony.sip.events import By, Ended, Happened
from cxassure.channels._telephony.sip.headers import Headers
from cxassure.channels._telephony.sip.media import Media
from cxassure.channels._telephony.sip.message import Message, Request, Response, reply
from cxassure.channels._telephony.sip.session import Session
from cxassure.channels._telephony.sip.transaction import Server
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.agent import UserAgent
    from cxassure.channels._telephony.sip.referring import Transfer
    from cxassure.channels._telephony.sip.uri import Uri

Kind = TypeVar("Kind", bound=Happened)
State = Literal["calling", "ringing", "up", "ended"]


class Call:
    """What calls that we place and calls that we take have in common.

    `history` is all that happened, in order; `watchers` are called with each event as it comes.
    `about` is what the far end told of the call. Nothing here raises for what the far end does:
    it is told in `history` and `ended`.
    """

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.state: State = "calling"
        self.media: Media | None = None
        self.dialog: Dialog | None = None
        self.about: About | None = None
        self.history: list[Happened] = []
        self.ended: Ended | None = None
        self.watchers: list[Callable[[Call, Happened], None]] = []
        self.session = Session(self)
        self.transfer: Transfer | None = None
        self.moved_to: Call | None = None
        self.session_id = secrets.token_hex(16)
        self.began = agent.now()
        self._news = asyncio.Event()

    @property
    def call_id(self) -> str:
        return self.dialog.call_id if self.dialog else ""

    @property
    def identity(self) -> Dialog:
        """The dialog; raises `CannotLook` where the call is not up."""
        if self.dialog is None or self.state != "up":
            raise CannotLook(
                "this needs a call that is up",
                f"the call is {self.state}: wait until it is answered",
            )
        return self.dialog

    # What happens

    def tell(self, event: Happened) -> None:
        self.history.append(event)
        for watcher in list(self.watchers):
            watcher(self, event)
        self._news.set()
        self._news = asyncio.Event()

    async def events(self, since: int = 0) -> AsyncIterator[Happened]:
        """What happened from the event number `since` on, and what happens, until the end."""
        while True:
            while since < len(self.history):
                yield self.history[since]
                since += 1
            if self.ended:
                return
            await self._news.wait()

    async def wait(self, kind: type[Kind], timeout: float, since: int = 0) -> Kind | None:
        """The first event of a kind; None when `timeout` seconds pass or the call ends first."""
        try:
            async with asyncio.timeout(timeout):
                async for event in self.events(since):
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            pass
        return None

    # What can be done

    async def hang_up(self, headers: Mapping[str, str] | None = None) -> None:
        """Ends the call in the way that its state asks for: BYE, CANCEL, or a refusal. Returns
        when the far end has answered, or will not any more."""
        if self.state == "up":
            await self.bye(headers)

    async def bye(
        self, headers: Mapping[str, str] | None = None, by: By = "us", why: str = ""
    ) -> None:
        if self.state == "up" and self.dialog:
            request = self.dialog.request("BYE")
            request.headers.extend(headers or {})
            self.end(by, 0, request.headers, why=why)
            await self.agent.send(request, self.dialog)

    async def hold(self) -> int:
        """Puts the far end on hold; the final code (200: it is)."""
        return await self.session.change(hold=True)

    async def resume(self) -> int:
        return await self.session.change(hold=False)

    async def update(self, *, hold: bool = False) -> int:
        """The same as `resume` (or `hold`) by UPDATE (RFC 3311) instead of re-INVITE."""
        return await self.session.change(hold=hold, method="UPDATE")

    async def info(
        self, body: str | bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> int:
        """Sends an INFO (RFC 6086); the final code."""
        return (await self.ask("INFO", headers, body, content_type)).code

    async def key(self, digit: str, milliseconds: int = 160, way: str = "dtmf-relay") -> int:
        """One key (0-9, *, #, A-D) by INFO, `way` being `dtmf-relay` or `dtmf`."""
        if way == "dtmf":
            return await self.info(digit, "application/dtmf")
        body = f"Signal={digit}\r\nDuration={milliseconds}\r\n"
        return await self.info(body, "application/dtmf-relay")

    async def message(self, text: str) -> int:
        """Sends a MESSAGE (RFC 3428) within the call; the final code."""
        return (await self.ask("MESSAGE", None, text, "text/plain;charset=utf-8")).code

    async def refer(
        self,
        to: Uri | str,
        replaces: Call | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Transfer:
        """Asks the far end to call `to` (RFC 3515); with `replaces`, to take the place of that
        other call of ours (attended: RFC 3891). What becomes of it is told by the result."""
        from cxassure.channels._telephony.sip import referring

        return await referring.refer(self, str(to), replaces, headers or {})

    async def ask(
        self,
        method: str,
        headers: Mapping[str, str] | None = None,
        body: str | bytes = b"",
        content_type: str = "",
    ) -> Response:
        """Any request within the call, and its final response."""
        dialog = self.identity
        request = dialog.request(method)
        request.headers.extend(headers or {})
        request.carry(body.encode() if isinstance(body, str) else body, content_type)
        return await self.agent.send(request, dialog)

    # What the agent tells the call

    def within(self, request: Request, server: Server) -> None:
        """A request of the far end's, within the dialog."""
        from cxassure.channels._telephony.sip.within import handle

        handle(self, request, server)

    def hung_up(self, bye: Request) -> None:
        self.end("them", 0, bye.headers)

    def pracked(self, request: Request, server: Server) -> None:
        """A PRACK came; only calls that we take send what asks for one."""
        server.reply(reply(request, 481))

    def acknowledged(self, ack: Request) -> None:
        self.session.acknowledged(ack)

    def knows(self, message: Message) -> None:
        """Keeps what a message of the far end tells of the call."""
        self.about = about(message)

    def headers(self) -> dict[str, str]:
        """What every first request and answer of this call carries."""
        theirs = self.about.session_id if self.about else ""
        return {"Session-ID": f"{self.session_id};remote={theirs or '0' * 32}"}

    def up(self, media: Media | None) -> None:
        if self.state != "up":
            self.state, self.media = "up", media
            self.tell(events.Answered(self.agent.now(), self.agent.now() - self.began))

    def end(
        self,
        by: By,
        code: int,
        headers: Headers | None = None,
        phrase: str = "",
        *,
        why: str = "",
        check: str = "",
        wait: int | None = None,
    ) -> None:
        """The call is over; the second time it does nothing. `why` says more than the codes."""
        if self.ended:
            return
        meant = cause(code, headers, phrase)
        self.state = "ended"
        self.ended = Ended(
            self.agent.now(),
            by,
            code,
            meant.q850,
            f"{why}: {meant.words}" if why and code else why or meant.words,
            check or meant.check,
            meant.told,
            wait,
        )
        self.session.stop()
        self.agent.forget(self)
        self.tell(self.ended)
        if self.media:
            self.agent.spawn(self.media.close())

    def end_by(self, answer: Response) -> None:
        """Over by a final answer to our INVITE."""
        self.end(
            "network" if answer.ours else "them",
            answer.code,
            answer.headers,
            "" if answer.ours else answer.reason,
            why=answer.reason if answer.ours else "",
            wait=retry_after(answer),
        )
