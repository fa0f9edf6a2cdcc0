"""The two sockets of a leg's media, RTP on an even port and RTCP on the next, and their peers."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from cxassure.errors import CannotLook, UsageError

from .negotiation import Address

Arrival: TypeAlias = Callable[[bytes, Address, float], None]
"""A datagram, whence it came, and when, on the event loop's clock."""
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

BUFFER = 1 << 20
"""Bytes of unread datagrams that the system is asked to hold: a stalled loop loses none of them."""
TIMESTAMP = 35
"""SO_TIMESTAMPNS of Linux: the kernel says when a datagram came, however late we look."""
AT_ONCE = 64
EXPEDITED = 46 << 2
"""The traffic class of voice (RFC 4594 section 4.1)."""
TRIES = 200
TAKEN = (errno.EADDRINUSE, errno.EACCES)


def networks(hosts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses, networks (`10.0.0.0/8`) and `localhost` as networks.

    Raises:
        UsageError: something else stands among them.
    """
    found: list[Network] = []
    for host in hosts:
        for text in ("127.0.0.0/8", "::1") if host == "localhost" else (host,):
            try:
                found.append(ipaddress.ip_network(text, strict=False))
            except ValueError as e:
                raise UsageError(f"«{host}» is no address or network", "10.0.0.0/8, ::1") from e
    return tuple(found)


def allowed(address: str, among: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks; a name never does."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in network for network in among if network.version == mapped.version)


class Sockets:
    """Two bound datagram sockets that are read by the event loop, without a thread.

    Raises:
        CannotLook: no pair of ports is free, or the address is not this machine's.
    """

    def __init__(self, address: str, ports: range | None = None) -> None:
        self.address = address
        self.unsent = 0
        self.rtp, self.rtcp = _pair(address, ports)
        self.port: int = self.rtp.getsockname()[1]
        self._loop = asyncio.get_running_loop()

    def read(self, rtp: Arrival, rtcp: Arrival) -> None:
        """From now on hands every datagram over."""
        self._loop.add_reader(self.rtp, self._readable, self.rtp, rtp)
        self._loop.add_reader(self.rtcp, self._readable, self.rtcp, rtcp)

    def _readable(self, sock: socket.socket, arrived: Arrival) -> None:
        for _ in range(AT_ONCE):
            try:
                data, extra, _, source = sock.recvmsg(4096, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # An ICMP error for something sent earlier: the peer is not there yet, or gone.
                continue
            arrived(data, (source[0], source[1]), self._when(extra))

    def _when(self, extra: list[tuple[int, int, bytes]]) -> float:
        """The kernel's time of arrival on the loop's clock; now where it gives none."""
        now = self._loop.time()
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == TIMESTAMP and len(value) >= 16:
                seconds, part = struct.unpack("@qq", value[:16])
                ago = time.time() - seconds - part / 1e9
                return now - ago if 0 <= ago < 60 else now
        return now

    def send(self, data: bytes, to: Address, *, rtcp: bool = False) -> bool:
        """Sends one datagram now or never; whether the system took it."""
        try:
            (self.rtcp if rtcp else self.rtp).sendto(data, to)
        except OSError:
            self.unsent += 1
            return False
        return True

    def close(self) -> None:
        for sock in (self.rtp, self.rtcp):
            if sock.fileno() >= 0:
                self._loop.remove_reader(sock)
            sock.close()


def _pair(address: str, ports: range | None) -> tuple[socket.socket, socket.socket]:
    """An even port and the next (RFC 3550 section 11)."""
    for port in ports or [0] * TRIES:
        if port % 2 == 0 and (first := _bound(address, port)):
            even = first.getsockname()[1]
            if even % 2 == 0 and (second := _bound(address, even + 1)):
                return first, second
            first.close()
    where = f"between {ports.start} and {ports.stop - 1}" if ports else "at all"
    raise CannotLook(f"no two ports for media are free on {address} {where}", "widen the range")


def _bound(address: str, port: int) -> socket.socket | None:
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(kind, socket.SOCK_DGRAM)
    try:
        sock.bind((address, port))
    except OSError as e:
        sock.close()
        if e.errno in TAKEN:
            return None
        hint = "name an address of this machine"
        raise CannotLook(f"media cannot be received on {address}: {e.strerror}", hint) from e
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    if sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
        level, option = (41, 67) if kind == socket.AF_INET6 else (0, 1)
        sock.setsockopt(level, option, EXPEDITED)
    return sock
