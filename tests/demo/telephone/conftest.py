"""A telephone of the tests' own, on plain sockets: it calls the exchange or is a desk there."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio

from cxassure.demo.serving import running
from cxassure.demo.telephone import g711, prompts

ONE_ZERO = bytes(0xFF if code == 0x7F else code for code in range(256))
"""G.711 has two zeros; what was mixed comes back with one of them."""

HOST, SILENCE = "127.0.0.1", b"\xff" * 160
PATIENCE = 40.0
COOKIE = "branch=z9hG4bK"


async def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait for a condition, looking often."""
    async with asyncio.timeout(patience):
        while not (seen := true()):
            await asyncio.sleep(0.05)
    return seen


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def share(sound: bytes, heard: bytes) -> float:
    """How much of a recording was heard: its frames with a voice in them that are found again."""
    sound = sound.translate(ONE_ZERO)
    frames = [sound[at : at + 160] for at in range(0, len(sound) - 159, 160)]
    voiced = [frame for frame in frames if g711.loudness(frame) > 4]
    return sum(frame in heard for frame in voiced) / len(voiced)


class Ear(asyncio.DatagramProtocol):
    """Keeps what comes in."""

    def __init__(self, take: Callable[[bytes, Any], None]) -> None:
        self.datagram_received = take  # type: ignore[method-assign]

    def connection_made(self, transport: Any) -> None:
        self.transport = transport


