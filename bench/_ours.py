"""What is our own fault, not the company's: a trunk that refuses us, a token that is none."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cxassure.campaign import Running
from cxassure.channel import Opening, Scope
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.settings import Target
from cxassure.workspace import Workspace

REASONS = {403: "Forbidden", 407: "Proxy Authentication Required"}
JOURNEY = """
journey: a-call
title: A caller is let through
parties:
  caller: {channel: ivr, target: support-line}
steps:
  - caller: dial
    expect: {prompt: {contains: welcome}}
"""
BY_TRUNK = """
environments:
  here:
    targets:
      support-line: {{address: "sip:+15550199@127.0.0.1:{port}", over: sip, recogniser: golden,
                     user: kim, password: "${{secret.ours}}"}}
"""
BY_TWILIO = """
calls: {{allow: ["+1202555*"], longest: 1m}}
environments:
  here:
    targets:
      support-line: {{address: "+12025550199", over: twilio, account_sid: {sid}, api: "{api}",
                     auth_token: "${{secret.ours}}", from: "+12025550101"}}
"""


async def placed(settings: str, folder: Path) -> list[Run]:
    """The runs of one call by a trunk or an account of ours; the secret is a wrong one."""
    (folder / "journeys").mkdir(parents=True)
    (folder / "journeys" / "a-call.yaml").write_text(JOURNEY)
    (folder / "cxassure.yaml").write_text(settings)
    environ = {**os.environ, "CXASSURE_SECRET_OURS": "taken-back"}
    workspace = Workspace(folder, reports=folder / "reports", environ=environ)
    ran = await workspace.run(workspace.select(Selection()), Running(workers=1))
    return ran.runs


class Trunk(asyncio.DatagramProtocol):
    """A trunk between us and the company that lets no call of ours through."""

    def __init__(self, code: int) -> None:
        self.code = code

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        text = data.decode("utf-8", "replace")
        if not text.startswith("INVITE "):
            return
        kept = re.findall(r"(?im)^(?:via|from|call-id|cseq|to):.*$", text)
        lines = [f"{one.strip()};tag=trunk" if one[:2].lower() == "to" else one.strip()
                 for one in kept]  # fmt: skip
        asks = f'Proxy-Authenticate: Digest realm="trunk", nonce="{secrets.token_hex(8)}"'
        more = [asks] if self.code == 407 else []
        head = f"SIP/2.0 {self.code} {REASONS[self.code]}"
        answer = "\r\n".join([head, *lines, *more, "Content-Length: 0", "", ""])
        self.transport.sendto(answer.encode(), addr)


async def refused(code: int, folder: Path) -> list[Run]:
    """A call through a trunk that answers every INVITE with `code`: 407 asks again and again."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Trunk(code), ("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        return await placed(BY_TRUNK.format(port=port), folder)
    finally:
        transport.close()


@asynccontextmanager
async def network() -> AsyncIterator[tuple[str, str]]:
    """(address, account) of a telephone network: the carrier's interface for programs."""
    from cxassure.channels._telephony.carrier.api.server import Api
    from cxassure.channels._telephony.carrier.exchange import Exchange
    from cxassure.channels._telephony.carrier.webhook import Account, Webhooks

    async def keep(name: str, data: bytes, media: str) -> None:
        """Nothing is kept."""

    target = Target(name="network", address="http://127.0.0.1:9/")
    opening = Opening(
        party="network", channel="ivr", target=target, targets={"network": target}, keep=keep,
        observe=lambda seen: None, finding=lambda text: None, conceals=lambda text: False,
        run=Scope(), campaign=Scope(),
    )  # fmt: skip
    exchange = Exchange(await Webhooks.open(opening), "bench", lambda text: None)
    api, account = Api(0), "AC" + "7" * 32
    await api.start()
    api.enrol(exchange, Account("twilio", "", account_sid=account, auth_token="the-right-one"))
    try:
        yield api.address, account
    finally:
        await exchange.close()
        await api.close()


async def wrong_token(folder: Path) -> list[Run]:
    """A call over Twilio with a token that is not the account's."""
    async with network() as (address, account):
        return await placed(BY_TWILIO.format(api=address, sid=account), folder)


OURS: dict[str, tuple[int, Callable[[Path], Awaitable[list[Run]]]]] = {
    "our trunk refuses the call (407, again and again)": (81, partial(refused, 407)),
    "our trunk refuses the call (403)": (81, partial(refused, 403)),
    "our Twilio token is wrong": (82, wrong_token),
}
"""Faults of our own, with their number in the catalogue: each must be an `error`."""
