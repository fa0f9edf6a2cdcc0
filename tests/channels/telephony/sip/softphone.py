"""A real softphone that we did not write: baresip, told what to do over its control connection; and
the stage on which it meets telephones of ours."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.company import Company

BARESIP = shutil.which("baresip")
TONE, OURS = 500, 800
"""Hertz of what baresip says without end, and of what we say to it."""
PATIENCE = LONG = 60.0
ANY = random.SystemRandom()
BOTH = "both hear each other"
CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
call_max_calls 4
audio_source ausine,{tone}
audio_alert ausine,{tone}
audio_level no
ausrc_srate 48000
ausrc_channels 2
module_path {modules}
module g711.so
module g722.so
module opus.so
module srtp.so
module ausine.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"""
MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules")


class Softphone:
    """One baresip, whose account is `sip:desk@…`; what it is told of stands in `events`.

    `account` are the parameters behind the account's address, as baresip writes them; with a
    `certificate` (and its key, one file) it also listens for TLS, on the next port. It says a tone
    of 500 Hz and keeps what it hears as WAV files in its folder.
    """

    def __init__(
        self,
        folder: Path,
        ports: Callable[[], int],
        aor: str = "sip:desk@127.0.0.1",
        account: str = "",
        certificate: str = "",
    ) -> None:
        self.folder, self._ports, self._aor, self._account = folder, ports, aor, account
        self._more = f"sip_certificate {certificate}\n" if certificate else ""
        self.events: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Softphone:
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(5):
            if await self._started():
                return self
        raise AssertionError(f"baresip does not start: {self.said}")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process
        self._reading.cancel()
        self._out.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _started(self) -> bool:
        """Whether it came up; false where a port was taken from under it."""
        assert BARESIP
        self.port, control = self._ports(), self._ports()
        modules = next(path for path in MODULES if Path(path).is_dir())
        config = CONFIG.format(
            port=self.port, tone=TONE, modules=modules, control=control, folder=self.folder
        )
        (self.folder / "config").write_text(config + self._more)
        (self.folder / "accounts").write_text(f"<{self._aor}>;{self._account}\n")
        with (self.folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(BARESIP, "-f", str(self.folder), "-v"),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            while "baresip is ready" not in self.said and self._process.returncode is None:
                await asyncio.sleep(0.02)
        if "failed to listen" in self.said or self._process.returncode is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            return False
        read, self._out = await asyncio.open_connection("127.0.0.1", control)
        self._reading = asyncio.create_task(self._read(read))
        return True

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text("latin-1")

    async def _read(self, read: asyncio.StreamReader) -> None:
        """Netstrings of JSON, one for each event and each answer to a command."""
        try:
            while True:
                length = int((await read.readuntil(b":"))[:-1])
                self.events.append(json.loads((await read.readexactly(length + 1))[:-1]))
        except asyncio.IncompleteReadError:
            return

    async def tell(self, command: str, params: str = "") -> None:
        """A command of baresip's menu, such as `dial`, `accept`, `hangup`, `sndcode`."""
        message = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._out.write(b"%d:%s," % (len(message), message))
        await self._out.drain()
        await self.told(lambda event: event.get("response") and event.get("token") == command)

    async def told(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first event that is wanted; waits for it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                await asyncio.sleep(0.02)

    async def event(self, kind: str) -> dict[str, Any]:
        """The first event of a type, such as `CALL_ESTABLISHED`."""
        return await self.told(lambda event: event.get("type") == kind)

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events if event.get("event")]

    def keys(self) -> str:
        """The keys that it was sent."""
        pressed = [e for e in self.events if e.get("type") == "CALL_DTMF_START"]
        return "".join(event["param"] for event in pressed)

    def kept(self) -> Any:
        """All it has heard so far in its last call, and the samples a second."""
        files = sorted(self.folder.glob("dump-*-dec.wav"))
        return read(files[-1]) if files else (np.zeros(0), 8000)


def read(path: Path) -> tuple[Any, int]:
    """The first channel of a WAV file that is still being written, and its rate."""
    raw = path.read_bytes()
    channels, rate = int.from_bytes(raw[22:24], "little"), int.from_bytes(raw[24:28], "little")
    whole = np.frombuffer(raw[44 : 44 + max(len(raw) - 44, 0) // 4 * 4], np.int16)
    return whole[:: channels or 1].astype(float), rate or 8000


def sounds(samples: Any, rate: int, hertz: int) -> bool:
    """Whether a tone of `hertz` holds most of the energy of a quarter of a second and more."""
    if len(samples) < rate / 4 or not np.any(samples):
        return False
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    axis = np.fft.rfftfreq(len(samples), 1 / rate)
    return bool(power[np.abs(axis - hertz) < 15].sum() > 0.6 * power.sum())


# A scenario's stage


def free_port() -> int:
    """Even, with the next one for TLS; below those that sipp and Kamailio are given."""
    return ANY.randrange(48_000, 60_000, 2)


def tone(seconds: float = 120) -> Sound:
    wave = 8000 * np.sin(2 * np.pi * OURS * np.arange(round(seconds * 8000)) / 8000)
    return Sound(wave.astype(np.int16), 8000)


SAID = tone()


async def until(condition: Callable[[], Any], seconds: float = LONG) -> bool:
    """Whether it came to hold."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


@dataclass
class Stage:
    """Telephones and media of ours, and softphones, for one scenario."""

    folder: Path
    company: Company | None
    certificate: Tls
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    legs: list[Leg] = field(default_factory=list)

    async def ours(self, transport: str = "udp", **settings: Any) -> UserAgent:
        settings = {"allowed": ["127.0.0.1"], "user": "kim", **settings}
        return await self.stack.enter_async_context(UserAgent(transport, **settings))

    async def softphone(
        self, account: str = "", aor: str = "sip:desk@127.0.0.1", certificate: str = ""
    ) -> Any:
        folder = self.folder / f"phone{free_port()}"
        phone = Softphone(folder, free_port, aor, account, certificate)
        return await self.stack.enter_async_context(phone)

    @property
    def pem(self) -> str:
        """Certificate and key in one file, as baresip wants them."""
        file = self.folder / "pem"
        file.write_text(
            Path(self.certificate.certificate).read_text() + Path(self.certificate.key).read_text()
        )
        return str(file)

    async def leg(self, codec: str = "PCMU", **settings: Any) -> Leg:
        leg = await MediaPort(codecs=(codec,), **settings).leg()
        self.stack.push_async_callback(leg.close)
        self.legs.append(leg)
        return leg

    async def called(
        self, account: str = "", codec: str = "PCMU", transport: str = "udp", **media: Any
    ) -> tuple[Call, Leg, Any]:
        """Our call to a softphone that answers at once."""
        secured = transport == "tls"
        phone = await self.softphone(
            f"regint=0;answermode=auto;audio_codecs={codec}{account}",
            certificate=self.pem if secured else "",
        )
        ours = await self.ours(transport, tls=Tls(verify=False))
        place = f"127.0.0.1:{phone.port + secured};transport={transport}"
        leg = await self.leg(codec, **media)
        call = await ours.call(f"sip:desk@{place}", leg)
        await call.wait(events.Answered, LONG)
        return call, leg, phone

    async def taken(self, account: str = "", codec: str = "PCMU", **media: Any) -> tuple[Any, ...]:
        """A softphone's call to us, that rings with sound before it is answered."""
        phone = await self.softphone(f"regint=0;audio_codecs={codec}{account}")
        ours, leg = await self.ours(), await self.leg(codec, **media)
        rung: list[Incoming] = []

        async def ring(call: Incoming) -> None:
            await call.ring(183, media=leg)
            rung.append(call)

        ours.incoming = ring
        await phone.tell("dial", f"sip:kim@{ours.place}")
        assert await until(lambda: rung)
        return rung[0], leg, phone


def recorded(leg: Leg) -> Any:
    """All that a leg heard so far, and the samples a second."""
    if leg.recording is None:
        return np.zeros(0), 8000
    return leg.recording.heard.samples, leg.recording.rate


async def comes(kept: Callable[[], Any], hertz: int) -> bool:
    """Whether a tone is heard from now on: half a second of it."""
    before = len(kept()[0])

    def there() -> bool:
        samples, rate = kept()
        return sounds(samples[before:][-rate // 2 :], rate, hertz)

    return await until(there)


async def talking(leg: Leg, phone: Any) -> str:
    """Who hears whom, once both speak."""
    leg.play(SAID)
    they, we = await asyncio.gather(comes(phone.kept, OURS), comes(lambda: recorded(leg), TONE))
    return BOTH if we and they else f"we hear: {we}, they hear: {they}"


def ended(call: Call) -> str:
    assert call.ended
    return f"ended by {call.ended.by}, SIP {call.ended.code or '-'}"
