"""A UDP relay between two legs that loses, delays, reorders and doubles packets by a seed."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from dataclasses import dataclass, field
from typing import cast

from cxassure.channels._telephony.rtp.packet import is_rtcp


@dataclass
class Line:
    """How bad one direction is. Shares are 0 to 1, times in seconds; RTCP always comes through."""

    loss: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    blocked: bool = False
    lost: int = 0
    doubled: int = 0
    passed: int = 0
    packets: list[bytes] = field(default_factory=list)


class Side(asyncio.DatagramProtocol):
    """The socket that one leg talks to; what it gets leaves by the other side's socket."""

    other: Side
    transport: asyncio.DatagramTransport
    peer: tuple[str, int]

    def __init__(self, line: Line, seed: int) -> None:
        self.line, self.dice = line, random.Random(seed)
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        line, dice = self.line, self.dice
        if is_rtcp(data):
            self.loop.call_later(line.delay, self.pass_on, data)
            return
        line.packets.append(data)
        if line.blocked or dice.random() < line.loss:
            line.lost += 1
            return
        twice = dice.random() < line.double
        line.doubled += twice
        late = 0.05 if dice.random() < line.reorder else 0.0
        wait = line.delay + late + dice.random() * line.jitter
        for _ in range(1 + twice):
            line.passed += 1
            self.loop.call_later(wait, self.pass_on, data)

    def pass_on(self, data: bytes) -> None:
        if not self.other.transport.is_closing():
            self.other.transport.sendto(data, self.other.peer)


class Relay:
    """Two sides: legs are told the relay's ports in each other's descriptions."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left, self.right = left, right
        left.other, right.other = right, left

    @classmethod
    async def open(cls, seed: int, rightwards: Line | None = None, **bad: float) -> Relay:
        """`rightwards` (or its fields by name) is the way from the left leg to the right one."""
        loop, sides = asyncio.get_running_loop(), []
        for line in (rightwards or Line(**bad), Line()):  # type: ignore[arg-type]
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            sock.bind(("127.0.0.1", 0))
            _, side = await loop.create_datagram_endpoint(lambda li=line: Side(li, seed), sock=sock)
            sides.append(side)
        return cls(*sides)

    def from_left(self, description: bytes) -> bytes:
        """The left leg's description as the right leg gets it."""
        return self._through(description, self.left, self.right)

    def from_right(self, description: bytes) -> bytes:
        return self._through(description, self.right, self.left)

    def _through(self, description: bytes, owner: Side, shown: Side) -> bytes:
        found = re.search(rb"m=audio (\d+)", description)
        assert found
        owner.peer = ("127.0.0.1", int(found[1]))
        port = str(shown.port).encode()
        text = re.sub(rb"m=audio \d+", b"m=audio " + port, description)
        return re.sub(rb"a=rtcp:\d+", b"a=rtcp:" + port, text)

    def close(self) -> None:
        for side in (self.left, self.right):
            side.transport.close()
