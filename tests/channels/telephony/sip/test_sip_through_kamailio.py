"""Through Kamailio, a proxy and registrar that we did not write: passwords, routes, TCP to UDP."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.digest import Credentials
from cxassure.channels._telephony.sip.ladder import drawn
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.timers import Timers
from cxassure.errors import CannotLook

KAMAILIO = shutil.which("kamailio", path="/usr/sbin:/usr/bin:/usr/local/sbin")
KIM = Credentials("kim", "s3cret")

pytestmark = pytest.mark.skipif(
    KAMAILIO is None, reason="kamailio is not installed: apt-get install kamailio"
)


async def started(folder: Path) -> tuple[int, asyncio.subprocess.Process]:
    """Kamailio on a port above what the kernel gives to others. Not `random` itself: test plug-ins
    seed it alike in every process."""
    assert KAMAILIO
    port = random.SystemRandom().randrange(61_000, 65_000)
    config = folder / "kamailio.cfg"
    text = Path(__file__).with_name("kamailio.cfg").read_text("utf-8")
    config.write_text(text.replace("PORT", str(port)), "utf-8")
    with (folder / "log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-f", str(config), "-DD", "-E", "-m", "32", "-M", "4", "-Y", str(folder)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    return port, process


async def ended(process: asyncio.subprocess.Process) -> None:
    """Asked politely first; now and then its processes wait for each other for ever."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def answers(port: int, process: asyncio.subprocess.Process, hasty: Timers) -> bool:
    """Whether it is there; false once it has ended."""
    async with UserAgent(allowed=["127.0.0.1"], timers=hasty) as asker, asyncio.timeout(60):
        while (await asker.options(f"sip:nobody@127.0.0.1:{port}")).code != 404:
            if process.returncode is not None:
                return False
    return process.returncode is None


@pytest.fixture
async def proxy(tmp_path: Path, hasty: Timers) -> AsyncIterator[int]:
    """Kamailio on a port of loopback, over UDP and TCP."""
    for _ in range(5):
        port, process = await started(tmp_path)
        if await answers(port, process, hasty):
            break
    assert process.returncode is None, (tmp_path / "log").read_text("latin-1")
    try:
        yield port
    finally:
        await ended(process)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_registered_desk_is_called_through_the_proxy(
    proxy: int, opened: Any, described: Any, patience: float, transport: str
) -> None:
    caller, desk = await opened(transport, user="kim"), await opened(user="desk")
    taken: list[Incoming] = []

    async def answer(call: Incoming) -> None:
        taken.append(call)
        await call.ring()
        await call.answer(described())

    desk.incoming = answer
    registration = await desk.register(
        f"sip:desk@127.0.0.1:{proxy}", credentials=Credentials("desk", "s3cret")
    )
    assert registration.expires > 0
    to = f"sip:desk@127.0.0.1:{proxy};transport={transport}"
    call = await caller.call(to, described(), credentials=KIM, headers={"X-Order": "42"})
    assert await call.wait(events.Answered, patience), drawn(caller.ladder, whole=True)
    assert taken[0].about and taken[0].about.extra["X-Order"] == "42"
    assert "127.0.0.1" in call.dialog.route[0]
    assert await call.key("5") == 200
    assert await taken[0].hold() == 200
    assert await call.resume() == 200
    await taken[0].hang_up()
    ended = await call.wait(events.Ended, patience)
    assert ended.by == "them"
    ours = [rung for rung in caller.ladder if rung.ours and not rung.what.startswith("SIP/2.0")]
    sent = {rung.destination for rung in ours}
    assert sent == {f"127.0.0.1:{proxy}"}
    await registration.unregister()
    lost = await caller.call(to, described(), credentials=KIM)
    assert (await lost.wait(events.Ended, patience)).code == 404


async def test_a_call_taken_back_through_the_proxy(
    proxy: int, opened: Any, described: Any, patience: float
) -> None:
    caller, desk = await opened(user="kim", credentials=[KIM]), await opened(user="desk")
    rung: list[Incoming] = []

    async def ring(call: Incoming) -> None:
        rung.append(call)
        await call.ring()

    desk.incoming = ring
    await desk.register(f"sip:desk@127.0.0.1:{proxy}", credentials=Credentials("desk", "s3cret"))
    call = await caller.call(f"sip:desk@127.0.0.1:{proxy}", described())
    assert await call.wait(events.Progress, patience)
    await call.hang_up()
    assert call.ended.code == 487
    assert (await rung[0].wait(events.Ended, patience)).by == "them"


async def test_a_wrong_password_is_told_by_the_registrar_and_the_proxy(
    proxy: int, opened: Any, described: Any, patience: float
) -> None:
    wrong = Credentials("kim", "wrong")
    caller = await opened(user="kim", credentials=[wrong])
    with pytest.raises(CannotLook, match="password were not accepted"):
        await caller.register(f"sip:kim@127.0.0.1:{proxy}")
    call = await caller.call(f"sip:desk@127.0.0.1:{proxy}", described())
    assert (await call.wait(events.Ended, patience)).code == 407
