"""A bot that is talked to over a WebSocket (RFC 6455), a JSON frame for each thing that happens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from cxassure.channels._http import (
    access_headers,
    guard,
    guarded,
    on_loopback,
    shown,
    tls,
    told,
    unwelcome,
)
from cxassure.channels._http.json_path import get, text
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Connector,
    Ended,
    EndOfTurn,
    HandedOver,
    Incoming,
    Joined,
    QuickReplies,
    Typing,
    Visit,
)
from cxassure.errors import Broken, CannotLook

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

TYPES = {
    "message": "bubble",
    "agent_message": "bubble",
    "typing": "typing",
    "quick_replies": "quick replies",
    "end_of_turn": "end of turn",
    "handover": "handed over",
    "joined": "joined",
    "ended": "ended",
}
"""What the types of a bot's frames mean; the target option `types` adds to it."""

LARGEST = 1_000_000
_ORDERLY = frozenset(("1000", "1005"))


class WebSocketOptions(ChatOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of the bot's frames. `types` maps its own types to those of `TYPES`'s values.

    A line is sent as `{type_key: say_type, text_key: …}`, a quick reply with `pick_type`, what is
    known of the customer once with `customer_type`. `fields` go along with every frame. A frame
    that is no JSON object is a bubble.
    """

    type_key: str = "type"
    text_key: str = "text"
    say_type: str = "message"
    pick_type: str = "quick_reply"
    customer_type: str = "customer"
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    types: dict[str, str] = msgspec.field(default_factory=dict)
    number_path: str = "id"
    agent_path: str = "from"
    options_path: str = "options"
    option_text: str = "text"
    on_path: str = "on"


class WebSocketConnector(Connector):
    """Holds one socket for the whole chat. One that drops is told, never quietly opened again."""

    Options: ClassVar[type[ChatOptions]] = WebSocketOptions
    options: WebSocketOptions
    schemes: ClassVar[tuple[str, ...]] = ("ws", "wss")
    rehearses: ClassVar[bool] = True
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None

    async def open(self, visit: Visit, patience: float) -> None:
        address = self.opening.target.address
        if not address.lower().startswith(("ws://", "wss://")):
            raise CannotLook(
                f"«{shown(address)}» is no WebSocket address",
                f"give target «{self.opening.target.name}» a ws:// address, or set `over: http`",
            )
        guard(self.opening, address)
        self._types = {**TYPES, **self.options.types}
        self._socket = await self._connect(address, patience)
        self._reader = asyncio.create_task(self._read(self._socket))
        if visit.customer:
            await self._write(self.options.customer_type, {"customer": dict(visit.customer)})

    async def _connect(self, address: str, patience: float) -> ClientConnection:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

        try:
            connecting = connect(address, open_timeout=patience, **await self._manner(address))
            return await guarded(connecting, partial(guard, self.opening))
        except TimeoutError:
            raise Broken(f"{shown(address)} did not open within {patience:g} s") from None
        except InvalidURI as wrong:
            raise CannotLook(f"«{shown(address)}» is no address", str(wrong.msg)) from None
        except InvalidStatus as wrong:
            status = wrong.response.status_code
            what = f"{shown(address)} answered {status} instead of opening a socket"
            raise unwelcome(status, what) or Broken(what, code=str(status)) from None
        except (InvalidHandshake, OSError, EOFError) as wrong:
            others = [target.address for target in self.opening.targets.values()]
            raise await told(wrong, address, others) from None

    async def _manner(self, address: str) -> dict[str, Any]:
        """How the socket is opened: who we are, TLS, no proxy before this machine, no log."""
        mark = self.opening.marks
        silent = logging.getLogger("cxassure.websocket")
        silent.disabled = True  # its debug lines would hold what customers write
        return {
            "additional_headers": {**mark, **access_headers(self.options)},
            "user_agent_header": "cxassure",
            "ssl": await tls(self.opening) if address.lower().startswith("wss") else None,
            "proxy": None if on_loopback(address) else True,
            "max_size": LARGEST,
            "close_timeout": 1.0,
            "logger": silent,
        }

    # To the company

    async def send(self, text: str, patience: float) -> None:
        await self._write(self.options.say_type, {self.options.text_key: text})

    async def pick(self, option: str, patience: float) -> None:
        await self._write(self.options.pick_type, {self.options.text_key: option})

    async def _write(self, kind: str, more: Mapping[str, Any]) -> None:
        from websockets.exceptions import ConnectionClosed

        frame = {**self.options.fields, self.options.type_key: kind, **more}
        self._keep("sent", frame)
        try:
            if self._socket is None:
                raise Broken("the chat has been closed", seen="a closed chat")
            await self._socket.send(json.dumps(frame, ensure_ascii=False))
        except ConnectionClosed as closed:
            raise _dropped(closed) from None

    # From the company

    async def _read(self, socket: ClientConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                frame = _parsed(await socket.recv())
                self._keep("came", frame)
                event = self._event(frame)
                if event:
                    self.deliver(event)
        except ConnectionClosed as closed:
            drop = _dropped(closed)
            self.deliver(Ended(drop.code in _ORDERLY, drop.code, drop.what))

    def _event(self, frame: Any) -> Incoming | None:
        """What a frame means; None for one that means nothing to a customer."""
        if not isinstance(frame, dict):
            return Bubble(text(frame))
        match self._types.get(str(get(frame, self.options.type_key))):
            case "bubble":
                return self._bubble(frame)
            case "typing":
                return Typing(bool(get(frame, self.options.on_path, True)))
            case "quick replies":
                return QuickReplies(self._offers(frame))
            case "end of turn":
                return EndOfTurn()
            case "handed over":
                kept = {k: text(v) for k, v in frame.items() if k != self.options.type_key}
                return HandedOver(kept)
            case "joined":
                return Joined(text(get(frame, self.options.agent_path, "somebody")))
            case "ended":
                return Ended()
        return None

    def _bubble(self, frame: dict[str, Any]) -> Bubble:
        number = get(frame, self.options.number_path)
        return Bubble(
            text(get(frame, self.options.text_key, "")),
            text(get(frame, self.options.agent_path, "")),
            number if isinstance(number, int | float) else None,
        )

    def _offers(self, frame: dict[str, Any]) -> tuple[str, ...]:
        found = get(frame, self.options.options_path)
        offers = found if isinstance(found, list) else []
        key = self.options.option_text
        return tuple(o if isinstance(o, str) else text(get(o, key, "")) for o in offers)

    def _keep(self, way: str, frame: Any) -> None:
        self.exchanged.append({way: frame, "at": round(self.clock.now(), 3)})

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        socket, self._socket = self._socket, None
        if reader:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        if socket:
            await socket.close()


def _parsed(raw: str | bytes) -> Any:
    said = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said


def _dropped(closed: Any) -> Broken:
    """What a closed connection (websockets' ConnectionClosed) means to the customer."""
    frame = closed.rcvd or closed.sent
    code, words = (frame.code, frame.reason) if frame else (1006, "without a word")
    told = "" if words == str(code) else words
    return Broken(
        f"the connection was closed with code {code} {told}".rstrip(),
        expected="an open chat",
        seen="a closed one",
        code=str(code),
    )
