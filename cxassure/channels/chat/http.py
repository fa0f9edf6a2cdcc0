"""A bot that is asked by HTTP: a JSON document for each line, the bubbles in its answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cxassure.channels._http import HttpClient, access_headers, unwelcome
from cxassure.channels._http.json_path import get, text
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Connector,
    Ended,
    EndOfTurn,
    HandedOver,
    QuickReplies,
    Typing,
    Visit,
)
from cxassure.errors import Broken, CxassureError
from cxassure.text import seconds

_LONGEST_DELAY = 60.0


class HttpOptions(ChatOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things stand in the bot's JSON: `_key` in what is sent, `_path` in its answers.

    Paths are keys divided by dots, with list items by number (`data.messages`). `conversation_key`
    is read from the answer and sent back. `fields` go along with every line, `opens` with the
    first, which has no text. After a hand-over the bot is asked every `poll` for what the agent
    says; `0s` leaves that out.
    """

    text_key: str = "text"
    conversation_key: str = "conversation"
    conversation_path: str = ""
    customer_key: str = "customer"
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    opens: dict[str, str] = msgspec.field(default_factory=lambda: {"event": "open"})
    replies_path: str = "replies"
    reply_text: str = "text"
    reply_agent: str = "from"
    reply_number: str = "id"
    delay_path: str = "delay_ms"
    quick_replies_path: str = "quick_replies"
    quick_reply_text: str = "text"
    handover_path: str = "handover"
    ended_path: str = "ended"
    poll: str = "500ms"


class HttpConnector(Connector):
    """Posts what the customer writes; bubbles show after the delays that the bot asks for."""

    Options: ClassVar[type[ChatOptions]] = HttpOptions
    options: HttpOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    rehearses: ClassVar[bool] = True
    _client: HttpClient | None = None
    _conversation: Any = None
    _customer: Mapping[str, str] = {}

    async def open(self, visit: Visit, patience: float) -> None:
        self._customer = visit.customer
        self._shows = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._polls = seconds(self.options.poll)
        self._client = await HttpClient.open(self.opening, access_headers(self.options))
        if self.options.greets:
            await self._exchange("", self.options.opens, patience)

    async def send(self, text: str, patience: float) -> None:
        await self._exchange(text, {}, patience)

    async def _exchange(self, text: str, more: Mapping[str, str], patience: float) -> None:
        answer = await self._ask(text, more, patience)
        self._start(self._show(answer))

    async def _ask(self, text: str, more: Mapping[str, str], patience: float) -> Any:
        """The answer to one line; raises what its status means."""
        if self._client is None:
            raise Broken("the chat has been closed", seen="a closed chat")
        document = {**self.options.fields, **more, **self._who(), self.options.text_key: text}
        url = self.opening.target.address
        exchange = await self._client.ask("POST", url, json=document, patience=patience)
        self.exchanged.append(exchange.record())
        if wrong := unwelcome(exchange.status, exchange.told):
            raise wrong
        answer = exchange.json()
        path = self.options.conversation_path or self.options.conversation_key
        self._conversation = get(answer, path, self._conversation)
        return answer

    def _who(self) -> dict[str, Any]:
        who = {self.options.conversation_key: self._conversation}
        return {**who, self.options.customer_key: dict(self._customer)} if self._customer else who

    # What the answer holds, as the customer comes to see it

    async def _show(self, answer: Any, polled: bool = False) -> None:
        async with self._shows:
            replies = _items(get(answer, self.options.replies_path))
            for reply in replies:
                await self._show_bubble(reply)
            self._show_offers(answer)
            if get(answer, self.options.ended_path):
                self.deliver(Ended())
            elif not polled:
                self.deliver(EndOfTurn())

    async def _show_bubble(self, reply: Any) -> None:
        said = _text_of(reply, self.options.reply_text)
        if delay := _delay(get(reply, self.options.delay_path)):
            self.deliver(Typing())
            await asyncio.sleep(delay)
        if said:
            agent = get(reply, self.options.reply_agent, "")
            number = get(reply, self.options.reply_number)
            sequence = number if isinstance(number, int | float) else None
            self.deliver(Bubble(said, agent if isinstance(agent, str) else "", sequence))

    def _show_offers(self, answer: Any) -> None:
        offers = _items(get(answer, self.options.quick_replies_path))
        if offers:
            key = self.options.quick_reply_text
            self.deliver(QuickReplies(tuple(filter(None, (_text_of(o, key) for o in offers)))))
        handover = get(answer, self.options.handover_path)
        if handover:
            fields = handover if isinstance(handover, dict) else {"to": handover}
            self.deliver(HandedOver({str(key): text(value) for key, value in fields.items()}))
            if self._polls:
                self._start(self._poll())
                self._polls = 0.0

    async def _poll(self) -> None:
        """Asks for what an agent says; an answer that fails ends the chat for its customer."""
        every = seconds(self.options.poll)
        while True:
            await asyncio.sleep(every)
            try:
                answer = await self._ask("", {}, 10.0)
            except CxassureError as wrong:
                code = wrong.code if isinstance(wrong, Broken) else ""
                self.deliver(Ended(orderly=False, code=code, reason=wrong.what))
                return
            await self._show(answer, polled=True)
            if get(answer, self.options.ended_path):
                return

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await client.close()


def _items(found: Any) -> list[Any]:
    """What stands where a list is expected: one thing alone is a list of it."""
    if isinstance(found, list):
        return found
    return [] if found in (None, "") else [found]


def _text_of(item: Any, path: str) -> str:
    found = item if isinstance(item, str) else get(item, path, "")
    return found if isinstance(found, str) else text(found)


def _delay(found: Any) -> float:
    """Seconds in the milliseconds that a bot gives, bounded: it is data."""
    if not isinstance(found, int | float) or not math.isfinite(found):
        return 0.0
    return min(max(found / 1000, 0.0), _LONGEST_DELAY)
