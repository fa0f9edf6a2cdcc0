"""What a scenario of sipp is played with: our side of it, and a call as a line of what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.taking import Incoming

LONG = 30.0


@dataclass(frozen=True)
class Setting:
    """What a scenario is played with."""

    opened: Any
    media: Any
    taking: Any
    folder: Path
    hasty: Any
    sipp: Any

    async def calls(
        self,
        name: str,
        act: Callable[[Any], Awaitable[None]] | None = None,
        transport: str = "udp",
        **agent: Any,
    ) -> Any:
        """Our call to sipp playing `name`; `act` is what we do in it."""
        ours = await self.opened(transport, user="kim", **agent)
        way, by = (("-t", "t1"), ";transport=tcp") if transport == "tcp" else ((), "")
        async with self.sipp(name, self.folder, *way) as port:
            call = await ours.call(f"sip:desk@127.0.0.1:{port}{by}", self.media())
            await (act or hang_up)(call)
            await call.wait(events.Ended, LONG)
        return call


async def hang_up(call: Any) -> None:
    if await call.wait(events.Answered, LONG):
        await call.hang_up()


def seen(call: Any) -> str:
    """What happened in a call, in a line."""
    return ", ".join(filter(None, (_seen(event) for event in call.history)))


def _seen(event: events.Happened) -> str:
    match event:
        case events.Progress(code=code, early=early):
            return f"{code} with sound" if early else str(code)
        case events.Answered():
            return "answered"
        case events.Changed(by=by, method=method, held=held, code=code):
            return f"{'held' if held else 'described anew'} by {by} ({method}, {code})"
        case events.Referred(code=code):
            return f"referred ({code})"
        case events.Key(digit=digit):
            return f"key {digit}"
        case events.Trouble(what=what):
            return what
        case events.Ended(by=by, code=code, q850=q850):
            return f"ended by {by}, SIP {code or '-'}, Q.850 {q850 or '-'}"
    return ""


async def answers(s: Setting, name: str, *, answer: bool = True, **agent: Any) -> Any:
    """sipp playing `name` calls us; we ring and, if told so, answer."""
    ours = await s.opened(**agent)
    rung: list[Incoming] = []
    if answer:
        rung = s.taking(ours, s.media)
    else:

        async def ring(call: Incoming) -> None:
            rung.append(call)
            await call.ring()

        ours.incoming = ring
    async with s.sipp(name, s.folder, to=ours.address):
        pass
    await rung[0].wait(events.Ended, LONG)
    return rung[0]


async def stay(call: Any) -> None:
    assert await call.wait(events.Answered, LONG)


@asynccontextmanager
async def dropping(port: int, count: int) -> AsyncIterator[tuple[int, list[int]]]:
    """A UDP relay to `port` that loses the first `count` datagrams: its port, and how many."""
    fallen = [0]
    asker: list[Any] = []

    class Relay(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            if addr[1] == port:
                self.transport.sendto(data, asker[0])
            elif fallen[0] < count:
                fallen[0] += 1
            else:
                asker[:] = [addr]
                self.transport.sendto(data, ("127.0.0.1", port))

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Relay, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1], fallen
    finally:
        transport.close()


async def desk_in_a_call(s: Setting) -> tuple[Any, list[Incoming], str]:
    """A desk of ours, its calls, and the Replaces that names the one it is in."""
    desk, other = await s.opened(user="2"), await s.opened()
    at_desk = s.taking(desk, s.media)
    call = await other.call(f"sip:2@{desk.place}", s.media())
    assert await call.wait(events.Answered, LONG)
    known = call.identity
    return desk, at_desk, f"{known.call_id};to-tag={known.remote.tag};from-tag={known.local.tag}"


def replaced(at_desk: list[Incoming]) -> str:
    assert at_desk[0].ended
    told = any(isinstance(event, events.Replaced) for event in at_desk[0].history)
    return f"{at_desk[0].ended.words}{' (told)' if told else ''}"
