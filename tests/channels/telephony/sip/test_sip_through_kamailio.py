"""Through Kamailio, a proxy and registrar that we did not write: passwords, routes, TCP and TLS to
UDP, telephones behind translators. Each is a row of docs/peers.md."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import shutil
import signal
import sys
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
from cxassure.channels._telephony.sip.wire import Tls
from cxassure.errors import CannotLook

spec = importlib.util.spec_from_file_location(
    "sip_softphone_there", Path(__file__).with_name("softphone.py")
)
assert spec and spec.loader
softphone = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = softphone
spec.loader.exec_module(softphone)

KAMAILIO = shutil.which("kamailio", path="/usr/sbin:/usr/bin:/usr/local/sbin")
KIM = Credentials("kim", "s3cret")
TLS_MODULE = any(Path("/usr/lib").glob("*/kamailio/modules/tls.so"))
TLS = """\
listen=tls:127.0.0.1:{port}
enable_tls=yes
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
"""

pytestmark = pytest.mark.skipif(
    KAMAILIO is None, reason="kamailio is not installed: apt-get install kamailio"
)


async def started(folder: Path, tls: Tls) -> tuple[int, asyncio.subprocess.Process]:
    """Kamailio on a port above what the kernel gives to others, over TLS on the next one. Not
    `random` itself: test plug-ins seed it alike in every process."""
    assert KAMAILIO
    port = random.SystemRandom().randrange(61_000, 65_000, 2)
    config = folder / "kamailio.cfg"
    text = Path(__file__).with_name("kamailio.cfg").read_text("utf-8")
    if TLS_MODULE:
        secured = TLS.format(port=port + 1, key=tls.key, certificate=tls.certificate)
        text = text.replace("#TLS\n", secured)
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
async def proxy(tmp_path: Path, hasty: Timers, certificate: Tls) -> AsyncIterator[int]:
    """Kamailio on a port of loopback, over UDP and TCP, and over TLS on the next one."""
    for _ in range(5):
        port, process = await started(tmp_path, certificate)
        if await answers(port, process, hasty):
            break
    assert process.returncode is None, (tmp_path / "log").read_text("latin-1")
    try:
        yield port
    finally:
        await ended(process)


WAYS = ("udp", "tcp", pytest.param("tls", marks=pytest.mark.skipif(
    not TLS_MODULE, reason="Kamailio has no TLS here: apt-get install kamailio-tls-modules"
)))  # fmt: skip


def way_to(proxy: int, transport: str) -> str:
    """The desk by way of the proxy."""
    if transport == "tls":
        return f"sip:desk@127.0.0.1:{proxy + 1};transport=tls"
    return f"sip:desk@127.0.0.1:{proxy};transport={transport}"


@pytest.mark.parametrize("transport", WAYS)
async def test_a_registered_desk_is_called_through_the_proxy(
    proxy: int, opened: Any, described: Any, taking: Any, patience: float, row: Any, transport: str
) -> None:
    caller = await opened(transport, user="kim", tls=Tls(verify=False))
    desk = await opened(user="desk")
    taken: list[Incoming] = taking(desk, described)
    registration = await desk.register(
        f"sip:desk@127.0.0.1:{proxy}", credentials=Credentials("desk", "s3cret")
    )
    to = way_to(proxy, transport)
    call = await caller.call(to, described(), credentials=KIM, headers={"X-Order": "42"})
    assert await call.wait(events.Answered, patience), (
        call.ended,
        drawn(caller.ladder, whole=True),
    )
    assert "127.0.0.1" in call.dialog.route[0]
    about = taken[0].about
    seen = [
        f"registered for {registration.expires} s",
        f"answered with order {about.extra['X-Order']}",
    ]
    seen += [f"key {await call.key('5')}", f"hold {await taken[0].hold()}"]
    seen += [f"resume {await call.resume()}"]
    await taken[0].hang_up()
    ended = await call.wait(events.Ended, patience)
    seen += [f"ended by {ended.by}"]
    ours = [rung for rung in caller.ladder if rung.ours and not rung.what.startswith("SIP/2.0")]
    sent = {rung.destination for rung in ours}
    seen += ["all through the proxy" if sent == {to[9:].partition(";")[0]} else f"sent to {sent}"]
    await registration.unregister()
    lost = await caller.call(to, described(), credentials=KIM)
    seen += [f"unregistered: {(await lost.wait(events.Ended, patience)).code}"]
    expected = (
        "registered for 300 s, answered with order 42, key 200, hold 200, resume 200, "
        "ended by them, all through the proxy, unregistered: 404"
    )
    name = f"a registered desk is called, {transport.upper()} to UDP, passwords asked for"
    row(name, expected, ", ".join(seen))


async def test_telephones_behind_translators_are_reached_where_they_are(
    proxy: int, opened: Any, described: Any, taking: Any, patience: float, row: Any
) -> None:
    """Both say to be at addresses that lead nowhere; `rport` and Kamailio know better."""
    caller = await opened(user="kim", public="192.0.2.8")
    desk = await opened(user="desk", public="192.0.2.9")
    taken: list[Incoming] = taking(desk, described)
    await desk.register(f"sip:desk@127.0.0.1:{proxy}", credentials=Credentials("desk", "s3cret"))
    call = await caller.call(way_to(proxy, "udp"), described(), credentials=KIM)
    assert await call.wait(events.Answered, patience), (
        call.ended,
        drawn(caller.ladder, whole=True),
    )
    seen = f"answered, hold {await call.hold()}, resume {await taken[0].resume()}"
    await taken[0].hang_up()
    ended = await call.wait(events.Ended, patience)
    expected = "answered, hold 200, resume 200, ended by them"
    name = "both telephones behind translators, their Contacts lead nowhere (rport)"
    row(name, expected, f"{seen}, ended by {ended.by}")


@pytest.mark.skipif(
    softphone.BARESIP is None, reason="baresip is not installed: apt-get install baresip-core"
)
async def test_a_softphone_that_is_registered_there_is_called_with_sound(
    proxy: int, certificate: Tls, tmp_path: Path, row: Any
) -> None:
    stage = softphone.Stage(tmp_path, None, certificate)
    account = "auth_user=desk;auth_pass=s3cret;regint=60;answermode=auto;audio_codecs=PCMU"
    async with stage.stack:
        phone = await stage.softphone(account, f"sip:desk@127.0.0.1:{proxy}")
        assert await softphone.until(lambda: "200 OK" in phone.said), phone.said
        ours, leg = await stage.ours(credentials=[KIM]), await stage.leg()
        call = await ours.call(way_to(proxy, "udp"), leg)
        assert await call.wait(events.Answered, softphone.LONG), (call.ended, phone.said)
        seen = await softphone.talking(leg, phone)
        await phone.tell("hangup")
        await call.wait(events.Ended, softphone.LONG)
        seen += f", {softphone.ended(call)}"
    row(
        "baresip is registered there, and called by us",
        f"{softphone.BOTH}, ended by them, SIP -",
        seen,
    )


async def test_a_call_taken_back_through_the_proxy(
    proxy: int, opened: Any, described: Any, patience: float, row: Any
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
    theirs = await rung[0].wait(events.Ended, patience)
    seen = f"ended, SIP {call.ended.code}; at the desk by {theirs.by}"
    row("taken back while it rings", "ended, SIP 487; at the desk by them", seen)


async def test_a_wrong_password_is_told_by_the_registrar_and_the_proxy(
    proxy: int, opened: Any, described: Any, patience: float, row: Any
) -> None:
    wrong = Credentials("kim", "wrong")
    caller = await opened(user="kim", credentials=[wrong])
    with pytest.raises(CannotLook, match="password were not accepted"):
        await caller.register(f"sip:kim@127.0.0.1:{proxy}")
    call = await caller.call(f"sip:desk@127.0.0.1:{proxy}", described())
    code = (await call.wait(events.Ended, patience)).code
    row("a wrong password", "no registration, SIP 407", f"no registration, SIP {code}")
