"""How agents connect to the desk: `/desk/{queue}/socket`, JSON frames both ways."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from cxassure.demo.company import company_of
from cxassure.demo.desk import STAFF, Agent, Desk


async def by_socket(socket: WebSocket) -> None:
    """One agent's seat; `?for=` takes only that order's, case's or customer's contacts."""
    queue = socket.path_params["queue"]
    if queue not in STAFF:
        await socket.close(1008)
        return
    await socket.accept()
    desk = company_of(socket).desk
    name = socket.query_params.get("name") or STAFF[queue]
    agent = Agent(queue, socket.query_params.get("for", ""), name)
    desk.connect(agent)
    writer = asyncio.create_task(_write(agent, socket))
    try:
        while True:
            _obey(desk, agent, await socket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        desk.disconnect(agent)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def _write(agent: Agent, socket: WebSocket) -> None:
    while True:
        await socket.send_json(await agent.frames.get())


def _obey(desk: Desk, agent: Agent, raw: str) -> None:
    """Do what the agent's frame asks for; what cannot be done is answered with an error frame."""
    try:
        frame: Any = json.loads(raw)
        contact = desk.contacts[frame["contact"]]
        kind = frame["type"]
    except (ValueError, KeyError, TypeError):
        agent.frames.put_nowait(
            {"type": "error", "text": "a type and a known contact are expected"}
        )
        return
    if kind == "answer":
        desk.answer(agent, contact)
    elif kind == "say":
        desk.say(agent, contact, str(frame.get("text", ""))[:2_000])
    elif kind == "hang_up" and contact.agent is agent:
        desk.hang_up(contact)
    else:
        agent.frames.put_nowait({"type": "error", "text": f"cannot {kind} here"})


ROUTES = [WebSocketRoute("/desk/{queue}/socket", by_socket)]
