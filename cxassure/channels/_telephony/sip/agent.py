"""The user agent: places calls, takes calls, and answers whatever else it is asked (RFC 3261)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

from cxassure.channels._telephony.sip import answering
from cxassure.channels._telephony.sip.allowed import Allowed, NotAllowed
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.dialog import Dialog, Key, next_hop
from cxassure.channels._telephony.sip.digest import Authorizer, Credentials, Guard
from cxassure.channels._telephony.sip.ladder import Ladder
from cxassure.channels._telephony.sip.leave import Gate
from cxassure.channels._telephony.sip.media import Media
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.placing import Outgoing
from cxassure.channels._telephony.sip.referring import Referral
from cxassure.channels._telephony.sip.registering import Registration
from cxassure.channels._telephony.sip.session_timer import Policy
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.channels._telephony.sip.transaction import Client, Server
from cxassure.channels._telephony.sip.transactions import Transactions, hopeless
from cxassure.channels._telephony.sip.uri import Address, Uri
from cxassure.channels._telephony.sip.wire import Flow, Hop, Place, Tls, written
from cxassure.channels._telephony.sip.within import ALLOWED, SUPPORTED
from cxassure.errors import CannotLook, CxassureError

TRIES = 3


class UserAgent:
    """A telephone on one address, over `udp`, `tcp` or `tls`.

    It talks to the hosts in `allowed` only. `incoming` is called with each call that rings, `obey`
    gives the media for a call that the far end's REFER asks for (None: it is declined). `guard`
    asks those who call for a password. `gate` is asked before a telephone is rung. `messages`
    keeps (sender, text) of MESSAGEs outside calls.
    """

    def __init__(
        self,
        transport: str = "udp",
        address: Place = ("127.0.0.1", 0),
        *,
        allowed: Iterable[str],
        user: str = "cxassure",
        name: str = "",
        credentials: Iterable[Credentials] = (),
        proxy: str = "",
        tls: Tls | None = None,
        timers: Timers | None = None,
        session: Policy | None = None,
        guard: Guard | None = None,
        public: str = "",
        most_calls: int = 500,
    ) -> None:
        self.transport, self.user, self.name, self.proxy = transport, user, name, proxy
        self.allowed = Allowed(allowed)
        self.timers = timers or Timers()
        self.session = session or Policy()
        self.guard = guard
        self.public = public
        self.most_calls = most_calls
        self.incoming: Callable[[Incoming], Awaitable[None]] | None = None
        self.obey: Callable[[Call, Referral], Awaitable[Media]] | None = None
        self.gate: Gate | None = None
        self.messages: list[tuple[str, str]] = []
        self.transactions = Transactions(
            self, transport, address, self.allowed, tls or Tls(), self.timers
        )
        self._credentials = tuple(credentials)
        self._dialogs: dict[Key, Call] = {}
        self._registrations: list[Registration] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    # Its life

    async def open(self) -> None:
        """Raises `CannotLook` where the address cannot be had."""
        await self.transactions.wire.open()

    async def close(self) -> None:
        """Hangs up, unregisters, and is gone after at most `timers.linger` seconds."""
        ends = [registration.unregister() for registration in self._registrations]
        byes = [call.hang_up() for call in self.calls]
        for task in [self.spawn(end) for end in [*ends, *byes]]:
            task.set_name("closing")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.timers.linger)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.transactions.end()
        self.transactions.wire.close()

    async def __aenter__(self) -> UserAgent:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def ladder(self) -> Ladder:
        return self.transactions.ladder

    @property
    def troubles(self) -> list[str]:
        """Errors of our own, that should not be."""
        return self.transactions.troubles

    @property
    def address(self) -> Place:
        return self.transactions.wire.address

    @property
    def calls(self) -> list[Call]:
        """Those that have not ended, each once."""
        return list(dict.fromkeys(call for call in self._dialogs.values() if not call.ended))

    @property
    def place(self) -> str:
        """`host:port` as others reach us."""
        return written((self.public or self.address[0], self.address[1]))

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Does something beside; what goes wrong in it is kept in `troubles`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.troubles.append(f"{type(error).__name__}: {error}")
            del self.troubles[:-100]

    # What it does

    async def call(
        self,
        uri: Uri | str,
        media: Media,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        caller: str = "",
        late_offer: bool = False,
    ) -> Outgoing:
        """Places a call and returns while it is on its way; `caller` is the From that is shown
        (`"Kim" <sip:+15550100@example.com>`). `late_offer` leaves the first description to them.

        Raises `NotAllowed` where it leads to a host that is not allowed, `CannotLook` where `uri`
        cannot be called, or the gate gives no leave.
        """
        invite = self.fresh("INVITE", str(uri), caller, str(uri))
        invite.headers.add("Supported", SUPPORTED)
        invite.headers.add("Allow", ALLOWED)
        call = Outgoing(self, media, invite, self.authorizer(credentials), late_offer)
        invite.headers.extend({**call.headers(), **(headers or {})})
        watcher = await self.gate.leave(str(uri)) if self.gate else None
        if watcher:
            call.watchers.append(watcher)
        try:
            await call.place()
        except CxassureError:  # nothing was sent; whatever else stops us may leave a call up
            if watcher:
                watcher.never_placed()
            raise
        return call

    async def register(
        self,
        record: Uri | str,
        *,
        registrar: Uri | str = "",
        credentials: Credentials | None = None,
        expires: int = 300,
        headers: Mapping[str, str] | None = None,
    ) -> Registration:
        """Registers `record` (`sip:2@example.com`) and keeps it so; `headers` go with each
        REGISTER. Raises `CannotLook`."""
        of = _readable(record)
        to = _readable(registrar) if registrar else Uri(of.scheme, "", of.host, of.port, of.params)
        registration = Registration(self, of, to, self.authorizer(credentials), headers or {})
        self._registrations.append(registration)
        await registration.register(expires)
        return registration

    async def options(self, uri: Uri | str) -> Response:
        """Asks whether the far end is there and what it can."""
        return await self.send(self.fresh("OPTIONS", str(uri), "", str(uri)))

    def fresh(self, method: str, uri: str, caller: str, to: str) -> Request:
        """A request outside of a dialog. Raises `CannotLook` for a `uri` that is none."""
        target = _readable(uri).bare()
        request = Request(method=method, uri=str(target))
        address = Address.read(caller) if caller else self._own()
        of = _readable(to)
        called = Uri(of.scheme, of.user, of.host, of.port, of.params if of.scheme == "tel" else ())
        if self.proxy:
            proxy = self.proxy if ";lr" in self.proxy else f"{self.proxy};lr"
            request.headers.add("Route", f"<{proxy}>")
        request.headers.add("From", str(address.tagged(secrets.token_hex(6))))
        request.headers.add("To", f"<{called}>")
        request.headers.add("Call-ID", secrets.token_hex(12))
        request.headers.add("CSeq", f"1 {method}")
        request.headers.add("Max-Forwards", "70")
        request.headers.add("User-Agent", "cxassure")
        return request

    def _own(self) -> Address:
        return Address(f"sip:{self.user}@{self.place}", self.name)

    def authorizer(self, credentials: Credentials | None = None) -> Authorizer:
        return Authorizer((credentials, *self._credentials) if credentials else self._credentials)

    # Sending

    async def send(self, request: Request, dialog: Dialog | None = None) -> Response:
        """The final response to any request but INVITE and ACK. Never raises: what cannot be sent
        is a response of our own that says why."""
        authorizer = dialog.authorizer if dialog else None
        return await self.persist(request, authorizer or self.authorizer(), dialog)

    async def persist(
        self,
        request: Request,
        authorizer: Authorizer,
        dialog: Dialog | None = None,
        way: Callable[[Request, Hop], Awaitable[Response]] | None = None,
    ) -> Response:
        """Sends, and again where a password is asked for that we have."""
        answer = hopeless("not sent")
        for _ in range(TRIES):
            authorizer.authorize(request)
            try:
                hop = next_hop(request, self.transport)
                answer = await (way or self.transactions.ask)(request, hop)
            except (NotAllowed, ValueError) as error:
                return hopeless(error.what if isinstance(error, NotAllowed) else str(error))
            if not authorizer.challenged(answer, request):
                break
            _renumber(request, dialog)
        return answer

    async def invite(self, request: Request, dialog: Dialog) -> Response:
        """The final response to an INVITE within a call, acknowledged."""

        async def way(request: Request, hop: Hop) -> Response:
            final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            client = await self.transactions.begin(request, hop, lambda r: _settle(final, r))
            try:
                async with asyncio.timeout(2 * self.timers.give_up):
                    answer = await final
            except TimeoutError:
                return hopeless("no final answer came", 408)
            if answer.good:
                dialog.refresh(answer)
                await self.acknowledge(dialog, answer, request, client)
            return answer

        return await self.persist(request, dialog.authorizer or self.authorizer(), dialog, way)

    async def acknowledge(
        self,
        dialog: Dialog,
        answer: Response,
        invite: Request,
        client: Client,
        body: bytes = b"",
    ) -> None:
        """Sends the ACK for a 2xx, and again whenever that comes again (13.2.2.4). Raises
        `NotAllowed`, or `ValueError` for a Contact that is no address."""
        ack = dialog.request("ACK", invite.cseq.number)
        for name in ("Authorization", "Proxy-Authorization"):
            for value in invite.headers.all(name):
                ack.headers.add(name, value)
        ack.carry(body)
        hop = next_hop(ack, self.transport)
        client.acknowledge(answer.to.tag, await self.transactions.sender(ack, hop))

    def contact(self, flow: Flow) -> str:
        host, port = self.transactions.wire.here(flow)
        by = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"<sip:{self.user}@{written((self.public or host, port))}{by}>"

    def told(self, flow: Any) -> dict[str, str]:
        """The headers by which an answer of ours opens or refreshes a dialog."""
        return {"Contact": self.contact(flow), **self.abilities()}

    def abilities(self) -> dict[str, str]:
        return {"Allow": ALLOWED, "Supported": SUPPORTED, "Accept": "application/sdp"}

    # What it is asked

    def learn(self, call: Call, dialog: Dialog) -> None:
        self._dialogs[dialog.key] = call

    def forget(self, call: Call) -> None:
        """A call that ended; one whose transfer is still told of stays until that is over."""
        if call.transfer and not call.transfer.done.is_set():
            loop = asyncio.get_running_loop()
            loop.call_later(self.timers.give_up, self._drop, call)
        else:
            self._drop(call)

    def _drop(self, call: Call) -> None:
        for key in [key for key, known in self._dialogs.items() if known is call]:
            del self._dialogs[key]

    def acknowledged(self, ack: Request) -> None:
        call = self.known((ack.call_id, ack.to.tag, ack.from_.tag))
        if call:
            call.acknowledged(ack)

    def known(self, key: Key) -> Call | None:
        """The call of a dialog."""
        return self._dialogs.get(key)

    def requested(self, request: Request, server: Server, flow: Flow) -> None:
        """A new request: to the call it is in, else answered here."""
        if request.method == "CANCEL":
            answering.cancelled(self, request, server)
        elif request.to.tag:
            call = self.known((request.call_id, request.to.tag, request.from_.tag))
            if call:
                call.within(request, server)
            else:
                server.reply(reply(request, 481))
        else:
            answering.outside(self, request, server)

    async def taken(self, call: Incoming) -> None:
        """Lets `incoming` have a call; an error of its own refuses the call."""
        assert self.incoming
        try:
            await self.incoming(call)
        except Exception:
            if call.state == "ringing":
                call.reject(500)
            raise


def _settle(final: asyncio.Future[Response], response: Response) -> None:
    if response.final and not final.done():
        final.set_result(response)


def _renumber(request: Request, dialog: Dialog | None) -> None:
    """The next number, for a request that is sent anew."""
    if dialog:
        dialog.local_seq += 1
    seq = dialog.local_seq if dialog else request.cseq.number + 1
    request.headers.put("CSeq", f"{seq} {request.method}")


def _readable(uri: Uri | str) -> Uri:
    try:
        return uri if isinstance(uri, Uri) else Uri.read(uri)
    except ValueError as error:
        raise CannotLook(str(error), "write it as sip:number@host:port") from error
