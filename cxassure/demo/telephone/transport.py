"""How SIP messages come and go on loopback: a UDP socket, TCP connections (RFC 3261, 18)."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Any, Protocol

Place = tuple[str, int]
LARGEST = 1 << 18


class Flow(Protocol):
    """A way to one peer: where messages from it came from."""

    reliable: bool
    peer: Place

    def send(self, data: bytes) -> None: ...


class UdpFlow:
    """To one peer through the exchange's only UDP socket."""

    reliable = False

    def __init__(self, transport: asyncio.DatagramTransport, peer: Place) -> None:
        self._transport, self.peer = transport, peer

    def send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, self.peer)


class TcpFlow(asyncio.Protocol):
    """One connection; messages are told apart by Content-Length."""

    reliable = True

    def __init__(self, network: Network) -> None:
        self._network, self._data = network, b""
        self.peer: Place = ("", 0)

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self.peer = transport.get_extra_info("peername")[:2]
        self._network.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._network.connections.discard(self)

    @property
    def open(self) -> bool:
        return not self._transport.is_closing()

    def send(self, data: bytes) -> None:
        if self.open:
            self._transport.write(data)

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._data:
            self._data = self._data.lstrip(b"\r\n")  # keep-alives between messages
            size = _size(self._data)
            if size is None or len(self._data) < size:
                break
            message, self._data = self._data[:size], self._data[size:]
            self._network.receive(message, self)
        if len(self._data) > LARGEST:
            self.close()


def _size(data: bytes) -> int | None:
    """Length of the first whole message in a stream, None while its header is incomplete."""
    head, blank, _ = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    length = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})", head)
    return len(head) + 4 + (int(length[1]) if length else 0)


class Network(asyncio.DatagramProtocol):
    """Both transports on one port; `receive(data, flow)` gets what comes in."""

    def __init__(self, receive: Callable[[bytes, Flow], None]) -> None:
        self.receive = receive
        self.connections: set[TcpFlow] = set()

    async def open(self, host: str, port: int) -> None:
        """Listen by UDP and TCP on one port; OSError where it is taken."""
        loop = asyncio.get_running_loop()
        udp, tcp = _pair(host, port)
        self.host, self.port = host, udp.getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, sock=udp)
        self._server = await loop.create_server(lambda: TcpFlow(self), sock=tcp)

    async def close(self) -> None:
        self._server.close()
        for connection in tuple(self.connections):
            connection.close()
        self._udp.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data.strip(b"\r\n\0"):
            self.receive(data, UdpFlow(self._udp, addr[:2]))

    def error_received(self, exc: Exception) -> None:
        """A peer that has gone: retransmission and time-outs deal with it."""

    async def to(self, place: Place, tcp: bool, known: Flow | None = None) -> Flow:
        """A way to a place; a connection that is known or open is used again. OSError if none."""
        if not tcp:
            return UdpFlow(self._udp, place)
        flows = [known, *(each for each in self.connections if each.peer == place)]
        for flow in flows:
            if isinstance(flow, TcpFlow) and flow.open:
                return flow
        connecting = asyncio.get_running_loop().create_connection(lambda: TcpFlow(self), *place)
        async with asyncio.timeout(5):
            _, made = await connecting
        return made


def _pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port; a free one is looked for where it is 0."""
    for _ in range(20):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind((host, port))
            tcp.bind((host, udp.getsockname()[1]))
            tcp.listen(128)
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
            continue
        udp.setblocking(False)
        tcp.setblocking(False)
        return udp, tcp
    raise OSError("no port is free for both UDP and TCP")
