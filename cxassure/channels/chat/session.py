"""What a customer can do and see in a chat."""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar

from cxassure.channel import Opening, Seconds, Seen, verb
from cxassure.channels._http import read_options, shown
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Connector,
    HandedOver,
    Incoming,
    Joined,
    QuickReplies,
    Visit,
)
from cxassure.channels.chat.reading import pattern, running_markup
from cxassure.channels.chat.sight import ChatSight
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip, plain, seconds, span

_SLOWEST_READER = 5.0


class ChatSession(ChatSight):
    """A customer who writes to a bot, reads all its bubbles, and may be handed to a person."""

    patience: ClassVar[float] = 10.0
    lines: ClassVar[tuple[str, ...]] = ("http", "websocket", "widget")
    announces: ClassVar[str] = "reply"

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.line: Connector | None = None
        self._joined: re.Pattern[str] | None = None
        self._news = asyncio.Event()
        self._warned = False

    async def open(
        self, customer: dict[str, str] | None = None, device: str = "", page: str = ""
    ) -> None:
        """Opens the chat and reads the greeting.

        `customer` is what the company may know from the start (`email`, `phone`, `name`).
        `device` and `page` are for a widget in a page.
        """
        connector = self._connector()
        options = read_options(self.opening, connector.Options)
        self.turns.quiet = seconds(options.quiet)
        self._joined = pattern("joined", options.joined) if options.joined else None
        self._encrypted(options)
        self.line = connector(self.opening, options, self.clock, self._take)
        self.note("customer", "opened", self.opening.target.name)
        await self.line.open(Visit(customer or {}, device, page), self.patience)
        if options.greets:
            await self._hear_greeting()

    def _connector(self) -> type[Connector]:
        if self.connector is not None:
            return self.connector
        from cxassure.channels.chat.http import HttpConnector

        return HttpConnector

    def _encrypted(self, options: ChatOptions) -> None:
        address = self.opening.target.address
        if options.tls == "required" and address.partition(":")[0].lower() not in ("wss", "https"):
            raise Broken(
                "the chat is offered without TLS",
                expected="wss:// or https://",
                seen=shown(address),
            )

    async def _hear_greeting(self) -> None:
        """A bot that says nothing for a while is taken for one that waits for the customer."""
        self.turns.waits()
        until = self.clock.now() + self.patience
        while not self.turns.settled and self.clock.now() < until:
            await self.attend(until)

    # What comes

    def _take(self, event: Incoming) -> None:
        """Everything that a connector delivers passes here."""
        known = self.turns.agent
        self.turns.take(event)
        if self.turns.agent != known:
            self.note("agent", "joined", self.turns.agent)
        match event:
            case Bubble():
                self._bubble(event)
            case QuickReplies(options=options):
                self.note("company", "quick replies", " | ".join(options), options=list(options))
            case HandedOver(fields=fields):
                words = ", ".join(f"{key}: {value}" for key, value in fields.items())
                self.note("company", "handover", words, fields=dict(fields))
        self._news.set()

    def _bubble(self, bubble: Bubble) -> None:
        now = self.clock.now()
        ended = now if bubble.ended is None else bubble.ended
        began = ended if bubble.began is None else bubble.began
        data = {} if bubble.sequence is None else {"sequence": bubble.sequence}
        if bubble.agent:
            self.record(Seen("agent", "said", bubble.text, began, ended, data))
            return
        self.record(Seen("company", "reply", bubble.text, began, ended, data))
        self._remark(bubble.text)
        if self._joined and (found := self._joined.search(bubble.text)):
            self._take(Joined(found.groupdict().get("agent") or "somebody"))

    def _remark(self, text: str) -> None:
        piece = running_markup(text)
        if piece and not self._warned:
            self._warned = True
            self.opening.finding(f"a bubble holds markup that would run in a page: {clip(piece)}")

    async def attend(self, until: float) -> None:
        """Wakes with whatever comes, and when a reply has gone quiet."""
        self._unbroken()
        now = self.clock.now()
        at = self.turns.settles_at
        until = min(until, at) if at is not None and at > now else until
        try:
            async with asyncio.timeout(max(until - now, 0)):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    def _unbroken(self) -> None:
        ended = self.turns.ended
        if ended and ended.error:
            raise ended.error
        if ended and not ended.orderly:
            raise Broken(
                f"the chat broke off: {ended.reason or 'the connection was lost'}",
                expected="a connection that lasts as long as the customer wants",
                seen=ended.reason or "nothing more",
                code=ended.code,
            )

    @property
    def settled(self) -> bool:
        return self.turns.settled

    # What can be done

    @verb()
    async def say(self, text: str) -> None:
        """Writes a line and sends it, once the reply before it has been read to its end.

        Example: `asker: {say: "Where is my order ${order}?"}`
        """
        line = await self._my_turn()
        self._begin("said", text)
        await line.send(text, self.limit + self.look_on)

    @verb()
    async def pick(self, option: str) -> None:
        """Picks a quick reply, which must be on offer; case and white space don't matter.

        Example: `asker: {pick: Opening hours}`
        """
        line = await self._my_turn()
        offered = await self._offered(option)
        self._begin("picked", offered)
        await line.pick(offered, self.limit + self.look_on)

    @verb(passive=True)
    async def listen(self) -> None:
        """Reads on from where the last matched bubble ended, without writing.

        Example: `asker: listen`
        """

    @verb(passive=True)
    async def wait(self, time: Seconds) -> None:
        """Writes nothing for so long; give the step a `within` that is longer.

        Example: `asker: {wait: 5s}`
        """
        if time >= self.limit:
            raise CannotLook(
                f"a wait of {span(time)} is longer than the step may take ({span(self.limit)})",
                f"give the step `within: {time + 1:g}s`",
            )
        until = self.clock.now() + time
        while self.clock.now() < until:
            await self.attend(until)

    @verb()
    async def leave(self) -> None:
        """Closes the chat, as a customer does who has had enough.

        Example: `asker: leave`
        """
        self.note("customer", "hung up")
        await self.close()

    async def _my_turn(self) -> Connector:
        """Waits until a reply under way has been read; what then follows is a new one."""
        until = self.clock.now() + min(_SLOWEST_READER, self.limit)
        while self.turns.under_way and self.clock.now() < until:
            await self.attend(until)
        self._unbroken()
        if self.line is None or self.turns.ended:
            raise Broken("the chat has been closed", expected="an open chat", seen="a closed one")
        return self.line

    def _begin(self, what: str, text: str) -> None:
        self.window = self.matched = len(self.seen)
        self.turns.spoke()
        self._news.clear()
        self.note("customer", what, text)

    async def _offered(self, option: str) -> str:
        """The quick reply as the company wrote it; waits for it while a reply is under way."""
        until = self.clock.now() + self.limit + self.look_on
        while True:
            for offered in self.turns.offered:
                if plain(offered) == plain(option):
                    return offered
            if self.turns.settled or self.clock.now() >= until:
                break
            await self.attend(until)
        raise Broken(
            f"the quick reply «{option}» is not offered",
            expected=option,
            seen=" | ".join(self.turns.offered) or "no quick replies",
        )

    # The end

    async def witness(self, why: str) -> None:
        if self.line:
            await self.line.witness()

    async def close(self) -> None:
        line, self.line = self.line, None
        if line:
            await line.close()
