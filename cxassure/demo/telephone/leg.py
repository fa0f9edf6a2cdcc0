"""One leg of a call: its SIP dialog and its line (RFC 3261 sections 12 to 15, RFC 3515)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cxassure.demo.telephone import keys, sdp
from cxassure.demo.telephone.message import (
    Address,
    Message,
    Uri,
    address,
    parameters,
    response,
    token,
)
from cxassure.demo.telephone.pacing import Pacer
from cxassure.demo.telephone.rtp import Line
from cxassure.demo.telephone.transactions import Served, Transactions
from cxassure.demo.telephone.transport import Flow, Network

ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REFER, NOTIFY, UPDATE, REGISTER"
Headers = list[tuple[str, str]]


class Wires:
    """What all legs share: the network, requests under way, the clock of sound, open dialogs."""

    def __init__(self, network: Network, transactions: Transactions) -> None:
        self.network, self.transactions, self.pacer = network, transactions, Pacer()
        self.dialogs: dict[tuple[str, str], Leg] = {}

    @property
    def busy(self) -> int:
        """How many legs are up."""
        return sum(not leg.ended.is_set() for leg in self.dialogs.values())

    @property
    def place(self) -> str:
        return f"{self.network.host}:{self.network.port}"

    def named(self, replaces: str) -> Leg | None:
        """The leg that a Replaces names, as who is on it writes it (RFC 3891)."""
        call_id, _, tags = replaces.partition(";")
        return self.dialogs.get((call_id.strip(), parameters(tags).get("to-tag", "")))


class Leg:
    """A dialog with one telephone; `ended` is set when it is over, `why` says by whom."""

    def __init__(self, wires: Wires, line: Line, flow: Flow, ours: str, theirs: str) -> None:
        self.wires, self.line, self.flow = wires, line, flow
        self.ours, self.theirs = ours, theirs
        self.call_id, self.tag = token(), token()
        self.target = address(theirs).uri
        self.routes: list[str] = []
        self.established, self.ended, self.why = False, asyncio.Event(), ""
        self.on_refer: Callable[[Served, Address], None] = lambda served, _: served.refuse(603)
        self.hand_over: Callable[[], list[Leg]] = list
        self.notices: asyncio.Queue[str] = asyncio.Queue()
        self._served: Served | None = None
        self._cseq = self._invited = self._version = 0
        self._offered = False

    @property
    def contact(self) -> str:
        transport = ";transport=tcp" if self.flow.reliable else ""
        return f"<sip:{self.ours_user}@{self.wires.place}{transport}>"

    @property
    def ours_user(self) -> str:
        return address(self.ours).uri.user

    # What a caller's INVITE makes

    @classmethod
    async def incoming(cls, wires: Wires, served: Served) -> Leg:
        """The leg of a new INVITE, not answered yet."""
        invite = served.request
        line = await Line.open(wires.pacer, wires.network.host)
        leg = cls(wires, line, served.flow, invite.get("to"), invite.get("from"))
        leg.call_id, leg._served = invite.get("call-id"), served
        leg.routes, leg.target = invite.all("record-route"), address(invite.get("contact")).uri
        served.on_cancel, served.on_silence = leg._cancelled, leg.hang_up
        wires.dialogs[leg.call_id, leg.tag] = leg
        return leg

    def respond(self, status: int, sound: bool = False) -> None:
        """Answer the INVITE: 180, 183 with sound, 200 with sound, or a refusal."""
        assert self._served
        answer = response(self._served.request, status, self.tag)
        if status < 300:
            answer.headers += [("Contact", self.contact), ("Allow", ALLOW)]
        if sound:
            self._describe(answer, self._served.request.body)
        self.established = self.established or 200 <= status < 300
        self._served.respond(answer)
        if status >= 300:
            self._over(f"refused with {status}")

    def hears(self, body: str) -> bool:
        """Take the sound that the other side describes; False where we do not speak it."""
        media = sdp.parse(body)
        if media:
            self.line.connect(media)
        return media is not None

    def _describe(self, answer: Message, offered: str) -> None:
        """Our side of the sound: an answer to what was offered, an offer where nothing was."""
        self._version += 1
        host, port = self.wires.network.host, self.line.port
        media = sdp.parse(offered) if offered else None
        self._offered = media is None
        told = sdp.answer(media, host, port, self._version) if media else ""
        answer.headers.append(("Content-Type", "application/sdp"))
        answer.body = told or sdp.offer(host, port, self._version)

    def acknowledged(self, ack: Message) -> None:
        if self._served and ack.cseq == self._served.request.cseq:
            self._served.acked.set()
        if self._offered and ack.body:
            self.hears(ack.body)

    def _cancelled(self) -> None:
        if not self.established:
            assert self._served
            self._served.refuse(487, self.tag)
            self._over("the caller hung up before the answer")

    # What we call ourselves

    @classmethod
    async def outgoing(cls, wires: Wires, target: Uri, flow: Flow, ours: str) -> Leg:
        line = await Line.open(wires.pacer, wires.network.host)
        leg = cls(wires, line, flow, ours, f"<{target}>")
        leg.target = target
        leg.ours = f"{ours};tag={leg.tag}"
        wires.dialogs[leg.call_id, leg.tag] = leg
        return leg

    async def dial(self, headers: Headers) -> int:
        """Call and wait for the final status; whoever cancels this cancels the call."""
        host, port = self.wires.network.host, self.line.port
        more = [*headers, ("Allow", ALLOW), ("Content-Type", "application/sdp")]
        invite = self._request("INVITE", more, sdp.offer(host, port))
        branch, rings = f"z9hG4bK{token()}", asyncio.Event()
        asking = self.wires.transactions.later(self._invite(invite, branch, rings))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            self.wires.transactions.later(self._withdraw(invite, branch, rings, asking))
            raise

    async def _invite(self, invite: Message, branch: str, rings: asyncio.Event) -> int:
        ask = self.wires.transactions.ask
        answer = await ask(invite, self.flow, lambda _: rings.set(), branch)
        if answer.status >= 300:
            self._over(f"refused with {answer.status}")
            return answer.status
        self.theirs, self.established = answer.get("to"), True
        self.routes = answer.all("record-route")[::-1]
        contact = answer.get("contact")
        self.target = address(contact).uri if contact else self.target
        self._invited = invite.cseq
        await self.acknowledge()
        if not self.hears(answer.body):
            self.hang_up()
            return 488
        return answer.status

    async def acknowledge(self) -> None:
        """The ACK of a 2xx, sent anew whenever that is heard again."""
        ack = self._request("ACK", [], "", self._invited)
        via = f"SIP/2.0/{'TCP' if self.flow.reliable else 'UDP'} {self.wires.transactions.via}"
        ack.headers.insert(0, ("Via", f"{via};branch=z9hG4bK{token()};rport"))
        (await self._way()).send(ack.encoded())

    async def _withdraw(
        self, invite: Message, branch: str, rings: asyncio.Event, asking: asyncio.Task[int]
    ) -> None:
        """CANCEL, which has to wait until the other side has been heard of (section 9.1)."""
        ringing = asyncio.ensure_future(rings.wait())
        await asyncio.wait({ringing, asking}, return_when=asyncio.FIRST_COMPLETED)
        ringing.cancel()
        if not asking.done():
            kept = [(k, v) for k, v in invite.headers if k in ("From", "To", "Call-ID", "Route")]
            line = invite.start.replace("INVITE", "CANCEL", 1)
            more = [*kept, ("CSeq", f"{invite.cseq} CANCEL"), ("Max-Forwards", "70")]
            self.wires.transactions.later(
                self.wires.transactions.ask(Message(line, more), self.flow, branch=branch)
            )
        await asking
        self.hang_up()

    # What either may do

    def _request(self, method: str, headers: Headers, body: str = "", cseq: int = 0) -> Message:
        if not cseq:
            self._cseq += 1
        to = [("Route", route) for route in self.routes]
        mine = [("From", self._tagged()), ("To", self.theirs), ("Call-ID", self.call_id),
                ("CSeq", f"{cseq or self._cseq} {method}"), ("Max-Forwards", "70"),
                ("Contact", self.contact)]  # fmt: skip
        return Message(f"{method} {self.target} SIP/2.0", [*mine, *to, *headers], body)

    def _tagged(self) -> str:
        tagged = "tag" in address(self.ours).params
        return self.ours if tagged else f"{self.ours};tag={self.tag}"

    async def _way(self) -> Flow:
        """To the next hop; where that is a name, back where the call came from."""
        hop = address(self.routes[0]).uri if self.routes else self.target
        tcp = hop.params.get("transport", "").lower() == "tcp"
        if self.flow.reliable and (tcp or not self.routes):
            return await self.wires.network.to(self.flow.peer, True, self.flow)
        numeric = hop.host.replace(".", "").isdecimal()
        return await self.wires.network.to(hop.place if numeric else self.flow.peer, tcp)

    async def ask(self, method: str, headers: Headers | None = None, body: str = "") -> int:
        """A request within the dialog: the status of its answer."""
        request = self._request(method, headers or [], body)
        try:
            answer = await self.wires.transactions.ask(request, await self._way())
        except OSError:
            return 503
        return answer.status

    def hang_up(self) -> None:
        """BYE, or 603 where nothing was answered yet; nothing if it is over."""
        if self.ended.is_set():
            return
        if self.established:
            self._over("we hung up")
            self.wires.transactions.later(self.ask("BYE"))
        elif self._served:
            self.respond(603)
        else:
            self._over("we gave up")

    def _over(self, why: str) -> None:
        self.why = self.why or why
        self.ended.set()
        self.line.close()
        if not self.established:
            self.wires.dialogs.pop((self.call_id, self.tag), None)
            return
        loop = asyncio.get_running_loop()  # an ACK or a BYE sent again still finds it
        loop.call_later(32, self.wires.dialogs.pop, (self.call_id, self.tag), None)

    def asked(self, served: Served) -> None:
        """A request within this dialog."""
        request = served.request
        way = {"BYE": self._bye, "INVITE": self._changed, "UPDATE": self._changed,
               "INFO": self._info, "NOTIFY": self._notified, "REFER": self._refer}  # fmt: skip
        if self.ended.is_set():
            served.refuse(200 if request.method == "BYE" else 481, self.tag)
        elif request.method in way:
            way[request.method](served)
        else:
            served.refuse(200 if request.method == "OPTIONS" else 405, self.tag)

    def _bye(self, served: Served) -> None:
        served.refuse(200, self.tag)
        self._over("they hung up")

    def _changed(self, served: Served) -> None:
        """A new description of their sound, as on hold (RFC 3264 section 8)."""
        request = served.request
        if request.body and not self.hears(request.body):
            served.refuse(488, self.tag)
            return
        if request.method == "INVITE":
            self._served = served
            contact = request.get("contact")
            self.target = address(contact).uri if contact else self.target
        answer = response(request, 200, self.tag)
        answer.headers.append(("Contact", self.contact))
        if request.body or request.method == "INVITE":
            self._describe(answer, request.body)
        served.respond(answer)

    def _info(self, served: Served) -> None:
        key = keys.info(served.request.get("content-type"), served.request.body)
        if key:
            self.line.on_key(key)
        served.refuse(200, self.tag)

    def _notified(self, served: Served) -> None:
        self.notices.put_nowait(served.request.body)
        served.refuse(200, self.tag)

    def _refer(self, served: Served) -> None:
        to = served.request.get("refer-to")
        if to:
            self.on_refer(served, address(to))
        else:
            served.refuse(400, self.tag)
