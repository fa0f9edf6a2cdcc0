"""The rival of `bench/rtp.py`: datagrams of RTP every 20 ms and nothing else.

`python bench/_bare_rtp.py CALLS SECONDS` prints its ports, then what it cost, a JSON line each.
"""

from __future__ import annotations

import asyncio
import json
import resource
import struct
import sys
import time

BEAT = 0.02


class Call(asyncio.DatagramProtocol):
    """Learns its peer from the first packet, then sends a prepared payload on the beat."""

    def __init__(self) -> None:
        self.peer: tuple[str, int] | None = None
        self.sent = self.received = 0
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received += 1
        if self.peer is None:
            self.peer, self.due = addr, self.loop.time()
            self.beat()

    def beat(self) -> None:
        head = struct.pack("!BBHII", 128, 0, self.sent & 0xFFFF, self.sent * 160, 1)
        self.transport.sendto(head + b"\x2a" * 160, self.peer)  # type: ignore[attr-defined]
        self.sent += 1
        self.due += BEAT
        self.loop.call_at(self.due, self.beat)


async def main(calls: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ends = [
        await loop.create_datagram_endpoint(Call, local_addr=("127.0.0.1", 0)) for _ in range(calls)
    ]
    ports = [transport.get_extra_info("sockname")[1] for transport, _ in ends]
    print(json.dumps(ports), flush=True)
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    came = sum(call.received for _, call in ends)
    wall = time.monotonic() - begun
    print(json.dumps({"cpu": cpu, "wall": wall, "received": came}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
