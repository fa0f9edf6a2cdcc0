"""The wire: sockets over UDP, TCP and TLS, and the flows that messages go and come by."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Protocol, cast

from cxassure.channels._telephony.sip.allowed import Allowed
from cxassure.channels._telephony.sip.parsing import Framer, Unparsable
from cxassure.errors import CannotLook

Place = tuple[str, int]
"""A host (name or address, without brackets) and a port."""

MOST_CONNECTIONS = 200
MOST_UNSENT = 1 << 20
CONNECTING = 5.0
"""Seconds that a connection may take to be made."""


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a request goes next: `udp`, `tcp` or `tls`, host and port."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.transport}:{written((self.host, self.port))}"


@dataclass(frozen=True, slots=True)
class Tls:
    """How TLS is spoken. `ca` is a file of authorities trusted beside the system's; `verify` off
    is for a target whose settings say so. Who listens needs `certificate` and `key` files."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca or None)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key or None)
        return context

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key or None)
        return context


class Flow(Protocol):
    """One way to one far end. `send` never waits and never raises."""

    transport: str
    local: Place
    peer: Place
    reliable: bool
    closed: bool

    def send(self, data: bytes) -> None: ...


class Receiver(Protocol):
    """Who is told of what comes and goes."""

    def received(self, data: bytes, flow: Flow) -> None: ...

    def sent(self, data: bytes, flow: Flow) -> None: ...

    def lost(self, flow: Flow) -> None: ...

    def dropped(self, data: bytes, flow: Flow, why: str) -> None: ...


def written(place: Place) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{place[0]}]:{place[1]}" if ":" in place[0] else f"{place[0]}:{place[1]}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class DatagramFlow:
    """UDP to one peer."""

    transport = "udp"
    reliable = False
    closed = False

    def __init__(self, wire: Wire, socket: asyncio.DatagramTransport, peer: Place) -> None:
        self._wire, self._socket, self.peer = wire, socket, peer
        self.local: Place = socket.get_extra_info("sockname")[:2]

    def to(self, peer: Place) -> DatagramFlow:
        return DatagramFlow(self._wire, self._socket, peer)

    def send(self, data: bytes) -> None:
        if not self._socket.is_closing():
            self._socket.sendto(data, self.peer)
            self._wire.receiver.sent(data, self)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._socket: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self._socket is not None:
            flow = DatagramFlow(self._wire, self._socket, (addr[0], addr[1]))
            self._wire.take(data, flow)

    def error_received(self, exc: Exception) -> None:
        """Nobody there (ICMP): the transaction's own timers tell it."""


class StreamFlow(asyncio.Protocol):
    """One TCP or TLS connection, made by us or by the far end."""

    reliable = True

    def __init__(self, wire: Wire, transport: str) -> None:
        self._wire, self.transport = wire, transport
        self._framer = Framer()
        self._stream: asyncio.Transport | None = None
        self.local: Place = ("", 0)
        self.peer: Place = ("", 0)
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stream = cast(asyncio.Transport, transport)
        self.local = transport.get_extra_info("sockname")[:2]
        self.peer = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._wire.connected(self)

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._framer.feed(data):
                if frame:
                    self._wire.take(frame, self)
                elif self._stream:
                    self._stream.write(b"\r\n")
        except Unparsable as error:
            self._wire.receiver.dropped(data, self, str(error))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._wire.disconnected(self)

    def send(self, data: bytes) -> None:
        if self.closed or self._stream is None or self._stream.is_closing():
            return
        if self._stream.get_write_buffer_size() > MOST_UNSENT:
            self.close()
            return
        self._stream.write(data)
        self._wire.receiver.sent(data, self)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.abort() if self._stream.is_closing() else self._stream.close()


