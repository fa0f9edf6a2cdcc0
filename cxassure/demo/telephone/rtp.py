"""One side's sound: its RTP port, what is said into it and what is heard from it (RFC 3550)."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any

from cxassure.demo.telephone import g711, sdp
from cxassure.demo.telephone.g711 import FRAME, SILENCE
from cxassure.demo.telephone.keys import KEYS, ToneEar, event
from cxassure.demo.telephone.pacing import Pacer

BUFFER = 1 << 20
FILL, MOST = 3 * FRAME, 12 * FRAME
"""Bytes gathered before what was heard is passed on, and the most that is kept of it."""

CHOPPED, OF = 4, 10
"""A garbled line loses so many packets out of so many."""

Voice = Callable[[], "bytes | None"]


def quiet() -> bytes:
    return SILENCE


class Recording:
    """A sound being played; `over` is done when its last frame has been asked for."""

    def __init__(self, sound: bytes, again: bool = False) -> None:
        self.sound, self.again, self.place = sound, again and bool(sound), 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __call__(self) -> bytes:
        frame = self.sound[self.place : self.place + FRAME]
        self.place += FRAME
        if self.place >= len(self.sound):
            if self.again:
                self.place = 0
            elif not self.over.done():
                self.over.set_result(None)
        return frame.ljust(FRAME, b"\xff")


class Line(asyncio.DatagramProtocol):
    """Sends one packet a tick; sends nowhere until `connect` says where the other side listens."""

    def __init__(self, pacer: Pacer, port: int) -> None:
        self.port = port
        self.voice: Voice = quiet
        self.listeners: list[Callable[[bytes], None]] = []
        self.on_key: Callable[[str], None] = lambda key: None
        self.garbled = False
        self._pacer, self._tones, self._events = pacer, ToneEar(), False
        self._media: sdp.Media | None = None
        self._to: tuple[str, int] | None = None
        self._heard, self._filling = bytearray(), True
        self._last_seq: int | None = None
        self._last_event: int | None = None
        self._ssrc, self._seq = secrets.randbits(32), secrets.randbits(15)
        self._stamp, self._marker, self._ticks = secrets.randbits(31), True, 0
        self._event_stamp = 0
        self._pressing: deque[tuple[int, bytes]] = deque()

    @classmethod
    async def open(cls, pacer: Pacer, host: str) -> Line:
        sock = _even(host)
        line = cls(pacer, sock.getsockname()[1])
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, sock=sock)
        pacer.add(line)
        return line

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.DatagramTransport = transport

    def error_received(self, exc: Exception) -> None:
        """The other side may have gone already: SIP will tell."""

    def connect(self, media: sdp.Media) -> None:
        """Send to where that side listens, until its own packets show a better address."""
        if self._media is None or (media.host, media.port) != (self._media.host, self._media.port):
            self._to = (media.host, media.port)
        self._media = media

    @property
    def held(self) -> bool:
        """Whether the other side does not want to hear us for now."""
        return self._media is not None and self._media.direction in ("sendonly", "inactive")

    def close(self) -> None:
        self._pacer.discard(self)
        self._transport.close()

    async def play(self, sound: bytes) -> None:
        """Say it to its end; whoever cancels this stops it."""
        recording = self.voice = Recording(sound)
        try:
            await recording.over
        finally:
            if self.voice is recording:
                self.voice = quiet

    def press(self, key: str) -> None:
        """Send a key as an RFC 4733 event of 100 ms, its end three times."""
        if self._media is None or self._media.keys is None or key not in KEYS:
            return
        number = KEYS.index(key)
        for step in range(8):
            flags, length = (0x8A if step > 4 else 0x0A), FRAME * min(step + 1, 6)
            self._pressing.append((step, struct.pack("!BBH", number, flags, length)))

    def heard(self) -> bytes:
        """The next 20 ms of what the other side said, silence where nothing came."""
        if len(self._heard) < (FILL if self._filling else FRAME):
            self._filling = True
            return SILENCE
        self._filling = False
        frame = bytes(self._heard[:FRAME])
        del self._heard[:FRAME]
        return frame

    def tick(self) -> None:
        frame, media = self.voice(), self._media
        self._stamp = self._stamp + FRAME & 0xFFFFFFFF
        self._ticks += 1
        if media is None or self.held:
            return
        if self._pressing and media.keys is not None:
            step, payload = self._pressing.popleft()
            self._event_stamp = self._event_stamp if step else self._stamp
            self._send(media.keys, payload, self._event_stamp, step == 0)
        elif frame is not None:
            payload = frame.translate(g711.MU_TO_A) if media.payload == 8 else frame
            self._send(media.payload, payload, self._stamp, self._marker)
            self._marker = False

    def _send(self, kind: int, payload: bytes, stamp: int, marker: bool) -> None:
        self._seq = self._seq + 1 & 0xFFFF
        if self.garbled and self._ticks % OF < CHOPPED:
            return
        head = struct.pack("!BBHII", 0x80, kind | marker << 7, self._seq, stamp, self._ssrc)
        if self._to and not self._transport.is_closing():
            self._transport.sendto(head + payload, self._to)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if len(data) < 12 or data[0] >> 6 != 2 or self._media is None:
            return
        start = 12 + 4 * (data[0] & 0x0F)
        if data[0] & 0x10 and len(data) >= start + 4:
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        end = len(data) - (data[-1] if data[0] & 0x20 else 0)
        _, kind, seq, stamp = struct.unpack("!BBHI", data[:8])
        self._to = addr[:2]
        if kind & 0x7F == self._media.keys:
            self._hear_event(data[start:end], stamp)
        elif kind & 0x7F == self._media.payload and not self._late(seq):
            self._hear(data[start:end])

    def _late(self, seq: int) -> bool:
        """Whether a newer packet has been heard already; a jump is a new beginning."""
        behind = 0 if self._last_seq is None else self._last_seq - seq & 0xFFFF
        if self._last_seq is not None and behind < 100:
            return True
        self._last_seq = seq
        return False

    def _hear_event(self, payload: bytes, stamp: int) -> None:
        told = event(payload)
        if told and stamp != self._last_event:
            self._last_event, self._events = stamp, True
            self.on_key(told[0])

    def _hear(self, payload: bytes) -> None:
        assert self._media is not None
        sound = payload.translate(g711.A_TO_MU) if self._media.payload == 8 else payload
        self._heard += sound
        if len(self._heard) > MOST:
            del self._heard[:-FILL]
        for listener in tuple(self.listeners):
            listener(sound)

    def hear_tones(self, sound: bytes) -> None:
        """A listener that takes keys from the sound, unless they come as events."""
        for start in range(0, len(sound) if not self._events else 0, FRAME):
            key = self._tones.hear(sound[start : start + FRAME])
            if key:
                self.on_key(key)


def _even(host: str) -> socket.socket:
    """A UDP socket on an even port, as RTP has it, with room for a busy machine's delays."""
    while True:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setblocking(False)
        sock.bind((host, 0))
        if sock.getsockname()[1] % 2 == 0:
            return sock
        sock.close()
