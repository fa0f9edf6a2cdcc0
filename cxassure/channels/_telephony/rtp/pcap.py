"""Datagrams kept as a capture file that Wireshark and tshark read (libpcap 2.4, raw IP)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .negotiation import Address

MAGIC, RAW_IP = 0xA1B2C3D4, 101
"""Microseconds, big-endian; frames begin with their IP header."""
LARGEST = 64 * 1024 * 1024


class Capture:
    """Datagrams as they travelled, up to `limit` bytes; `left_out` counts those behind it."""

    def __init__(self, limit: int = LARGEST) -> None:
        self.limit = limit
        self.left_out = 0
        self._kept = bytearray(struct.pack("!IHHiIII", MAGIC, 2, 4, 0, 0, 65535, RAW_IP))

    def add(self, wall: float, source: Address, destination: Address, payload: bytes) -> None:
        """Keeps one UDP datagram; `wall` is in seconds since 1970."""
        frame = _frame(source, destination, payload[:65000])
        if len(self._kept) + 16 + len(frame) > self.limit:
            self.left_out += 1
            return
        whole, part = divmod(round(wall * 1_000_000), 1_000_000)
        self._kept += struct.pack("!IIII", whole, part, len(frame), len(frame)) + frame

    def file(self) -> bytes:
        """The whole file."""
        return bytes(self._kept)


def _frame(source: Address, destination: Address, payload: bytes) -> bytes:
    """IP and UDP headers and the payload."""
    here, there = _packed(source[0]), _packed(destination[0])
    if len(here) != len(there):
        here, there = (b"\0" * 10 + b"\xff\xff" + a if len(a) == 4 else a for a in (here, there))
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", source[1], destination[1], length, 0)
    pseudo = here + there + struct.pack("!II", length, 17) + udp + payload
    udp = udp[:6] + struct.pack("!H", _checksum(pseudo) or 0xFFFF)
    if len(here) == 16:
        return struct.pack("!IHBB", 6 << 28, length, 17, 64) + here + there + udp + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, 17, 0) + here + there
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + udp + payload


def _packed(address: str) -> bytes:
    return ipaddress.ip_address(address.partition("%")[0]).packed


def _checksum(data: bytes) -> int:
    """The ones' complement sum of 16-bit words (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass(frozen=True, slots=True)
class Captured:
    """One datagram of a capture."""

    wall: float
    source: Address
    destination: Address
    payload: bytes


def read(data: bytes) -> Iterator[Captured]:
    """The datagrams of a capture that `Capture` wrote."""
    at = 24
    while at + 16 <= len(data):
        whole, part, length, _ = struct.unpack_from("!IIII", data, at)
        frame = data[at + 16 : at + 16 + length]
        six = frame[0] >> 4 == 6
        start, size = (40, 16) if six else (20, 4)
        here, there = (_text(frame[start - n * size :][:size]) for n in (2, 1))
        ports = struct.unpack_from("!HH", frame, start)
        body = frame[start + 8 :]
        yield Captured(whole + part / 1e6, (here, ports[0]), (there, ports[1]), body)
        at += 16 + length


def _text(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed))
