"""How the bot is reached: one HTTP address and one WebSocket, over the same conversations."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from cxassure.demo.bot import Bot, Turn
from cxassure.demo.company import Company, company_of
from cxassure.demo.desk import PATIENCE, STAFF, Contact

if TYPE_CHECKING:
    from cxassure.demo.cases import Case

Frame = dict[str, Any]
LONGEST = 2_000


@dataclass(eq=False)
class Conversation:
    """One customer's chat: what was said and told, and the frames that wait to be delivered.

    A frame of type `message` is preceded by a typing sign and its delay (seconds before speed).
    """

    id: str
    company: Company
    customer: dict[str, str] = field(default_factory=dict)
    order: str = ""
    asked: str = ""
    asked_again: bool = False
    misses: int = 0
    lines: int = 0
    heard: int = 0
    present: int = 0
    transcript: list[dict[str, str]] = field(default_factory=list)
    contact: Contact | None = None
    frames: asyncio.Queue[tuple[float, Frame]] = field(default_factory=asyncio.Queue)

    def joined(self, agent: str, queue: str) -> None:
        self.message(f"{agent} from {queue} has joined the chat.")

    def said(self, agent: str, text: str) -> None:
        self.frames.put_nowait((0.0, {"type": "agent_message", "from": agent, "text": text}))

    def left(self, agent: str) -> None:
        self.message(f"{agent} has left the chat. Thank you for talking to us.")
        self.frames.put_nowait((0.0, {"type": "ended"}))
        self.company.contact_ended(self.email, self.order)
        self.contact = None

    @property
    def email(self) -> str:
        order = self.company.book.find(self.order)
        return self.customer.get("email") or (order.email if order else "")

    def message(self, text: str) -> None:
        """One bubble, with the time that typing it takes."""
        self.lines += 1
        self.transcript.append({"from": "Birch", "text": text})
        frame = {"type": "message", "id": self.lines, "text": text}
        self.frames.put_nowait((min(0.3, 0.1 + len(text) / 500), frame))


def converse(
    company: Company, key: str | None, customer: object = None
) -> tuple[Conversation, bool]:
    """The conversation of that key, or a new one, and whether it is new."""
    known = company.conversations.get(key or "")
    chat = known or Conversation(_new_key(company), company)
    company.conversations[chat.id] = chat
    if isinstance(customer, dict):
        chat.customer.update({str(k): str(v) for k, v in customer.items()})
        chat.order = chat.order or chat.customer.get("order", "")
    return chat, known is None


def _new_key(company: Company) -> str:
    count = len(company.conversations) + 1
    while (
        key := sha256(f"conversation {count}".encode()).hexdigest()[:16]
    ) in company.conversations:
        count += 1
    return key


def open_chat(company: Company, chat: Conversation) -> None:
    deliver(company, chat, Bot(company).greet())


def take(company: Company, chat: Conversation, text: str) -> None:
    """One line of the customer's: to the agent if there is one, else the bot answers."""
    chat.transcript.append({"from": "customer", "text": text})
    chat.heard += 1
    if chat.contact:
        company.desk.hear(chat.contact, text)
    elif not company.broken("bot-silent"):
        deliver(company, chat, Bot(company).answer(chat, text))


def deliver(company: Company, chat: Conversation, turn: Turn) -> None:
    """Queue a turn's frames: bubbles, quick replies, the hand-over and the end of the turn."""
    replies = turn.replies
    if company.broken("bubbles-out-of-order"):
        replies = replies[::-1]
    if company.broken("answer-carries-markup"):
        replies = [f'{text} <img src="/images/smile.svg" onerror="alert(1)">' for text in replies]
    if company.broken("bubbles-doubled"):
        replies = [text for text in replies for _ in range(2)]
    for text in replies:
        chat.message(text)
    if turn.quick_replies and not company.broken("quick-replies-missing"):
        chat.frames.put_nowait((0.0, {"type": "quick_replies", "options": turn.quick_replies}))
    if turn.case:
        hand_over(company, chat, turn.case)
    chat.frames.put_nowait((0.0, {"type": "end_of_turn"}))


def hand_over(company: Company, chat: Conversation, case: Case) -> None:
    """Tell the customer's side, then ring the desk with everything that is known."""
    context = {
        "order number": chat.order,
        "case": case.id,
        "queue": case.queue,
        "customer": case.email,
        "caller": case.phone,
        "reason": case.reason,
        "address": company.address_on_screen(company.book.find(chat.order)),
    }
    told = {"case": case.id, "queue": case.queue, "team": STAFF[case.queue]}
    chat.frames.put_nowait((0.0, {"type": "handover", **told, "order number": chat.order}))
    transcript = list(chat.transcript)
    if company.broken("handover-without-context"):
        context["order number"], transcript = "", []
    keys = {chat.order, case.email, case.id, chat.id}
    queue = "returns" if company.broken("handover-wrong-department") else case.queue
    shown = {name: value for name, value in context.items() if value}
    chat.contact = company.desk.open(queue, shown, transcript, chat, keys)
    if not company.broken("handover-rings-nobody"):
        company.desk.ring(chat.contact)
        company.later(_apologise(company, chat, chat.contact))


