"""A chat over a WebSocket, against bots that are served on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from cxassure.channels.chat import ChatSession
from cxassure.channels.chat.websocket import WebSocketConnector
from cxassure.errors import Broken, CannotLook

Handle = Callable[[ServerConnection], Awaitable[None]]


async def frames(socket: ServerConnection, *sent: Any) -> None:
    """Sends frames; a number is a pause in milliseconds."""
    for one in sent:
        if isinstance(one, int):
            await asyncio.sleep(one / 1000)
        else:
            await socket.send(one if isinstance(one, str) else json.dumps(one))


def message(text: str, number: int) -> dict[str, Any]:
    return {"type": "message", "id": number, "text": text}


TYPING, END = {"type": "typing"}, {"type": "end_of_turn"}
OFFERS = {"type": "quick_replies", "options": ["Opening hours", {"text": "Speak to a person"}]}


async def bot(socket: ServerConnection) -> None:
    await frames(socket, message("Hello.", 1), OFFERS, END)
    async for raw in socket:
        asked = json.loads(raw)
        match asked.get("text"):
            case "order":
                found = [message("I found it.", 2), TYPING, 40, message("On its way.", 3)]
                await frames(socket, TYPING, 20, *found, 20, OFFERS, END)
            case "quiet":
                await frames(socket, message("One.", 4), 20, message("Two.", 5))
            case "backwards":
                await frames(socket, message("Two.", 9), message("One.", 8), END)
            case "doubled":
                await frames(socket, message("Same.", 9), message("Same.", 9), END)
            case "person":
                told = {"type": "handover", "queue": "billing", "order number": 1048213}
                await frames(socket, message("I'm transferring you.", 6), told, END, 20)
                said = {"type": "agent_message", "from": "Kim", "text": "This is Kim."}
                await frames(socket, message("Kim from billing has joined the chat.", 7), said)
            case "plain":
                await frames(socket, "no JSON at all", END)
            case "drop":
                await socket.close(1011, "out of order")
            case "bye":
                await socket.close(1000)
            case text:
                await frames(socket, message(f"{asked['type']} {text}", 20), END)


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    servers: list[Server] = []

    async def start(handle: Handle, **how: Any) -> str:
        server = await serve_sockets(handle, "127.0.0.1", 0, **how)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/socket"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def asker(listen: Any, drive: Any) -> Any:
    asker = drive(ChatSession, await listen(bot), WebSocketConnector, quiet="60ms")
    await asker.session.open()
    return asker


async def test_a_turn_is_over_when_the_company_says_so(asker: Any) -> None:
    await asker.do("say", "order")
    await asker.settle()
    assert await asker.see("replies") == ["I found it.", "On its way."]
    assert await asker.see("in_order") is True
    assert await asker.see("quick_replies") == ["Opening hours", "Speak to a person"]
    assert asker.session.settled and await asker.see("took") >= 0.06


async def test_without_a_sign_a_turn_is_over_when_it_has_been_quiet(asker: Any) -> None:
    await asker.do("say", "quiet")
    await asker.until("reply", lambda heard: "Two" in heard.text)
    assert not asker.session.settled
    came = asker.session.clock.now()
    await asker.settle()
    assert asker.session.settled and asker.session.clock.now() - came >= 0.05


async def test_a_pick_waits_for_the_offer_and_goes_out_as_a_pick(asker: Any) -> None:
    await asker.do("say", "order")
    await asker.until("reply")
    await asker.do("pick", "opening hours")
    await asker.settle()
    assert await asker.see("replies") == ["quick_reply Opening hours"]


async def test_bubbles_doubled_and_out_of_order_are_told(asker: Any) -> None:
    await asker.do("say", "backwards")
    await asker.settle()
    assert await asker.see("in_order") is False
    await asker.do("say", "doubled")
    await asker.settle()
    assert await asker.see("doubled") is True


async def test_a_person_joins_in_the_same_chat(asker: Any) -> None:
    await asker.do("say", "person")
    await asker.until("reply", lambda heard: "This is Kim" in heard.text)
    assert await asker.see("handover") == {"queue": "billing", "order number": "1048213"}
    assert await asker.see("agent") == "Kim"
    assert asker.lines()[-2:] == ["agent joined: Kim", "agent said: This is Kim."]


async def test_a_frame_that_is_no_json_is_read_as_it_is(asker: Any) -> None:
    await asker.do("say", "plain")
    await asker.settle()
    assert (await asker.see("reply")).text == "no JSON at all"


async def test_a_socket_that_drops_is_told_with_its_code(asker: Any) -> None:
    await asker.do("say", "drop")
    with pytest.raises(Broken) as broken:
        await asker.until("reply")
    assert broken.value.code == "1011" and "out of order" in broken.value.what
    with pytest.raises(Broken):
        await asker.do("say", "still there?")


async def test_a_company_may_close_the_chat_in_good_order(asker: Any) -> None:
    await asker.do("say", "bye")
    assert await asker.until("closed", lambda closed: closed) is True
    assert await asker.until("reply", limit=0.05) is None
    with pytest.raises(Broken, match="has been closed"):
        await asker.do("say", "one thing more")


async def test_a_bot_that_does_not_greet_is_waited_for_only_as_long_as_quiet(
    listen: Any, drive: Any
) -> None:
    async def mute(socket: ServerConnection) -> None:
        await socket.wait_closed()

    asker = drive(ChatSession, await listen(mute), WebSocketConnector, quiet="40ms")
    began = asker.session.clock.now()
    await asker.session.open()
    assert 0.04 <= asker.session.clock.now() - began < asker.session.limit
    await asker.do("say", "hello")
    assert not asker.session.settled


async def test_what_is_known_of_the_customer_and_who_we_are_goes_along(
    listen: Any, drive: Any
) -> None:
    came: list[Any] = []

    async def note(socket: ServerConnection) -> None:
        assert socket.request
        came.append(socket.request.headers)
        async for raw in socket:
            came.append(json.loads(raw))

    options = {"quiet": "30ms", "basic": "kim:pw", "fields": {"brand": "birch"}}
    asker = drive(ChatSession, await listen(note), WebSocketConnector, **options)
    await asker.session.open(customer={"email": "kim@example.com"})
    headers, frame = came
    assert headers["authorization"] == "Basic a2ltOnB3"
    assert headers["x-synthetic-test"] == "run-1"
    told = {"type": "customer", "customer": {"email": "kim@example.com"}, "brand": "birch"}
    assert frame == told


async def test_other_words_for_frames_are_a_matter_of_options(listen: Any, drive: Any) -> None:
    async def other(socket: ServerConnection) -> None:
        await frames(socket, {"event": "bot_utter", "content": "Hi"}, {"event": "done"})
        await socket.wait_closed()

    words = {"bot_utter": "bubble", "done": "end of turn"}
    options = {"types": words, "type_key": "event", "text_key": "content"}
    asker = drive(ChatSession, await listen(other), WebSocketConnector, **options)
    await asker.session.open()
    await asker.do("listen")
    assert await asker.see("replies") == ["Hi"]


async def test_a_socket_that_does_not_open_says_why(listen: Any, drive: Any) -> None:
    def refuse(status: int, headers: Any = ()) -> Any:
        async def answer(connection: ServerConnection, request: Request) -> Response:
            return Response(status, HTTPStatus(status).phrase, Headers(headers))

        return answer

    async def opened(address: str) -> None:
        await drive(ChatSession, address, WebSocketConnector).session.open()

    with pytest.raises(Broken) as broken:
        await opened(await listen(bot, process_request=refuse(503)))
    assert broken.value.code == "503"
    with pytest.raises(CannotLook, match="401"):
        await opened(await listen(bot, process_request=refuse(401)))
    away = [("Location", "ws://127.0.0.2:1/socket")]
    with pytest.raises(CannotLook, match="not a listed target"):
        await opened(await listen(bot, process_request=refuse(302, away)))
    nowhere = [("Location", "ws://[oops")]
    with pytest.raises(Broken, match="answered 302"):
        await opened(await listen(bot, process_request=refuse(302, nowhere)))
    with pytest.raises(Broken, match="refuses the connection"):
        await opened("ws://127.0.0.1:1/socket")
    with pytest.raises(CannotLook, match="no WebSocket address"):
        await opened("http://127.0.0.1:1/bot")


async def test_frames_are_kept_as_evidence(asker: Any) -> None:
    await asker.do("say", "order")
    await asker.session.witness("it was slow")
    kept = json.loads(asker.kept["chat-exchange.json"])
    assert kept[0]["came"]["text"] == "Hello." and kept[-1]["sent"]["text"] == "order"