class Wire:
    """The sockets of one agent, at one address. A UDP agent also listens on TCP, as the RFC asks,
    for what is too large for a datagram."""

    def __init__(
        self, transport: str, address: Place, allowed: Allowed, receiver: Receiver, tls: Tls
    ) -> None:
        self.transport, self.receiver = transport, receiver
        self._bind, self._allowed, self._tls = address, allowed, tls
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._streams: dict[tuple[str, str, int], StreamFlow] = {}
        self.address: Place = address

    async def open(self) -> None:
        """Raises `CannotLook` where the address cannot be had."""
        try:
            await self._listen()
        except (OSError, ssl.SSLError) as error:
            self.close()
            raise CannotLook(
                f"SIP cannot listen on {written(self._bind)} ({self.transport}): {error}",
                "choose a free address and port (port 0: any), and for TLS a readable certificate",
            ) from error

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        if self.transport == "udp":
            made = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=self._bind
            )
            self._datagrams = made[0]
            kernel: socket.socket = made[0].get_extra_info("socket")
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self.address = made[0].get_extra_info("sockname")[:2]
            with contextlib.suppress(OSError):  # the port may be another's over TCP
                await self._listen_stream("tcp", self.address, None)
        elif self.transport == "tcp":
            await self._listen_stream("tcp", self._bind, None)
        elif self._tls.certificate:
            await self._listen_stream("tls", self._bind, self._tls.server())

    async def _listen_stream(
        self, transport: str, address: Place, context: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: StreamFlow(self, transport), *address, ssl=context
        )
        self.address = self._server.sockets[0].getsockname()[:2]

    def close(self) -> None:
        """Closes every socket; what is still unsent is sent first."""
        if self._datagrams:
            self._datagrams.close()
        if self._server:
            self._server.close()
        for flow in list(self._streams.values()):
            flow.close()

    async def flow(self, hop: Hop) -> Flow:
        """A flow to `hop`, a connection that is up if there is one.

        Raises `NotAllowed`, and `OSError` (also for TLS) where the far end cannot be reached.
        """
        self._allowed.check(hop.host, "the call")
        address = await self._resolve(hop)
        if hop.transport == "udp":
            if self._datagrams is None:
                raise OSError("this agent speaks no UDP")
            return DatagramFlow(self, self._datagrams, address)
        known = self._streams.get((hop.transport, *address))
        return known if known and not known.closed else await self._connect(hop, address)

    async def _connect(self, hop: Hop, address: Place) -> Flow:
        loop = asyncio.get_running_loop()
        secure = hop.transport == "tls"
        async with asyncio.timeout(CONNECTING):
            _, flow = await loop.create_connection(
                lambda: StreamFlow(self, hop.transport),
                *address,
                ssl=self._tls.client() if secure else None,
                server_hostname=hop.host if secure else None,
            )
        return flow

    async def _resolve(self, hop: Hop) -> Place:
        if _is_address(hop.host):
            return hop.host, hop.port
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        kind = socket.SOCK_DGRAM if hop.transport == "udp" else socket.SOCK_STREAM
        found = await loop.getaddrinfo(hop.host, hop.port, family=family, type=kind)
        address: Place = found[0][4][:2]  # type: ignore[assignment]
        if not self._allowed.permits(address[0]):
            self._allowed.add(address[0])
        return address

    def here(self, flow: Flow) -> Place:
        """Our address as the far end of `flow` can reach it: one who only places calls over TLS
        listens nowhere, and is reached by the connection that it made."""
        host = self.address[0]
        if self._server is None and self._datagrams is None:
            return flow.local  # nobody can connect to us: this connection is all there is
        if host not in ("0.0.0.0", "::"):
            return self.address
        if flow.local[0] not in ("0.0.0.0", "::"):
            return flow.local[0], self.address[1]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:  # sends nothing: asks the routes
            probe.connect(flow.peer)
            return probe.getsockname()[0], self.address[1]

    def take(self, data: bytes, flow: Flow) -> None:
        if self._allowed.permits(flow.peer[0]):
            self.receiver.received(data, flow)
        else:
            self.receiver.dropped(data, flow, "from a host that we may not talk to")

    def connected(self, flow: StreamFlow) -> None:
        if len(self._streams) >= MOST_CONNECTIONS or not self._allowed.permits(flow.peer[0]):
            flow.close()
        self._streams[(flow.transport, *flow.peer)] = flow

    def disconnected(self, flow: StreamFlow) -> None:
        if self._streams.get((flow.transport, *flow.peer)) is flow:
            del self._streams[(flow.transport, *flow.peer)]
        self.receiver.lost(flow)
