"""One RTP packet as it travels (RFC 3550 section 5.1), and how it is told from its neighbours."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct("!BBHII")
VERSION = 2


class Malformed(ValueError):
    """These bytes are no such packet; the text says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Packet:
    """`sequence` counts packets modulo 2**16, `timestamp` sampling instants modulo 2**32."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def pack(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        head = HEADER.pack(VERSION << 6, second, self.sequence, self.timestamp, self.ssrc)
        return head + self.payload


def parse(data: bytes) -> Packet:
    """The packet in a datagram; sources that contributed, extension and padding are left out.

    Raises:
        Malformed: the version is not 2, or the lengths do not fit into the datagram.
    """
    if len(data) < HEADER.size:
        raise Malformed(f"{len(data)} bytes are too few for RTP")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != VERSION:
        raise Malformed(f"RTP version {first >> 6}, not {VERSION}")
    start = _start(data, first)
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if end < start or (first & 0x20 and not data[-1]):
        raise Malformed("padding is longer than the payload")
    marker = bool(second & 0x80)
    return Packet(second & 0x7F, sequence, timestamp, ssrc, data[start:end], marker)


def _start(data: bytes, first: int) -> int:
    """Where the payload begins: behind the contributing sources and the header extension."""
    start = HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise Malformed("the header extension is cut off")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if len(data) < start:
        raise Malformed("the header is longer than the datagram")
    return start


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram on a port shared with RTP is RTCP (RFC 5761 section 4)."""
    return len(data) > 1 and data[0] >> 6 == VERSION and 192 <= data[1] <= 223


def is_stun(data: bytes) -> bool:
    """Whether it is STUN rather than RTP (RFC 7983 section 7)."""
    return len(data) >= 20 and data[0] < 4 and data[4:8] == b"\x21\x12\xa4\x42"


def after(later: int, earlier: int, bits: int = 16) -> int:
    """How far `later` lies behind `earlier` on a counter of so many bits that wraps; signed."""
    half = 1 << (bits - 1)
    return (later - earlier + half) % (1 << bits) - half
