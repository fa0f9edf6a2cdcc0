"""Transactions as state machines: what is sent again, until when, what the user is told (RFC 3261
section 17, with RFC 6026's accepted state). They know a clock and a flow, and no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from cxassure.channels._telephony.sip.headers import Headers
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.timers import Handle, Later, Timers

State = Literal[
    "trying", "calling", "proceeding", "accepted", "completed", "confirmed", "terminated"
]


class Flow(Protocol):
    """Where a transaction's bytes go. `reliable` flows lose nothing, so nothing is sent again."""

    @property
    def reliable(self) -> bool: ...

    def send(self, data: bytes) -> None: ...


class Transaction:
    """What both sides share: a state, timers that are all called off at the end."""

    def __init__(self, request: Request, flow: Flow, later: Later, timers: Timers) -> None:
        self.request = request
        self.flow = flow
        self.state: State = "trying"
        self.on_end: Callable[[], None] = lambda: None
        self._later = later
        self._timers = timers
        self._again: Handle | None = None
        self._last: Handle | None = None

    @property
    def invites(self) -> bool:
        return self.request.method == "INVITE"

    def end(self) -> None:
        """Ends it at once; calling it twice does no harm."""
        if self.state != "terminated":
            self.state = "terminated"
            self._calm()
            self._until(None)
            self.on_end()

    def _repeat(self, data: bytes, wait: float, cap: float) -> None:
        """Sends `data` again after `wait`, and again, each wait twice the last up to `cap`."""

        def again() -> None:
            self.flow.send(data)
            self._repeat(data, min(2 * wait, cap), cap)

        self._calm()
        self._again = self._later(wait, again)

    def _calm(self) -> None:
        if self._again:
            self._again.cancel()
            self._again = None

    def _until(self, wait: float | None, then: Callable[[], None] | None = None) -> None:
        if self._last:
            self._last.cancel()
            self._last = None
        if wait is not None:
            self._last = self._later(wait, then or self.end)


class Client(Transaction):
    """A request of ours. `told` is called with each response that matters; where none comes, or
    the flow breaks, with one of our own making (408, 503: section 8.1.3.1)."""

    def __init__(
        self,
        request: Request,
        flow: Flow,
        later: Later,
        timers: Timers,
        told: Callable[[Response], None],
    ) -> None:
        super().__init__(request, flow, later, timers)
        self._told = told
        self._acks: dict[str, Callable[[], None]] = {}
        self._ack = b""

    def start(self) -> None:
        self.state = "calling" if self.invites else "trying"
        data = self.request.encode()
        self._until(self._timers.give_up, self._timed_out)
        if not self.flow.reliable:
            cap = float("inf") if self.invites else self._timers.t2
            self._repeat(data, self._timers.t1, cap)
        self.flow.send(data)

    def heard(self, response: Response) -> None:
        """A response of this transaction has come."""
        if self.state == "terminated":
            return
        if self.state == "completed":
            self._heard_again(response)
        elif response.code < 200:
            self._provisional(response)
        elif self.invites and response.good:
            self._good(response)
        elif self.state != "accepted":
            self._final(response)

    def acknowledge(self, tag: str, send: Callable[[], None]) -> None:
        """How the 2xx of the far end tagged `tag` is acknowledged, now and when it comes again."""
        self._acks[tag] = send
        send()

    def broken(self, why: str) -> None:
        """The flow is gone: told as 503."""
        if self.state in ("trying", "calling", "proceeding"):
            self._give_up(503, why)

    def _provisional(self, response: Response) -> None:
        if self.state == "accepted":
            return
        if self.invites:
            self._calm()
            self._until(None)
        self.state = "proceeding"
        self._told(response)

    def _good(self, response: Response) -> None:
        if self.state != "accepted":
            self.state = "accepted"
            self._calm()
            self._until(self._timers.give_up)
        again = self._acks.get(response.to.tag)
        if again:
            again()
        else:
            self._told(response)

    def _final(self, response: Response) -> None:
        self.state = "completed"
        self._calm()
        linger = self._timers.give_up if self.invites else self._timers.t4
        self._until(0.0 if self.flow.reliable else linger)
        if self.invites:
            self._ack = non_2xx_ack(self.request, response).encode()
            self.flow.send(self._ack)
        self._told(response)

    def _heard_again(self, response: Response) -> None:
        if self.invites and response.code >= 300:
            self.flow.send(self._ack)

    def _timed_out(self) -> None:
        self._give_up(408, "no answer came")

    def _give_up(self, code: int, why: str) -> None:
        self.end()
        self._told(Response(Headers(), code=code, reason=why, ours=True))


