"""What the two ends tell each other about the stream: RTCP (RFC 3550 section 6, RFC 3611 VoIP)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SR, RR, SDES, BYE, XR = 200, 201, 202, 203, 207
NTP_EPOCH = 2208988800
"""Seconds between 1900, where NTP begins, and 1970."""


@dataclass(frozen=True, slots=True)
class Block:
    """A report block: how the stream of `ssrc` arrived.

    `fraction` of it was lost since the last report (0 to 1), `lost` packets in all; `jitter` in
    timestamp units; `last` and `since` are LSR and DLSR, in 1/65536 s.
    """

    ssrc: int
    fraction: float
    lost: int
    highest: int
    jitter: int
    last: int = 0
    since: int = 0

    def pack(self) -> bytes:
        lost = max(-(1 << 23), min(self.lost, (1 << 23) - 1)) & 0xFFFFFF
        first = min(255, round(self.fraction * 256)) << 24 | lost
        words = (self.ssrc, first, self.highest, self.jitter, self.last, self.since)
        return struct.pack("!6I", *(word & 0xFFFFFFFF for word in words))


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sender says of itself: wall time as NTP (32.32), its timestamp then, its counts."""

    ntp: int
    timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class Voip:
    """The far end's own figures (RFC 3611 section 4.7): fractions 0 to 1, times in ms, MOS."""

    ssrc: int
    loss: float
    discard: float
    round_trip: int
    end_system: int
    r_factor: int | None
    mos: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """One compound packet, read."""

    ssrc: int = 0
    sent: Sent | None = None
    blocks: tuple[Block, ...] = ()
    voip: tuple[Voip, ...] = ()
    name: str = ""
    bye: bool = False
    reason: str = ""


def compound(
    ssrc: int, name: str, sent: Sent | None, blocks: tuple[Block, ...] = (), *, bye: bool = False
) -> bytes:
    """A compound packet: a sender's or receiver's report, the name (CNAME), maybe the good-bye."""
    body = struct.pack("!I", ssrc)
    if sent:
        counts = (sent.timestamp, sent.packets, sent.octets)
        body += struct.pack("!Q3I", sent.ntp, *(count & 0xFFFFFFFF for count in counts))
    body += b"".join(block.pack() for block in blocks)
    whole = _packet(SR if sent else RR, len(blocks), body)
    whole += _packet(SDES, 1, struct.pack("!I", ssrc) + _name(name))
    return whole + (_packet(BYE, 1, struct.pack("!I", ssrc)) if bye else b"")


def _name(name: str) -> bytes:
    text = name.encode()[:255]
    item = bytes((1, len(text))) + text
    return item + b"\0" * (4 - len(item) % 4)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def read(data: bytes) -> Report:
    """What a compound packet says; what is malformed or unknown in it is passed over."""
    told: dict[str, object] = {}
    blocks: list[Block] = []
    voip: list[Voip] = []
    for kind, count, body in _parts(data):
        if kind in (SR, RR) and len(body) >= 4:
            told["ssrc"] = int.from_bytes(body[:4], "big")
            if kind == SR and len(body) >= 24:
                told["sent"] = Sent(*struct.unpack_from("!Q3I", body, 4))
            blocks += _blocks(body[24 if kind == SR else 4 :], count)
        elif kind == SDES:
            told.setdefault("name", _cname(body))
        elif kind == XR:
            voip += _voip(body)
        elif kind == BYE:
            told |= {"bye": True, "reason": _reason(body[4 * count :])}
    return Report(blocks=tuple(blocks), voip=tuple(voip), **told)  # type: ignore[arg-type]


def _parts(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(kind, count, body) of each packet of a compound, as far as the lengths hold."""
    at = 0
    while at + 4 <= len(data) and data[at] >> 6 == 2:
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 1], data[at] & 0x1F, data[at + 4 : end]
        at = end


def _blocks(body: bytes, count: int) -> Iterator[Block]:
    for at in range(0, min(count * 24, len(body) - 23), 24):
        ssrc, first, highest, jitter, last, since = struct.unpack_from("!6I", body, at)
        lost = first & 0xFFFFFF
        lost -= (lost >> 23) << 24
        yield Block(ssrc, (first >> 24) / 256, lost, highest, jitter, last, since)


def _cname(body: bytes) -> str:
    length = body[5] if len(body) > 5 and body[4] == 1 else 0
    return body[6 : 6 + length].decode("utf-8", "replace")


def _reason(body: bytes) -> str:
    return body[1 : 1 + body[0]].decode("utf-8", "replace") if body else ""


def _voip(body: bytes) -> Iterator[Voip]:
    at = 4
    while at + 4 <= len(body):
        length = 4 * int.from_bytes(body[at + 2 : at + 4], "big")
        if body[at] == 7 and length == 32 and at + 36 <= len(body):
            ssrc, loss, discard = struct.unpack_from("!IBB", body, at + 4)
            trip, delay = struct.unpack_from("!HH", body, at + 16)
            rating, mos = body[at + 24], body[at + 26]
            yield Voip(
                ssrc, loss / 256, discard / 256, trip, delay,
                None if rating == 127 else rating, None if mos == 127 else mos / 10,
            )  # fmt: skip
        at += 4 + length


def ntp(wall: float) -> int:
    """Seconds since 1970 as an NTP time of 32.32 bits."""
    return round((wall + NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def middle(stamp: int) -> int:
    """The middle 32 bits of an NTP time, as LSR carries them."""
    return stamp >> 16 & 0xFFFFFFFF


def round_trip(block: Block, arrived: int) -> float | None:
    """Seconds there and back (RFC 3550 section 6.4.1); `arrived` is an NTP time."""
    if not block.last:
        return None
    trip = (middle(arrived) - block.last - block.since) & 0xFFFFFFFF
    return trip / 65536 if trip < 1 << 31 else 0.0
