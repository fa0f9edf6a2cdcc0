"""Through Kamailio, a proxy and registrar that we did not write: passwords, routes, TCP to UDP."""

from __future__ import annotations

import asyncio
import random
import shutil
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


async def free_port() -> int:
    """Above what the kernel gives to others, so that none takes it before Kamailio does."""
    while True:
        port = random.randrange(61_000, 65_000)
        try:
            async with UserAgent(allowed=["127.0.0.1"], address=("127.0.0.1", port)):
                return port
        except CannotLook:
            continue


@pytest.fixture
async def proxy(tmp_path: Path, hasty: Timers) -> AsyncIterator[int]:
    """Kamailio on a port of loopback, over UDP and TCP."""
    port = await free_port()
    config = tmp_path / "kamailio.cfg"
    text = Path(__file__).with_name("kamailio.cfg").read_text("utf-8")
    config.write_text(text.replace("PORT", str(port)), "utf-8")
    assert KAMAILIO
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-f", str(config), "-DD", "-E", "-m", "32", "-M", "4"),
            *("-Y", str(tmp_path)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=said,
        )
    try:
        async with UserAgent(allowed=["127.0.0.1"], timers=hasty) as asker:
            async with asyncio.timeout(60):
                while (await asker.options(f"sip:nobody@127.0.0.1:{port}")).code != 404:
                    assert process.returncode is None, log.read_text("latin-1")
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(20):
            await process.wait()


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
