"""Telephones on loopback: agents with short timers, and media that is described and not heard."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.media import NotAcceptable
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.channels._telephony.sip.wire import Tls

SIPP = shutil.which("sipp")
SCENARIOS = Path(__file__).parent / "scenarios"
LONG = 30.0
ANY = random.SystemRandom()
"""Not `random` itself: test plug-ins seed it alike in every process."""

PATIENCE = 20.0
"""Seconds that a condition is waited for: far more than it takes, on a machine of any load."""

Opened = Callable[..., Awaitable[UserAgent]]


class Described:
    """A session description by its codecs, without any sound."""

    def __init__(self, *codecs: str) -> None:
        self.codecs = codecs or ("PCMU",)
        self.offers: list[bytes] = []
        self.answers: list[bytes] = []
        self.closed = False
        self.held = False
        self._version = 0

    def offer(self, *, hold: bool = False) -> bytes:
        self._version += 1
        self.held = hold
        return self._sdp(self.codecs, "sendonly" if hold else "sendrecv")

    def answer(self, offer: bytes) -> bytes:
        self.offers.append(offer)
        self._version += 1
        shared = self._shared(offer)
        away = b"a=sendonly" in offer or b"a=inactive" in offer
        return self._sdp(shared, "recvonly" if away else "sendrecv")

    def accept(self, answer: bytes) -> None:
        self._shared(answer)
        self.answers.append(answer)

    async def close(self) -> None:
        self.closed = True

    def _shared(self, sdp: bytes) -> tuple[str, ...]:
        shared = tuple(c for c in self.codecs if f"{c}/".encode() in sdp or b"RTP/AVP 0" in sdp)
        if not shared or b"m=audio 0" in sdp:
            raise NotAcceptable("no codec in common")
        return shared

    def _sdp(self, codecs: tuple[str, ...], direction: str) -> bytes:
        numbers = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111}
        lines = [
            "v=0",
            f"o=- 1 {self._version} IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio 40000 RTP/AVP {' '.join(str(numbers[c]) for c in codecs)}",
            *(f"a=rtpmap:{numbers[c]} {c}/{48000 if c == 'opus' else 8000}" for c in codecs),
            f"a={direction}",
        ]
        return "".join(f"{line}\r\n" for line in lines).encode()


@pytest.fixture
def described() -> type[Described]:
    return Described


@pytest.fixture
def patience() -> float:
    return PATIENCE


@pytest.fixture
def row(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Judges one row of `docs/peers.md` and hands it to who prints the table."""

    def told(name: str, expected: str, seen: str) -> None:
        record_property("row", (name, expected, seen))
        assert seen == expected, name

    return told


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for `localhost` that is its own authority."""
    folder: Path = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    assert openssl, "openssl makes the certificate: apt-get install openssl"
    made = ["-keyout", str(folder / "key"), "-out", str(folder / "cert"), "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command = [openssl, "req", "-x509", "-nodes", *kind, *made, *named]
    subprocess.run(command, check=True, capture_output=True)
    return Tls(str(folder / "cert"), str(folder / "cert"), str(folder / "key"))


@pytest.fixture
def fast() -> Timers:
    """The RFC's timers, five times as fast: 6.4 s until nobody is there."""
    return Timers(t1=0.1, t2=0.4, t4=0.5, glare_own=(0.1, 0.2), glare_other=(0.0, 0.05), linger=1.0)


@pytest.fixture
def hasty() -> Timers:
    """For what is meant to run out: 0.8 s until nobody is there."""
    return Timers(t1=0.0125, t2=0.1, t4=0.1, linger=0.5)


@pytest.fixture
async def opened(fast: Timers) -> AsyncIterator[Opened]:
    """Opens agents that may talk on loopback; at the end none has had an error of its own."""
    agents: list[UserAgent] = []
    async with AsyncExitStack() as stack:

        async def open(transport: str = "udp", **settings: Any) -> UserAgent:
            settings = {"allowed": ["127.0.0.1", "::1"], "timers": fast, **settings}
            agent = await stack.enter_async_context(UserAgent(transport, **settings))
            agents.append(agent)
            return agent

        yield open
    assert [trouble for agent in agents for trouble in agent.troubles] == []


@pytest.fixture
def taking() -> Callable[..., list[Incoming]]:
    """Makes an agent answer whoever calls; gives the list that its calls are put in."""

    def take(agent: UserAgent, media: Callable[[], Any] = Described) -> list[Incoming]:
        taken: list[Incoming] = []

        async def answer(call: Incoming) -> None:
            taken.append(call)
            await call.ring()
            await call.answer(media())

        agent.incoming = answer
        return taken

    return take


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    """Waits for a condition; what it gave once it was true."""

    async def wait(condition: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE):
            while not (value := condition()):
                await asyncio.sleep(0.005)
        return value

    return wait


def free_port() -> int:
    """Above what the kernel gives to others, so that none takes it before sipp does."""
    while bound(port := ANY.randrange(61_000, 65_000)):
        pass
    return port


def bound(port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


async def started(
    name: str, errors: Path, more: tuple[str, ...], to: str
) -> tuple[int, asyncio.subprocess.Process]:
    """sipp once it listens; on another port where one was taken from under it."""
    assert SIPP
    kind = socket.SOCK_STREAM if "t1" in more else socket.SOCK_DGRAM
    told = ["-trace_err", "-error_file", str(errors), "-nostdin", "-timeout", "60s"]
    for _ in range(5):
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(SIPP, "-sf", str(SCENARIOS / f"{name}.xml"), "-i", "127.0.0.1", "-p", str(port)),
            *("-m", "1", *told, "-timeout_error", *more, *([to] if to else [])),
            cwd=errors.parent,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(LONG):
            while not bound(port, kind) and process.returncode is None:
                await asyncio.sleep(0.02)
        said = errors.read_text("latin-1") if errors.exists() else ""
        if not process.returncode or "bind" not in said:
            break
    return port, process


@asynccontextmanager
async def playing(
    name: str, folder: Path, *more: str, to: tuple[str, int] | None = None
) -> AsyncIterator[int]:
    """sipp plays a scenario to its end: what it did not like is the test's failure."""
    errors = folder / f"{name}.log"
    port, process = await started(name, errors, more, f"{to[0]}:{to[1]}" if to else "")
    try:
        yield port
        async with asyncio.timeout(LONG):
            code = await process.wait()
        said = errors.read_text("latin-1") if errors.exists() else ""
        assert code == 0, f"sipp ended with {code}: {said}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def sipp() -> Any:
    """Starts sipp on a scenario: `async with sipp(name, folder) as port`."""
    return playing