async def _apologise(company: Company, chat: Conversation, contact: Contact) -> None:
    """Nobody answered in time: say so rather than leave the customer waiting."""
    await company.pause(PATIENCE)
    if chat.contact is contact and not contact.agent and not contact.ended:
        company.desk.leave(contact)
        chat.contact = None
        chat.message("Nobody is free at the moment. We will write to you by e-mail.")


async def by_http(request: Request) -> Response:
    """`POST /bot`: one line in, the bubbles that have come since in the answer."""
    company = company_of(request)
    try:
        asked = json.loads(await request.body())
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        return JSONResponse({"error": "a JSON object with a text is expected"}, 400)
    text = str(asked.get("text") or "").strip()[:LONGEST]
    key = asked.get("conversation")
    chat, new = converse(company, key if isinstance(key, str) else None, asked.get("customer"))
    if text:
        if company.broken("bot-answers-late") and not chat.heard:
            await company.pause(9)
        take(company, chat, text)
    elif new or asked.get("event") == "open":
        open_chat(company, chat)
    return JSONResponse(_answer(company, chat))


def _answer(company: Company, chat: Conversation) -> Frame:
    answer: Frame = {"conversation": chat.id, "replies": [], "quick_replies": [], "handover": None}
    while not chat.frames.empty():
        delay, frame = chat.frames.get_nowait()
        if frame["type"] in ("message", "agent_message"):
            said: Frame = {key: frame[key] for key in ("text", "from") if key in frame}
            said["delay_ms"] = round(delay * 1000 * company.speed)
            answer["replies"].append(said)
        elif frame["type"] == "quick_replies":
            answer["quick_replies"] = frame["options"]
        elif frame["type"] == "handover":
            del frame["type"]
            answer["handover"] = frame
        elif frame["type"] == "ended":
            answer["ended"] = True
    return answer


async def by_socket(socket: WebSocket) -> None:
    """`/bot/socket`: JSON frames both ways; `?conversation=` takes a dropped one up again."""
    company = company_of(socket)
    chat, new = converse(company, socket.query_params.get("conversation"))
    await socket.accept()
    if chat.lines and company.broken("socket-drops"):
        await socket.close(1011)
        return
    chat.present += 1
    await socket.send_json({"type": "conversation", "id": chat.id})
    if new:
        open_chat(company, chat)
    elif chat.transcript:
        await socket.send_json({"type": "history", "lines": chat.transcript})
    writer = asyncio.create_task(_write(company, chat, socket))
    try:
        await _read(company, chat, socket)
    except WebSocketDisconnect:
        pass
    finally:
        chat.present -= 1
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        company.later(_left(company, chat))


async def _read(company: Company, chat: Conversation, socket: WebSocket) -> None:
    while True:
        frame = _parsed(await socket.receive_text())
        if frame.get("type") == "customer" and isinstance(frame.get("customer"), dict):
            converse(company, chat.id, frame["customer"])
        text = str(frame.get("text") or "").strip()[:LONGEST]
        if frame.get("type") not in ("message", "quick_reply") or not text:
            continue
        if chat.heard == 1 and company.broken("socket-drops"):
            await socket.close(1011)
            return
        take(company, chat, text)


def _parsed(raw: str) -> Frame:
    try:
        frame = json.loads(raw)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


async def _write(company: Company, chat: Conversation, socket: WebSocket) -> None:
    """Send what waits, each bubble after a typing sign and the time that typing takes."""
    late = company.broken("bot-answers-late")
    while True:
        delay, frame = await chat.frames.get()
        if late and frame["type"] == "message" and frame["id"] == 2:
            await company.pause(9)
        if delay:
            await socket.send_json({"type": "typing"})
            await company.pause(delay)
        await socket.send_json(frame)


async def _left(company: Company, chat: Conversation) -> None:
    """The customer may come back (another page of the shop), so the contact ends a bit later."""
    await company.pause(2)
    if chat.contact and not chat.present and company.desk.leave(chat.contact):
        company.contact_ended(chat.email, chat.order)


ROUTES = [
    Route("/bot", by_http, methods=["POST"]),
    WebSocketRoute("/bot/socket", by_socket),
]
