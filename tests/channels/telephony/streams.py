"""A small voice agent that speaks the Media Streams protocol, and a voice that a test can check."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.g711 import MU, decode, encode

RATE, FRAME = 8_000, 160


class Chimes:
    """Says each of its words as a tone of its own, and knows it again: a voice without speech."""

    def __init__(self, words: Sequence[str], seconds: float = 0.25) -> None:
        self.words, self.seconds = list(words), seconds

    def sound(self, text: str) -> Sound:
        pitch = 300 + 200 * self.words.index(text)
        at = np.arange(round(self.seconds * RATE)) / RATE
        return Sound((12_000 * np.sin(2 * np.pi * pitch * at)).astype(np.int16), RATE)

    def word(self, sound: Sound) -> str:
        spectrum = np.abs(np.fft.rfft(sound.samples))
        pitch = float(np.argmax(spectrum)) * RATE / len(sound.samples)
        return self.words[min(max(round((pitch - 300) / 200), 0), len(self.words) - 1)]

    async def speak(self, text: str, language: str) -> Sound:
        return self.sound(text)

    async def hear(self, sound: Sound, language: str) -> str | None:
        return self.word(sound)


CHIMES = Chimes(["hello", "my parcel", "it is on its way", "goodbye", "a long story"])


class Agent:
    """Answers each utterance with the words that `replies` has for it; keeps all that came."""

    def __init__(self, chimes: Chimes, replies: dict[str, list[str]], greeting: str = "") -> None:
        self.chimes, self.replies, self.greeting = chimes, replies, greeting
        self.came: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.heard: list[str] = []
        self.gaps: list[float] = []
        self.url = ""
        self.on: Callable[[str, Agent], Awaitable[None]] | None = None
        self.socket: ServerConnection | None = None
        self.sid = ""

    async def __call__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.headers = {name.lower(): value for name, value in socket.request.headers.items()}
        self.socket = socket
        heard = bytearray()
        quiet, last = 0, time.perf_counter()
        async for frame in socket:
            message = json.loads(frame)
            self.came.append(message)
            if message["event"] == "start":
                self.sid = message["start"]["streamSid"]
                if self.greeting:
                    await self.say(self.greeting)
            if message["event"] != "media" or message["media"]["track"] != "inbound":
                continue
            now = time.perf_counter()
            self.gaps.append(now - last)
            last = now
            payload = base64.b64decode(message["media"]["payload"])
            loud = int(np.abs(decode(MU, payload).astype(np.int32)).max()) > 1_000
            heard += payload if loud else b""
            quiet = 0 if loud else quiet + 1
            if heard and quiet >= 10:
                await self._take(bytes(heard))
                heard.clear()

    async def _take(self, payload: bytes) -> None:
        word = self.chimes.word(Sound(decode(MU, payload), RATE))
        self.heard.append(word)
        for reply in self.replies.get(word, []):
            await self.say(reply)
        if self.on:
            await self.on(word, self)

    async def send(self, event: str, **told: Any) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps({"event": event, "streamSid": self.sid, **told}))

    async def say(self, word: str) -> None:
        """Sends a word at once, as fast as it goes, with a mark behind it."""
        payload = encode(MU, self.chimes.sound(word).samples)
        for at in range(0, len(payload), 4 * FRAME):
            part = base64.b64encode(payload[at : at + 4 * FRAME]).decode()
            await self.send("media", media={"payload": part})
        await self.send("mark", mark={"name": word})

    def events(self) -> list[str]:
        return [message["event"] for message in self.came if message["event"] != "media"]


@asynccontextmanager
async def serving(agent: Agent) -> AsyncIterator[Agent]:
    async with serve(agent, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        agent.url = f"ws://127.0.0.1:{port}/media"
        yield agent


async def comes(holds: Callable[[], bool], within: float = 20.0) -> None:
    """Waits in real time until `holds()`."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)