class Telephone:
    """One telephone with one call at most; `heard` is all sound that came, as μ-law."""

    def __init__(self, exchange: str, user: str) -> None:
        self.exchange, self.user = exchange, user
        self.heard, self.keys, self.arrivals = bytearray(), "", []
        self.at, self.base = 0, 0
        self.requests: list[str] = []
        self.statuses: list[int] = []
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.rings = asyncio.Event()
        self.ended = asyncio.Event()
        self.pick_up, self.codec, self.follow = 200, 0, True
        self.invite, self.to, self.last = "", "", ""
        self.music: itertools.cycle[bytes] | None = None
        self.pressing: deque[bytes] = deque()
        self._cseq, self._seen = 1, set()
        self._call_id, self._tag = secrets.token_hex(8), secrets.token_hex(4)
        self._remote: tuple[str, int] | None = None
        self.others: list[Telephone] = []

    async def open(self) -> Telephone:
        loop = asyncio.get_running_loop()
        _, self.sip = await loop.create_datagram_endpoint(lambda: Ear(self._sip), (HOST, 0))
        _, self.rtp = await loop.create_datagram_endpoint(lambda: Ear(self._rtp), (HOST, 0))
        self.place = "{}:{}".format(*self.sip.transport.get_extra_info("sockname"))
        self.speaking = asyncio.create_task(self._speak())
        return self

    async def close(self) -> None:
        for other in self.others:
            await other.close()
        self.speaking.cancel()
        self.sip.transport.close()
        self.rtp.transport.close()

    # Signalling

    def send(self, text: str) -> None:
        host, _, port = self.exchange.partition(":")
        self.sip.transport.sendto(text.encode(), (host, int(port)))

    def request(self, method: str, user: str, *more: str, body: str = "", cseq: int = 0) -> str:
        """A request's text, under a fresh number unless `cseq` tells one."""
        self._cseq += not cseq
        kind = ["Content-Type: application/sdp"] if body and "Content-Type" not in str(more) else []
        to = self.to or f"<sip:{user}@{self.exchange}>"
        return "\r\n".join([
            f"{method} sip:{user}@{self.exchange} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.place};{COOKIE}{secrets.token_hex(6)};rport",
            f"From: {getattr(self, 'mine', f'<sip:{self.user}@{self.exchange}>;tag={self._tag}')}",
            f"To: {to}", f"Call-ID: {self._call_id}", f"CSeq: {cseq or self._cseq} {method}",
            "Max-Forwards: 70", f"Contact: <sip:{self.user}@{self.place}>", *more, *kind,
            f"Content-Length: {len(body)}", "", body,
        ])  # fmt: skip

    def sdp(self, direction: str = "sendrecv") -> str:
        port = self.rtp.transport.get_extra_info("sockname")[1]
        return (
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {self.codec} 101\r\na=rtpmap:101 telephone-event/8000\r\n"
            f"a={direction}\r\n"
        )

    async def ask(self, text: str) -> int:
        """Send a request and wait for its final answer."""
        self.send(text)
        while True:
            answer = await asyncio.wait_for(self.answers.get(), PATIENCE)
            status = int(answer.split()[1])
            self.statuses.append(status)
            if status >= 200:
                self.last = answer
                return status

    async def register(self, password: str = "desk-please", wanted: str = "") -> int:
        more = [f"X-For: {wanted}"] if wanted else []
        await self.ask(self.request("REGISTER", self.user, *more))
        return await self.ask(
            self.request("REGISTER", self.user, *more, self.proof("REGISTER", password))
        )

    def proof(self, method: str, password: str, uri: str = "sip:x") -> str:
        realm, nonce = re.search(r'realm="(.*?)".*nonce="(.*?)"', self.last).groups()
        secret, what = md5(f"{self.user}:{realm}:{password}"), md5(f"{method}:{uri}")
        fits = md5(f"{secret}:{nonce}:00000001:abc:auth:{what}")
        return (
            f'Authorization: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", '
            f'uri="{uri}", qop=auth, nc=00000001, cnonce="abc", response="{fits}"'
        )

    async def call(self, number: str, *more: str, body: str | None = None) -> int:
        text = self.request("INVITE", number, *more, body=self.sdp() if body is None else body)
        self.invite = text
        status = await self.ask(text)
        self.to = re.search(r"(?im)^to: (.*?)\r", self.last)[1] if status < 300 else ""
        ack = self.request("ACK", number, cseq=self._cseq)
        if status >= 300:  # of the same transaction
            ack = re.sub(
                r"(?m)^(Via|To): .*\r$",
                lambda m: re.search(rf"(?m)^{m[1]}: .*\r$", self.last)[0],
                ack,
            )
        self.send(ack)
        if status < 300:
            self._hear_at(self.last)
        return status

    async def hang_up(self) -> int:
        self.ended.set()
        return await self.ask(self.request("BYE", "x"))

    def cancel(self) -> None:
        head = self.invite.partition("\r\n\r\n")[0].replace("INVITE", "CANCEL")
        lines = [line for line in head.split("\r\n") if not line.startswith("Content-")]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]))

    def _sip(self, data: bytes, peer: Any) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0"):
            self.answers.put_nowait(text)
        elif text.split()[0] == "ACK":
            self.requests.append(text)
        else:
            branch = text.split()[0] + re.search(rf"{COOKIE}\w+", text)[0]
            if branch not in self._seen:
                self._seen.add(branch)
                self.requests.append(text)
                self._asked(text, text.split()[0])

    def _asked(self, text: str, method: str) -> None:
        if method == "INVITE":
            self.invite, self.mine = (
                text,
                re.search(r"(?im)^to: (.*?)\r", text)[1] + f";tag={self._tag}",
            )
            self.to = re.search(r"(?im)^from: (.*?)\r", text)[1]
            self._call_id = re.search(r"(?im)^call-id: (.*?)\r", text)[1]
            self.reply(180)
            self.rings.set()
            if self.pick_up:
                self.reply(self.pick_up)
            return
        if method == "CANCEL":
            self.reply(487)
        self.reply(202 if method == "REFER" else 200, text)
        if method in ("BYE", "CANCEL"):
            self.ended.set()
        if method == "REFER" and self.follow:
            self.following = asyncio.create_task(self._refer(text))

    async def _refer(self, text: str) -> None:
        """Do what a REFER asks for, with a telephone beside this one, and tell how it went."""
        to, embedded = re.search(r"(?im)^refer-to: <sip:([^@]+)@[^?>]*\??([^>]*)>", text).groups()
        pairs = [pair.partition("=") for pair in embedded.split("&") if pair]
        other = await Telephone(self.exchange, self.user).open()
        self.others.append(other)
        status = await other.call(to, *(f"{k}: {unquote(v)}" for k, _, v in pairs))
        told = f"SIP/2.0 {status} Whatever"
        head = ("Event: refer", "Subscription-State: terminated", "Content-Type: message/sipfrag")
        self.send(self.request("NOTIFY", "x", *head, body=told))

    def reply(self, status: int, text: str = "") -> None:
        text = text or self.invite
        kept = re.findall(r"(?im)^((?:via|from|call-id|cseq): .*?)\r", text)
        to = re.search(r"(?im)^to: (.*?)\r", text)[1]
        to = to if "tag=" in to else f"{to};tag={self._tag}"
        sdp = self.sdp() if status == 200 and text == self.invite else ""
        kept += [f"To: {to}", f"Contact: <sip:{self.user}@{self.place}>"]
        kept += ["Content-Type: application/sdp"] if sdp else []
        self.send(
            "\r\n".join([f"SIP/2.0 {status} X", *kept, f"Content-Length: {len(sdp)}", "", sdp])
        )
        if sdp:
            self._hear_at(text)

    def header(self, name: str) -> str:
        """Of the INVITE that rang here."""
        found = re.search(rf"(?im)^{name}: (.*?)\r", self.invite)
        return found[1] if found else ""

    # Sound

    def _hear_at(self, text: str) -> None:
        self._remote = (HOST, int(re.search(r"m=audio (\d+)", text)[1]))

    def _rtp(self, data: bytes, peer: Any) -> None:
        kind = data[1] & 0x7F
        if kind == 101:
            if data[13] & 0x80 == 0 and data[1] & 0x80:
                self.keys += "0123456789*#"[data[12]]
        else:
            self.arrivals.append((asyncio.get_running_loop().time(), data))
            sound = data[12:] if kind == 0 else data[12:].translate(g711.A_TO_MU)
            self.heard += sound.translate(ONE_ZERO)

    async def _speak(self) -> None:
        """A packet every 20 ms, by the clock: a key under way, what is said, else silence."""
        clock = asyncio.get_running_loop().time
        due, seq, stamp = clock(), secrets.randbits(14), secrets.randbits(30)
        while True:
            due, seq, stamp = due + 0.02, seq + 1, stamp + 160
            await asyncio.sleep(max(0.0, due - clock()))
            if not self._remote:
                continue
            kind, payload = self.codec, next(self.music) if self.music else SILENCE
            payload = payload.translate(g711.MU_TO_A) if kind == 8 else payload
            at = stamp
            if self.pressing:
                payload = self.pressing.popleft()
            if len(payload) == 4:
                kind = 101 if payload[2:] != b"\0\xa0" else 101 | 0x80
                at = self.base = stamp if kind > 101 else self.base
            head = struct.pack("!BBHII", 0x80, kind, seq & 0xFFFF, at, 7)
            self.rtp.transport.sendto(head + payload, self._remote)

    def say(self, sound: bytes) -> None:
        """Over and over, until something else is said."""
        padded = sound + b"\xff" * (-len(sound) % 160)
        self.music = itertools.cycle(padded[at : at + 160] for at in range(0, len(padded), 160))

    def press(self, keys: str) -> None:
        """By RFC 4733."""
        for key in keys:
            number = "0123456789*#".index(key)
            events = [(0x0A if n < 5 else 0x8A, 160 * min(n + 1, 5)) for n in range(8)]
            self.pressing += [struct.pack("!BBH", number, *event) for event in events]
            self.pressing += [SILENCE] * 3

    def press_tones(self, key: str) -> None:
        """In the sound itself."""
        low, high = (697, 770, 852, 941), (1209, 1336, 1477)
        place = "123456789*0#".index(key)
        sound = g711.tone(0.12, low[place // 3], high[place % 3])
        self.pressing += [sound[at : at + 160] for at in range(0, len(sound), 160)]

    async def hears(self, text: str, patience: float = PATIENCE, much: float = 0.9) -> None:
        """Wait until the recording of a text is heard; what came before it counts no more."""
        await self.hears_sound(prompts.spoken(text), patience, much)

    def share(self, sound: bytes) -> float:
        return share(sound, self.heard)

    def silent(self, frames: int) -> bool:
        """Whether so many frames of silence came last."""
        return self.heard.endswith(SILENCE * frames)

    async def until(self, true: Callable[[], Any]) -> None:
        await until(true)

    async def hears_sound(
        self, sound: bytes, patience: float = PATIENCE, much: float = 0.9
    ) -> None:
        sound = sound.translate(g711.MU_TO_A).translate(g711.A_TO_MU) if self.codec else sound
        await until(lambda: share(sound, self.heard[self.at :]) >= much, patience)
        self.at = len(self.heard)


@asynccontextmanager
async def open_office(*faults: str, speed: float = 0.25) -> AsyncIterator[Any]:
    """A company with its exchange, and a maker of telephones that are closed with it."""
    made: list[Telephone] = []
    async with running(frozenset(faults), speed) as told:
        exchange = told["targets"]["support-line-sip"].partition("@")[2]

        async def telephone(user: str = "+15550111") -> Telephone:
            made.append(await Telephone(exchange, user).open())
            return made[-1]

        telephone.told, telephone.exchange = told, exchange  # type: ignore[attr-defined]
        try:
            yield telephone
        finally:
            for one in made:
                await one.close()


Scene = Callable[[Any], Any]
AT_ONCE = 24


async def play(scenes: dict[str, tuple[Scene, tuple[str, ...]]]) -> dict[str, BaseException | None]:
    """Play conversations at the same time, the healthy at one company: what went wrong."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(scene: Scene, office: Any) -> BaseException | None:
        try:
            await scene(office)
        except (Exception, asyncio.CancelledError) as problem:
            return problem
        return None

    async def alone(name: str, healthy: Any) -> BaseException | None:
        scene, faults = scenes[name]
        async with room:
            if not faults:
                return await one(scene, healthy)
            async with open_office(*faults) as office:
                return await one(scene, office)

    async with open_office() as healthy:
        return dict(
            zip(scenes, await asyncio.gather(*(alone(n, healthy) for n in scenes)), strict=True)
        )


@pytest.fixture(scope="session")
def played() -> Callable[[dict[str, Any]], dict[str, BaseException | None]]:
    """Plays a module's scenes once; each test then asks for its own."""
    kept: dict[int, dict[str, BaseException | None]] = {}

    def outcome(scenes: dict[str, Any]) -> dict[str, BaseException | None]:
        if id(scenes) not in kept:
            kept[id(scenes)] = asyncio.run(play(scenes))
        return kept[id(scenes)]

    return outcome


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office() -> AsyncIterator[Any]:
    async with open_office() as telephone:
        yield telephone
