"""The transactions of an agent: requests go out, responses find them, requests that come in are
told once (RFC 3261 section 17), and every message is on the ladder."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from cxassure.channels._telephony.sip import transaction
from cxassure.channels._telephony.sip.allowed import Allowed
from cxassure.channels._telephony.sip.causes import clean
from cxassure.channels._telephony.sip.headers import Headers
from cxassure.channels._telephony.sip.ladder import Ladder, Rung, described, masked
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.parsing import Unparsable, parse
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.channels._telephony.sip.transaction import Client, Server
from cxassure.channels._telephony.sip.wire import DatagramFlow, Flow, Hop, Place, Tls, Wire, written

LARGE = 1300
"""Bytes above which a request goes over TCP (section 18.1.1)."""
MOST = 10_000
"""Transactions at once; requests beyond are let fall."""

WITH_CONTACT = frozenset("INVITE UPDATE REFER NOTIFY SUBSCRIBE OPTIONS REGISTER".split())

One = TypeVar("One", Client, Server)

Datagram = Callable[[float, str, Place, Place, bytes], None]
"""A hook for what goes over the wire, raw: time, transport, from, to, bytes."""


class Core(Protocol):
    """Who is told of what the transactions do not settle themselves."""

    def requested(self, request: Request, server: Server, flow: Flow) -> None: ...

    def acknowledged(self, ack: Request) -> None: ...

    def contact(self, flow: Flow) -> str: ...


class Transactions:
    """Everything between the wire and the core. `troubles` are errors of our own that a message
    brought about: it is told there, and the receiving goes on."""

    def __init__(
        self, core: Core, transport: str, address: Place, allowed: Allowed, tls: Tls, timers: Timers
    ) -> None:
        self.wire = Wire(transport, address, allowed, self, tls)
        self.ladder = Ladder()
        self.on_datagram: Datagram | None = None
        self.troubles: list[str] = []
        self.timers = timers
        self._core = core
        self._clients: dict[str, Client] = {}
        self._servers: dict[str, Server] = {}

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def begin(self, request: Request, hop: Hop, told: Callable[[Response], None]) -> Client:
        """Sends `request`, stamped with a Via, to `hop`. What cannot be sent is told as a 503 of
        our own; raises `NotAllowed` for a hop where we may not go."""
        flow = await self._stamped(request, hop)
        loop = asyncio.get_running_loop()
        client = Client(request, flow, loop.call_later, self.timers, told)
        found = transaction.client_key(request)
        self._clients[found] = client
        client.on_end = partial(self._ended, self._clients, found)
        client.start()
        if isinstance(flow, Nowhere):
            client.broken(flow.why)
        return client

    async def ask(self, request: Request, hop: Hop) -> Response:
        """The final response to a request that is no INVITE."""
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def told(response: Response) -> None:
            if response.final and not final.done():
                final.set_result(response)

        await self.begin(request, hop, told)
        return await final

    def cancel(self, client: Client) -> None:
        """Sends the CANCEL for an INVITE that rings: its own hop, its own way."""
        request = transaction.cancel(client.request)
        later = asyncio.get_running_loop().call_later
        one = Client(request, client.flow, later, self.timers, lambda response: None)
        found = transaction.client_key(request)
        self._clients[found] = one
        one.on_end = partial(self._ended, self._clients, found)
        one.start()

    async def sender(self, request: Request, hop: Hop) -> Callable[[], None]:
        """What sends `request`, as often as it is called, outside of any transaction: an ACK."""
        flow = await self._stamped(request, hop)
        data = request.encode()
        return lambda: flow.send(data)

    async def _stamped(self, request: Request, hop: Hop) -> Flow | Nowhere:
        flow = await self._reached(hop)
        self._stamp(request, flow)
        if hop.transport == "udp" and len(request.encode()) > LARGE:
            large = await self._reached(Hop("tcp", hop.host, hop.port))
            if not isinstance(large, Nowhere):
                self._stamp(request, large)
                return large
        return flow

    async def _reached(self, hop: Hop) -> Flow | Nowhere:
        try:
            return await self.wire.flow(hop)
        except (OSError, UnicodeError) as error:
            return Nowhere(f"{hop} cannot be reached: {clean(str(error)) or 'no answer in time'}")

    def _stamp(self, request: Request, flow: Flow | Nowhere) -> None:
        request.headers.drop("Via")
        if isinstance(flow, Nowhere):
            request.headers.first("Via", f"SIP/2.0/UDP 0.0.0.0;branch={branch()}")
            return
        here = written(self.wire.here(flow))
        request.headers.first(
            "Via", f"SIP/2.0/{flow.transport.upper()} {here};branch={branch()};rport"
        )
        if request.method in WITH_CONTACT and "Contact" not in request.headers:
            request.headers.add("Contact", self._core.contact(flow))

    # What comes in

    def received(self, data: bytes, flow: Flow) -> None:
        """Never raises, whatever the bytes are."""
        if not data.strip(b"\r\n\0\t "):
            return  # a keep-alive
        self._hook(flow.peer, flow.local, flow.transport, data)
        try:
            message = parse(data)
        except Unparsable as error:
            self.dropped(data, flow, f"not read: {error}")
            return
        self._note(message, flow, False, data)
        try:
            self._dispatch(message, flow)
        except Exception as error:  # one message must not end the receiving of all others
            self.troubles.append(f"{message.first_line[:80]}: {type(error).__name__}: {error}")
            del self.troubles[:-100]

    def _dispatch(self, message: Request | Response, flow: Flow) -> None:
        if isinstance(message, Response):
            client = self._clients.get(transaction.client_key(message))
            if client:
                client.heard(message)
            return
        found = transaction.server_key(message)
        known = self._servers.get(found)
        if message.method == "ACK":
            if known and known.state == "completed":
                known.acknowledged()
            else:
                self._core.acknowledged(message)
        elif known:
            known.repeated()
        elif len(self._servers) < MOST:
            self._serve(message, flow, found)

    def _serve(self, request: Request, flow: Flow, found: str) -> None:
        values = request.headers.each("Via")
        via = request.via
        request.headers.drop("Via")
        for value in reversed([str(via.stamped(*flow.peer)), *values[1:]]):
            request.headers.first("Via", value)
        if isinstance(flow, DatagramFlow) and via.param("rport") is None:
            flow = flow.to((flow.peer[0], via.place[1] or 5060))
        server = Server(request, flow, asyncio.get_running_loop().call_later, self.timers)
        self._servers[found] = server
        server.on_end = partial(self._ended, self._servers, found)
        self._core.requested(request, server, flow)

    def serving(self, request: Request, method: str) -> Server | None:
        """The transaction of `method` that has the same branch: what a CANCEL cancels."""
        return self._servers.get(transaction.server_key(request, method))

    # The ladder

    def sent(self, data: bytes, flow: Flow) -> None:
        self._hook(flow.local, flow.peer, flow.transport, data)
        try:
            message = parse(data)
        except Unparsable as error:  # what a person put in made it too large or odd
            self._rung(flow, True, f"sent, and we could not read it: {error}", "", "", data)
            return
        self._note(message, flow, True, data)

    def lost(self, flow: Flow) -> None:
        for client in [c for c in self._clients.values() if c.flow is flow]:
            client.broken("the connection was lost")

    def dropped(self, data: bytes, flow: Flow, why: str) -> None:
        self._rung(flow, False, why, "", "", data[:2000])

    def _note(self, message: Request | Response, flow: Flow, ours: bool, data: bytes) -> None:
        self._rung(flow, ours, *described(message), data, message.odd)

    def _rung(
        self,
        flow: Flow,
        ours: bool,
        what: str,
        call_id: str,
        cseq: str,
        data: bytes,
        odd: tuple[str, ...] = (),
    ) -> None:
        ends = written(flow.local), written(flow.peer)
        source, destination = ends if ours else ends[::-1]
        raw = masked(data)
        self.ladder.note(
            Rung(
                self.now(), flow.transport, source, destination, ours, what, call_id, cseq, raw, odd
            )
        )

    def _hook(self, source: Place, destination: Place, transport: str, data: bytes) -> None:
        if self.on_datagram:
            self.on_datagram(self.now(), transport, source, destination, data)

    @staticmethod
    def _ended(table: dict[str, One], key: str) -> None:
        table.pop(key, None)

    def end(self) -> None:
        """Ends every transaction, telling nobody."""
        for one in [*self._clients.values(), *self._servers.values()]:
            one.end()


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A flow to where nobody can be reached: nothing goes by it."""

    why: str
    reliable: bool = True

    def send(self, data: bytes) -> None: ...


def branch() -> str:
    return f"z9hG4bK{secrets.token_hex(10)}"


def hopeless(why: str, code: int = 503) -> Response:
    """A response of our own making."""
    return Response(Headers(), code=code, reason=why, ours=True)
