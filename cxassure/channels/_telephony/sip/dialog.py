"""A dialog: what two ends have in common once they speak (RFC 3261 section 12)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxassure.channels._telephony.sip.digest import Authorizer
from cxassure.channels._telephony.sip.headers import Headers
from cxassure.channels._telephony.sip.message import Message, Request, Response
from cxassure.channels._telephony.sip.uri import PORTS, Address, Uri
from cxassure.channels._telephony.sip.wire import Hop

Key = tuple[str, str, str]
"""Call-ID, our tag, their tag."""


@dataclass
class Dialog:
    """`local` and `remote` carry their tags; `target` is the far end's Contact; `route` is the
    proxies to go through, the nearest first. `ours` says that we chose the Call-ID; `authorizer`
    answers challenges within."""

    call_id: str
    local: Address
    remote: Address
    target: str
    route: list[str] = field(default_factory=list)
    local_seq: int = 0
    remote_seq: int = -1
    ours: bool = True
    authorizer: Authorizer | None = None

    @classmethod
    def of_answer(cls, invite: Request, answer: Response) -> Dialog:
        """As the caller has it: Record-Route turned round (12.1.2)."""
        return cls(
            invite.call_id,
            Address.read(invite.headers.get("From")),
            answer.to,
            answer.headers.address("Contact").uri or invite.uri,
            answer.headers.each("Record-Route")[::-1],
            invite.cseq.number,
        )

    @classmethod
    def of_request(cls, request: Request, tag: str) -> Dialog:
        """As the called side has it (12.1.1)."""
        return cls(
            request.call_id,
            request.to.tagged(tag),
            request.from_,
            request.headers.address("Contact").uri or request.from_.uri,
            request.headers.each("Record-Route"),
            0,
            request.cseq.number,
            ours=False,
        )

    @property
    def key(self) -> Key:
        return self.call_id, self.local.tag, self.remote.tag

    def refresh(self, message: Message) -> None:
        """A target refresh: the far end may have moved (12.2)."""
        contact = message.headers.address("Contact").uri
        if contact:
            self.target = contact

    def request(self, method: str, seq: int | None = None) -> Request:
        """A request within; an ACK (or PRACK's like) names the number it belongs to."""
        if seq is None:
            self.local_seq += 1
            seq = self.local_seq
        made = Request(method=method)
        made.uri, routes = self._routed()
        made.headers = Headers([("Route", route) for route in routes])
        made.headers.add("From", str(self.local))
        made.headers.add("To", str(self.remote))
        made.headers.add("Call-ID", self.call_id)
        made.headers.add("CSeq", f"{seq} {method}")
        made.headers.add("Max-Forwards", "70")
        return made

    def _routed(self) -> tuple[str, list[str]]:
        """The request line's URI and the Route headers; a router without `lr` is a strict one and
        takes the place of the target (12.2.1.1)."""
        if not self.route or _loose(self.route[0]):
            return self.target, self.route
        return Address.read(self.route[0]).uri, [*self.route[1:], f"<{self.target}>"]


def _loose(route: str) -> bool:
    try:
        return Uri.read(Address.read(route).uri).param("lr") is not None
    except ValueError:
        return True


def next_hop(request: Request, otherwise: str) -> Hop:
    """Where a request goes: its first Route, else its URI (8.1.2); over `otherwise` where neither
    asks for a transport. Raises `ValueError` where it cannot be read as one to go to."""
    routes = request.headers.each("Route")
    return hop_of(Uri.read(Address.read(routes[0]).uri if routes else request.uri), otherwise)


def hop_of(uri: Uri, otherwise: str) -> Hop:
    """The hop that a URI names; `maddr` is followed (RFC 3263 without the look-ups in DNS)."""
    host = uri.param("maddr") or uri.host
    if not host:
        raise ValueError(f"«{uri}» names no host to go to: it needs a proxy")
    transport = uri.transport or otherwise
    return Hop(transport, host.strip("[]"), uri.port or PORTS[transport])