class Server(Transaction):
    """A request of theirs. `reply` answers it; what it answered is sent again as the far end
    needs it. `unacknowledged` is called when no ACK ever came to our final answer."""

    def __init__(self, request: Request, flow: Flow, later: Later, timers: Timers) -> None:
        super().__init__(request, flow, later, timers)
        self.unacknowledged: Callable[[], None] = lambda: None
        self.answer: Response | None = None

    @property
    def open(self) -> bool:
        """Whether no final answer has been given."""
        return self.state in ("trying", "proceeding")

    def reply(self, response: Response) -> None:
        """Sends an answer; a second final one is not sent."""
        if not self.open:
            return
        self.answer = response
        data = response.encode()
        if response.code < 200:
            self.state = "proceeding"
        elif self.invites:
            self._settle(response, data)
        else:
            self.state = "completed"
            self._until(0.0 if self.flow.reliable else self._timers.give_up)
        self.flow.send(data)

    def repeated(self) -> None:
        """The request has come again."""
        if self.answer and self.state in ("proceeding", "accepted", "completed"):
            self.flow.send(self.answer.encode())

    def acknowledged(self) -> None:
        """The ACK has come."""
        if not self.invites or self.state not in ("accepted", "completed"):
            return
        self._calm()
        good = self.state == "accepted"
        self.state = "confirmed"
        wait = self._timers.give_up if good else self._timers.t4
        self._until(0.0 if self.flow.reliable and not good else wait)

    def _settle(self, response: Response, data: bytes) -> None:
        self.state = "accepted" if response.good else "completed"
        self._until(self._timers.give_up, self._not_acknowledged)
        if response.good or not self.flow.reliable:
            self._repeat(data, self._timers.t1, self._timers.t2)

    def _not_acknowledged(self) -> None:
        self.end()
        self.unacknowledged()


def non_2xx_ack(invite: Request, response: Response) -> Request:
    """The ACK for a final answer that is not a 2xx: the INVITE's own hop and route (17.1.1.3)."""
    ack = same_hop(invite, "ACK")
    ack.headers.put("To", response.headers.get("To"))
    return ack


def cancel(invite: Request) -> Request:
    """The CANCEL for an INVITE that is not answered yet (section 9.1)."""
    return same_hop(invite, "CANCEL")


def same_hop(invite: Request, method: str) -> Request:
    copied = Headers([("Via", invite.headers.each("Via")[0])])
    for name in ("Route", "From", "To", "Call-ID", "Max-Forwards"):
        for value in invite.headers.all(name):
            copied.add(name, value)
    copied.add("CSeq", f"{invite.cseq.number} {method}")
    return Request(copied, method=method, uri=invite.uri)


def client_key(message: Request | Response) -> str:
    """What makes a response one of a request of ours (17.1.3)."""
    return f"{message.via.branch} {message.cseq.method}"


def server_key(request: Request, method: str = "") -> str:
    """What makes a request the same one again (17.2.3); an ACK belongs to its INVITE. Requests
    from before RFC 3261, without its kind of branch, are told apart by what they have."""
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    via = request.via
    if via.branch.startswith("z9hG4bK"):
        return f"{via.branch} {via.sent_by.lower()} {method}"
    told = (request.call_id, request.from_.tag, str(request.cseq.number), via.sent_by)
    return " ".join((*told, method))
