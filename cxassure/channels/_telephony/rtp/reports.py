"""A leg's side of RTCP: what it reports and when, and what the far end has reported of us."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from . import rtcp
from .reception import Reception
from .sender import Sender

SHARE = (0.5, 1.5)
"""Reports are spread so about their interval that they do not march in step (RFC 3550 6.3.5)."""
OFFSET = 1.21828
"""What makes up for the reconsideration of timers there."""


class Reports:
    """Sends a report about every `interval` seconds and reads those of the far end."""

    def __init__(
        self,
        sender: Sender,
        reception: Reception,
        send: Callable[[bytes], None],
        *,
        name: str,
        interval: float,
    ) -> None:
        self.told: rtcp.Block | None = None
        self.voip: rtcp.Voip | None = None
        self.peer = ""
        self.received = 0
        self.round_trip: float | None = None
        self.bye_at: float | None = None
        self._sender, self._reception, self._send = sender, reception, send
        self._name, self._interval = name, interval
        self._last_sent = 0
        self._theirs: tuple[int, float] = (0, 0.0)
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        if self._timer is None:
            self._wait(0.5)

    def _wait(self, share: float = 1.0) -> None:
        spread = random.uniform(*SHARE) / OFFSET
        self._timer = self._loop.call_later(self._interval * share * spread, self._due)

    def _due(self) -> None:
        self._send(self.compound())
        self._wait()

    def compound(self, *, bye: bool = False) -> bytes:
        """The report as of now."""
        sender, sent = self._sender, None
        if sender.packets > self._last_sent:
            self._last_sent = sender.packets
            stamp = rtcp.ntp(time.time())
            sent = rtcp.Sent(stamp, sender.timestamp, sender.packets, sender.octets)
        blocks: tuple[rtcp.Block, ...] = ()
        if self._reception.received:
            last, at = self._theirs
            since = round((self._loop.time() - at) * 65536) if last else 0
            blocks = (self._reception.block(last, since),)
        return rtcp.compound(sender.ssrc, self._name, sent, blocks, bye=bye)

    def arrived(self, data: bytes, at: float) -> None:
        """Reads a compound packet that came at `at`, on the loop's clock."""
        report = rtcp.read(data)
        self.received += bool(report.ssrc)  # not what an application of theirs sends (APP)
        self.peer = report.name or self.peer
        if report.sent:
            self._theirs = (rtcp.middle(report.sent.ntp), at)
        if report.bye and self.bye_at is None:
            self.bye_at = at
        ours = [block for block in report.blocks if block.ssrc == self._sender.ssrc]
        for block in ours:
            self._block(block, at)
        self.voip = next((v for v in report.voip if v.ssrc == self._sender.ssrc), self.voip)

    def _block(self, block: rtcp.Block, at: float) -> None:
        self.told = block
        arrived = time.time() - (self._loop.time() - at)
        trip = rtcp.round_trip(block, rtcp.ntp(arrived))
        self.round_trip = self.round_trip if trip is None else trip

    def stop(self) -> bytes:
        """Ends the timer; the report that says good-bye."""
        if self._timer:
            self._timer.cancel()
        return self.compound(bye=True)
