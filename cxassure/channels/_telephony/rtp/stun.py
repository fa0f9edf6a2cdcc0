"""Asks a STUN server how our socket is seen from outside (binding request of RFC 8489)."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import struct

from cxassure.errors import CannotLook

from .negotiation import Address

REQUEST, SUCCESS = 0x0001, 0x0101
COOKIE = 0x2112A442
MAPPED, XOR_MAPPED = 0x0001, 0x0020
WAITS = (0.5, 1.0, 2.0)
"""Seconds until the question is asked again."""


async def mapped(sock: socket.socket, server: Address) -> Address:
    """The address and port that the server sees datagrams of this socket come from.

    Raises:
        CannotLook: it does not answer.
    """
    loop, transaction = asyncio.get_running_loop(), os.urandom(12)
    request = struct.pack("!HHI", REQUEST, 0, COOKIE) + transaction
    for wait in WAITS:
        try:
            sock.sendto(request, server)
            async with asyncio.timeout(wait):
                return await _answer(loop, sock, server, transaction)
        except (TimeoutError, OSError):
            continue
    where = f"{server[0]}:{server[1]}"
    raise CannotLook(f"the STUN server {where} does not answer", "leave it out, or name another")


async def _answer(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, server: Address, transaction: bytes
) -> Address:
    while True:
        data, source = await loop.sock_recvfrom(sock, 2048)
        if source[:2] == server and (found := read(data, transaction)):
            return found


def read(data: bytes, transaction: bytes) -> Address | None:
    """The address in a success response to this transaction; None in anything else."""
    if len(data) < 20 or data[8:20] != transaction:
        return None
    kind, _, cookie = struct.unpack_from("!HHI", data)
    if kind != SUCCESS or cookie != COOKIE:
        return None
    at, plain = 20, None
    while at + 4 <= len(data):
        name, length = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + length]
        if name == XOR_MAPPED:
            return _address(value, data[4:20])
        if name == MAPPED:
            plain = _address(value, b"\0" * 16)
        at += 4 + (length + 3) // 4 * 4
    return plain


def _address(value: bytes, mask: bytes) -> Address | None:
    size = {1: 4, 2: 16}.get(value[1], 0) if len(value) > 1 else 0
    if not size or len(value) < 4 + size:
        return None
    port = int.from_bytes(value[2:4], "big") ^ int.from_bytes(mask[:2], "big")
    packed = bytes(a ^ b for a, b in zip(value[4 : 4 + size], mask, strict=False))
    return str(ipaddress.ip_address(packed)), port
