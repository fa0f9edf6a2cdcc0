"""An agent at a live-chat desk: JSON frames over a WebSocket, on the real clock.

In: `ready`, `ring` (contact, context, transcript), `answered`, `customer_message`, `ended`,
`error`. Out: `answer`, `say`, `hang_up`, each with `contact`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from cxassure.channel import Clock, RealClock, Seconds, Session, Unseen
from cxassure.channels._http.client import tls
from cxassure.channels._http.origins import guard, on_loopback, shown
from cxassure.channels._http.redirects import guarded
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip, span

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

LARGEST = 1 << 20
"""Bytes that a frame may have."""


class ChatDesk:
    """One seat. It connects when it opens with `for`, else with the first verb that needs it."""

    rehearses: ClassVar[bool] = True
    hears_keys: ClassVar[bool] = False

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self.contact = ""
        self.context: Mapping[str, str] | None = None
        self.frames: list[dict[str, Any]] = []
        self._said_before: str | None = None
        self._began: float | None = None
        self._answered: float | None = None
        self._ended: tuple[str, str] | None = None
        self._lost = ""
        self._refused = ""
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def open(self, wanted: str) -> None:
        if wanted:
            await self._connect(wanted)

    async def _connect(self, wanted: str) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        url = self._address(wanted)
        guard(self.session.opening, url)
        secure = await tls(self.session.opening) if url.startswith("wss:") else None
        try:
            connecting = connect(
                url,
                ssl=secure,
                additional_headers=self.session.opening.marks,
                max_size=LARGEST,
                open_timeout=15,
                proxy=None if on_loopback(url) else True,
            )
            self._socket = await guarded(connecting, partial(guard, self.session.opening))
        except (OSError, TimeoutError, WebSocketException) as wrong:
            raise Broken(
                f"the desk at {shown(url)} lets no agent in: {wrong}",
                expected="a seat at the desk",
                seen=clip(str(wrong)) or "no answer",
            ) from None
        self._reader = asyncio.create_task(self._read(self._socket))

    def _address(self, wanted: str) -> str:
        parts = urlsplit(self.session.opening.target.address)
        query = "&".join(filter(None, (parts.query, urlencode({"for": wanted}) if wanted else "")))
        return urlunsplit(parts._replace(query=query))

    async def _read(self, socket: ClientConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            async for raw in socket:
                self._take(raw)
                self._news.set()
        except ConnectionClosed:
            pass
        finally:
            self._lost = f"the desk closed the line (code {socket.close_code})"
            self._news.set()

    def _take(self, raw: str | bytes) -> None:
        """One frame; what is no JSON object of a known type is kept as evidence and no more."""
        try:
            frame = json.loads(raw)
        except (ValueError, RecursionError):
            frame = {"type": "unreadable", "text": clip(str(raw))}
        if not isinstance(frame, dict):
            frame = {"type": "unreadable", "text": clip(str(frame))}
        self.frames.append(frame)
        kind, mine = frame.get("type"), frame.get("contact") == self.contact
        text = str(frame.get("text", ""))
        if kind == "ring" and not self._busy:
            self._ring(frame)
        elif kind == "customer_message" and mine:
            self.session.note("customer", "speech", text)
        elif kind == "ended" and mine and not self._ended:
            self._end(str(frame.get("why", "")))
        elif kind == "error":
            self._refused = text

    @property
    def _busy(self) -> bool:
        return bool(self.contact) and self._ended is None

    def _ring(self, frame: dict[str, Any]) -> None:
        told = frame.get("context")
        context = told if isinstance(told, dict) else {}
        self.contact = str(frame.get("contact", ""))
        self.context = {str(k): str(v) for k, v in context.items()}
        self._said_before = _transcript(frame.get("transcript"))
        self._began, self._answered, self._ended = self.clock.now(), None, None
        self.session.note("line", "rang", self.contact, context=dict(self.context))

    def _end(self, why: str) -> None:
        by = "customer" if "customer" in why else "agent" if "agent" in why else "company"
        self._ended = (by, why or "ended")
        self.session.note("line", "hung up", why, by=by)

    async def answer(self, wanted: str, patience: float) -> None:
        await self._rung(wanted, patience)
        self._answered = self.clock.now()
        await self._send("answer")
        self.session.note("agent", "answered", self.contact)

    async def _rung(self, wanted: str, patience: float) -> None:
        """Waits for a contact; raises `Broken` when none comes."""
        if self._socket is None:
            await self._connect(wanted)
        until = self.clock.now() + patience
        while not self._busy or self._answered is not None:
            if self._lost or self.clock.now() >= until:
                raise Broken(
                    f"the desk was not rung within {span(patience)}",
                    expected="a contact rings",
                    seen=self._lost or "no contact",
                )
            await self.attend(until)

    async def decline(self, patience: float) -> None:
        raise CannotLook("a contact cannot be declined at a chat desk", "use let_ring")

    async def let_ring(self, patience: float) -> None:
        await self._rung("", patience)
        until = self.clock.now() + patience
        while not self._ended and not self._lost and self.clock.now() < until:
            await self.attend(until)

    async def speak(self, text: str, patience: float) -> None:
        if self._answered is None:
            raise Broken("the agent is in no chat", expected="an answered contact", seen="none")
        if self._ended:
            raise Broken(
                f"the chat had ended: {self._ended[1]}",
                expected="the customer in the chat",
                seen=self._ended[1],
            )
        await self._send("say", text=text)
        self.session.note("agent", "said", text)

    async def press(self, keys: str, patience: float) -> None:
        raise CannotLook("a chat desk has no keys", "use speak")

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        raise CannotLook("an agent cannot pass the customer on at a chat desk", "run it over sip")

    async def hold(self, held: bool) -> None:
        raise CannotLook("an agent cannot hold the customer at a chat desk", "run it over sip")

    async def hang_up(self) -> None:
        if self._answered is not None and self._busy and not self._lost:
            self.session.note("agent", "hung up")
            await self._send("hang_up")

    async def _send(self, kind: str, **more: str) -> None:
        from websockets.exceptions import ConnectionClosed

        assert self._socket is not None
        frame = {"type": kind, "contact": self.contact, **more}
        self.frames.append({"sent": frame})
        try:
            await self._socket.send(json.dumps(frame))
        except ConnectionClosed as wrong:
            raise Broken(
                "the desk closed the line", expected="the desk to stay", seen=str(wrong)
            ) from None

    async def attend(self, until: float) -> None:
        try:
            async with asyncio.timeout(max(until - self.clock.now(), 0)):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()
        if self._refused:
            why, self._refused = self._refused, ""
            raise Broken(f"the desk refused: {why}", seen=why)
        if self._lost:  # nothing more will come: time is only waited through
            await asyncio.sleep(max(min(0.05, until - self.clock.now()), 0))
            self._news.set()

    @property
    def settled(self) -> bool:
        """A chat has no turns: absence is believed at the limit, or once it is over."""
        return self._ended is not None or bool(self._lost)

    @property
    def rang(self) -> bool:
        return self._began is not None

    @property
    def ringing(self) -> Seconds | None:
        if self._began is None:
            return None
        return Seconds((self._answered or self.clock.now()) - self._began)

    @property
    def call(self) -> Mapping[str, Any] | None:
        if not self.contact:
            return None
        status = "ringing" if self._answered is None else "in-progress"
        told = {"sid": self.contact, "status": "completed" if self._ended else status}
        if self._ended:
            told |= {"ended_by": self._ended[0], "ending": self._ended[1]}
        return told

    def audio(self) -> str:
        raise Unseen("at a chat desk no sound is carried: run it over a real line")

    def transcript(self) -> str | None:
        return self._said_before

    async def witness(self) -> None:
        told = json.dumps(self.frames, indent=1, ensure_ascii=False).encode()
        await self.session.opening.keep("desk.json", told, "application/json")

    async def close(self) -> None:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket:
            await self._socket.close()


def _transcript(told: Any) -> str | None:
    """`from: text`, a line each."""
    if not isinstance(told, list):
        return None
    lines = [line for line in told if isinstance(line, dict)]
    return "\n".join(f"{line.get('from', '')}: {line.get('text', '')}" for line in lines)
