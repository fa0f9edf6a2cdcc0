"""Requests and their answers, sent again until they are heard (RFC 3261 section 17)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from cxassure.demo.memory import Memory
from cxassure.demo.telephone.message import Malformed, Message, parse, response, token
from cxassure.demo.telephone.transport import Flow

T1, T2, GIVE_UP = 0.5, 4.0, 32.0
log = logging.getLogger("cxassure.demo.telephone")
Key = tuple[str, str]


class Served:
    """One request of a peer's and the answer it got; an INVITE's final answer waits for its ACK."""

    def __init__(self, request: Message, flow: Flow, desk: Transactions) -> None:
        self.request, self.flow, self._desk = request, flow, desk
        self.acked = asyncio.Event()
        self.on_cancel: Callable[[], None] = lambda: None
        self.on_silence: Callable[[], None] = lambda: None
        self.last: Message | None = None

    def respond(self, answer: Message) -> None:
        if self.last is not None and self.last.status >= 200:
            return
        self.last = answer
        self.again()
        if self.request.method == "INVITE" and answer.status >= 200:
            self._desk.later(self._insist())

    def refuse(self, status: int, tag: str = "") -> None:
        self.respond(response(self.request, status, tag or token()))

    def again(self) -> None:
        if self.last is not None:
            self.flow.send(self.last.encoded())

    async def _insist(self) -> None:
        """A 2xx is sent again whatever the transport, the rest by UDP only (13.3.1.4, 17.2.1)."""
        assert self.last is not None
        wait, waited = T1, 0.0
        while waited < GIVE_UP:
            try:
                await asyncio.wait_for(self.acked.wait(), wait)
            except TimeoutError:
                waited += wait
                wait = min(2 * wait, T2)
                if self.last.status < 300 or not self.flow.reliable:
                    self.again()
            else:
                return
        self.on_silence()


class User(Protocol):
    """What is done with a new request, and with an answer or ACK that belongs to a dialog only."""

    def asked(self, served: Served) -> None: ...
    def stray(self, message: Message, flow: Flow) -> None: ...


class Transactions:
    """Pairs what comes in with what is under way."""

    def __init__(self, user: User) -> None:
        self.user, self.via = user, ""
        self._served: Memory[Key, Served] = Memory(5_000)
        self._asked: dict[Key, asyncio.Queue[Message]] = {}
        self._acks: Memory[str, Message] = Memory(2_000)
        self._errands: set[asyncio.Task[Any]] = set()

    def later(self, errand: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do something beside; trouble is logged."""
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and task.exception():
            log.error("an errand failed", exc_info=task.exception())

    async def close(self) -> None:
        """Drop what is under way; what that leaves behind, like a BYE, is still sent once."""
        while self._errands:
            for task in tuple(self._errands):
                task.cancel()
            await asyncio.gather(*self._errands, return_exceptions=True)
            await asyncio.sleep(0)

    def receive(self, data: bytes, flow: Flow) -> None:
        try:
            message = parse(data)
            self._answered(message, flow) if message.status else self._served_with(message, flow)
        except Malformed as problem:
            log.warning("left out: %s", problem)

    def _served_with(self, request: Message, flow: Flow) -> None:
        method = request.method
        known = self._served.get((request.branch, "INVITE" if method == "ACK" else method))
        if method == "ACK":
            if known:
                known.acked.set()
            self.user.stray(request, flow)
        elif known:
            known.again()
        else:
            _note_source(request, flow)
            served = self._served[request.branch, method] = Served(request, flow, self)
            self._cancel(served) if method == "CANCEL" else self.user.asked(served)

    def _cancel(self, served: Served) -> None:
        invite = self._served.get((served.request.branch, "INVITE"))
        served.refuse(200 if invite else 481)
        if invite:
            invite.on_cancel()

    def _answered(self, answer: Message, flow: Flow) -> None:
        queue = self._asked.get((answer.branch, answer.method))
        if queue:
            queue.put_nowait(answer)
        elif answer.branch in self._acks and answer.status >= 300:
            flow.send(self._acks[answer.branch].encoded())
        elif answer.method == "INVITE" and answer.status >= 200:
            self.user.stray(answer, flow)

    async def ask(
        self,
        request: Message,
        flow: Flow,
        hear: Callable[[Message], None] = lambda _: None,
        branch: str = "",
    ) -> Message:
        """Send a request until it is answered: the final answer, 408 of our own if none comes.

        `hear` is given every provisional answer. A refused INVITE is acknowledged here.
        """
        branch = branch or f"z9hG4bK{token()}"
        kind = "TCP" if flow.reliable else "UDP"
        via = f"SIP/2.0/{kind} {self.via};branch={branch};rport"
        request.headers.insert(0, ("Via", via))
        answers = self._asked[branch, request.method] = asyncio.Queue()
        flow.send(request.encoded())
        try:
            answer = await self._final(request, flow, answers, hear)
        finally:
            del self._asked[branch, request.method]
        if request.method == "INVITE" and answer.status >= 300:
            self._acks[branch] = ack = _ack_of_refusal(request, answer)
            flow.send(ack.encoded())
        return answer

    async def _final(
        self,
        request: Message,
        flow: Flow,
        answers: asyncio.Queue[Message],
        hear: Callable[[Message], None],
    ) -> Message:
        clock = asyncio.get_running_loop().time
        wait, end, heard = T1, clock() + GIVE_UP, False
        invite = request.method == "INVITE"
        while True:
            patience = None if invite and heard else min(wait, end - clock())
            try:
                answer = await asyncio.wait_for(answers.get(), patience)
            except TimeoutError:
                if clock() >= end:
                    return response(request, 408, token())
                wait = 2 * wait if invite else min(2 * wait, T2)
                if not flow.reliable:
                    flow.send(request.encoded())
                continue
            if answer.status >= 200:
                return answer
            heard = True
            hear(answer)


def _note_source(request: Message, flow: Flow) -> None:
    """Where the request really came from, for its answer (RFC 3581)."""
    via = request.get("via")
    host, port = flow.peer
    if ";rport" in via.lower() and ";rport=" not in via.lower():
        place = via.lower().index(";rport") + len(";rport")
        via = f"{via[:place]}={port}{via[place:]}"
    request.put("via", f"{via};received={host}")


def _ack_of_refusal(request: Message, answer: Message) -> Message:
    kept = ("Via", "From", "Call-ID", "Max-Forwards", "Route")
    headers = [(k, v) for k, v in request.headers if k in kept]
    headers += [("To", answer.get("to")), ("CSeq", f"{request.cseq} ACK")]
    return Message(f"ACK {request.start.split()[1]} SIP/2.0", headers)
