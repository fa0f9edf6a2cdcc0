"""What a socket to the company may lead to, and what may come over it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from cxassure.channels._http import tls
from cxassure.channels._telephony.carrier.socket import opened
from cxassure.channels._telephony.carrier.webhook import Account, Webhooks
from cxassure.channels.ivr import IvrSession
from cxassure.channels.ivr.media_stream import MediaStreamLine
from cxassure.errors import Broken, CannotLook
from cxassure.settings import Target


async def hush(socket: ServerConnection) -> None:
    await socket.wait_closed()


@asynccontextmanager
async def serving(handle: Any = hush, to: str = "") -> AsyncIterator[str]:
    """Serves sockets, or answers each with a redirect `to`; gives the address."""

    def away(connection: ServerConnection, request: Request) -> Response:
        status = HTTPStatus.TEMPORARY_REDIRECT
        return Response(status, status.phrase, Headers([("Location", to)]))

    async with serve(handle, "127.0.0.1", 0, process_request=away if to else None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


@asynccontextmanager
async def elsewhere(came: list[str], to: str = "") -> AsyncIterator[str]:
    """A company's socket that leads to a stranger's; `came` are those who got there."""

    async def stranger(socket: ServerConnection) -> None:
        came.append(str(socket.request and socket.request.path))
        await socket.wait_closed()

    async with serving(stranger) as strange, serving(to=to or strange) as ours:
        yield ours


async def test_a_calls_socket_is_redirected_to_no_origin_that_is_not_listed(table, company, act):
    came: list[str] = []
    async with elsewhere(came) as url:
        company.says("/voice", f'<Connect><ConversationRelay url="{url}"/></Connect>')
        caller = await table.caller(company.url(), also=(url,))
        with pytest.raises(CannotLook, match="not a listed target"):
            await act(caller, "dial")
    assert came == []


async def test_a_calls_socket_is_redirected_to_an_origin_that_is_listed(table, company, act):
    came: list[str] = []

    async def ours(socket: ServerConnection) -> None:
        came.append("here")

    async with serving(ours) as there, serving(to=there) as url:
        company.says("/voice", f'<Connect><ConversationRelay url="{url}"/></Connect>')
        caller = await table.caller(company.url(), also=(url, there))
        await act(caller, "dial")
        await act(caller, "hang_up")
    assert came == ["here"]


async def test_a_calls_socket_that_is_redirected_to_no_address_does_not_open(table, company, act):
    async with serving(to="ws://[oops") as url:
        company.says("/voice", f'<Connect><ConversationRelay url="{url}"/></Connect>')
        caller = await table.caller(company.url(), also=(url,))
        with pytest.raises(Broken, match="64102"):
            await act(caller, "dial")


async def test_a_voice_agents_socket_is_redirected_to_listed_origins_only(table, act):
    came: list[str] = []
    async with elsewhere(came) as url:
        target = Target(name="agent", address=url, over="media_stream")
        session = IvrSession(table._opening("ivr", target), MediaStreamLine)
        await table._open(session, None)
        with pytest.raises(CannotLook, match="not a listed target"):
            await act(session, "dial")
    assert came == []


async def test_a_desks_socket_is_redirected_to_listed_origins_only(table):
    came: list[str] = []
    async with elsewhere(came) as url:
        with pytest.raises(CannotLook, match="not a listed target"):
            await table.agent(url, party={"for_": "billing"})
    assert came == []


async def test_what_no_parser_can_read_is_kept_and_what_comes_behind_it_is_read(table):
    async def program(socket: ServerConnection) -> None:
        await socket.send("[" * 200_000)
        await socket.send(json.dumps({"type": "end"}))

    async with serving(program) as url:
        opening = table._opening("ivr", Target(name="agent", address=url))
        webhooks = Webhooks(opening, await tls(opening))
        told: list[bool] = []
        socket = await opened(
            webhooks, Account("agent", url), url, lambda: told.append(True), 64102
        )
        first, second = await socket.next(20), await socket.next(20)
        assert first is not None and first[""].startswith("[[[")
        assert second == {"type": "end"}
        assert await socket.next(20) is None and socket.closed and told
        await socket.close()
        await webhooks.close()
